"""How Mastodon turns a text into HTML, written from its documentation and from what statuses look like. Independent of OCMA."""

import html
import re

TOKEN = re.compile(r"(?P<link>https?://[^\s<>\"]+)|(?<![\w/])@(?P<user>\w+)(?:@(?P<host>[\w.-]+\w))?|(?<!\w)#(?P<tag>\w+)")


def rendered(text: str) -> str:
    """Blank lines part paragraphs, line ends are <br />, links are cut for the eye only, mentions lose their server."""
    paragraphs = [each for each in re.split(r"\n{2,}", text.strip()) if each]
    return "".join(f"<p>{_lines(each)}</p>" for each in paragraphs)


def _lines(paragraph: str) -> str:
    return "<br />".join(_line(line) for line in paragraph.split("\n"))


def _line(line: str) -> str:
    made, last = [], 0
    for found in TOKEN.finditer(line):
        made += [html.escape(line[last : found.start()], quote=True), _token(found)]
        last = found.end()
    return "".join([*made, html.escape(line[last:], quote=True)])


def _token(found: re.Match[str]) -> str:
    if found["link"]:
        return _link(found["link"])
    if found["user"]:
        url = f"https://{found['host'] or 'social.example'}/@{found['user']}"
        return (
            f'<span class="h-card" translate="no"><a href="{url}" class="u-url mention">@<span>{found["user"]}</span></a></span>'
        )
    url = f"https://social.example/tags/{found['tag']}"
    return f'<a href="{url}" class="mention hashtag" rel="tag">#<span>{found["tag"]}</span></a>'


def _link(url: str) -> str:
    scheme, rest = re.fullmatch(r"(https?://(?:www\.)?)(.*)", url).groups()
    shown, hidden = rest[:30], rest[30:]
    kind = "ellipsis" if hidden else ""
    return (
        f'<a href="{html.escape(url)}" target="_blank" rel="nofollow noopener" translate="no">'
        f'<span class="invisible">{scheme}</span><span class="{kind}">{html.escape(shown)}</span>'
        f'<span class="invisible">{html.escape(hidden)}</span></a>'
    )
