"""One of Meta's hosts as far as one test needs it: checks each request, gives prepared answers in order."""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import httpx2

Answer = httpx2.Response | Exception | Callable[[httpx2.Request], httpx2.Response]


def answer(body: Any = None, status: int = 200, **headers: str) -> httpx2.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx2.Response(status, content=content, headers={"content-type": "application/json", **named})


def error(code: int, subcode: int | None = None, status: int = 400, **more: Any) -> httpx2.Response:
    told = {"message": "Words that nobody may rely on", "type": "OAuthException", "code": code, "fbtrace_id": "A7O", **more}
    return answer({"error": told | ({"error_subcode": subcode} if subcode is not None else {})}, status)


def left_open() -> list[Answer]:
    """After each of these nobody knows whether the call was accepted."""
    return [
        answer(b"<html>", 500),
        answer(b"", 503),
        error(1),
        error(2),
        error(1, status=500),
        error(100, is_transient=True),
        answer({"surprise": True}),
        answer(b"<html>"),
        httpx2.ReadTimeout("no answer"),
        httpx2.ReadError("reset"),
        httpx2.WriteError("reset"),
        httpx2.RemoteProtocolError("closed"),
    ]


class GraphHost(ABC):
    """`requests` is what came in; `told` what was said of limits."""

    version: ClassVar[str]

    def __init__(self, *answers: Answer) -> None:
        self.requests: list[httpx2.Request] = []
        self.told: list[Mapping[str, str]] = []
        self._answers = list(answers)

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        request.read()
        self.requests.append(request)
        self.check(request)
        found = self._answers.pop(0)
        if isinstance(found, Exception):
            raise found
        return found(request) if callable(found) else found

    @abstractmethod
    def check(self, request: httpx2.Request) -> None:
        """Fails the test that sends what the platform does not know."""

    def path(self, request: httpx2.Request) -> list[str]:
        """What is asked for, in the version that is meant."""
        version, *path = request.url.path.strip("/").split("/")
        assert version == self.version
        return path

    @property
    def asked(self) -> list[str]:
        return [f"{each.method} {each.url.path.removeprefix(f'/{self.version}')}" for each in self.requests]

    @property
    def left(self) -> int:
        return len(self._answers)

    def client(self, api: str) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(transport=httpx2.MockTransport(self), base_url=api)


class TokenHost:
    """Where codes become tokens: nothing is checked but what the test asks of `asked`."""

    def __init__(self, *answers: httpx2.Response) -> None:
        self.asked: list[httpx2.Request] = []
        self._answers = list(answers)

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        return self._answers.pop(0)


async def no_sleep(_seconds: float) -> None:
    pass
