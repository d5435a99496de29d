"""graph.instagram.com, or graph.facebook.com, as far as one test needs it: checks each request, gives prepared answers in order."""

import hashlib
import hmac
from typing import Any

import httpx2

from contract.graph.host import Answer, GraphHost, answer, no_sleep
from contract.instagram.description import GRAPH
from ocma.platforms.connector import Access
from ocma.platforms.grant import App
from ocma.platforms.instagram import Instagram

OWN, FACEBOOK, LOGIN, DIALOG = (
    "https://graph.instagram.com",
    "https://graph.facebook.com",
    "https://api.instagram.com",
    "https://www.facebook.com",
)
ACCOUNT, MEDIA, CONTAINER, COMMENT = "17841405309211844", "17895695668004550", "17889455560051444", "17858893269000001"
SECRET, TOKEN = "app-secret", "the-token"
PROOF = hmac.new(SECRET.encode(), TOKEN.encode(), hashlib.sha256).hexdigest()


def state(code: str, status: str = "", container: str = CONTAINER) -> httpx2.Response:
    return answer({"status_code": code, "status": status or f"{code.title()}: words.", "id": container})


class Host(GraphHost):
    """`by_facebook`: speaks for accounts of Facebook's login."""

    version = "v26.0"

    def __init__(self, *answers: Answer, by_facebook: bool = False, settings: dict[str, str] | None = None) -> None:
        super().__init__(*answers)
        self._by_facebook = by_facebook
        self._settings = settings or {}

    def check(self, request: httpx2.Request) -> None:
        assert f"https://{request.url.host}" == (FACEBOOK if self._by_facebook else OWN)
        assert request.headers["authorization"] == f"Bearer {TOKEN}"
        assert request.url.params.get("appsecret_proof") == (PROOF if self._by_facebook else self._settings.get("expected"))
        assert "access_token" not in request.url.params
        node, *edge = self.path(request)
        kind = self._kind(node)
        GRAPH.check(request, kind, edge[0] if edge else f"#{request.method.lower()}", self._returned(kind, edge))

    def _kind(self, node: str) -> str:
        only = "" if self._by_facebook else "ForIGOnlyAPI"
        kinds = {"me": f"IGUser{only}", ACCOUNT: f"IGUser{only}", COMMENT: "IGComment"}
        return kinds.get(node) or ("ShadowIGMediaBuilder" if node.startswith("1788") else f"IGMedia{only}")

    @staticmethod
    def _returned(kind: str, edge: list[str]) -> str:
        return {"media": "IGMedia", "stories": "IGMedia", "comments": "IGComment"}.get(edge[0], kind) if edge else kind

    def access(self, profile_id: str = ACCOUNT, **more: Any) -> Access:
        return Access(
            self.client(OWN),
            profile_id=profile_id,
            handle="ocma",
            token=TOKEN,
            app=App("app-id", SECRET),
            urls={"facebook": FACEBOOK, "login": LOGIN, "dialog": DIALOG},
            settings={"version": "v26.0", "deletes": "facebook", **self._settings},
            secrets={"login": "facebook"} if self._by_facebook else {},
            **more,
        )


def instagram() -> Instagram:
    return Instagram(sleep=no_sleep)
