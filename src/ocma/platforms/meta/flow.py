"""Connecting an account of Meta's: a code becomes a token of an hour, that at once one of 60 days. No refresh tokens."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from ocma.platforms.errors import PlatformUnavailable, ReauthorizationRequired, Throttled
from ocma.platforms.grant import Authorization, Grant
from ocma.platforms.meta.graph import proof
from ocma.platforms.meta.refusal import by_code, graph_error
from ocma.platforms.oauth import NOTHING, OAuthFlow

LASTS = timedelta(days=60)  # a long-lived token whose answer does not say
WRONG_SECRET = "client secret"  # noqa: S105 - words of a message
UNKNOWN_APP = 101
LOGIN = "login"  # where a page's grant keeps the token of the person who gave it
PERMISSIONS = "/{version}/me/permissions"


class MetaFlow(OAuthFlow):
    """Meta's token answers and errors, in OAuth's words."""

    def _word(self, body: Mapping[str, Any]) -> str | None:
        """A definite end is told from anything else by the code: a parameter refused at a refresh ends no connection."""
        error = body.get("error")
        if not isinstance(error, dict):
            message = body.get("error_message")  # Instagram's login: {error_type, code, error_message}
            error = {"message": message} if message else None
        if error is None:
            return super()._word(body)
        told = graph_error(error)
        if told.code == UNKNOWN_APP or WRONG_SECRET in str(error.get("message", "")).lower():
            return "invalid_client"
        refusal = by_code(told)
        if refusal and refusal.error is ReauthorizationRequired:
            return "invalid_grant"
        return "temporarily_unavailable" if refusal and refusal.error in {Throttled, PlatformUnavailable} else "refused"

    def _plain(self, body: dict[str, Any]) -> dict[str, Any]:
        """Instagram wraps its answer in a list at times, and calls the scopes `permissions`."""
        listed = body.get("data")
        plain: dict[str, Any] = listed[0] if isinstance(listed, list) and listed and isinstance(listed[0], dict) else body
        return {"scope": plain["permissions"], **plain} if plain.get("permissions") else plain

    def _lasting(self, answer: dict[str, Any], before: Grant) -> Grant:
        grant = self._grant(self._plain(answer), before)
        return replace(grant, expires_at=grant.expires_at or self._clock() + LASTS)


class LongLivedFlow(MetaFlow):
    """Instagram's login (prefix `ig`) and Threads (`th`): a token of 60 days renews itself once it is a day old."""

    prefix: ClassVar[str]

    async def exchange(
        self, code: str, redirect_uri: str, verifier: str | None, kept: Mapping[str, str] = NOTHING, issuer: str | None = None
    ) -> Grant:
        short = await super().exchange(code.removesuffix("#_"), redirect_uri, verifier, kept, issuer)
        query = {"client_secret": self._app.client_secret, "access_token": short.access_token}
        query["grant_type"] = f"{self.prefix}_exchange_token"
        return self._lasting(await self._ask("GET", "/access_token", self._refused_code, params=query), short)

    async def refresh(self, grant: Grant) -> Grant:
        query = {"grant_type": f"{self.prefix}_refresh_token", "access_token": grant.access_token}
        return self._lasting(await self._ask("GET", "/refresh_access_token", self._refused_refresh, params=query), grant)


class FacebookFlow(MetaFlow):
    """Facebook's login, for Pages and for what is linked to them. What is published with are the pages' own tokens (pages.py).

    Settings: `version`; `config_id`, for apps of Facebook Login for Business: it stands for the scopes.
    """

    async def authorize(self, redirect_uri: str, state: str, handle: str | None = None) -> Authorization:
        made = await super().authorize(redirect_uri, state, handle)
        config = self._endpoints.settings.get("config_id")
        return replace(made, url=_configured(made.url, config)) if config else made

    async def exchange(
        self, code: str, redirect_uri: str, verifier: str | None, kept: Mapping[str, str] = NOTHING, issuer: str | None = None
    ) -> Grant:
        short = await super().exchange(code.removesuffix("#_"), redirect_uri, verifier, kept, issuer)
        form = {"client_id": self._app.client_id, "client_secret": self._app.client_secret}
        form |= {"grant_type": "fb_exchange_token", "fb_exchange_token": short.access_token}
        grant = self._lasting(await self._ask("POST", self._oauth.token, self._refused_code, data=form), short)
        return replace(grant, scopes=await self._permissions(grant))

    async def revoke(self, grant: Grant) -> bool:
        """Ends what the person granted the app, which is all pages at once; a page's own token cannot."""
        if token := grant.extra.get(LOGIN):
            with suppress(ReauthorizationRequired):  # it has ended already
                await self._ask("DELETE", PERMISSIONS, self._refused_refresh, **self._signed(token))
        return bool(token)

    async def _permissions(self, grant: Grant) -> tuple[str, ...]:
        """What was granted: users may untick some."""
        answer = await self._ask("GET", PERMISSIONS, self._refused_code, **self._signed(grant.access_token))
        listed = [each for each in answer.get("data") or () if isinstance(each, dict)]
        return tuple(str(each.get("permission")) for each in listed if each.get("status") == "granted")

    def _signed(self, token: str) -> dict[str, Any]:
        query = {"appsecret_proof": proof(self._app.client_secret, token)}
        return {"params": query, "headers": {"Authorization": f"Bearer {token}"}}


def _configured(url: str, config: str) -> str:
    parts = urlsplit(url)
    query = [(name, value) for name, value in parse_qsl(parts.query) if name != "scope"]
    return urlunsplit(parts._replace(query=urlencode([*query, ("config_id", config)], quote_via=quote)))
