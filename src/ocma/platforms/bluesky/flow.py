"""Connecting an account of any AT Protocol server: by OAuth (PAR, PKCE, DPoP), or with an app password in hand."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

import httpx2
from authlib.common.security import generate_token
from authlib.common.urls import add_params_to_uri
from authlib.integrations.base_client import OAuthError
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from ocma.clock import Clock, utcnow
from ocma.errors import Invalid, Issue
from ocma.platforms.bluesky.directory import Directory, Home, Server
from ocma.platforms.bluesky.proof import Nonces, Proving, asks_for_nonce, assertion, new_key
from ocma.platforms.bluesky.wire import expiry
from ocma.platforms.configuration import Endpoints
from ocma.platforms.errors import PlatformError, ReauthorizationRequired
from ocma.platforms.grant import App, Authorization, Grant
from ocma.platforms.manifest import Manifest
from ocma.platforms.oauth import NOTHING, TIMEOUT, OAuthFlow, Refused

# How long the reference server renews a login for, by what the client can show.
PUBLIC, CONFIDENTIAL = timedelta(weeks=2), timedelta(days=730)
SESSION = "/xrpc/com.atproto.server."
OVER = frozenset(
    {"ExpiredToken", "InvalidToken", "AuthMissing", "AuthenticationRequired", "AccountTakedown", "AccountDeactivated"}
)


class BlueskyFlow(OAuthFlow):
    """`extra` of a grant: `did` and `pds` (the account, and its server's URL); of an OAuth grant also `key` (DPoP) and what its
    authorization server is: `issuer`, `token_endpoint`, `revocation_endpoint`.
    """

    def __init__(
        self, manifest: Manifest, endpoints: Endpoints, app: App, transport: httpx2.AsyncBaseTransport, clock: Clock = utcnow
    ) -> None:
        super().__init__(manifest, endpoints, app, transport, clock)
        self._nonces = Nonces()
        self._directory = Directory(transport, endpoints.api_url, endpoints.urls["plc"], pinned=endpoints.chosen)

    async def authorize(self, redirect_uri: str, state: str, handle: str | None = None) -> Authorization:
        """Without a handle users say at the server who they are."""
        home = await self._directory.home(handle)
        server = await self._directory.server(home.pds)
        verifier = generate_token(64)
        form = {
            "response_type": "code",
            "redirect_uri": redirect_uri,
            "scope": " ".join(self._oauth.scopes),
            "state": state,
            "code_challenge": create_s256_code_challenge(verifier),
            "code_challenge_method": "S256",
        }
        hint = {"login_hint": (handle or "").strip().removeprefix("at://").removeprefix("@")} if handle else {}
        kept = {"key": new_key(), **asdict(home), **_ends(server)}
        url = server.pushed_authorization_request_endpoint
        pushed = self._told(await self._post(url, {**form, **hint}, kept), self._refused_push)
        asked = [("client_id", self._app.client_id), ("request_uri", str(pushed.get("request_uri", "")))]
        return Authorization(add_params_to_uri(server.authorization_endpoint, asked), verifier, kept)

    async def exchange(
        self, code: str, redirect_uri: str, verifier: str | None, kept: Mapping[str, str] = NOTHING, issuer: str | None = None
    ) -> Grant:
        """The code may come from another server than the one asked, and the login be another account's: neither is taken."""
        if not kept.get("key") or (issuer or "").rstrip("/") != kept["issuer"]:
            raise _refused("issuer", "issuerRefused", "The code is not from the server that was asked.", ISSUER)
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri, "code_verifier": verifier or ""}
        answer = self._told(await self._post(kept["token_endpoint"], form, kept), self._refused_code)
        home = await self._confirmed(str(answer.get("sub", "")), kept)
        grant = self._grant(answer)
        lasts = CONFIDENTIAL if self._app.client_secret else PUBLIC
        return replace(grant, ends_at=self._clock() + lasts, extra={**kept, **asdict(home)})

    async def _confirmed(self, did: str, kept: Mapping[str, str]) -> Home:
        """Whoever signed in has to be the one expected or, if nobody was, one for whom this server may speak."""
        if kept["did"]:
            if did != kept["did"]:
                raise _refused("handle", "otherAccount", "Another account was signed in with than the one named.", OTHER)
            return Home(kept["pds"], did)
        home = await self._directory.home_of(did)
        if (await self._directory.server(home.pds)).issuer.rstrip("/") != kept["issuer"]:
            raise _refused("host", "issuerRefused", "This server does not speak for the account.", ISSUER)
        return home

    async def refresh(self, grant: Grant) -> Grant:
        if "key" not in grant.extra:
            return await self._renew_session(grant)
        form = {"grant_type": "refresh_token", "refresh_token": grant.refresh_token or ""}
        answer = self._told(await self._post(grant.extra["token_endpoint"], form, grant.extra), self._refused_refresh)
        if answer.get("sub", grant.extra["did"]) != grant.extra["did"]:
            raise self._no_answer(ValueError("a token of another account"))
        return self._grant(answer, grant)

    async def revoke(self, grant: Grant) -> bool:
        url, token = grant.extra.get("revocation_endpoint"), grant.refresh_token or grant.access_token
        if "key" not in grant.extra:
            response = await self._sent(grant.extra["pds"] + SESSION + "deleteSession", headers=_bearer(token))
        elif url:
            response = await self._post(url, {"token": token, "token_type_hint": "refresh_token"}, grant.extra)
        else:
            return False
        if response.status_code == 429 or response.status_code >= 500:  # a 4xx else: it has ended already
            raise self._no_answer(_status(response))
        return True

    async def in_hand(self, token: str, refresh_token: str | None, scopes: tuple[str, ...]) -> Grant:
        """`token` is `handle:app-password` (or a DID instead of the handle): a session is opened with it."""
        del refresh_token, scopes
        name, colon, password = token.strip().rpartition(":")
        if not (name and colon and password):
            raise _refused("token", "tokenInvalid", "The token is not `handle:app-password`.", PASSWORD)
        home = await self._directory.home(name)
        body = {"identifier": name.removeprefix("@"), "password": password}
        answer = await self._ask("POST", home.pds + SESSION + "createSession", self._refused_password, json=body)
        return self._session(answer, Grant("", scopes=self._oauth.scopes, extra={"pds": home.pds}))

    async def _renew_session(self, grant: Grant) -> Grant:
        url = grant.extra["pds"] + SESSION + "refreshSession"
        return self._session(
            await self._ask("POST", url, self._refused_session, headers=_bearer(grant.refresh_token or "")), grant
        )

    def _session(self, answer: Mapping[str, Any], before: Grant) -> Grant:
        plain = {"access_token": answer.get("accessJwt"), "refresh_token": answer.get("refreshJwt")}
        grant = self._grant(plain, before)
        extra = {"did": str(answer.get("did", "")), **before.extra}
        return replace(grant, expires_at=expiry(grant.access_token), extra=extra)

    async def _post(self, url: str, form: Mapping[str, str], kept: Mapping[str, str]) -> httpx2.Response:
        """Proven; and once more with the nonce where the server asks for one, which it does before it reads anything else."""
        proving = Proving(kept["key"], self._nonces, self._clock)
        response = await self._sent(url, data={**form, **self._shown(kept["issuer"])}, auth=proving)
        if asks_for_nonce(response):
            response = await self._sent(url, data={**form, **self._shown(kept["issuer"])}, auth=proving)
        return response

    def _shown(self, issuer: str) -> dict[str, str]:
        """Who we are: an assertion works once, so each sending has its own."""
        secret, client_id = self._app.client_secret, self._app.client_id
        return {"client_id": client_id, **(assertion(secret, client_id, issuer, self._clock()) if secret else {})}

    async def _sent(self, url: str, **request: Any) -> httpx2.Response:
        client = httpx2.AsyncClient(transport=self._transport, timeout=TIMEOUT, trust_env=False)
        try:
            return await client.post(url, **request)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise self._no_answer(error) from error

    def _told(self, response: httpx2.Response, refused: Refused) -> dict[str, Any]:
        """The JSON of a token endpoint; what it refuses is raised as `refused` says."""
        if response.status_code == 429 or response.status_code >= 500:
            raise self._no_answer(_status(response))
        try:
            body: Any = response.json()
        except ValueError as error:
            raise self._no_answer(error) from error
        if not isinstance(body, dict) or not (response.is_success or body.get("error")):
            raise self._no_answer(_status(response))
        if not response.is_success:
            raise refused(OAuthError(str(body["error"])[:100]))
        return body

    def _refused_push(self, error: OAuthError) -> Exception:
        if error.error in {"temporarily_unavailable", "server_error"}:
            return self._no_answer(error)
        message = f"The server does not let OCMA ask for an account ({error.error})."
        return _refused("redirectUri", "authorizationRefused", message, PUSH)

    def _refused_refresh(self, error: OAuthError) -> PlatformError:
        """Here only `invalid_grant` is definite: `invalid_request` may be a proof that a wrong clock spoiled."""
        return self._no_answer(error) if error.error == "invalid_request" else super()._refused_refresh(error)

    def _refused_session(self, error: OAuthError) -> PlatformError:
        name = str(error.error)
        if name not in OVER:
            return self._no_answer(error)
        return ReauthorizationRequired(platform=self._platform, rule=name[:1].lower() + name[1:])

    def _refused_password(self, error: OAuthError) -> Exception:
        message = f"The server does not take this app password ({error.error})."
        return _refused("token", "tokenRefused", message, PASSWORD)


ISSUER = "Start again with POST /api/social/authorize; send back `state`, and what came as `iss` as `issuer`."
OTHER = "Authorize again and sign in with the account you named, or name the other one."
PASSWORD = "Make an app password at bsky.app → Settings → Privacy and security, and send `handle:xxxx-xxxx-xxxx-xxxx`."  # noqa: S105 - it tells how
PUSH = (
    "OCMA has to be reachable for that server at its public https address (OCMA_PUBLIC_URL), and be sent back to there. "
    "On one machine http://127.0.0.1 will do, not http://localhost."
)


def _ends(server: Server) -> dict[str, str]:
    kept = {"token_endpoint": server.token_endpoint, "revocation_endpoint": server.revocation_endpoint}
    return {"issuer": server.issuer.rstrip("/"), **kept}


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _status(response: httpx2.Response) -> httpx2.HTTPStatusError:
    return httpx2.HTTPStatusError(f"answered {response.status_code}", request=response.request, response=response)


def _refused(path: str, code: str, message: str, remediation: str) -> Invalid:
    return Invalid(message, code=code, issues=[Issue(path, code, message)], remediation=remediation)
