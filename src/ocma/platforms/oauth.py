"""OAuth 2.0 as platforms do it, from their manifests (Authlib does the protocol). What is not data a subclass does."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import httpx2
from authlib.common.security import generate_token
from authlib.common.urls import add_params_to_qs
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client

from ocma.clock import Clock, utcnow
from ocma.errors import Invalid, Issue
from ocma.platforms.configuration import Endpoints
from ocma.platforms.errors import (
    PermissionMissing,
    PlatformError,
    PlatformUnavailable,
    ReauthorizationRequired,
    Throttled,
)
from ocma.platforms.grant import App, Authorization, Grant
from ocma.platforms.manifest import Manifest

DEFINITE = frozenset({"invalid_grant", "invalid_request"})  # X says the latter; a wrong app secret is neither
TIMEOUT = 20.0  # seconds
NOTHING: Mapping[str, str] = {}

Refused: TypeAlias = Callable[[OAuthError], Exception]


class OAuthFlow:
    """One platform's (or one host's) authorization server, for one developer app.

    Clients made here are not closed: their transport is shared and outlives them.
    """

    def __init__(
        self, manifest: Manifest, endpoints: Endpoints, app: App, transport: httpx2.AsyncBaseTransport, clock: Clock = utcnow
    ) -> None:
        self._oauth = manifest.oauth
        self._platform = manifest.key
        self._endpoints = endpoints
        self._app = app
        self._transport = transport
        self._clock = clock

    async def authorize(self, redirect_uri: str, state: str, handle: str | None = None) -> Authorization:
        """`handle`: whose account it will be, where a platform wants to know that first."""
        del handle
        verifier = generate_token(64)
        extra = {"code_verifier": verifier} if self._oauth.pkce == "S256" else {}
        client = self._client(redirect_uri)
        url, _ = client.create_authorization_url(
            self._auth_url(self._oauth.authorize), state=state, **extra, **self._oauth.authorize_extra
        )
        return Authorization(self._in_their_words(str(url), verifier), verifier)

    async def exchange(
        self, code: str, redirect_uri: str, verifier: str | None, kept: Mapping[str, str] = NOTHING, issuer: str | None = None
    ) -> Grant:
        """`kept` is what `authorize` gave to keep; `issuer`: which server sent the code. Raises Invalid when it is refused."""
        del kept, issuer
        extra = {"code_verifier": verifier} if self._oauth.pkce and verifier else {}
        client = self._client(redirect_uri)
        try:
            token = await client.fetch_token(
                self._token_url, grant_type="authorization_code", code=code, **extra, **self._oauth.token_extra
            )
        except OAuthError as error:
            raise self._refused_code(error) from error
        except (httpx2.HTTPError, ValueError) as error:
            raise self._no_answer(error) from error
        return self._grant(dict(token))

    async def refresh(self, grant: Grant) -> Grant:
        """Raises ReauthorizationRequired only when the platform says for certain that the grant is over."""
        client = self._client(scoped=False)
        client.token = {"access_token": grant.access_token, "refresh_token": grant.refresh_token, "token_type": "bearer"}
        try:
            token = await client.refresh_token(self._token_url, refresh_token=grant.refresh_token, **self._oauth.token_extra)
        except OAuthError as error:
            raise self._refused_refresh(error) from error
        except (httpx2.HTTPError, ValueError) as error:
            raise self._no_answer(error) from error
        return self._grant(dict(token), grant)

    async def revoke(self, grant: Grant) -> bool:
        """Ends the grant at the platform; one that has ended already is a success. False: the platform has no way to do that."""
        if self._oauth.revoke is None:
            return False
        hint, token = ("refresh_token", grant.refresh_token) if grant.refresh_token else ("access_token", grant.access_token)
        client = self._client()
        try:
            answer = await client.revoke_token(self._api_url(self._oauth.revoke), token=token, token_type_hint=hint)
            if answer.status_code == 429 or answer.status_code >= 500:  # a 4xx else: it is not, or no longer, ours to revoke
                answer.raise_for_status()
        except (OAuthError, httpx2.HTTPError, ValueError) as error:
            raise self._no_answer(error) from error
        return True

    async def in_hand(self, token: str, refresh_token: str | None, scopes: tuple[str, ...]) -> Grant:
        """The grant of a token that an operator has; without `scopes`: all that OCMA asks for."""
        return Grant(token, self._renewal(token, refresh_token), None, scopes or self._oauth.scopes)

    async def _ask(self, method: str, url: str, refused: Refused, **request: Any) -> dict[str, Any]:
        """For what Authlib does not know: a call to a token endpoint, and its JSON. `url`: a path of the API, or a whole URL.

        `refused` makes an error of what the endpoint says, such as `_refused_code`; it is raised, or PlatformUnavailable.
        """
        client = httpx2.AsyncClient(transport=self._transport, timeout=TIMEOUT, trust_env=False)
        try:
            response = await client.request(method, self._api_url(url), **request)
            if response.status_code == 429 or response.status_code >= 500:
                response.raise_for_status()
            body = response.json()
        except (httpx2.HTTPError, ValueError) as error:
            raise self._no_answer(error) from error
        if not isinstance(body, dict):
            raise self._no_answer(ValueError("no JSON object"))
        if word := self._word(body):
            raise refused(OAuthError(word))
        if not response.is_success:
            raise self._no_answer(ValueError(f"answered {response.status_code}"))
        return body

    def _word(self, body: Mapping[str, Any]) -> str | None:
        """OAuth's name of the error that an answer tells; None: it tells none. Other names are translated here."""
        error = body.get("error")
        return None if not error else error if isinstance(error, str) else "unknown_error"

    def _plain(self, body: dict[str, Any]) -> dict[str, Any]:
        """A token answer as OAuth has it, for platforms that wrap it."""
        return body

    @property
    def _token_url(self) -> str:
        return self._api_url(self._oauth.token)

    def _api_url(self, path: str) -> str:
        return self._whole(self._endpoints.api_url, path)

    def _auth_url(self, path: str) -> str:
        return self._whole(self._endpoints.auth_url, path)

    def _whole(self, base: str, path: str) -> str:
        return path if "://" in path else base + path.format(**self._endpoints.settings)

    def _client(self, redirect_uri: str | None = None, *, scoped: bool = True) -> AsyncOAuth2Client:
        """Not `scoped`, for a refresh: to ask for all scopes again is refused where the owner granted some."""
        method: Any = self._show_app if self._oauth.client_id_name != "client_id" else self._oauth.auth_method
        client = AsyncOAuth2Client(
            client_id=self._app.client_id,
            client_secret=self._app.client_secret,
            token_endpoint_auth_method=method,
            revocation_endpoint_auth_method=method,
            scope=self._oauth.scope_separator.join(self._oauth.scopes) if scoped else None,
            redirect_uri=redirect_uri,
            code_challenge_method="S256" if self._oauth.pkce == "S256" else None,
            transport=self._transport,
            timeout=TIMEOUT,
        )
        for moment in ("access_token_response", "refresh_token_response"):
            client.register_compliance_hook(moment, self._legible)
        return client

    def _legible(self, response: httpx2.Response) -> httpx2.Response:
        """A token answer in Authlib's words."""
        if response.status_code == 429:
            response.raise_for_status()
        try:
            body = response.json()
        except ValueError:
            return response
        if not isinstance(body, dict):
            return response
        word = self._word(body)
        told = {"error": word} if word else self._plain(body)
        return httpx2.Response(response.status_code, json=told, request=response.request)

    def _show_app(self, _client: object, _method: str, uri: str, headers: dict[str, str], body: str) -> tuple[str, Any, str]:
        """In the form, under the platform's own name for the client id."""
        named = [(self._oauth.client_id_name, self._app.client_id), ("client_secret", self._app.client_secret)]
        body = add_params_to_qs(body or "", named)
        if "Content-Length" in headers:
            headers["Content-Length"] = str(len(body))
        return uri, headers, body

    def _in_their_words(self, url: str, verifier: str) -> str:
        """The authorize URL with what Authlib cannot be told."""
        parts, own = urlsplit(url), self._oauth.client_id_name
        query = [(own if name == "client_id" else name, value) for name, value in parse_qsl(parts.query)]
        if self._oauth.pkce == "hex":
            challenge = hashlib.sha256(verifier.encode()).hexdigest()
            query += [("code_challenge", challenge), ("code_challenge_method", "S256")]
        return urlunsplit(parts._replace(query=urlencode(query, quote_via=quote)))

    def _grant(self, token: Mapping[str, Any], before: Grant | None = None) -> Grant:
        """From a token answer; what it leaves out stays as it was `before`."""
        access = token.get("access_token")
        if not isinstance(access, str) or not access:
            raise PlatformUnavailable("The platform's token answer holds no token.", platform=self._platform)
        told, ends = token.get("refresh_token"), self._later(token, "refresh_token_expires_in", "refresh_expires_in")
        refresh = str(told) if told else before.refresh_token if before else None
        return Grant(
            access_token=access,
            refresh_token=self._renewal(access, refresh),
            expires_at=self._expiry(token),
            scopes=self._scopes(token.get("scope"), before),
            ends_at=ends or (before.ends_at if before else None),
            extra=before.extra if before else {},
        )

    def _renewal(self, access: str, refresh: str | None) -> str | None:
        """The token that a refresh will show."""
        return access if self._oauth.renews_with == "access_token" else refresh

    def _expiry(self, token: Mapping[str, Any]) -> datetime | None:
        at = token.get("expires_at")
        return self._later(token, "expires_in") or (datetime.fromtimestamp(float(str(at)), UTC) if at else None)

    def _later(self, token: Mapping[str, Any], *names: str) -> datetime | None:
        """So many seconds from now, where the answer names them."""
        seconds = next((str(token[name]) for name in names if token.get(name)), "")
        return self._clock() + timedelta(seconds=float(seconds)) if seconds.replace(".", "", 1).isdigit() else None

    def _scopes(self, granted: object, before: Grant | None) -> tuple[str, ...]:
        """Some owners grant fewer than were asked for. An answer that does not say which grants what was asked for."""
        listed = granted.replace(self._oauth.scope_separator, " ").split() if isinstance(granted, str) else granted
        if isinstance(listed, list) and listed:
            return tuple(str(each) for each in listed)
        return before.scopes if before else self._oauth.scopes

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
