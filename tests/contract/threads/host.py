"""graph.threads.net as far as one test needs it: checks each request against the collection, gives prepared answers in order."""

from typing import Any

import httpx2

from contract.graph import host
from contract.graph.host import GraphHost, answer, no_sleep
from contract.threads.collection import THREADS
from ocma.platforms.connector import Access
from ocma.platforms.content import Content, Media, Outgoing, Part, live_part, step_part
from ocma.platforms.grant import App
from ocma.platforms.threads import Threads

API = "https://graph.threads.net"
CONTAINER, POST, PARENT = "17889615691921648", "18053421982461234", "18053421982469999"
TOKEN = "the-token"
EDGES = frozenset({"me", "threads", "threads_publish", "replies"})


def error(code: int, subcode: int | None = None, message: str = "Words", **more: Any) -> httpx2.Response:
    return host.error(code, subcode, message=message, **{"type": "THApiException", **more})


def state(status: str, message: str | None = None) -> httpx2.Response:
    return answer({"id": CONTAINER, "status": status} | ({"error_message": message} if message else {}))


class Host(GraphHost):
    version = "v1.0"

    def check(self, request: httpx2.Request) -> None:
        assert f"https://{request.url.host}" == API
        assert request.headers["authorization"] == f"Bearer {TOKEN}"
        assert not {"access_token", "appsecret_proof"} & set(request.url.params)
        path = self.path(request)
        node = "{container}" if path[0].startswith("1788") else "{thread}"
        THREADS.check(request, f"{request.method} {'/'.join(path) if EDGES & set(path) else node}")

    def access(self, **more: Any) -> Access:
        given: dict[str, Any] = {"profile_id": "1234567", "handle": "ocma", "settings": {"version": "v1.0"}, **more}
        return Access(self.client(API), token=TOKEN, app=App("app-id", "app-secret"), **given)


def threads() -> Threads:
    return Threads(sleep=no_sleep)


async def walk(there: Host, post: Content, *live: str, **access: Any) -> dict[str, str]:
    """Every step that can run when the first parts are live under these ids, in order; what they returned."""
    stored: dict[str, str] = {}
    above = {live_part(index): each for index, each in enumerate(live)}
    for step in threads().steps(post):
        part = step_part(step.key)
        if part == len(live) or (part > len(live) and not step.replies):
            stored[step.key] = await step.run(there.access(**access), {**stored, **above})
    return stored


def outgoing(*media: Media, text: str = "Hello", **more: Any) -> Outgoing:
    return Outgoing(Part(text, media), 0, "key", **{"prepared": {"container:0": CONTAINER}, **more})


def reply(*media: Media, text: str = "Second", **more: Any) -> Outgoing:
    return Outgoing(Part(text, media), 1, "key", **{"prepared": {"container:1": CONTAINER}, "reply_to": PARENT, **more})
