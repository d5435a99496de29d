"""Access tokens: wherever a request carries one, what it is good for, and whose page tokens hang on it."""

import hashlib
import hmac
import sqlite3

from starlette.requests import Request

from ocma_sandbox import apps, grants, people
from ocma_sandbox.grants import Token
from ocma_sandbox.graph import errors, late
from ocma_sandbox.graph.house import Caller, House
from ocma_sandbox.graph.params import Params
from ocma_sandbox.people import Person
from ocma_sandbox.world import World

# Not emptied by a reset: a grant's number is never given twice, so what is left over here means nothing.
SCHEMA = "CREATE TABLE IF NOT EXISTS graph_held_grants (grant_id INTEGER PRIMARY KEY, parent_id INTEGER NOT NULL);"

NO_TOKEN = "An access token is required to request this resource."  # noqa: S105 - a message
NO_USER = "An active access token must be used to query information about the current user."


def presented(request: Request, params: Params) -> str | None:
    kind, _, raw = request.headers.get("authorization", "").partition(" ")
    if kind.lower() in {"bearer", "oauth"} and raw.strip():
        return raw.strip()
    return params.text("access_token")


def authenticate(world: World, house: House, request: Request, params: Params) -> Caller:
    raw = presented(request, params)
    if raw is None:
        is_me = request.url.path.rstrip("/").endswith("/me")
        raise errors.refuse(2500, NO_USER) if is_me else errors.refuse(104, NO_TOKEN)
    token = _token(world, house, raw)
    if not late.is_seen_by_gate(request) and late.spoil(world, house.key, request, token):
        token = _token(world, house, raw)
    person = _person(world, house, token)
    _check_proof(world, house, params, raw)
    scopes = frozenset(grant_scope(world, token.grant_id).split())  # a declined one, with its sign, is no scope's name
    is_held = parent_of(world, token.grant_id) is not None
    return Caller(house, person, token.client_id, scopes, token.grant_id, raw, is_held)


def _token(world: World, house: House, raw: str) -> Token:
    """A live token of this login; one of another login means nothing here."""
    token = find(world, house, raw)
    if token is None:
        raise errors.refuse(190)
    parent = parent_of(world, token.grant_id)
    if token.is_revoked or (parent is not None and _is_revoked(world, parent)):
        raise errors.refuse(190, subcode=458)
    if token.is_expired:
        raise errors.refuse(190, subcode=463)
    return token


def find(world: World, house: House, raw: str) -> Token | None:
    token = grants.find_token(world.store, house.key, "access", raw, world.clock())
    return token if token and token.client_id == house.client(world).id and token.person_id else None


def _person(world: World, house: House, token: Token) -> Person:
    person_id = token.person_id or ""
    found = house.person(world, person_id) or people.find_by_id(world.store, house.people, person_id)
    if found is None:
        raise errors.refuse(190, subcode=467)
    return found


def _check_proof(world: World, house: House, params: Params, raw: str) -> None:
    proof = params.text("appsecret_proof")
    if proof is None:
        if house.settings(world).require_appsecret_proof:
            raise errors.refuse(100, "API calls from the server require an appsecret_proof argument")
        return
    secret = house.client(world).secret
    expected = hmac.new(secret.encode(), raw.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, proof):
        raise errors.refuse(100, "Invalid appsecret_proof provided in the API argument")


def parent_of(world: World, grant_id: int) -> int | None:
    row = world.store.one("SELECT parent_id FROM graph_held_grants WHERE grant_id = ?", grant_id)
    return row["parent_id"] if row else None


def _grant(world: World, grant_id: int) -> sqlite3.Row | None:
    return world.store.one("SELECT scope, revoked_at FROM grants WHERE id = ?", grant_id)


def grant_scope(world: World, grant_id: int) -> str:
    """A page token may what the login may from which it was derived, also after the user took something back."""
    row = _grant(world, parent_of(world, grant_id) or grant_id)
    return row["scope"] if row else ""


def _is_revoked(world: World, grant_id: int) -> bool:
    row = _grant(world, grant_id)
    return row is None or row["revoked_at"] is not None


def expiry(world: World, token: Token) -> float | None:
    row = world.store.one("SELECT expires_at FROM tokens WHERE hash = ?", token.hash)
    return row["expires_at"] if row else None


def is_long_lived(world: World, house: House, token: Token) -> bool:
    ends = expiry(world, token)
    return ends is None or ends - token.created_at > house.settings(world).short_token_seconds


def held(world: World, caller: Caller, person: Person) -> str:
    """A page's own token: of a long-lived login it has no end, of a short-lived one it ends with it."""
    now = world.clock()
    token = find(world, caller.house, caller.raw)
    if token is None:
        raise errors.refuse(190)
    ends = None if is_long_lived(world, caller.house, token) else expiry(world, token)
    parent = parent_of(world, token.grant_id) or token.grant_id
    with world.store.transaction():
        grant_id = grants.open_grant(
            world.store, caller.house.key, client_id=caller.client_id, person_id=person.id, scope="", now=now
        )
        world.store.run("INSERT INTO graph_held_grants VALUES (?, ?)", grant_id, parent)
        return grants.issue_token(world.store, grant_id, "access", now=now, lives=None if ends is None else ends - now)


def app_of(world: World, house: House, raw: str) -> bool:
    """Whether this is the app's own token, `id|secret`."""
    identity, _, secret = raw.removeprefix("TH|").partition("|")  # Threads puts TH in front
    app = apps.find(world.store, house.key, identity)
    return app is not None and identity == house.client(world).id and apps.is_secret(app, secret)
