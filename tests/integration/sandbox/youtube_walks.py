"""A client's side of YouTube."""

from dataclasses import dataclass, field
from typing import Any

import httpx2

from integration.sandbox.walks import CHALLENGE, REDIRECT, VERIFIER, answered

CLIENT = {"client_id": "sandbox-youtube-client", "client_secret": "sandbox-youtube-secret"}
PREFIX = "https://www.googleapis.com/auth/"
SCOPES = " ".join(PREFIX + name for name in ("youtube", "youtube.force-ssl", "youtube.readonly", "youtube.upload"))
V3 = "/youtube/v3"
UPLOAD = "/upload/youtube/v3/videos"
STEP = 262_144


@dataclass
class YouTubeApp:
    url: str
    http: httpx2.Client = field(default_factory=lambda: httpx2.Client(timeout=20))

    def authorize(self, **changed: str) -> httpx2.Response:
        asked = {
            "client_id": CLIENT["client_id"],
            "redirect_uri": REDIRECT,
            "response_type": "code",
            "scope": SCOPES,
            "state": "s4",
            "access_type": "offline",
            "prompt": "consent",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            "approve": "1",
            "account": "yan",
        }
        params = {name: value for name, value in {**asked, **changed}.items() if value}
        return self.http.get(f"{self.url}/youtube/o/oauth2/v2/auth", params=params)

    def token(self, **form: str) -> httpx2.Response:
        return self.http.post(f"{self.url}/youtube/token", data={**CLIENT, **form})

    def redeem(self, code: str, **changed: str) -> httpx2.Response:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT, "code_verifier": VERIFIER}
        return self.token(**{**form, **changed})

    def refresh(self, refresh_token: str) -> httpx2.Response:
        return self.token(grant_type="refresh_token", refresh_token=refresh_token)

    def revoke(self, token: str) -> httpx2.Response:
        return self.http.post(f"{self.url}/youtube/revoke", data={"token": token})

    def tokens(self, **asked: str) -> dict[str, Any]:
        response = self.redeem(answered(self.authorize(**asked))["code"])
        assert response.status_code == 200, response.text
        return response.json()

    def connect(self, account: str = "yan", **asked: str) -> "YouTubeUser":
        return YouTubeUser(self, self.tokens(account=account, **asked))


@dataclass
class YouTubeUser:
    app: YouTubeApp
    tokens: dict[str, Any]

    def call(self, method: str, path: str, **options: Any) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {self.tokens['access_token']}", **options.pop("headers", {})}
        return self.app.http.request(method, f"{self.app.url}/youtube{path}", headers=headers, **options)

    def get(self, path: str, **params: Any) -> httpx2.Response:
        return self.call("GET", V3 + path, params=params)

    def items(self, path: str, **params: Any) -> list[dict[str, Any]]:
        response = self.get(path, **params)
        assert response.status_code == 200, response.text
        return response.json()["items"]

    def begin(
        self, size: int = 0, title: str = "look", status: dict[str, Any] | None = None, path: str = UPLOAD, **snippet: Any
    ) -> httpx2.Response:
        """The first request of an upload; `size` 0 leaves the length to the bytes."""
        body = {"snippet": {"title": title, "categoryId": "22", **snippet}, "status": status or {"privacyStatus": "public"}}
        headers = {"X-Upload-Content-Type": "video/mp4", **({"X-Upload-Content-Length": str(size)} if size else {})}
        params = {"uploadType": "resumable", "part": "snippet,status"}
        return self.call("POST", path, params=params, json=body, headers=headers)

    def session(self, size: int = 0, **more: Any) -> str:
        response = self.begin(size, **more)
        assert response.status_code == 200, response.text
        return response.headers["location"]

    def put(self, session: str, content: bytes, first: int = 0, total: int = 0, **headers: str) -> httpx2.Response:
        """With a total, one piece of the video; without, all of it."""
        place = {"Content-Range": f"bytes {first}-{first + len(content) - 1}/{total}"} if total else {}
        return self.app.http.put(session, content=content, headers={"Content-Type": "video/mp4", **place, **headers})

    def ask(self, session: str, total: int) -> httpx2.Response:
        return self.app.http.put(session, content=b"", headers={"Content-Range": f"bytes */{total}"})

    def uploaded(self, content: bytes, **more: Any) -> str:
        response = self.put(self.session(len(content), **more), content)
        assert response.status_code == 200, response.text
        return response.json()["id"]

    def video(self, video_id: str, part: str = "snippet,status") -> dict[str, Any]:
        return self.items("/videos", part=part, id=video_id)[0]

    def comment(self, video_id: str, text: str) -> httpx2.Response:
        body = {"snippet": {"videoId": video_id, "topLevelComment": {"snippet": {"textOriginal": text}}}}
        return self.call("POST", f"{V3}/commentThreads", params={"part": "snippet"}, json=body)

    def reply(self, parent_id: str, text: str) -> httpx2.Response:
        body = {"snippet": {"parentId": parent_id, "textOriginal": text}}
        return self.call("POST", f"{V3}/comments", params={"part": "snippet"}, json=body)


def refused(response: httpx2.Response) -> tuple[int, str]:
    """Status and reason of an answer that is an error in all its parts."""
    error = response.json()["error"]
    assert error["code"] == response.status_code
    assert error["errors"][0]["domain"], response.text
    assert error["message"], response.text
    return response.status_code, error["errors"][0]["reason"]
