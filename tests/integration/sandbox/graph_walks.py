"""Meta's log-ins and the calls that the tests of its three platforms begin with, over real HTTP; and a server of media."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import httpx2

from integration.sandbox.walks import REDIRECT, answered

FACEBOOK_SCOPES = (
    "pages_show_list,pages_manage_posts,pages_read_engagement,pages_manage_engagement,pages_read_user_content,read_insights"
)
INSTAGRAM_SCOPES = ",".join(
    f"instagram_business_{name}" for name in ("basic", "content_publish", "manage_comments", "manage_insights")
)
LINKED_SCOPES = (
    "instagram_basic,instagram_content_publish,instagram_manage_comments,instagram_manage_insights,"
    "pages_show_list,pages_read_engagement"
)
THREADS_SCOPES = ",".join(
    f"threads_{name}"
    for name in (
        *("basic", "content_publish", "read_replies", "manage_replies", "manage_insights", "manage_mentions"),
        *("keyword_search", "delete", "profile_discovery"),
    )
)


def refusal(response: httpx2.Response) -> tuple[int, int | None]:
    """Code and subcode of an error of the Graph API."""
    assert response.status_code >= 400, response.text
    error = response.json()["error"]
    assert {"message", "type", "code", "fbtrace_id"} <= error.keys()
    return error["code"], error.get("error_subcode")


@dataclass
class GraphUser:
    """Calls with one token, at one host; `version` is put in front of each path."""

    http: httpx2.Client
    root: str
    token: str
    version: str = "/v26.0"
    id: str = ""

    def call(self, method: str, path: str, **options: Any) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        return self.http.request(method, f"{self.root}{self.version}{path}", headers=headers, **options)

    def get(self, path: str, **params: Any) -> httpx2.Response:
        return self.call("GET", path, params=params)

    def post(self, path: str, **form: Any) -> httpx2.Response:
        data = {name: json.dumps(value) if isinstance(value, list | dict) else value for name, value in form.items()}
        return self.call("POST", path, data=data)

    def made(self, path: str, **form: Any) -> str:
        response = self.post(path, **form)
        assert response.status_code == 200, response.text
        return response.json()["id"]

    def fields(self, node_id: str, fields: str) -> dict[str, Any]:
        response = self.get(f"/{node_id}", fields=fields)
        assert response.status_code == 200, response.text
        return response.json()


@dataclass
class FacebookLogin:
    """A client's side of Facebook Login, for pages or for the Instagram accounts behind them."""

    url: str
    prefix: str = "/facebook"
    client: tuple[str, str] = ("sandbox-facebook-client", "sandbox-facebook-secret")
    scopes: str = FACEBOOK_SCOPES
    http: httpx2.Client = field(default_factory=lambda: httpx2.Client(timeout=20))

    @property
    def root(self) -> str:
        return self.url + self.prefix

    def authorize(self, **changed: str) -> httpx2.Response:
        asked = {
            "client_id": self.client[0],
            "redirect_uri": REDIRECT,
            "response_type": "code",
            "scope": self.scopes,
            "state": "s4",
            "approve": "1",
            "account": "alice",
        }
        params = {name: value for name, value in {**asked, **changed}.items() if value}
        return self.http.get(f"{self.root}/v26.0/dialog/oauth", params=params)

    def token(self, **given: str) -> httpx2.Response:
        own = {"client_id": self.client[0], "client_secret": self.client[1]}
        params = {name: value for name, value in {**own, **given}.items() if value}
        return self.http.get(f"{self.root}/v26.0/oauth/access_token", params=params)

    def redeem(self, code: str, **changed: str) -> httpx2.Response:
        return self.token(**{"redirect_uri": REDIRECT, "code": code, **changed})

    def exchange(self, token: str) -> httpx2.Response:
        return self.token(grant_type="fb_exchange_token", fb_exchange_token=token)

    def connect(self, account: str = "alice", **changed: str) -> GraphUser:
        """A user with a long-lived token."""
        short = self.redeem(answered(self.authorize(account=account, **changed))["code"]).json()["access_token"]
        return GraphUser(self.http, self.root, self.exchange(short).json()["access_token"])

    def pages(self, user: GraphUser) -> list[GraphUser]:
        found = user.get("/me/accounts", fields="id,access_token").json()["data"]
        return [GraphUser(self.http, self.root, page["access_token"], id=page["id"]) for page in found]

    def page(self, account: str = "alice", **changed: str) -> GraphUser:
        return self.pages(self.connect(account, **changed))[0]


@dataclass
class OwnLogin:
    """A client's side of the logins of Instagram and Threads: a short token, then one for 60 days."""

    url: str
    prefix: str
    word: str
    client: tuple[str, str]
    scopes: str
    version: str
    http: httpx2.Client = field(default_factory=lambda: httpx2.Client(timeout=20))

    @property
    def root(self) -> str:
        return self.url + self.prefix

    def authorize(self, **changed: str) -> httpx2.Response:
        asked = {
            "client_id": self.client[0],
            "redirect_uri": REDIRECT,
            "response_type": "code",
            "scope": self.scopes,
            "state": "s5",
            "approve": "1",
            "account": "alice",
        }
        params = {name: value for name, value in {**asked, **changed}.items() if value}
        return self.http.get(f"{self.root}/oauth/authorize", params=params)

    def redeem(self, code: str, **changed: str) -> httpx2.Response:
        own = {"client_id": self.client[0], "client_secret": self.client[1], "redirect_uri": REDIRECT, "code": code}
        form = {**own, "grant_type": "authorization_code", **changed}
        return self.http.post(f"{self.root}/oauth/access_token", data=form)

    def short(self, account: str = "alice", **changed: str) -> dict[str, Any]:
        return self.redeem(answered(self.authorize(account=account, **changed))["code"]).json()

    def exchange(self, token: str, **changed: str) -> httpx2.Response:
        given = {"grant_type": f"{self.word}_exchange_token", "client_secret": self.client[1], "access_token": token}
        return self.http.get(f"{self.root}/access_token", params={**given, **changed})

    def refresh(self, token: str, **changed: str) -> httpx2.Response:
        given = {"grant_type": f"{self.word}_refresh_token", "access_token": token}
        return self.http.get(f"{self.root}/refresh_access_token", params={**given, **changed})

    def connect(self, account: str = "alice", **changed: str) -> GraphUser:
        token = self.exchange(self.short(account, **changed)["access_token"]).json()["access_token"]
        return GraphUser(self.http, self.root, token, self.version, "me")


def instagram_login(url: str, prefix: str = "/instagram") -> OwnLogin:
    client = ("sandbox-instagram-client", "sandbox-instagram-secret")
    return OwnLogin(url, prefix, "ig", client, INSTAGRAM_SCOPES, "/v26.0")


def linked_login(url: str, prefix: str = "/instagram") -> FacebookLogin:
    client = ("sandbox-instagram-facebook-client", "sandbox-instagram-facebook-secret")
    return FacebookLogin(url, prefix, client, LINKED_SCOPES)


def threads_login(url: str) -> OwnLogin:
    client = ("sandbox-threads-client", "sandbox-threads-secret")
    return OwnLogin(url, "/threads", "th", client, THREADS_SCOPES, "/v1.0")


@dataclass
class MediaServer:
    """Where the platforms fetch media: what a path answers, and who asked for it."""

    url: str
    answers: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    slow: set[str] = field(default_factory=set)

    def put(self, path: str, content: bytes, status: int = 200, **headers: str) -> str:
        self.answers[path] = (status, headers, content)
        return self.url + path


@contextmanager
def media_server() -> Iterator[MediaServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    found = MediaServer(f"http://127.0.0.1:{server.server_port}")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append((self.path, self.headers.get("User-Agent", "")))
            if self.path in found.slow:
                time.sleep(1.5)
            status, headers, content = found.answers.get(self.path, (404, {}, b""))
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(ConnectionError):  # a platform may have lost patience
                self.wfile.write(content)

        def log_message(self, *_arguments: Any) -> None:
            """A test's output is the test's."""

    server.RequestHandlerClass = Handler
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
