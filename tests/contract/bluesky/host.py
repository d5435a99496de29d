"""The servers of AT Protocol as far as one test needs them: each request is checked, then the listed answers are given in order."""

import base64
import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx2
from joserfc import jwt
from joserfc.jwk import ECKey

from contract.bluesky.lexicon import check_answer, check_request
from ocma.platforms.bluesky import Bluesky
from ocma.platforms.bluesky.proof import new_key
from ocma.platforms.configuration import Endpoints
from ocma.platforms.connector import Access
from ocma.platforms.content import Media

PDS, VIDEO, PLC = "https://pds.example", "https://video.example", "https://plc.example"
DID = "did:plc:mrhlbpyanopquhu345kh3w3r"
NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
KEY = new_key()
WEB = "https://bsky.app"
URLS = {"plc": PLC, "video": VIDEO, "web": WEB}
RECORDED = json.loads((Path(__file__).parent / "data" / "pds-0.5.35.json").read_text("utf-8"))

Answer = httpx2.Response | Exception | Callable[[httpx2.Request], httpx2.Response]


def answer(status: int = 200, body: Any = None, **headers: str) -> httpx2.Response:
    return httpx2.Response(
        status, json={} if body is None else body, headers={k.replace("_", "-"): v for k, v in headers.items()}
    )


def refused(name: str, status: int = 400, **headers: str) -> httpx2.Response:
    return answer(status, {"error": name, "message": "In the server's own words"}, **headers)


def recorded(request: str, status: int, error: str | None = None) -> httpx2.Response:
    """What a real PDS answered."""
    found = [each for each in RECORDED if each["request"] == request and each["status"] == status]
    (one,) = [each for each in found if error is None or (each["body"] or {}).get("error") == error]
    return httpx2.Response(status, json=one["body"], headers=one["headers"])


def proof(request: httpx2.Request, token: str | None = None) -> dict[str, Any]:
    """The claims of a request's DPoP header, once all that RFC 9449 wants of it is there."""
    header = json.loads(_decoded(request.headers["dpop"].split(".")[0]))
    assert (header["typ"], header["alg"]) == ("dpop+jwt", "ES256")
    assert set(header["jwk"]) == {"kty", "crv", "x", "y"}  # and no private half
    claims = jwt.decode(request.headers["dpop"], ECKey.import_key(header["jwk"])).claims
    assert (claims["htm"], claims["htu"]) == (request.method, str(request.url).partition("?")[0])
    assert "iss" not in claims
    if token:
        assert claims["ath"] == base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).decode().rstrip("=")
    return {**claims, "jwk": header["jwk"]}


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def form(request: httpx2.Request) -> dict[str, str]:
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    pairs = parse_qsl(request.content.decode(), keep_blank_values=True, strict_parsing=True)
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


class Host:
    """`on` takes a path of the PDS or a whole URL; the last answer is repeated. `loose`: answers may break the lexicon."""

    def __init__(self, *, loose: bool = False) -> None:
        self.requests: list[httpx2.Request] = []
        self._answers: dict[tuple[str, str], list[Answer]] = {}
        self._loose = loose

    def on(self, method: str, url: str, *answers: Answer) -> "Host":
        self._answers[method, url if "://" in url else f"{PDS}{url}"] = list(answers)
        return self

    def xrpc(self, name: str, *answers: Answer, at: str = PDS) -> "Host":
        return self.on("POST" if name in PROCEDURES else "GET", f"{at}/xrpc/{name}", *answers)

    async def __call__(self, request: httpx2.Request) -> httpx2.Response:
        await request.aread()
        self.requests.append(request)
        xrpc = request.url.path.startswith("/xrpc/")
        if xrpc:
            check_request(request)
        if request.headers.get("authorization", "").startswith("DPoP "):
            proof(request, request.headers["authorization"].removeprefix("DPoP "))
        answers = self._answers[request.method, str(request.url).partition("?")[0]]
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(found, Exception):
            raise found
        response = found(request) if callable(found) else found
        copy = httpx2.Response(response.status_code, headers=response.headers, content=response.content)
        if xrpc and copy.is_success and not self._loose:
            check_answer(request, copy)
        return copy

    @property
    def transport(self) -> httpx2.MockTransport:
        return httpx2.MockTransport(self)

    def access(self, *, oauth: bool = True, token: str = "t0ken", **more: Any) -> Access:
        client = httpx2.AsyncClient(base_url=PDS, transport=self.transport)
        secrets = {"did": DID, "pds": PDS, **({"key": KEY} if oauth else {})}
        known = {"profile_id": DID, "handle": "alice.test", "token": token, "secrets": secrets, "urls": URLS}
        return Access(client, **{**known, "settings": {"video_by": "service"}, **more})

    def asked(self) -> list[str]:
        return [f"{each.method} {each.url.path.removeprefix('/xrpc/')}" for each in self.requests]

    def sent(self, name: str) -> list[httpx2.Request]:
        return [each for each in self.requests if each.url.path == f"/xrpc/{name}"]


PROCEDURES = {
    *(f"com.atproto.repo.{each}" for each in ("createRecord", "deleteRecord", "uploadBlob")),
    *(f"com.atproto.server.{each}" for each in ("createSession", "refreshSession", "deleteSession")),
    "app.bsky.video.uploadVideo",
}


def bluesky() -> Bluesky:
    return Bluesky(clock=lambda: NOW)


def endpoints(*, chosen: bool = False) -> Endpoints:
    base = PDS if chosen else "https://bsky.social"
    return Endpoints(base, base, chosen, URLS, {"video_by": "service"})


def blob(size: int = 3, mime_type: str = "image/png") -> dict[str, Any]:
    link = "bafkreihw5kiwyfb6qkexxhgf6gd4l3ro4stoscqphh5yprhkxtwuzxbw7i"
    return {"$type": "blob", "ref": {"$link": link}, "mimeType": mime_type, "size": size}


def media(kind: str = "image", mime_type: str = "image/png", content: bytes = b"abc", **more: Any) -> Media:
    async def opened():
        yield content[:1]
        yield content[1:]

    known = {"width": 1600, "height": 900, "alt_text": "Ein Bild"}
    return Media("m1", kind, mime_type, len(content), opened, **{**known, **more})
