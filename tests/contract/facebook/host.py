"""graph.facebook.com as far as one test needs it: checks each request against the description, gives prepared answers in order."""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any

import httpx2

from contract.facebook.description import GRAPH
from ocma.platforms.connector import Access
from ocma.platforms.facebook import Facebook
from ocma.platforms.grant import App

API, UPLOAD = "https://graph.facebook.com", "https://rupload.facebook.com"
PAGE, POST, VIDEO = "1755847768034402", "1755847768034402_122100", "9100"
SECRET, TOKEN = "app-secret", "page-token"
PROOF = hmac.new(SECRET.encode(), TOKEN.encode(), hashlib.sha256).hexdigest()
Answer = httpx2.Response | Exception | Callable[[httpx2.Request], httpx2.Response]


def answer(body: Any = None, status: int = 200, **headers: str) -> httpx2.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx2.Response(status, content=content, headers={"content-type": "application/json", **named})


def error(code: int, subcode: int | None = None, status: int = 400, **more: Any) -> httpx2.Response:
    told = {"message": "Words that nobody may rely on", "type": "OAuthException", "code": code, "fbtrace_id": "AQt", **more}
    return answer({"error": told | ({"error_subcode": subcode} if subcode is not None else {})}, status)


def node_of(segment: str) -> str:
    named = {"me": "User", PAGE: "Page"}
    return named.get(segment) or ("PagePost" if "_" in segment else "AdVideo")


class Host:
    """`requests` is what came in; `told` what was said of limits."""

    def __init__(self, *answers: Answer) -> None:
        self.requests: list[httpx2.Request] = []
        self.told: list[Mapping[str, str]] = []
        self._answers = list(answers)

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        request.read()
        self.requests.append(request)
        if request.url.host == httpx2.URL(UPLOAD).host:
            self._check_upload(request)
        else:
            self._check(request)
        found = self._answers.pop(0)
        if isinstance(found, Exception):
            raise found
        return found(request) if callable(found) else found

    def _check(self, request: httpx2.Request) -> None:
        assert request.url.host == httpx2.URL(API).host
        assert request.headers["authorization"] == f"Bearer {TOKEN}"
        assert request.url.params["appsecret_proof"] == PROOF
        assert "access_token" not in request.url.params
        version, node, *edge = request.url.path.strip("/").split("/")
        assert version == "v26.0"
        GRAPH.check(request, node_of(node), edge[0] if edge else f"#{request.method.lower()}")

    @staticmethod
    def _check_upload(request: httpx2.Request) -> None:
        assert request.method == "POST"
        assert request.headers["authorization"] == f"OAuth {TOKEN}"
        assert request.headers["offset"] == "0"
        assert request.headers["file_size"] == request.headers["content-length"] == str(len(request.content))
        assert not request.url.query

    @property
    def asked(self) -> list[str]:
        return [f"{each.method} {each.url.path.removeprefix('/v26.0')}" for each in self.requests]

    @property
    def left(self) -> int:
        return len(self._answers)

    def access(self, profile_id: str = PAGE, **more: Any) -> Access:
        client = httpx2.AsyncClient(transport=httpx2.MockTransport(self), base_url=API)
        return Access(
            client,
            profile_id=profile_id,
            token=TOKEN,
            app=App("app-id", SECRET),
            urls={"upload": UPLOAD},
            settings={"version": "v26.0", "config_id": ""},
            answered=self.told.append,
            **more,
        )


async def no_sleep(_seconds: float) -> None:
    pass


def facebook() -> Facebook:
    return Facebook(sleep=no_sleep)
