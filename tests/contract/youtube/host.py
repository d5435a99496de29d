"""YouTube as far as one test needs it: checks each request against the description and gives the prepared answers in order.

An upload session is the exception: it keeps what it is sent, as the guide to resumable uploads says, or answers as it was told.
"""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime

import httpx2

from contract.youtube.specification import API, UPLOAD, check, check_answer, demand
from ocma.platforms.connector import Access
from ocma.platforms.content import Content, Media, Outgoing, Part

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
CHANNEL, VIDEO = "UC_x5XG1OV2P6uZZ5FSM9Ttw", "D-lhorsDlUQ"
SESSION = f"https://{API}{UPLOAD}?uploadType=resumable&upload_id=xa298sd_f"
UNIT = 256 * 1024
Answer = httpx2.Response | Exception | Callable[[httpx2.Request], httpx2.Response]


def ok(**body) -> httpx2.Response:
    return httpx2.Response(200, json=body)


def listed(*items, **more) -> httpx2.Response:
    return ok(kind="youtube#listResponse", items=list(items), **more)


def video(privacy="public", upload="processed", **status) -> dict:
    return {
        "kind": "youtube#video",
        "id": VIDEO,
        "snippet": {"publishedAt": "2026-11-22T12:00:01Z", "title": "Title"},
        "status": {"uploadStatus": upload, "privacyStatus": privacy, **status},
    }


def refused(reason: str, status: int) -> httpx2.Response:
    error = {"domain": "youtube.video", "reason": reason, "message": "Their words"}
    return httpx2.Response(status, json={"error": {"code": status, "message": "Their words", "errors": [error]}})


class Session:
    """A resumable upload. `told`: answers to give before it works again; `keeps`: how much of the first piece it stores."""

    def __init__(self, size: int, *told: Answer, stored: bytes = b"", keeps: int | None = None) -> None:
        self.size, self.stored, self.ranges = size, bytearray(stored), []
        self._told, self._keeps = list(told), keeps

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        demand(request.method == "PUT", request.method)
        demand(int(request.headers["content-length"]) == len(request.content), "content length")
        span = request.headers["content-range"]
        self.ranges.append(span)
        if self._told and (told := self._told.pop(0)) is not None:
            if isinstance(told, Exception):
                raise told
            return told
        if span != f"bytes */{self.size}":
            self._keep(span, request)
        return self._state()

    def _keep(self, span: str, request: httpx2.Request) -> None:
        first, last, total = map(int, re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", span).groups())
        demand(request.headers["content-type"].startswith("video/"), "content type")
        demand((first, total) == (len(self.stored), self.size), f"{span} after {len(self.stored)} bytes")
        demand(last - first + 1 == len(request.content), "length")
        demand(last + 1 == total or len(request.content) % UNIT == 0, "pieces are multiples of 256 KiB")
        self.stored += request.content if self._keeps is None else request.content[: self._keeps]
        self._keeps = None

    def _state(self) -> httpx2.Response:
        if len(self.stored) == self.size:
            return httpx2.Response(201, json=video("private", "uploaded"))
        stored = {"range": f"bytes=0-{len(self.stored) - 1}"} if self.stored else {}
        return httpx2.Response(308, headers=stored)


class Host:
    def __init__(self, *answers: Answer, session: Session | None = None) -> None:
        self.requests: list[httpx2.Request] = []
        self._answers, self._session = list(answers), session

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        if self._session and "upload_id" in request.url.params:
            return self._session(request)
        check(request)
        found = self._answers.pop(0)
        if isinstance(found, Exception):
            raise found
        response = found if isinstance(found, httpx2.Response) else found(request)
        if response.is_success and response.content.startswith(b"{"):
            check_answer(request, response)
        return response

    @property
    def asked(self) -> list[str]:
        return [f"{each.method} {each.url.path}" for each in self.requests]

    @property
    def left(self) -> int:
        return len(self._answers)

    def body(self, index: int = -1) -> dict:
        return json.loads(self.requests[index].content)

    def access(self) -> Access:
        client = httpx2.AsyncClient(transport=httpx2.MockTransport(self), base_url=f"https://{API}")
        return Access(client, profile_id=CHANNEL, handle="@googledevelopers", token="ya29.token")


def film(content: bytes = b"film", block: int = 1_000_000) -> Media:
    async def opened(begin=0):
        for start in range(begin, len(content), block):
            yield content[start : start + block]

    return Media("m1", "video", "video/mp4", len(content), opened)


def content(media: Media | None = None, text: str = "Description", **options) -> Content:
    return Content((Part(text, (media or film(),)),), {"title": "Title", **options})


def outgoing(made: Content, sent_at: datetime | None = None) -> Outgoing:
    prepared = {"session:0": SESSION, "video:0": VIDEO, "ready:0": "checked"}
    return Outgoing(made.parts[0], 0, "key", made.options, prepared, first_sent_at=sent_at)


def comment(text: str = "First!", sent_at: datetime | None = None, **more) -> Outgoing:
    return Outgoing(Part(text, role="comment"), 1, "key", {"title": "Title"}, {}, VIDEO, sent_at, root=VIDEO, **more)
