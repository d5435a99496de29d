"""The authorization server, in the AT Protocol's profile: pushed requests, PKCE S256, DPoP, tokens bound to a key.

Stricter than the reference server, after the profile: a pushed request needs its DPoP proof at once, and only ES256 is known.
"""

import hashlib
import json
import secrets
import sqlite3
from collections.abc import Mapping
from typing import Any

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ocma_sandbox import consent, grants, pages
from ocma_sandbox.bluesky import clients, dpop, identity, settings, tokens
from ocma_sandbox.bluesky.clients import Client, error
from ocma_sandbox.bluesky.identity import KEY, base
from ocma_sandbox.bluesky.scopes import TRANSITION
from ocma_sandbox.bluesky.syntax import is_at_identifier
from ocma_sandbox.people import Person
from ocma_sandbox.world import World

Json = dict[str, Any]

SCHEMA = """
CREATE TABLE IF NOT EXISTS bluesky_requests (
    uri TEXT PRIMARY KEY, client_id TEXT NOT NULL, given TEXT NOT NULL, jkt TEXT NOT NULL, expires_at REAL NOT NULL,
    code TEXT UNIQUE, did TEXT, scope TEXT, grant_id INTEGER);
"""
TABLE = "bluesky_requests"
URI = "urn:ietf:params:oauth:request_uri:req-"
PROOFS = dpop.Ends("authorization")


async def metadata(_world: World, request: Request) -> Response:
    """/.well-known/oauth-authorization-server"""
    root = base(request)
    return JSONResponse(
        {
            "issuer": root,
            "authorization_endpoint": f"{root}/oauth/authorize",
            "token_endpoint": f"{root}/oauth/token",
            "revocation_endpoint": f"{root}/oauth/revoke",
            "pushed_authorization_request_endpoint": f"{root}/oauth/par",
            "require_pushed_authorization_requests": True,
            "scopes_supported": ["atproto", *TRANSITION],
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": ["ES256"],
            "dpop_signing_alg_values_supported": ["ES256"],
            "authorization_response_iss_parameter_supported": True,
            "client_id_metadata_document_supported": True,
            "protected_resources": [root],
            "subject_types_supported": ["public"],
        }
    )


async def resource(_world: World, request: Request) -> Response:
    """/.well-known/oauth-protected-resource"""
    root = base(request)
    return JSONResponse(
        {"resource": root, "authorization_servers": [root], "scopes_supported": [], "bearer_methods_supported": ["header"]}
    )


async def read_form(request: Request) -> dict[str, str]:
    """Form or JSON, as the reference server takes both."""
    if request.headers.get("content-type", "").startswith("application/json"):
        try:
            body = json.loads(await request.body())
        except ValueError:
            raise error("invalid_request", "Invalid request payload") from None
        return {name: value for name, value in body.items() if isinstance(value, str)} if isinstance(body, dict) else {}
    return {name: value for name, value in (await request.form()).items() if isinstance(value, str)}


async def push(world: World, request: Request) -> Response:
    """POST /oauth/par"""
    given = await read_form(request)
    client = await clients.authenticated(world, given, base(request))
    jkt = dpop.check(world, request, PROOFS)
    _check_request(client, given)
    uri, lives = URI + secrets.token_hex(16), settings.of(world).par_seconds
    world.store.run(
        "INSERT INTO bluesky_requests (uri, client_id, given, jkt, expires_at) VALUES (?, ?, ?, ?, ?)",
        *(uri, client.id, json.dumps(given), jkt, world.clock() + lives),
    )
    return answer(world, {"request_uri": uri, "expires_in": lives}, 201)


def answer(world: World, body: Json, status: int = 200) -> Response:
    return JSONResponse(body, status, headers={"Cache-Control": "no-store", **dpop.headers(world, "authorization")})


def _check_request(client: Client, given: Mapping[str, str]) -> None:
    scopes, declared = given.get("scope", "").split(), client.scope.split()
    if given.get("response_type") != "code":
        raise error("unsupported_response_type", f'Unsupported response_type "{given.get("response_type", "")}"')
    if "atproto" not in scopes:
        raise error("invalid_scope", 'The "atproto" scope is required')
    undeclared = [scope for scope in scopes if scope not in declared]
    if undeclared:
        raise error("invalid_scope", f'Scope "{undeclared[0]}" is not declared in the client metadata')
    if given.get("redirect_uri") not in client.redirect_uris:
        raise error("invalid_request", f"Invalid redirect_uri {given.get('redirect_uri', '')}")
    if not given.get("code_challenge"):
        raise error("invalid_request", "Use of PKCE is required")
    if given.get("code_challenge_method") != "S256":
        raise error("invalid_request", 'atproto requires use of "S256" code_challenge_method')
    if given.get("login_hint") and not is_at_identifier(given["login_hint"]):
        raise error("invalid_request", f'Invalid login_hint "{given["login_hint"]}"')


async def authorize(world: World, request: Request) -> Response:
    """The consent page; `&approve=1&account=alice` answers it at once. Without an account, the login hint says who."""
    query = request.query_params
    row = _pending(world, query)
    if row is None:
        return pages.refusal("Bluesky", "This request has expired, or it was not pushed by this client.")
    given: dict[str, str] = json.loads(row["given"])
    client = await clients.find(world, row["client_id"])
    ask = consent.Ask(KEY, "Bluesky", client.name, given["scope"].split(), lambda name: identity.make_person(world, name, None))
    decided = consent.decide(world, ask, _hinted(world, query, given))
    if isinstance(decided, Response):
        return decided
    if isinstance(decided, str):
        return _back(request, given, error="access_denied", error_description="The user rejected the request")
    return _back(request, given, code=_granted(world, row, decided, given["scope"]))


def _pending(world: World, query: QueryParams) -> sqlite3.Row | None:
    return world.store.one(
        "SELECT * FROM bluesky_requests WHERE uri = ? AND client_id = ? AND expires_at > ? AND code IS NULL",
        *(query.get("request_uri", ""), query.get("client_id", ""), world.clock()),
    )


def _hinted(world: World, query: QueryParams, given: Mapping[str, str]) -> QueryParams:
    hint = given.get("login_hint", "")
    person = identity.find(world, hint) if hint else None
    name = person.handle if person else identity.name_of(world, hint)
    named = query.get("account") or query.get("new_account")
    return query if named or not name else QueryParams([*query.multi_items(), ("account", name)])


def _back(request: Request, given: Mapping[str, str], **parameters: str) -> Response:
    return consent.redirect(given["redirect_uri"], state=given.get("state"), iss=base(request), **parameters)


def _granted(world: World, row: sqlite3.Row, person: Person, scope: str) -> str:
    """A code, for the scopes that the user did not untick."""
    code, chosen = "cod-" + secrets.token_hex(32), settings.of(world)
    kept = " ".join(each for each in scope.split() if each not in chosen.deny_scopes.split())
    world.store.run(
        "UPDATE bluesky_requests SET code = ?, did = ?, scope = ?, expires_at = ? WHERE uri = ?",
        *(digest(code), person.id, kept, world.clock() + chosen.code_seconds, row["uri"]),
    )
    return code


def digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


async def revoke(world: World, request: Request) -> Response:
    """POST /oauth/revoke: of either token, ends the session; what is unknown is answered the same."""
    given = await read_form(request)
    client = await clients.authenticated(world, given, base(request))
    for kind in ("access", "refresh"):
        held = tokens.find(world, kind, given.get("token", ""))
        if held and held.token.client_id == client.id:
            grants.revoke_grant(world.store, held.token.grant_id, world.clock())
    return answer(world, {})
