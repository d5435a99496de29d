"""graph.facebook.com as far as one test needs it: checks each request against the description, gives prepared answers in order."""

import hashlib
import hmac
from typing import Any

import httpx2

from contract.facebook.description import GRAPH
from contract.graph.host import GraphHost, no_sleep
from ocma.platforms.connector import Access
from ocma.platforms.facebook import Facebook
from ocma.platforms.grant import App

API, UPLOAD = "https://graph.facebook.com", "https://rupload.facebook.com"
PAGE, POST, VIDEO = "1755847768034402", "1755847768034402_122100", "9100"
SECRET, TOKEN = "app-secret", "page-token"
PROOF = hmac.new(SECRET.encode(), TOKEN.encode(), hashlib.sha256).hexdigest()


def node_of(segment: str) -> str:
    named = {"me": "User", PAGE: "Page"}
    return named.get(segment) or ("PagePost" if "_" in segment else "AdVideo")


class Host(GraphHost):
    version = "v26.0"

    def check(self, request: httpx2.Request) -> None:
        if request.url.host == httpx2.URL(UPLOAD).host:
            self._check_upload(request)
        else:
            self._check(request)

    def _check(self, request: httpx2.Request) -> None:
        assert request.url.host == httpx2.URL(API).host
        assert request.headers["authorization"] == f"Bearer {TOKEN}"
        assert request.url.params["appsecret_proof"] == PROOF
        assert "access_token" not in request.url.params
        node, *edge = self.path(request)
        GRAPH.check(request, node_of(node), edge[0] if edge else f"#{request.method.lower()}")

    @staticmethod
    def _check_upload(request: httpx2.Request) -> None:
        assert request.method == "POST"
        assert request.headers["authorization"] == f"OAuth {TOKEN}"
        assert request.headers["offset"] == "0"
        assert request.headers["file_size"] == request.headers["content-length"] == str(len(request.content))
        assert not request.url.query

    def access(self, profile_id: str = PAGE, **more: Any) -> Access:
        return Access(
            self.client(API),
            profile_id=profile_id,
            token=TOKEN,
            app=App("app-id", SECRET),
            urls={"upload": UPLOAD},
            settings={"version": "v26.0", "config_id": ""},
            answered=self.told.append,
            **more,
        )


def facebook() -> Facebook:
    return Facebook(sleep=no_sleep)
