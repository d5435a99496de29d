"""OAuth 2.0 as platforms do it, from their manifests (Authlib does the protocol)."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx2
from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client

from ocma.errors import Invalid, Issue
from ocma.platforms.configuration import Endpoints
from ocma.platforms.connector import App
from ocma.platforms.errors import (
    PermissionMissing,
    PlatformError,
    PlatformUnavailable,
    ReauthorizationRequired,
    Throttled,
)
from ocma.platforms.manifest import Manifest

DEFINITE = frozenset({"invalid_grant", "invalid_request"})  # X says the latter; a wrong app secret is neither


@dataclass(frozen=True, slots=True)
class Grant:
    """What an account's owner gave us. `expires_at` None: does not expire by itself."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Authorization:
    """Where the user is sent, and the PKCE verifier that must be kept for the exchange."""

    url: str
    verifier: str = field(repr=False)


class OAuthFlow:
    """One platform's (or one host's) authorization server, for one developer app.

    Clients made here are not closed: their transport is shared and outlives them.
    """

    def __init__(self, manifest: Manifest, endpoints: Endpoints, app: App, transport: httpx2.AsyncBaseTransport) -> None:
        self._oauth = manifest.oauth
        self._platform = manifest.key
        self._endpoints = endpoints
        self._app = app
        self._transport = transport

    def authorize(self, redirect_uri: str, state: str) -> Authorization:
        verifier = generate_token(64)
        extra = {"code_verifier": verifier} if self._oauth.pkce else {}
        client = self._client(redirect_uri)
        url, _ = client.create_authorization_url(
            self._endpoints.auth_url + self._oauth.authorize, state=state, **extra, **self._oauth.authorize_extra
        )
        return Authorization(url, verifier)

    async def exchange(self, code: str, redirect_uri: str, verifier: str | None) -> Grant:
        """Raises Invalid when the platform refuses the code."""
        extra = {"code_verifier": verifier} if self._oauth.pkce and verifier else {}
        client = self._client(redirect_uri)
        try:
            token = await client.fetch_token(self._token_url, grant_type="authorization_code", code=code, **extra)
        except OAuthError as error:
            raise self._refused_code(error) from error
        except (httpx2.HTTPError, ValueError) as error:
            raise self._no_answer(error) from error
        return self._grant(dict(token))

    async def refresh(self, grant: Grant) -> Grant:
        """Raises ReauthorizationRequired only when the platform says for certain that the grant is over."""
        client = self._client()
        client.token = {
            "access_token": grant.access_token,
            "refresh_token": grant.refresh_token,
            "token_type": "bearer",
        }
        try:
            token = await client.refresh_token(self._token_url, refresh_token=grant.refresh_token)
        except OAuthError as error:
            raise self._refused_refresh(error) from error
        except (httpx2.HTTPError, ValueError) as error:
            raise self._no_answer(error) from error
        return self._grant(dict(token), grant)

    async def revoke(self, grant: Grant) -> None:
        """Ends the grant at the platform; one that has ended already is a success."""
        if self._oauth.revoke is None:
            return
        hint, token = ("refresh_token", grant.refresh_token) if grant.refresh_token else ("access_token", grant.access_token)
        client = self._client()
        try:
            answer = await client.revoke_token(self._endpoints.api_url + self._oauth.revoke, token=token, token_type_hint=hint)
            if answer.status_code == 429 or answer.status_code >= 500:  # a 4xx else: it is not, or no longer, ours to revoke
                answer.raise_for_status()
        except (OAuthError, httpx2.HTTPError, ValueError) as error:
            raise self._no_answer(error) from error

    @property
    def _token_url(self) -> str:
        return self._endpoints.api_url + self._oauth.token

    def _client(self, redirect_uri: str | None = None) -> AsyncOAuth2Client:
        return AsyncOAuth2Client(
            client_id=self._app.client_id,
            client_secret=self._app.client_secret,
            token_endpoint_auth_method=self._oauth.auth_method,
            revocation_endpoint_auth_method=self._oauth.auth_method,
            scope=" ".join(self._oauth.scopes),
            redirect_uri=redirect_uri,
            code_challenge_method="S256" if self._oauth.pkce else None,
            transport=self._transport,
            timeout=20,
        )

    def _grant(self, token: dict[str, object], before: Grant | None = None) -> Grant:
        access = token.get("access_token")
        if not isinstance(access, str) or not access:
            raise PlatformUnavailable("The platform's token answer holds no token.", platform=self._platform)
        expires, scope = token.get("expires_at"), token.get("scope")
        return Grant(
            access_token=access,
            refresh_token=str(token["refresh_token"]) if token.get("refresh_token") else None,
            expires_at=datetime.fromtimestamp(float(str(expires)), UTC) if expires else None,
            scopes=tuple(scope.split()) if isinstance(scope, str) else before.scopes if before else self._oauth.scopes,
        )

    def _refused_code(self, error: OAuthError) -> Exception:
        if error.error in {"temporarily_unavailable", "server_error"}:
            return self._no_answer(error)
        code = "appForgotten" if error.error == "invalid_client" else "authCodeRefused"
        message = f"The platform refused the authorization code ({error.error})."
        return Invalid(
            message,
            code=code,
            issues=[Issue("authCode", code, message)],
            remediation="Codes are short-lived and work once: start again with POST /api/social/authorize.",
        )

    def _refused_refresh(self, error: OAuthError) -> PlatformError:
        if error.error == "invalid_scope":
            return PermissionMissing(platform=self._platform)
        if error.error in DEFINITE:
            return ReauthorizationRequired(platform=self._platform, rule=error.error)
        return self._no_answer(error)

    def _no_answer(self, error: Exception) -> PlatformError:
        if isinstance(error, httpx2.HTTPStatusError) and error.response.status_code == 429:
            return Throttled(platform=self._platform, retry_after=60)
        return PlatformUnavailable("The platform's authorization server does not answer properly.", platform=self._platform)
