"""The consent page of a real PDS, without a browser: what its script sends when a person clicks."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

import httpx2

from real.pds import User


async def consent(authorize_url: str, user: User, scope: str | None = None) -> httpx2.URL:
    """Signs in and agrees as the script of the server's page does for a person; where the browser is sent then: with
    `code`, `state` and `iss`. `scope` unticks what it does not name.
    """
    async with httpx2.AsyncClient(timeout=20, trust_env=False) as browser:
        page = await browser.get(authorize_url, headers=_from("navigate", "cross-site"))
        assert page.is_success, f"no consent page: {page.status_code} {_told(page.text)}"
        cookies = _cookies({}, page)
        signed = await _click(
            browser, authorize_url, cookies, "sign-in", {"locale": "en", "username": user.handle, "password": user.password}
        )
        agreed = {"did": user.did, **({"scope": scope} if scope else {})}
        answer = await _click(browser, authorize_url, cookies, "consent", agreed, signed["ephemeralToken"])
        # the page's script then goes to this address, which sends the browser on
        back = await browser.get(
            answer["url"], headers={**_from("navigate", "same-origin"), "Referer": authorize_url, "Cookie": _sent(cookies)}
        )
    assert back.is_redirect, f"the server did not send the browser back: {back.status_code} {_told(back.text)}"
    return httpx2.URL(back.headers["location"])


async def _click(
    browser: httpx2.AsyncClient,
    page: str,
    cookies: dict[str, str],
    action: str,
    body: Mapping[str, str],
    token: str | None = None,
) -> dict[str, str]:
    parts = urlsplit(page)
    origin = f"{parts.scheme}://{parts.netloc}"
    headers = {
        **_from("same-origin", "same-origin"),
        "Origin": origin,
        "Referer": page,
        "Cookie": _sent(cookies),
        "X-CSRF-Token": cookies["csrf-token"],
        **({"Authorization": f"Bearer {token}"} if token else {}),
    }
    answer = await browser.post(f"{origin}/@atproto/oauth-provider/~api/{action}", json=dict(body), headers=headers)
    assert answer.is_success, f"{action}: {answer.status_code} {answer.text[:300]}"
    cookies.update(_cookies(cookies, answer))
    return answer.json()


def _from(mode: str, site: str) -> dict[str, str]:
    """What a browser says about where a request comes from; the server insists on it."""
    destination = "document" if mode == "navigate" else "empty"
    return {
        "Sec-Fetch-Mode": mode,
        "Sec-Fetch-Site": site,
        "Sec-Fetch-Dest": destination,
        "Accept": "text/html, application/json",
    }


def _cookies(known: Mapping[str, str], answer: httpx2.Response) -> dict[str, str]:
    """By hand: one is Secure, which browsers send to localhost over plain HTTP, too, and HTTP clients do not."""
    set_now = (line.partition(";")[0].partition("=") for line in answer.headers.get_list("set-cookie"))
    return {**known, **{name: value for name, _, value in set_now}}


def _sent(cookies: Mapping[str, str]) -> str:
    return "; ".join(f"{name}={value}" for name, value in cookies.items())


def _told(page: str) -> str:
    """The error that the page's script would show."""
    found = re.search(r"error_description\\*\":\\*\"([^\"\\]+)", page)
    return found[1] if found else page[:300]
