"""DPoP (RFC 9449) with the nonces that the AT Protocol demands: proofs of ES256 keys, for both of the platform's servers.

The authorization server and the PDS hand out different nonces, as they do where they are different machines.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from starlette.requests import Request
from starlette.responses import JSONResponse

from ocma_sandbox.bluesky import settings
from ocma_sandbox.platform import Refused
from ocma_sandbox.world import World

Json = dict[str, Any]
Server = Literal["authorization", "resource"]

SCHEMA = "CREATE TABLE IF NOT EXISTS bluesky_proofs (jti TEXT PRIMARY KEY, expires_at REAL NOT NULL);"
TABLE = "bluesky_proofs"
AGE_SECONDS = 60
"""How far `iat` may be from our clock; the nonce says the rest about a proof's age."""
_SECRET = secrets.token_bytes(32)


@dataclass(frozen=True)
class Ends:
    """Of whose proofs: at which server, and with which access token (none at the authorization server)."""

    server: Server
    access_token: str | None = None


def nonce(world: World, server: Server, *, back: int = 0) -> str:
    """The one of this period, or of `back` periods before."""
    period = int(world.clock() / settings.of(world).nonce_seconds) - back
    return _base64(hmac.digest(_SECRET, f"{server} {period}".encode(), "sha256"))


def check(world: World, request: Request, ends: Ends) -> str:
    """The thumbprint of the key that the proof is made with. Raises `Refused`."""
    raw = request.headers.getlist("dpop")
    if len(raw) != 1:
        raise refused(world, ends.server, "invalid_dpop_proof", "DPoP proof required")
    try:
        key, claims = _read(raw[0])
    except (JoseError, ValueError, TypeError) as error:
        raise refused(world, ends.server, "invalid_dpop_proof", f"Failed to verify DPoP proof: {error}") from None
    wrong = _wrong(world, request, ends, claims)
    if wrong:
        raise refused(world, ends.server, "invalid_dpop_proof", wrong)
    if claims.get("nonce") not in {nonce(world, ends.server, back=back) for back in (0, 1)}:
        raise refused(world, ends.server, "use_dpop_nonce", "Authorization server requires nonce in DPoP proof")
    if not _is_first(world, f"{key.thumbprint()} {claims['jti']}"):
        raise refused(world, ends.server, "invalid_dpop_proof", "DPoP proof replayed")
    return key.thumbprint()


def _read(raw: str) -> tuple[ECKey, Json]:
    header = jws.extract_compact(raw.encode()).protected
    if header.get("typ") != "dpop+jwt":
        raise ValueError('unexpected "typ" JWT header value')
    jwk: Any = header.get("jwk")
    if not isinstance(jwk, dict) or "d" in jwk:
        raise ValueError('"jwk" must be a public key')
    key = ECKey.import_key(jwk)
    return key, jwt.decode(raw, key, algorithms=["ES256"]).claims


def _wrong(world: World, request: Request, ends: Ends, claims: Mapping[str, Any]) -> str | None:
    issued_at = claims.get("iat")
    if not isinstance(issued_at, int | float) or abs(world.clock() - world.clock.read(issued_at)) > AGE_SECONDS:
        return 'Failed to verify DPoP proof: "iat" claim timestamp check failed'
    if not isinstance(claims.get("jti"), str) or not claims["jti"]:
        return 'DPoP "jti" missing'
    if claims.get("htm") != request.method:
        return 'DPoP "htm" mismatch'
    if claims.get("htu") != _address(request):
        return 'DPoP "htu" mismatch'
    return None if claims.get("ath") == _token_hash(ends.access_token) else 'DPoP "ath" mismatch'


def _address(request: Request) -> str:
    """Without query and fragment."""
    return urlsplit(str(request.url))._replace(query="", fragment="").geturl()


def _token_hash(access_token: str | None) -> str | None:
    return None if access_token is None else _base64(hashlib.sha256(access_token.encode()).digest())


def _is_first(world: World, jti: str) -> bool:
    return first_use(world, jti, lives=2 * AGE_SECONDS)


def first_use(world: World, jti: str, *, lives: float) -> bool:
    """False when this was used before, within the time for which it could be used."""
    now = world.clock()
    world.store.run(f"DELETE FROM {TABLE} WHERE expires_at <= ?", now)  # noqa: S608 - our own table's name
    digest = hashlib.sha256(jti.encode()).hexdigest()
    return world.store.run(f"INSERT OR IGNORE INTO {TABLE} VALUES (?, ?)", digest, now + lives) == 1  # noqa: S608 - as above


def headers(world: World, server: Server) -> dict[str, str]:
    return {"DPoP-Nonce": nonce(world, server), "Access-Control-Expose-Headers": "DPoP-Nonce, WWW-Authenticate"}


def refused(world: World, server: Server, name: str, why: str) -> Refused:
    """The authorization server speaks OAuth, the PDS XRPC; a missing nonce is no failed authentication at the former."""
    text = "error_description" if server == "authorization" else "message"
    answer = JSONResponse({"error": name, text: why}, 400 if (server, name) == ("authorization", "use_dpop_nonce") else 401)
    answer.headers.update(headers(world, server))
    if answer.status_code == 401:
        quoted = why.replace('"', "'")
        answer.headers["WWW-Authenticate"] = f'DPoP algs="ES256", error="{name}", error_description="{quoted}"'
    return Refused(answer)


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
