"""Connecting an Instagram account: by Instagram's own login, or by Facebook's where the operator has chosen that."""

from collections.abc import Mapping
from dataclasses import replace

import httpx2

from ocma.clock import Clock, utcnow
from ocma.platforms.configuration import Endpoints
from ocma.platforms.errors import ReauthorizationRequired
from ocma.platforms.grant import App, Authorization, Grant
from ocma.platforms.instagram.manifest import BY_FACEBOOK
from ocma.platforms.manifest import Manifest
from ocma.platforms.meta.flow import FacebookFlow, LongLivedFlow
from ocma.platforms.oauth import NOTHING

LOGIN, FACEBOOK = "login", "facebook"
MARK: Mapping[str, str] = {LOGIN: FACEBOOK}  # of what Facebook's login gave: ids and tokens of the two do not mix


class InstagramFlow(LongLivedFlow):
    prefix = "ig"

    def __init__(
        self, manifest: Manifest, endpoints: Endpoints, app: App, transport: httpx2.AsyncBaseTransport, clock: Clock = utcnow
    ) -> None:
        super().__init__(manifest, endpoints, app, transport, clock)
        urls = endpoints.urls
        theirs = replace(endpoints, api_url=urls["facebook"], auth_url=urls["dialog"])
        self._facebook = FacebookFlow(BY_FACEBOOK, theirs, app, transport, clock)
        self._by_facebook = endpoints.settings.get(LOGIN) == FACEBOOK

    @property
    def _token_url(self) -> str:
        return self._whole(self._endpoints.urls["login"], self._oauth.token)

    async def authorize(self, redirect_uri: str, state: str, handle: str | None = None) -> Authorization:
        if not self._by_facebook:
            return await super().authorize(redirect_uri, state, handle)
        return replace(await self._facebook.authorize(redirect_uri, state, handle), kept=MARK)

    async def exchange(
        self, code: str, redirect_uri: str, verifier: str | None, kept: Mapping[str, str] = NOTHING, issuer: str | None = None
    ) -> Grant:
        if kept.get(LOGIN) != FACEBOOK:
            return await super().exchange(code, redirect_uri, verifier, kept, issuer)
        return replace(await self._facebook.exchange(code, redirect_uri, verifier), extra=MARK)

    async def refresh(self, grant: Grant) -> Grant:
        """Tokens of Facebook's login do not end by themselves; one that is refused is over."""
        if grant.extra.get(LOGIN) == FACEBOOK:
            raise ReauthorizationRequired(platform=self._platform, rule="tokenRefused")
        return await super().refresh(grant)

    async def in_hand(self, token: str, refresh_token: str | None, scopes: tuple[str, ...]) -> Grant:
        if not self._by_facebook:
            return await super().in_hand(token, refresh_token, scopes)
        return replace(await self._facebook.in_hand(token, refresh_token, scopes), extra=MARK)
