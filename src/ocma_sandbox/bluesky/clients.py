"""OAuth clients: nobody registers; a client's id is the address of a document that says what it is.

`http://localhost?redirect_uri=…&scope=…` is the documented exception for development and stands for itself.
"""

import asyncio
import ipaddress
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException, HTTPMessage
from typing import IO, Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from starlette.responses import JSONResponse

from ocma_sandbox import consent
from ocma_sandbox.bluesky import dpop, settings
from ocma_sandbox.platform import Refused
from ocma_sandbox.world import World

Json = dict[str, Any]

SCHEMA = "CREATE TABLE IF NOT EXISTS bluesky_clients (id TEXT PRIMARY KEY, metadata TEXT NOT NULL, fetched_at REAL NOT NULL);"
TABLE = "bluesky_clients"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
MOST_BYTES, MOST_SECONDS = 65_536, 5


@dataclass(frozen=True)
class Client:
    """`keys` is empty for a public client."""

    id: str
    name: str
    redirect_uris: tuple[str, ...]
    scope: str
    grant_types: tuple[str, ...]
    keys: Json

    @property
    def is_confidential(self) -> bool:
        return bool(self.keys)


def error(name: str, why: str) -> Refused:
    return Refused(JSONResponse({"error": name, "error_description": why}, 400))


def _bad_metadata(why: str) -> Refused:
    return error("invalid_client_metadata", why)


async def find(world: World, client_id: str) -> Client:
    """Raises `Refused` when the document cannot be had or says what it may not."""
    if client_id.startswith("http://localhost"):
        return _localhost(client_id)
    metadata = _cached(world, client_id)
    if metadata is None:
        metadata = await _fetched(world, client_id)
        sql = "INSERT OR REPLACE INTO bluesky_clients VALUES (?, ?, ?)"
        world.store.run(sql, client_id, json.dumps(metadata), world.clock())
    return _client(client_id, metadata)


def _localhost(client_id: str) -> Client:
    parts = urlsplit(client_id)
    if parts.netloc != "localhost" or parts.path not in {"", "/"} or parts.fragment:
        raise _bad_metadata(f'Invalid client ID "{client_id}"')
    query = parse_qs(parts.query)
    uris = tuple(query.get("redirect_uri", ["http://127.0.0.1/", "http://[::1]/"]))
    scope = query.get("scope", ["atproto"])[0]
    return Client(client_id, "Development client", uris, scope, ("authorization_code", "refresh_token"), {})


def _cached(world: World, client_id: str) -> Json | None:
    since = world.clock() - settings.of(world).client_cache_seconds
    sql = "SELECT metadata FROM bluesky_clients WHERE id = ? AND fetched_at > ?"
    row = world.store.one(sql, client_id, since)
    return json.loads(row["metadata"]) if row else None


async def _fetched(world: World, client_id: str) -> Json:
    """With the keys in it, also when they stand at another address."""
    _check_address(world, client_id)
    metadata = await asyncio.to_thread(_download, client_id)
    wrong = _wrong(client_id, metadata)
    if wrong:
        raise _bad_metadata(f"Invalid client metadata for {client_id}: {wrong}")
    if "jwks_uri" in metadata:
        _check_address(world, metadata["jwks_uri"])
        metadata["jwks"] = await asyncio.to_thread(_download, metadata["jwks_uri"])
    return metadata


def _check_address(world: World, address: str) -> None:
    """A host name over HTTPS. Other addresses are for development, and have their setting."""
    parts = urlsplit(address)
    is_public = parts.scheme == "https" and not _is_ip(parts.hostname or "") and "." in (parts.hostname or "")
    is_allowed = is_public or (settings.of(world).http_clients and parts.scheme in {"http", "https"})
    if not is_allowed or not parts.netloc or parts.path in {"", "/"} or parts.fragment or parts.username:
        raise _bad_metadata(f'Invalid client ID "{address}"')


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        """A redirect is an answer other than 200, and so a refusal."""


_OPENER = urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler({}))


def _download(address: str) -> Json:
    request = urllib.request.Request(address, headers={"Accept": "application/json"})  # noqa: S310 - the scheme is checked
    try:
        with _OPENER.open(request, timeout=MOST_SECONDS) as answer:
            kind, raw = answer.headers.get_content_type(), answer.read(MOST_BYTES + 1)
            found = json.loads(raw) if kind == "application/json" and len(raw) <= MOST_BYTES else None
    except (urllib.error.URLError, HTTPException, OSError, ValueError) as cause:
        raise _bad_metadata(f"Failed to fetch {address}: {cause}") from None
    if answer.status != 200 or not isinstance(found, dict):
        raise _bad_metadata(f"{address} must answer 200 with a JSON object of type application/json")
    return found


def _wrong(client_id: str, metadata: Mapping[str, Any]) -> str | None:
    """The first rule of the AT Protocol's OAuth profile that it breaks."""
    method, uris = metadata.get("token_endpoint_auth_method", "none"), metadata.get("redirect_uris")
    has_keys = ("jwks" in metadata) != ("jwks_uri" in metadata)
    confidential, signing = method == "private_key_jwt", metadata.get("token_endpoint_auth_signing_alg")
    rules = {
        "client_id must be the document's own address": metadata.get("client_id") == client_id,
        "application_type must be web or native": metadata.get("application_type", "web") in {"web", "native"},
        "dpop_bound_access_tokens must be true": metadata.get("dpop_bound_access_tokens") is True,
        "grant_types must hold authorization_code": "authorization_code" in _texts(metadata.get("grant_types")),
        "response_types must hold code": "code" in _texts(metadata.get("response_types")),
        "scope must hold atproto": "atproto" in str(metadata.get("scope", "")).split(),
        "redirect_uris must be absolute addresses": bool(_texts(uris)) and all(map(consent.is_redirect_uri, _texts(uris))),
        "token_endpoint_auth_method must be none or private_key_jwt": method in {"none", "private_key_jwt"},
        "token_endpoint_auth_signing_alg must be ES256": not confidential or signing == "ES256",
        "private_key_jwt needs either jwks or jwks_uri": not confidential or has_keys,
        "client_secret is not allowed": "client_secret" not in metadata,
    }
    return next((rule for rule, holds in rules.items() if not holds), None)


def _texts(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _client(client_id: str, metadata: Json) -> Client:
    return Client(
        id=client_id,
        name=str(metadata.get("client_name") or client_id),
        redirect_uris=tuple(_texts(metadata["redirect_uris"])),
        scope=metadata["scope"],
        grant_types=tuple(_texts(metadata["grant_types"])),
        keys=metadata["jwks"] if metadata.get("token_endpoint_auth_method") == "private_key_jwt" else {},
    )


async def authenticated(world: World, given: Mapping[str, str], issuer: str) -> Client:
    """The client of a request to the authorization server, and proof that it is it, where it has keys."""
    if not given.get("client_id"):
        raise error("invalid_client", "Client credentials missing: Required at body.client_id")
    client = await find(world, given["client_id"])
    if client.is_confidential:
        _check_assertion(world, client, given, issuer)
    elif given.get("client_assertion"):
        raise error("invalid_client", "A public client has no client_assertion")
    return client


def _check_assertion(world: World, client: Client, given: Mapping[str, str], issuer: str) -> None:
    if given.get("client_assertion_type") != ASSERTION_TYPE or not given.get("client_assertion"):
        raise error(
            "invalid_client",
            f'"private_key_jwt" needs a "client_assertion" of type {ASSERTION_TYPE}',
        )
    try:
        claims = _assertion(client, given["client_assertion"])
    except (JoseError, ValueError, TypeError) as cause:
        raise error("invalid_client", f"Validation of client_assertion failed: {cause}") from None
    wrong = _wrong_assertion(world, client, claims, issuer)
    if wrong:
        raise error("invalid_client", f"Validation of client_assertion failed: {wrong}")


def _assertion(client: Client, raw: str) -> Json:
    keys = KeySet.import_key_set({"keys": client.keys["keys"]})
    token = jwt.decode(raw, keys, algorithms=["ES256"])
    if not token.header.get("kid"):
        raise ValueError('"kid" missing in the header')
    return token.claims


def _wrong_assertion(world: World, client: Client, claims: Mapping[str, Any], issuer: str) -> str | None:
    now, most = world.clock(), settings.of(world).assertion_seconds
    issued_at, expires_at, audience = claims.get("iat"), claims.get("exp"), claims.get("aud")
    if claims.get("iss") != client.id or claims.get("sub") != client.id:
        return '"iss" and "sub" must be the client_id'
    if issuer not in (audience if isinstance(audience, list) else [audience]):
        return f'"aud" must be {issuer}'
    if not isinstance(issued_at, int | float) or not now - most <= world.clock.read(issued_at) <= now + most:
        return '"iat" claim timestamp check failed'
    if isinstance(expires_at, int | float) and world.clock.read(expires_at) <= now:
        return '"exp" claim timestamp check failed'
    if not claims.get("jti"):
        return '"jti" missing'
    fresh = dpop.first_use(world, f"assertion {client.id} {claims['jti']}", lives=2 * most)
    return None if fresh else '"jti" was used before'
