"""The OAuth walks and the calls that most tests of the sandbox begin with, over real HTTP."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
from PIL import Image

REDIRECT = "http://127.0.0.1:9/callback"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
X_CLIENT = ("sandbox-x-client", "sandbox-x-secret")
X_SCOPES = "tweet.read tweet.write users.read media.write offline.access"
MASTODON_SCOPES = "read write"


@dataclass
class Clock:
    """A clock that a test moves by hand."""

    now: float = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


def x_question(**changed: str) -> dict[str, str]:
    asked = {
        "response_type": "code",
        "client_id": X_CLIENT[0],
        "redirect_uri": REDIRECT,
        "scope": X_SCOPES,
        "state": "s1",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        "approve": "1",
        "account": "alice",
    }
    return {name: value for name, value in {**asked, **changed}.items() if value}


def answered(response: httpx2.Response) -> dict[str, str]:
    """The parameters with which the browser is sent back."""
    assert response.status_code == 302, response.text
    return {name: values[0] for name, values in parse_qs(urlsplit(response.headers["location"]).query).items()}


@dataclass
class XApp:
    """A client's side of X."""

    url: str
    client: tuple[str, str] | None = X_CLIENT
    http: httpx2.Client = field(default_factory=lambda: httpx2.Client(timeout=20))

    def authorize(self, **changed: str) -> httpx2.Response:
        return self.http.get(f"{self.url}/x/i/oauth2/authorize", params=x_question(**changed))

    def token(self, form: Mapping[str, str]) -> httpx2.Response:
        return self.http.post(f"{self.url}/x/2/oauth2/token", data=dict(form), auth=self.client)

    def redeem(self, code: str, **changed: str) -> httpx2.Response:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT, "code_verifier": VERIFIER}
        return self.token({**form, **changed})

    def refresh(self, refresh_token: str) -> httpx2.Response:
        return self.token({"grant_type": "refresh_token", "refresh_token": refresh_token})

    def connect(self, account: str = "alice", scope: str = X_SCOPES) -> "XUser":
        tokens = self.redeem(answered(self.authorize(account=account, scope=scope))["code"]).json()
        return XUser(self, tokens)


@dataclass
class XUser:
    app: XApp
    tokens: dict[str, Any]

    def call(self, method: str, path: str, **options: Any) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {self.tokens['access_token']}", **options.pop("headers", {})}
        return self.app.http.request(method, f"{self.app.url}/x{path}", headers=headers, **options)

    def get(self, path: str, **params: Any) -> httpx2.Response:
        return self.call("GET", path, params=params)

    def post(self, **body: Any) -> httpx2.Response:
        return self.call("POST", "/2/tweets", json=body)

    def posted(self, text: str, **body: Any) -> str:
        response = self.post(text=text, **body)
        assert response.status_code == 201, response.text
        return response.json()["data"]["id"]

    def me(self) -> dict[str, Any]:
        return self.get("/2/users/me").json()["data"]

    def upload(self, content: bytes, category: str = "tweet_image") -> httpx2.Response:
        form = {"media_category": category}
        return self.call("POST", "/2/media/upload", files={"media": ("file", content)}, data=form)


@dataclass
class MastodonApp:
    """A registered client's side of the instance."""

    url: str
    scopes: str = MASTODON_SCOPES
    http: httpx2.Client = field(default_factory=lambda: httpx2.Client(timeout=20))
    registered: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        wish = {"client_name": "Test", "redirect_uris": REDIRECT, "scopes": self.scopes}
        self.registered = self.http.post(f"{self.url}/mastodon/api/v1/apps", data=wish).json()

    def authorize(self, **changed: str) -> httpx2.Response:
        asked = {
            "response_type": "code",
            "client_id": self.registered["client_id"],
            "redirect_uri": REDIRECT,
            "scope": self.scopes,
            "state": "s2",
            "approve": "1",
            "account": "alice",
        }
        params = {name: value for name, value in {**asked, **changed}.items() if value}
        return self.http.get(f"{self.url}/mastodon/oauth/authorize", params=params)

    def token(self, **form: str) -> httpx2.Response:
        own = {name: self.registered[name] for name in ("client_id", "client_secret")}
        return self.http.post(f"{self.url}/mastodon/oauth/token", data={**own, **form})

    def redeem(self, code: str, **changed: str) -> httpx2.Response:
        return self.token(**{"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT, **changed})

    def connect(self, account: str = "alice", scope: str = "") -> "MastodonUser":
        code = answered(self.authorize(account=account, **({"scope": scope} if scope else {})))["code"]
        return MastodonUser(self, self.redeem(code).json()["access_token"])


@dataclass
class MastodonUser:
    app: MastodonApp
    access_token: str

    def call(self, method: str, path: str, **options: Any) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {self.access_token}", **options.pop("headers", {})}
        return self.app.http.request(method, f"{self.app.url}/mastodon{path}", headers=headers, **options)

    def get(self, path: str, **params: Any) -> httpx2.Response:
        return self.call("GET", path, params=params)

    def post(self, text: str = "", key: str | None = None, **body: Any) -> httpx2.Response:
        headers = {"Idempotency-Key": key} if key else {}
        return self.call("POST", "/api/v1/statuses", json={"status": text, **body}, headers=headers)

    def posted(self, text: str = "", key: str | None = None, **body: Any) -> dict[str, Any]:
        response = self.post(text, key, **body)
        assert response.status_code == 200, response.text
        return response.json()

    def me(self) -> dict[str, Any]:
        return self.get("/api/v1/accounts/verify_credentials").json()

    def upload(self, content: bytes, path: str = "/api/v2/media", **form: str) -> httpx2.Response:
        return self.call("POST", path, files={"file": ("file", content)}, data=form)


@dataclass
class Control:
    """The sandbox's own door."""

    url: str
    http: httpx2.Client = field(default_factory=lambda: httpx2.Client(timeout=20))

    def call(self, method: str, path: str, **options: Any) -> httpx2.Response:
        return self.http.request(method, f"{self.url}/_control/{path}", **options)

    def books(self, **params: str) -> list[dict[str, Any]]:
        return self.call("GET", "books", params=params).json()["data"]

    def contents(self, platform: str) -> list[str]:
        return [entry["content"] for entry in self.books(platform=platform)]

    def fault(self, platform: str, kind: str, **more: Any) -> dict[str, Any]:
        response = self.call("POST", "faults", json={"platform": platform, "kind": kind, **more})
        assert response.status_code == 201, response.text
        return response.json()

    def faults(self) -> list[dict[str, Any]]:
        return self.call("GET", "faults").json()["data"]

    def figures(self, **asked: str) -> dict[str, Any]:
        response = self.call("GET", "figures", params=asked)
        assert response.status_code == 200, response.text
        return response.json()

    def watch(self, platform: str, account: str, followers: int = 20_000, **settings: Any) -> None:
        """Gives the account an audience."""
        self.settle(platform, audience=True, **settings)
        self.call("POST", "accounts", json={"platform": platform, "account": account, "followers": followers})

    def settle(self, platform: str, **settings: Any) -> None:
        response = self.call("POST", "settings", json={"platform": platform, "settings": settings})
        assert response.status_code == 200, response.text


def picture(kind: str = "PNG", size: tuple[int, int] = (8, 6)) -> bytes:
    buffer = BytesIO()
    Image.new("RGB", size, "navy").save(buffer, kind)
    return buffer.getvalue()


MP4 = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2" + b"\x00" * 4096
