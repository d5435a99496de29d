"""LinkedIn's OAuth walk and the calls that its tests begin with, over real HTTP."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import quote

import httpx2

from integration.sandbox.walks import MP4, REDIRECT, answered

CLIENT = {"client_id": "sandbox-linkedin-client", "client_secret": "sandbox-linkedin-secret"}
MEMBER = "openid profile email w_member_social"
PAGES = f"{MEMBER} w_organization_social r_organization_social rw_organization_admin"
VERSION = "202607"
VIDEO = MP4 + b"\x00" * 80_000
PDF = b"%PDF-1.7\n" + b"1 0 obj\n" * 20


def encoded(urn: str) -> str:
    return quote(urn, safe="")


@dataclass
class LinkedInApp:
    """A client's side of LinkedIn."""

    url: str
    http: httpx2.Client = field(default_factory=lambda: httpx2.Client(timeout=20))

    def authorize(self, **changed: str) -> httpx2.Response:
        asked = {
            "response_type": "code",
            "client_id": CLIENT["client_id"],
            "redirect_uri": REDIRECT,
            "scope": PAGES,
            "state": "s3",
            "approve": "1",
            "account": "alice",
        }
        params = {name: value for name, value in {**asked, **changed}.items() if value}
        return self.http.get(f"{self.url}/linkedin/oauth/v2/authorization", params=params)

    def form(self, path: str, **form: str) -> httpx2.Response:
        given = {name: value for name, value in {**CLIENT, **form}.items() if value}
        return self.http.post(f"{self.url}/linkedin/oauth/v2/{path}", data=given)

    def redeem(self, code: str, **changed: str) -> httpx2.Response:
        return self.form("accessToken", **{"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT, **changed})

    def refresh(self, token: str) -> httpx2.Response:
        return self.form("accessToken", grant_type="refresh_token", refresh_token=token)

    def connect(self, account: str = "alice", scope: str = PAGES) -> "LinkedInUser":
        code = answered(self.authorize(account=account, scope=scope))["code"]
        return LinkedInUser(self, self.redeem(code).json())


@dataclass
class LinkedInUser:
    app: LinkedInApp
    tokens: dict[str, Any]

    def call(self, method: str, path: str, *, headers: Mapping[str, str | None] | None = None, **options: Any) -> httpx2.Response:
        """`path` is sent as it stands; a header that is None is left out."""
        own = {
            "Authorization": f"Bearer {self.tokens['access_token']}",
            "LinkedIn-Version": VERSION,
            "X-Restli-Protocol-Version": "2.0.0",
        }
        sent = {name: value for name, value in {**own, **(headers or {})}.items() if value is not None}
        return self.app.http.request(method, f"{self.app.url}/linkedin{path}", headers=sent, **options)

    def get(self, path: str) -> httpx2.Response:
        return self.call("GET", path)

    @cached_property
    def urn(self) -> str:
        return f"urn:li:person:{self.get('/v2/userinfo').json()['sub']}"

    @property
    def pages(self) -> list[str]:
        found = self.get("/rest/organizationAcls?q=roleAssignee&role=ADMINISTRATOR&state=APPROVED").json()
        return [element["organization"] for element in found["elements"]]

    def body(self, text: str, author: str | None = None, **more: Any) -> dict[str, Any]:
        body = {
            "author": author or self.urn,
            "commentary": text,
            "visibility": "PUBLIC",
            "distribution": {"feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": []},
            "lifecycleState": "PUBLISHED",
            "isReshareDisabledByAuthor": False,
        }
        return {**body, **more}

    def post(self, text: str, author: str | None = None, **more: Any) -> httpx2.Response:
        return self.call("POST", "/rest/posts", json=self.body(text, author, **more))

    def posted(self, text: str, author: str | None = None, **more: Any) -> str:
        response = self.post(text, author, **more)
        assert response.status_code == 201, response.text
        return response.headers["x-restli-id"]

    def comment(self, post: str, text: str, **more: Any) -> httpx2.Response:
        body = {"actor": self.urn, "object": post, "message": {"text": text}, **more}
        return self.call("POST", f"/rest/socialActions/{encoded(post)}/comments", json=body)

    def initialize(self, kind: str, owner: str | None = None, **more: Any) -> httpx2.Response:
        wish = {"initializeUploadRequest": {"owner": owner or self.urn, **more}}
        return self.call("POST", f"/rest/{kind}?action=initializeUpload", json=wish)

    def put(self, url: str, content: bytes, *, token: bool = True) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {self.tokens['access_token']}"} if token else {}
        return self.app.http.put(url, content=content, headers=headers)

    def upload(self, content: bytes, kind: str = "images", owner: str | None = None) -> str:
        """An image's or a document's URN, its bytes sent."""
        value = self.initialize(kind, owner).json()["value"]
        assert self.put(value["uploadUrl"], content).status_code == 201
        return value[kind.removesuffix("s")]

    def begin_video(self, content: bytes = VIDEO, owner: str | None = None) -> dict[str, Any]:
        response = self.initialize("videos", owner, fileSizeBytes=len(content), uploadCaptions=False, uploadThumbnail=False)
        assert response.status_code == 200, response.text
        return response.json()["value"]

    def put_parts(self, value: dict[str, Any], content: bytes = VIDEO) -> list[str]:
        """The ETags, in order."""
        etags = []
        for part in value["uploadInstructions"]:
            response = self.put(part["uploadUrl"], content[part["firstByte"] : part["lastByte"] + 1], token=False)
            assert response.status_code == 200, response.text
            etags.append(response.headers["etag"])
        return etags

    def finalize(self, value: dict[str, Any], etags: list[str], **changed: Any) -> httpx2.Response:
        wish = {"video": value["video"], "uploadToken": value["uploadToken"], "uploadedPartIds": etags, **changed}
        return self.call("POST", "/rest/videos?action=finalizeUpload", json={"finalizeUploadRequest": wish})

    def status(self, urn: str) -> httpx2.Response:
        return self.get(f"/rest/{urn.split(':')[2]}s/{encoded(urn)}")
