"""TikTok's OAuth: a PKCE challenge of its own kind for desktop apps, none for web apps."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote, urlsplit

from ocma.errors import Invalid, Issue
from ocma.platforms.configuration import LOOPBACK
from ocma.platforms.grant import Authorization, Grant
from ocma.platforms.oauth import NOTHING, OAuthFlow

WAYS: Mapping[str, Any] = {"hex": "hex", "s256": "S256", "none": None}


class TikTokFlow(OAuthFlow):
    async def authorize(self, redirect_uri: str, state: str, handle: str | None = None) -> Authorization:
        self._choose_challenge(redirect_uri)
        return await super().authorize(redirect_uri, state, handle)

    async def exchange(
        self, code: str, redirect_uri: str, verifier: str | None, kept: Mapping[str, str] = NOTHING, issuer: str | None = None
    ) -> Grant:
        """Codes hold `*` and `!`; TikTok wants them as such, however they were handed on."""
        self._choose_challenge(redirect_uri)
        return await super().exchange(unquote(code), redirect_uri, verifier, kept, issuer)

    async def revoke(self, grant: Grant) -> bool:
        """The endpoint takes access tokens."""
        return await super().revoke(replace(grant, refresh_token=None))

    def _choose_challenge(self, redirect_uri: str) -> None:
        way = self._endpoints.settings.get("pkce", "auto").lower()
        if way == "auto":
            desktop = urlsplit(redirect_uri).hostname in LOOPBACK  # web apps are https only
            way = "hex" if desktop else "none"
        if way not in WAYS:
            message = f"OCMA_TIKTOK_PKCE: {way[:20]!r} is no way to write the challenge."
            issue = Issue("OCMA_TIKTOK_PKCE", "settings", message)
            raise Invalid(message, code="settings", issues=[issue], remediation="Set auto, hex, S256 or none.")
        self._oauth = replace(self._oauth, pkce=WAYS[way])
