"""api.linkedin.com as far as one test needs it: checks each request against the facts, gives the prepared answers in order."""

import json
from collections.abc import Callable
from typing import Any

import httpx2

from contract.linkedin.facts import check
from ocma.platforms.connector import Access
from ocma.platforms.content import Media, Outgoing, Part

Answer = httpx2.Response | Exception | Callable[[httpx2.Request], httpx2.Response]

MEMBER = "urn:li:person:782bbtaQ"
PAGE = "urn:li:organization:2414183"
SHARE = "urn:li:share:6844785523593134080"
MEMBER_SCOPES = ("openid", "profile", "email", "w_member_social")
PAGE_SCOPES = ("w_organization_social", "r_organization_social", "rw_organization_admin")


def answer(status: int = 200, body: Any = None, **headers: str) -> httpx2.Response:
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    return httpx2.Response(status, content=content, headers={name.replace("_", "-"): value for name, value in headers.items()})


def made(urn: str = SHARE) -> httpx2.Response:
    """As LinkedIn says that a post is live: an empty body."""
    return answer(201, x_restli_id=urn)


def refused(status: int, code: str, message: str = "", **more: Any) -> httpx2.Response:
    return answer(status, {"status": status, "code": code, "message": message, **more})


def duplicate(urn: str = SHARE) -> httpx2.Response:
    message = f"Content is a duplicate of {urn}"
    error = {"code": "DUPLICATE_POST", "description": message, "input": {"inputPath": {"fieldPath": "/commentary"}}}
    return answer(422, {"status": 422, "message": message, "errorDetailType": "X", "errorDetails": {"inputErrors": [error]}})


class Host:
    """`requests` is what came in, with `bodies` read."""

    def __init__(self, *answers: Answer) -> None:
        self.requests: list[httpx2.Request] = []
        self._answers = list(answers)

    async def __call__(self, request: httpx2.Request) -> httpx2.Response:
        await request.aread()
        self.requests.append(request)
        check(request)
        found = self._answers.pop(0)
        if isinstance(found, Exception):
            raise found
        return found if isinstance(found, httpx2.Response) else found(request)

    @property
    def asked(self) -> list[str]:
        return [f"{each.method} {each.url.raw_path.decode()}" for each in self.requests]

    @property
    def left(self) -> int:
        return len(self._answers)

    def body(self, number: int = -1) -> Any:
        return json.loads(self.requests[number].content)

    def access(self, profile_id: str = MEMBER, scopes: tuple[str, ...] = (*MEMBER_SCOPES, *PAGE_SCOPES), **more: Any) -> Access:
        client = httpx2.AsyncClient(transport=httpx2.MockTransport(self), base_url="https://api.linkedin.com")
        settings, urls = {"version": "202609"}, {"upload": "https://www.linkedin.com"}
        known = {"token": "t0ken", "scopes": scopes, "settings": settings, "urls": urls}
        return Access(client, profile_id=profile_id, handle="ocma", **{**known, **more})


async def nothing():
    yield b""


def file(kind: str = "image", mime_type: str = "image/png", content: bytes = b"", alt_text: str | None = None) -> Media:
    async def stream():
        for start in range(0, len(content), 1000):
            yield content[start : start + 1000]

    return Media(id="m", kind=kind, mime_type=mime_type, size=len(content), open=stream, alt_text=alt_text)


def outgoing(text: str = "Hello", *media: Media, urns: tuple[str, ...] = (), **more: Any) -> Outgoing:
    part = more.pop("part", None) or Part(text, media)
    prepared = {f"media:0:{number}": urn for number, urn in enumerate(urns)}
    return Outgoing(part, more.pop("index", 0), "key", prepared=prepared, **more)
