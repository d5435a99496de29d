"""graph.threads.net as far as one test needs it: checks each request against the collection, gives prepared answers in order."""

import json
from collections.abc import Callable
from typing import Any

import httpx2

from contract.threads.collection import THREADS
from ocma.platforms.connector import Access
from ocma.platforms.content import Content, Media, Outgoing, Part, live_part, step_part
from ocma.platforms.grant import App
from ocma.platforms.threads import Threads

API = "https://graph.threads.net"
CONTAINER, POST, PARENT = "17889615691921648", "18053421982461234", "18053421982469999"
TOKEN = "the-token"
EDGES = frozenset({"me", "threads", "threads_publish", "replies"})
Answer = httpx2.Response | Exception | Callable[[httpx2.Request], httpx2.Response]


def answer(body: Any = None, status: int = 200) -> httpx2.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return httpx2.Response(status, content=content, headers={"content-type": "application/json"})


def error(code: int, subcode: int | None = None, message: str = "Words", **more: Any) -> httpx2.Response:
    told = {"message": message, "type": "THApiException", "code": code, "fbtrace_id": "abc", **more}
    return answer({"error": told | ({"error_subcode": subcode} if subcode is not None else {})}, 400)


def state(status: str, message: str | None = None) -> httpx2.Response:
    return answer({"id": CONTAINER, "status": status} | ({"error_message": message} if message else {}))


class Host:
    def __init__(self, *answers: Answer) -> None:
        self.requests: list[httpx2.Request] = []
        self._answers = list(answers)

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        request.read()
        self.requests.append(request)
        self._check(request)
        found = self._answers.pop(0)
        if isinstance(found, Exception):
            raise found
        return found(request) if callable(found) else found

    def _check(self, request: httpx2.Request) -> None:
        assert f"https://{request.url.host}" == API
        assert request.headers["authorization"] == f"Bearer {TOKEN}"
        assert not {"access_token", "appsecret_proof"} & set(request.url.params)
        version, *path = request.url.path.strip("/").split("/")
        assert version == "v1.0"
        node = "{container}" if path[0].startswith("1788") else "{thread}"
        THREADS.check(request, f"{request.method} {'/'.join(path) if EDGES & set(path) else node}")

    @property
    def asked(self) -> list[str]:
        return [f"{each.method} {each.url.path.removeprefix('/v1.0')}" for each in self.requests]

    @property
    def left(self) -> int:
        return len(self._answers)

    def access(self, **more: Any) -> Access:
        client = httpx2.AsyncClient(transport=httpx2.MockTransport(self), base_url=API)
        given: dict[str, Any] = {"profile_id": "1234567", "handle": "ocma", "settings": {"version": "v1.0"}, **more}
        return Access(client, token=TOKEN, app=App("app-id", "app-secret"), **given)


async def nothing():
    yield b""


def image(name: str = "a", **more: Any) -> Media:
    return Media(name, "image", "image/jpeg", 1, nothing, url=lambda: f"https://files.example/{name}.jpg?s=1&t=2", **more)


def video(name: str = "v", **more: Any) -> Media:
    return Media(name, "video", "video/mp4", 1, nothing, url=lambda: f"https://files.example/{name}.mp4", **more)


async def no_sleep(_seconds: float) -> None:
    pass


def threads() -> Threads:
    return Threads(sleep=no_sleep)


async def walk(host: Host, post: Content, *live: str, **access: Any) -> dict[str, str]:
    """Every step that can run when the first parts are live under these ids, in order; what they returned."""
    stored: dict[str, str] = {}
    above = {live_part(index): each for index, each in enumerate(live)}
    for step in threads().steps(post):
        part = step_part(step.key)
        if part == len(live) or (part > len(live) and not step.replies):
            stored[step.key] = await step.run(host.access(**access), {**stored, **above})
    return stored


def outgoing(*media: Media, text: str = "Hello", **more: Any) -> Outgoing:
    return Outgoing(Part(text, media), 0, "key", **{"prepared": {"container:0": CONTAINER}, **more})


def reply(*media: Media, text: str = "Second", **more: Any) -> Outgoing:
    return Outgoing(Part(text, media), 1, "key", **{"prepared": {"container:1": CONTAINER}, "reply_to": PARENT, **more})
