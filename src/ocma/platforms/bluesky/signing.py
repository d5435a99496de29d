"""How a call to an account's server is signed: with a proof of the login's key, made anew when the server wants another nonce."""

from typing import Any

import httpx2

from ocma.clock import Clock, utcnow
from ocma.platforms.bluesky.proof import Nonces, asks_for_nonce, prove
from ocma.platforms.configuration import origin
from ocma.platforms.connector import Access, Connector


class Signing(Connector):
    def __init__(self, clock: Clock = utcnow) -> None:
        self._clock = clock
        self._nonces = Nonces()

    def sign(self, access: Access, method: str, url: str, request: dict[str, Any]) -> dict[str, Any]:
        """For the account's own server alone; the video service gets a token of its own."""
        where, given = access.whole(url), request.get("headers") or {}
        if "Authorization" in given or origin(where) not in _own(access):
            return request
        if "key" not in access.secrets:  # an app password's session
            return super().sign(access, method, url, request)
        proof = prove(access.secrets["key"], method, where, self._nonces.of(where), self._clock(), access.token)
        return {**request, "headers": {"Authorization": f"DPoP {access.token}", "DPoP": proof, **given}}

    def signs_again(self, access: Access, response: httpx2.Response) -> bool:
        where = _answered(access, response)
        self._nonces.learn(where, response)
        return "key" in access.secrets and origin(where) in _own(access) and asks_for_nonce(response)


def _answered(access: Access, response: httpx2.Response) -> str:
    """Whose answer it is. Those to plain calls do not name their request: they come from the line's own end."""
    try:
        return str(response.request.url)
    except RuntimeError:
        return str(access.client.base_url)


def _own(access: Access) -> set[str]:
    return {origin(str(access.client.base_url)), origin(access.secrets.get("pds", ""))} - {""}
