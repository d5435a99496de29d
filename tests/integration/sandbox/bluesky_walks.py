"""Bluesky's OAuth walk, a client's document on a server of its own, and the calls that most tests begin with, over real HTTP."""

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import urlencode

import httpx2
from joserfc import jwt
from joserfc.jwk import ECKey

from integration.sandbox.walks import REDIRECT, Clock, answered
from ocma_sandbox.bluesky import lexicons, validation

POST = "app.bsky.feed.post"
SCOPE = "atproto transition:generic"
AT = "2026-09-21T12:00:00.000Z"
APP_PASSWORD = "abcd-efgh-2345-6789"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
REPO, SERVER, VIDEO = "com.atproto.repo.", "com.atproto.server.", "app.bsky.video."
PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==")


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def digest(text: str) -> str:
    return b64(hashlib.sha256(text.encode()).digest())


def localhost(scope: str = SCOPE) -> str:
    return "http://localhost?" + urlencode({"redirect_uri": REDIRECT, "scope": scope})


def conforms(nsid: str, response: httpx2.Response) -> httpx2.Response:
    """A good answer must be what the call's lexicon says."""
    output = lexicons.get(nsid).get("output")
    if output and response.is_success:
        validation.check(output["schema"], response.json(), validation.Place("$", nsid))
    return response


class MachineClock(Clock):
    """For a server whose clock is the machine's."""

    @property
    def now(self) -> float:
        return time.time()

    @now.setter
    def now(self, _value: float) -> None:
        """The machine's clock is not ours to move."""


@dataclass
class BlueskyApp:
    """A client's side: its key for DPoP, the nonces it was told, and for a confidential client its other key.

    `prefix`: where the sandbox has its Bluesky; a real server has none.
    """

    url: str
    clock: Clock
    prefix: str = field(default="/bluesky", kw_only=True)
    client_id: str = ""
    own_key: ECKey | None = None
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256"))
    http: httpx2.Client = field(default_factory=lambda: httpx2.Client(timeout=20))
    nonces: dict[str, str] = field(default_factory=dict)
    verifiers: dict[str, str] = field(default_factory=dict)

    @property
    def base(self) -> str:
        return self.url + self.prefix

    def proof(self, method: str, url: str, access_token: str | None = None, key: ECKey | None = None, **changed: Any) -> str:
        """`changed` claims: None leaves one out. `typ` and `alg` are the header's."""
        signer = key or self.key
        server = "resource" if access_token else "authorization"
        claims: dict[str, Any] = {
            "jti": secrets.token_hex(8),
            "htm": method,
            "htu": url,
            "iat": int(self.clock.now),
            "nonce": self.nonces.get(server),
            "ath": digest(access_token) if access_token else None,
            **changed,
        }
        header = {
            "typ": claims.pop("typ", "dpop+jwt"),
            "alg": "ES256",
            "jwk": signer.as_dict(private=claims.pop("private", False)),
        }
        return jwt.encode(header, {name: value for name, value in claims.items() if value is not None}, signer)

    def form(self, path: str, data: Mapping[str, str], headers: Mapping[str, str] | None = None, **proof: Any) -> httpx2.Response:
        """To the authorization server, with a proof; once more when it tells a nonce."""
        url = self.base + path
        for _ in range(2):
            sent = headers if headers is not None else {"DPoP": self.proof("POST", url, **proof)}
            response = self.http.post(url, data={**self.assertion(), **data}, headers=dict(sent))
            self.nonces["authorization"] = response.headers["dpop-nonce"]
            if response.is_success or response.json()["error"] != "use_dpop_nonce" or "nonce" in proof:
                break
        return response

    def assertion(self, signer: ECKey | None = None, **changed: Any) -> dict[str, str]:
        """Who we are: for a confidential client with a JWT of its own key. `changed` claims: None leaves one out."""
        mine = {"client_id": self.client_id or localhost()}
        if self.own_key is None:
            return mine
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": self.base,
            "jti": secrets.token_hex(8),
            "iat": int(self.clock.now),
            "exp": int(self.clock.now) + 60,
            **changed,
        }
        header = {"alg": "ES256", "kid": claims.pop("kid", self.own_key.kid)}
        told = {name: value for name, value in claims.items() if value is not None}
        signed = jwt.encode({name: value for name, value in header.items() if value}, told, signer or self.own_key)
        return {**mine, "client_assertion_type": ASSERTION_TYPE, "client_assertion": signed}

    def push(self, proof: Mapping[str, Any] | None = None, **changed: str | None) -> httpx2.Response:
        verifier = secrets.token_urlsafe(48)
        asked = {
            "redirect_uri": REDIRECT,
            "response_type": "code",
            "scope": SCOPE,
            "state": "s5",
            "code_challenge": digest(verifier),
            "code_challenge_method": "S256",
            **changed,
        }
        response = self.form("/oauth/par", {name: value for name, value in asked.items() if value is not None}, **(proof or {}))
        if response.is_success:
            self.verifiers[response.json()["request_uri"]] = verifier
        return response

    def authorize(self, request_uri: str, **changed: str | None) -> httpx2.Response:
        asked = {
            "client_id": self.client_id or localhost(),
            "request_uri": request_uri,
            "approve": "1",
            "account": "alice",
            **changed,
        }
        params = {name: value for name, value in asked.items() if value is not None}
        return self.http.get(f"{self.base}/oauth/authorize", params=params)

    def code(self, account: str = "alice", **pushed: str) -> tuple[str, str]:
        """A code, and the verifier that goes with it."""
        request_uri = self.push(**pushed).json()["request_uri"]
        client = {"client_id": pushed["client_id"]} if "client_id" in pushed else {}
        back = answered(self.authorize(request_uri, account=account, **client))
        return back["code"], self.verifiers[request_uri]

    def redeem(self, code: str, verifier: str, proof: Mapping[str, Any] | None = None, **changed: str) -> httpx2.Response:
        form = {"grant_type": "authorization_code", "code": code, "code_verifier": verifier, "redirect_uri": REDIRECT, **changed}
        return self.form("/oauth/token", form, **(proof or {}))

    def refresh(self, refresh_token: str, proof: Mapping[str, Any] | None = None, **changed: str) -> httpx2.Response:
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token, **changed}
        return self.form("/oauth/token", form, **(proof or {}))

    def connect(self, account: str = "alice", scope: str = SCOPE) -> "BlueskyUser":
        """By OAuth."""
        client = {"client_id": localhost(scope)} if not self.client_id else {}
        response = self.redeem(*self.code(account, scope=scope, **client), **client)
        assert response.status_code == 200, response.text
        return BlueskyUser(self, response.json()["access_token"], response.json()["sub"], response.json())

    def login(self, account: str = "alice", **changed: str) -> "BlueskyUser":
        """By app password."""
        session = conforms(SERVER + "createSession", self.sign_in(account, **changed)).json()
        return BlueskyUser(self, session["accessJwt"], session["did"], session, is_bound=False)

    def sign_in(self, account: str = "alice", **changed: str) -> httpx2.Response:
        body = {"identifier": f"{account}.bsky.test", "password": APP_PASSWORD, **changed}
        return self.http.post(f"{self.base}/xrpc/{SERVER}createSession", json=body)

    def get(self, nsid: str, **params: Any) -> httpx2.Response:
        """A stranger's question."""
        return conforms(nsid, self.http.get(f"{self.base}/xrpc/{nsid}", params=params))


@dataclass
class BlueskyUser:
    """An account's side: with an OAuth token, bound to the app's key, or with that of an app password."""

    app: BlueskyApp
    token: str
    did: str
    tokens: dict[str, Any]
    is_bound: bool = True

    def call(self, method: str, nsid: str, proof: Mapping[str, Any] | None = None, **options: Any) -> httpx2.Response:
        """With a proof where the token is bound; once more when the server tells a nonce."""
        url = f"{self.app.base}/xrpc/{nsid}"
        own = dict(options.pop("headers", {}))
        for _ in range(2):
            headers = {**own, "Authorization": f"Bearer {self.token}"}
            if self.is_bound:
                proven = self.app.proof(method, url, self.token, **(proof or {}))
                headers |= {"Authorization": f"DPoP {self.token}", "DPoP": proven}
            response = self.app.http.request(method, url, headers=headers, **options)
            self.app.nonces["resource"] = response.headers.get("dpop-nonce", self.app.nonces.get("resource", ""))
            if response.status_code != 401 or response.json()["error"] != "use_dpop_nonce" or "nonce" in (proof or {}):
                break
        return conforms(nsid, response)

    def get(self, nsid: str, **params: Any) -> httpx2.Response:
        return self.call("GET", nsid, params=params)

    def procedure(self, nsid: str, body: Mapping[str, Any], **options: Any) -> httpx2.Response:
        return self.call("POST", nsid, json=dict(body), **options)

    def record(self, text: str = "hello", **more: Any) -> dict[str, Any]:
        return {"$type": POST, "text": text, "createdAt": AT, **more}

    def write(self, method: str = "createRecord", record: Any = None, **body: Any) -> httpx2.Response:
        return self.procedure(REPO + method, {"repo": self.did, "collection": POST, "record": record or self.record(), **body})

    def post(self, text: str = "hello", **more: Any) -> httpx2.Response:
        return self.write(record=self.record(text, **more))

    def posted(self, text: str = "hello", **more: Any) -> dict[str, Any]:
        response = self.post(text, **more)
        assert response.status_code == 200, response.text
        return response.json()

    def apply(self, *writes: Mapping[str, Any], **body: Any) -> httpx2.Response:
        named = [{"collection": POST, **write, "$type": f"{REPO}applyWrites#{write['$type']}"} for write in writes]
        return self.procedure(REPO + "applyWrites", {"repo": self.did, "writes": named, **body})

    def delete(self, uri: str, **body: Any) -> httpx2.Response:
        return self.procedure(
            REPO + "deleteRecord", {"repo": self.did, "collection": POST, "rkey": uri.rpartition("/")[2], **body}
        )

    def upload(self, content: bytes, mime_type: str) -> httpx2.Response:
        return self.call("POST", REPO + "uploadBlob", content=content, headers={"Content-Type": mime_type})

    def blob(self, content: bytes = PNG, mime_type: str = "image/png") -> dict[str, Any]:
        response = self.upload(content, mime_type)
        assert response.status_code == 200, response.text
        return response.json()["blob"]

    def service_auth(self, audience: str, method: str, **params: Any) -> str:
        response = self.get(SERVER + "getServiceAuth", aud=audience, lxm=method, **params)
        assert response.status_code == 200, response.text
        return response.json()["token"]


@dataclass
class Documents:
    """What a client publishes: path to (status, type, content)."""

    url: str
    held: dict[str, tuple[int, str, bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def publish(self, path: str, content: Any, status: int = 200, kind: str = "application/json") -> str:
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.held[path] = (status, kind, raw)
        return self.url + path

    def client(self, **changed: Any) -> str:
        """A client's metadata at their own address; None leaves a field out."""
        address = self.url + "/client.json"
        told = {
            "client_id": address,
            "client_name": "Test",
            "application_type": "web",
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "redirect_uris": [REDIRECT],
            "scope": SCOPE,
            "dpop_bound_access_tokens": True,
            "token_endpoint_auth_method": "none",
            **changed,
        }
        return self.publish("/client.json", {name: value for name, value in told.items() if value is not None})


@contextmanager
def published() -> Iterator[Documents]:
    """A web server of the client's, on a free port."""
    documents = Documents("")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            documents.asked.append(self.path)
            status, kind, raw = documents.held.get(self.path, (404, "text/plain", b"nothing here"))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(raw)))
            if status == 302:
                self.send_header("Location", raw.decode())
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: Any) -> None:
            """Tests print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        documents.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield documents
        server.shutdown()
        thread.join(5)
