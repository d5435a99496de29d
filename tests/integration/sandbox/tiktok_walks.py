"""A client's side of TikTok, and a web server that its pictures and videos are pulled from."""

import hashlib
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx2

from integration.sandbox.walks import REDIRECT, VERIFIER, answered

CLIENT = {"client_key": "sandbox-tiktok-client", "client_secret": "sandbox-tiktok-secret"}
SCOPES = "user.info.basic,user.info.profile,user.info.stats,video.list,video.publish,video.upload"
HEX = hashlib.sha256(VERIFIER.encode()).hexdigest()
PKCE = {"code_challenge": HEX, "code_challenge_method": "S256"}
POST = "/v2/post/publish"
VIDEO, INBOX, CONTENT = f"{POST}/video/init/", f"{POST}/inbox/video/init/", f"{POST}/content/init/"
EVERYBODY = "PUBLIC_TO_EVERYONE"


@dataclass
class TikTokApp:
    url: str
    http: httpx2.Client = field(default_factory=lambda: httpx2.Client(timeout=20))

    def authorize(self, **changed: str) -> httpx2.Response:
        asked = {
            "client_key": CLIENT["client_key"],
            "scope": SCOPES,
            "redirect_uri": REDIRECT,
            "state": "s3",
            "response_type": "code",
            "approve": "1",
            "account": "tom",
        }
        params = {name: value for name, value in {**asked, **changed}.items() if value}
        return self.http.get(f"{self.url}/tiktok/v2/auth/authorize/", params=params)

    def token(self, path: str = "token", **form: str) -> httpx2.Response:
        return self.http.post(f"{self.url}/tiktok/v2/oauth/{path}/", data={**CLIENT, **form})

    def redeem(self, code: str, **changed: str) -> httpx2.Response:
        return self.token(**{"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT, **changed})

    def refresh(self, refresh_token: str) -> httpx2.Response:
        return self.token(grant_type="refresh_token", refresh_token=refresh_token)

    def connect(self, account: str = "tom", **asked: str) -> "TikTokUser":
        return TikTokUser(self, self.redeem(answered(self.authorize(account=account, **asked))["code"]).json())


@dataclass
class TikTokUser:
    app: TikTokApp
    tokens: dict[str, Any]

    def call(self, method: str, path: str, **options: Any) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {self.tokens['access_token']}"}
        return self.app.http.request(method, f"{self.app.url}/tiktok{path}", headers=headers, **options)

    def get(self, path: str, **params: Any) -> httpx2.Response:
        return self.call("GET", path, params=params)

    def post(self, path: str, body: Any = None, **params: Any) -> httpx2.Response:
        return self.call("POST", path, json=body, params=params)

    def init(self, size: int, chunk: int = 0, path: str = VIDEO, **post: Any) -> httpx2.Response:
        chunk = chunk or size
        source = {"source": "FILE_UPLOAD", "video_size": size, "chunk_size": chunk, "total_chunk_count": max(1, size // chunk)}
        info = {"post_info": {"privacy_level": EVERYBODY, "title": "look", **post}} if path == VIDEO else {}
        return self.post(path, {**info, "source_info": source})

    def begun(self, size: int, chunk: int = 0, path: str = VIDEO, **post: Any) -> tuple[str, str]:
        """publish_id and upload_url"""
        data = succeeded(self.init(size, chunk, path, **post))
        return data["publish_id"], data["upload_url"]

    def put(self, url: str, content: bytes, first: int = 0, total: int = 0, **headers: str) -> httpx2.Response:
        """Sends a chunk; `total` 0 means that it is the whole video."""
        place = f"bytes {first}-{first + len(content) - 1}/{total or len(content)}"
        return self.app.http.put(url, content=content, headers={"Content-Type": "video/mp4", "Content-Range": place, **headers})

    def posted(self, content: bytes, **post: Any) -> str:
        publish_id, url = self.begun(len(content), **post)
        assert self.put(url, content).status_code == 201
        return publish_id

    def pull(self, url: str, **post: Any) -> httpx2.Response:
        source = {"source": "PULL_FROM_URL", "video_url": url}
        return self.post(VIDEO, {"post_info": {"privacy_level": EVERYBODY, **post}, "source_info": source})

    def photos(self, *urls: str, mode: str = "DIRECT_POST", cover: int = 0, **post: Any) -> httpx2.Response:
        info = {**({"privacy_level": EVERYBODY} if mode == "DIRECT_POST" else {}), **post}
        source = {"source": "PULL_FROM_URL", "photo_images": list(urls), "photo_cover_index": cover}
        return self.post(CONTENT, {"media_type": "PHOTO", "post_mode": mode, "post_info": info, "source_info": source})

    def status(self, publish_id: str) -> dict[str, Any]:
        return succeeded(self.post(f"{POST}/status/fetch/", {"publish_id": publish_id}))


def succeeded(response: httpx2.Response) -> dict[str, Any]:
    assert (response.status_code, response.json()["error"]["code"]) == (200, "ok"), response.text
    return response.json()["data"]


def refused(response: httpx2.Response) -> tuple[int, str]:
    """Status and code of an answer that is an error in all its parts."""
    error = response.json()["error"]
    assert error["message"], response.text
    assert error["log_id"], response.text
    return response.status_code, error["code"]


@contextmanager
def serving(files: dict[str, bytes]) -> Generator[str]:
    """A web server with these files; `/moved` leads to the first of them, `/short` ends too early, `/slow` takes long."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = files.get(self.path, b"")
            if self.path == "/slow":
                self.drip()
                return
            status = 302 if self.path == "/moved" else 200 if self.path in {*files, "/short"} else 404
            self.send_response(status)
            if status == 302:
                self.send_header("Location", next(iter(files)))
            self.send_header("Content-Length", str(len(content) + (self.path == "/short") * 10))
            self.end_headers()
            self.wfile.write(content)

        def drip(self) -> None:
            """A byte at a time, for a while, or until nobody listens any more."""
            self.send_response(200)
            self.end_headers()
            with suppress(OSError):
                for _ in range(50):
                    self.wfile.write(b"x")
                    time.sleep(0.1)

        def log_message(self, *_arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
