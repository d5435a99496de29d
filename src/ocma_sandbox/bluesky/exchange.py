"""The token endpoint: a code or a refresh token for new tokens, all of one session bound to one key."""

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from ocma_sandbox import grants, people, pkce
from ocma_sandbox.bluesky import clients, dpop, identity, oauth, settings, tokens
from ocma_sandbox.bluesky.clients import Client, error
from ocma_sandbox.bluesky.identity import KEY, base
from ocma_sandbox.bluesky.tokens import Held
from ocma_sandbox.world import World

Json = dict[str, Any]

CHALLENGE_SECONDS = 86400
"""How long a code challenge is remembered, so that none is used twice."""


async def token(world: World, request: Request) -> Response:
    """POST /oauth/token"""
    given = await oauth.read_form(request)
    client = await clients.authenticated(world, given, base(request))
    jkt = dpop.check(world, request, oauth.PROOFS)
    if given.get("grant_type") == "authorization_code":
        return _redeemed(world, request, client, given, jkt)
    if given.get("grant_type") == "refresh_token":
        return _refreshed(world, request, client, given, jkt)
    raise error("unsupported_grant_type", f'Grant type "{given.get("grant_type", "")}" not supported')


def _redeemed(world: World, request: Request, client: Client, given: Mapping[str, str], jkt: str) -> Response:
    """A code is for once, whatever comes of it: a second use also ends what the first one gave."""
    row = world.store.one("SELECT * FROM bluesky_requests WHERE code = ?", oauth.digest(given.get("code", "")))
    if row is None or row["grant_id"] is not None or row["expires_at"] <= world.clock():
        if row is not None and row["grant_id"]:
            grants.revoke_grant(world.store, row["grant_id"], world.clock())
        raise error("invalid_grant", "Invalid code")
    wrong = _wrong_use(world, row, client, given, jkt)
    if wrong:
        world.store.run("UPDATE bluesky_requests SET grant_id = 0 WHERE uri = ?", row["uri"])
        raise error("invalid_grant", wrong)
    with world.store.transaction():
        now, scope = world.clock(), row["scope"]
        grant_id = grants.open_grant(world.store, KEY, client_id=client.id, person_id=row["did"], scope=scope, now=now)
        world.store.run("UPDATE bluesky_requests SET grant_id = ? WHERE uri = ?", grant_id, row["uri"])
        return oauth.answer(
            world, _issued(world, request, client, grant_id, {"sub": row["did"], "cnf": {"jkt": jkt}, "ses": now}, scope)
        )


def _wrong_use(world: World, row: sqlite3.Row, client: Client, given: Mapping[str, str], jkt: str) -> str | None:
    asked: dict[str, str] = json.loads(row["given"])
    if row["client_id"] != client.id:
        return "This code was not issued for you"
    if given.get("redirect_uri") != asked["redirect_uri"]:
        return "The redirect_uri parameter must match the one used in the authorization request"
    if not pkce.is_verified(asked["code_challenge"], "S256", given.get("code_verifier", "")):
        return "Invalid code_verifier"
    if not dpop.first_use(world, f"challenge {asked['code_challenge']}", lives=CHALLENGE_SECONDS):
        return "Code challenge already used"
    return None if row["jkt"] == jkt else "DPoP proof does not match the expected JKT"


def _issued(world: World, request: Request, client: Client, grant_id: int, claims: Json, scope: str) -> Json:
    """`claims` holds the account, the key and when the session began (`ses`), after which it has a certain time to live."""
    chosen = settings.of(world)
    lives = chosen.access_token_seconds
    own = {"iss": base(request), "aud": identity.pds_did(request), "client_id": client.id, **claims}
    body: Json = {
        "access_token": tokens.issue(world, grant_id, "access", own, lives=lives),
        "token_type": "DPoP",
        "expires_in": lives,
        "scope": scope,
        "sub": claims["sub"],
    }
    if "refresh_token" in client.grant_types:
        left = claims["ses"] + _session_seconds(world, client) - world.clock()
        most = chosen.confidential_refresh_seconds if client.is_confidential else chosen.public_session_seconds
        body["refresh_token"] = tokens.issue(world, grant_id, "refresh", own, lives=min(left, most))
    return body


def _session_seconds(world: World, client: Client) -> int:
    chosen = settings.of(world)
    return chosen.confidential_session_seconds if client.is_confidential else chosen.public_session_seconds


def _refreshed(world: World, request: Request, client: Client, given: Mapping[str, str], jkt: str) -> Response:
    """Rotates. A refresh token that comes twice ends the session, since one of the two may be a thief's."""
    held = tokens.find(world, "refresh", given.get("refresh_token", ""))
    if held is None or not held.jkt or held.token.client_id != client.id:
        raise error("invalid_grant", "Invalid refresh token")
    if held.token.is_spent and not held.token.is_revoked:
        grants.revoke_grant(world.store, held.token.grant_id, world.clock())
        raise error("invalid_grant", "Refresh token replayed")
    wrong = _wrong_refresh(world, held, jkt)
    if wrong:
        raise error("invalid_grant", wrong)
    kept = {name: held.claims[name] for name in ("sub", "cnf", "ses")}
    with world.store.transaction():
        tokens.spend_all(world, held.token.grant_id)
        return oauth.answer(world, _issued(world, request, client, held.token.grant_id, kept, held.token.scope))


def _wrong_refresh(world: World, held: Held, jkt: str) -> str | None:
    if held.token.is_revoked:
        return "Invalid refresh token"
    if held.token.is_expired:
        return "Refresh token expired"
    if held.jkt != jkt:
        return "DPoP proof does not match the expected JKT"
    person = people.find_by_id(world.store, KEY, held.token.person_id or "")
    return None if person and identity.status(world, person) is None else "Account is not available"
