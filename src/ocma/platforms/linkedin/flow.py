"""LinkedIn's OAuth, where it differs."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import httpx2

from ocma.clock import Clock, utcnow
from ocma.platforms.configuration import Endpoints
from ocma.platforms.grant import App, Grant
from ocma.platforms.manifest import Manifest
from ocma.platforms.oauth import OAuthFlow


class LinkedInFlow(OAuthFlow):
    """All of it stands at one host, and which scopes an app may ask for depends on its products, so the operator names them."""

    def __init__(
        self, manifest: Manifest, endpoints: Endpoints, app: App, transport: httpx2.AsyncBaseTransport, clock: Clock = utcnow
    ) -> None:
        super().__init__(manifest, endpoints, app, transport, clock)
        scopes = endpoints.settings["scopes"].replace(",", " ").split()
        self._oauth = replace(manifest.oauth, scopes=tuple(scopes))

    async def revoke(self, grant: Grant) -> bool:
        """Each token by itself: whether one ends the other is not documented."""
        ended = await super().revoke(replace(grant, refresh_token=None))
        return ended and (not grant.refresh_token or await super().revoke(grant))

    def _api_url(self, path: str) -> str:
        return self._auth_url(path)

    def _plain(self, body: dict[str, Any]) -> dict[str, Any]:
        """Scopes come with spaces, as documented, or with commas, as recorded."""
        return {**body, "scope": _spaced(body)} if "scope" in body else body


def _spaced(body: Mapping[str, Any]) -> Any:
    scope = body["scope"]
    return scope.replace(",", " ") if isinstance(scope, str) else scope
