from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from starlette.responses import HTMLResponse

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}td,th{border:1px solid #ccc;padding:.3rem .6rem;text-align:left;"
    "vertical-align:top;overflow-wrap:anywhere}code{background:#eee;padding:0 .2rem}"
    "button{font:inherit;padding:.4rem 1rem;margin-right:1rem}label{display:block}del{color:#777}"
)
_SECURITY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'"


def page(title: str, body: str, status: int = 200) -> HTMLResponse:
    """`body` is HTML whose foreign parts are escaped already."""
    html = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{escape(title)}</h1>{body}</body></html>"
    )
    return HTMLResponse(html, status, headers={"Content-Security-Policy": _SECURITY, "Cache-Control": "no-store"})


def refusal(platform: str, why: str, status: int = 400) -> HTMLResponse:
    """An authorize page that cannot go on, and must not redirect to an address it does not trust."""
    body = f"<p>{escape(why)}</p><p>This is the sandbox's {escape(platform)}; no real account is involved.</p>"
    return page("Something went wrong", body, status)


def consent(platform: str, app: str, scopes: Sequence[str], handles: Sequence[str], hidden: Mapping[str, str]) -> HTMLResponse:
    """The question "may this app …?"; its form comes back to the same address with `approve` and an account."""
    wanted = "".join(f"<li><code>{escape(scope)}</code></li>" for scope in scopes)
    kept = "".join(f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in hidden.items())
    body = (
        f"<p><strong>{escape(app)}</strong> asks to use your {escape(platform)} account (sandbox) for:</p>"
        f'<ul>{wanted}</ul><form method="get">{kept}{_accounts(handles)}'
        '<p><button name="approve" value="1">Approve</button><button name="approve" value="0">Deny</button></p></form>'
    )
    return page(f"Authorize {app}?", body)


def _accounts(handles: Sequence[str]) -> str:
    choices = "".join(
        f'<label><input type="radio" name="account" value="{escape(handle)}"{" checked" if index == 0 else ""}>'
        f" @{escape(handle)}</label>"
        for index, handle in enumerate(handles)
    )
    fresh = "" if handles else ' value="alice"'
    return (
        f"<fieldset><legend>Account</legend>{choices}"
        f'<label>or a new one: <input name="new_account" pattern="[A-Za-z0-9_]{{1,30}}"{fresh}></label></fieldset>'
    )


def front(platforms: Iterable[tuple[str, str]], entries: Iterable[Mapping[str, Any]], total: int) -> HTMLResponse:
    """What a person sees at the root: what this is, and what the platforms have accepted."""
    prefixes = "".join(f"<li>{escape(name)}: <code>/{escape(key)}/…</code></li>" for key, name in platforms)
    rows = "".join(_row(entry) for entry in entries)
    body = (
        "<p>The platforms' side: this server speaks the platforms' documented protocols, so that everything can be "
        "tried without developer keys. Nothing here reaches a real platform.</p>"
        f"<ul>{prefixes}</ul><p>As data: <code>GET /_control/books</code>. Faults: <code>POST /_control/faults</code>."
        f"</p><h2>Accepted: {total}</h2><p>The newest first, at most 200.</p>"
        "<table><tr><th>at</th><th>platform</th><th>account</th><th>id</th><th>content</th><th>media</th></tr>"
        f"{rows}</table>"
    )
    return page("OCMA sandbox", body)


def _row(entry: Mapping[str, Any]) -> str:
    content = escape(entry["content"]).replace("\n", "<br>")
    media = "<br>".join(escape(f"{item['mimeType']}: {item['altText'] or 'no alt text'}") for item in entry["media"])
    shown = f"<del>{content}</del> (deleted)" if entry["deleted"] else content
    cells = [escape(str(entry[name])) for name in ("at", "platform", "account", "id")]
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in (*cells, shown, media)) + "</tr>"


def post(platform: str, handle: str, content: str, at: str) -> HTMLResponse:
    """A post's public page, so that the address that a platform hands out leads somewhere."""
    text = escape(content).replace("\n", "<br>")
    return page(f"@{handle} on {platform}", f"<p>{text}</p><p><small>{escape(at)}, sandbox</small></p>")
