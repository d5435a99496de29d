"""The other side of the wire, written down answer by answer: what a test lists is answered, everything else fails the test."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl

import httpx2

from ocma.platforms.connector import Access

DATA = Path(__file__).parent / "data"
HOST = "social.example"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

Answer = httpx2.Response | Exception | Callable[[httpx2.Request], httpx2.Response]


class Server:
    """Answers in the order given; the last one is repeated. Keeps every request."""

    def __init__(self) -> None:
        self.requests: list[httpx2.Request] = []
        self._answers: dict[tuple[str, str], list[Answer]] = {}

    def on(self, method: str, path: str, *answers: Answer) -> "Server":
        self._answers[method, path] = list(answers)
        return self

    async def _answer(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        answers = self._answers[request.method, request.url.raw_path.decode().partition("?")[0]]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        # a fresh copy: a response is used up by the client that got it
        return (
            answer(request)
            if callable(answer)
            else httpx2.Response(answer.status_code, headers=answer.headers, content=answer.content)
        )

    @property
    def transport(self) -> httpx2.MockTransport:
        return httpx2.MockTransport(self._answer)

    @property
    def client(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(base_url=f"https://{HOST}", transport=self.transport)

    @property
    def access(self) -> Access:
        return Access(self.client, profile_id="23634", handle=f"alice@{HOST}", host=HOST)

    def made(self) -> list[str]:
        return [f"{each.method} {each.url.path}" for each in self.requests]


def form(request: httpx2.Request) -> dict[str, str]:
    assert request.headers["content-type"].partition(";")[0] == "application/x-www-form-urlencoded"
    pairs = parse_qsl(request.content.decode(), keep_blank_values=True, strict_parsing=True)
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def answered(status: int = 200, body: object = None, headers: dict[str, str] | None = None) -> httpx2.Response:
    return httpx2.Response(status, headers=headers, json=body if body is not None else {})


def recorded(name: str) -> list[dict]:
    return json.loads((DATA / name).read_text("utf-8"))


def status(number: int, content: str, created_at: str = "2026-11-22T12:00:01.000Z", **more: object) -> dict:
    """A Status entity as Mastodon documents it, as far as it matters here."""
    return {
        "id": f"1158{number:014}",
        "uri": f"https://{HOST}/ap/users/23634/statuses/1158{number:014}",
        "url": f"https://{HOST}/@alice/1158{number:014}",
        "created_at": created_at,
        "content": content,
        "visibility": "public",
        "sensitive": False,
        "spoiler_text": "",
        "in_reply_to_id": None,
        "media_attachments": [],
        "mentions": [],
        "tags": [],
        "reblog": None,
        "account": {"id": "23634", "username": "alice", "acct": "alice"},
        "replies_count": 0,
        "reblogs_count": 0,
        "favourites_count": 0,
        **more,
    }
