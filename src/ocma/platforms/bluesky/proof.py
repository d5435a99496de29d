"""Proofs that a key is ours: of each login (DPoP, RFC 9449) and of OCMA itself as a client (RFC 7523)."""

import base64
import hashlib
import json
from collections import OrderedDict
from collections.abc import Generator
from datetime import datetime
from functools import lru_cache
from typing import Any

import httpx2
from joserfc import jwt
from joserfc.jwk import ECKey

from ocma.clock import Clock
from ocma.errors import Invalid
from ocma.ids import new_id
from ocma.platforms.configuration import origin

ALGORITHM = "ES256"
ASKED = "use_dpop_nonce"
LONGEST = 2000  # characters of a nonce; those seen have 43
ASSERTION_LASTS = 60  # seconds
ARMOUR = "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n"


class Nonces:
    """The newest nonce of each server, by origin; users name servers, so the oldest are forgotten."""

    def __init__(self, most: int = 1000) -> None:
        self._known: OrderedDict[str, str] = OrderedDict()
        self._most = most

    def of(self, url: str) -> str | None:
        return self._known.get(origin(url))

    def learn(self, url: str, response: httpx2.Response) -> None:
        """`url`: who answered."""
        nonce = response.headers.get("dpop-nonce")
        if not nonce or len(nonce) > LONGEST:
            return
        where = origin(url)
        self._known[where] = nonce
        self._known.move_to_end(where)
        if len(self._known) > self._most:
            self._known.popitem(last=False)


class Proving(httpx2.Auth):
    """Signs a request to an authorization server, and learns the nonce of its answer."""

    def __init__(self, key: str, nonces: Nonces, clock: Clock) -> None:
        self._key, self._nonces, self._clock = key, nonces, clock

    def auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        url = str(request.url)
        request.headers["DPoP"] = prove(self._key, request.method, url, self._nonces.of(url), self._clock())
        self._nonces.learn(url, (yield request))


def new_key() -> str:
    """A private key, as JSON: each login gets its own."""
    return json.dumps(ECKey.generate_key("P-256").as_dict(private=True))


def prove(key: str, method: str, url: str, nonce: str | None, now: datetime, token: str = "") -> str:
    """The DPoP header of one request; with `token` for one that shows it."""
    signer = ECKey.import_key(json.loads(key))
    where = str(httpx2.URL(url).copy_with(query=None, fragment=None))
    claims: dict[str, Any] = {"jti": str(new_id()), "htm": method, "htu": where, "iat": int(now.timestamp())}
    if nonce:
        claims["nonce"] = nonce
    if token:
        claims["ath"] = _unpadded(hashlib.sha256(token.encode()).digest())
    header = {"typ": "dpop+jwt", "alg": ALGORITHM, "jwk": signer.as_dict(private=False)}
    return jwt.encode(header, claims, signer)


def asks_for_nonce(response: httpx2.Response) -> bool:
    """It read nothing but the proof, and wants the nonce that it sends along."""
    if response.status_code not in {400, 401} or "dpop-nonce" not in response.headers:
        return False
    return ASKED in response.headers.get("www-authenticate", "") or ASKED.encode() in response.content[:LONGEST]


def assertion(secret: str, client_id: str, issuer: str, now: datetime) -> dict[str, str]:
    """The form fields by which a client that has a key shows itself; `issuer`: to whom."""
    key, at = client_key(secret), int(now.timestamp())
    claims = {"iss": client_id, "sub": client_id, "aud": issuer, "jti": str(new_id()), "iat": at, "exp": at + ASSERTION_LASTS}
    return {
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": jwt.encode({"alg": ALGORITHM, "kid": key.thumbprint()}, claims, key),
    }


def public_key(secret: str) -> dict[str, Any]:
    """What others check assertions with."""
    key = client_key(secret)
    return {**key.as_dict(private=False), "kid": key.thumbprint(), "use": "sig", "alg": ALGORITHM}


@lru_cache(maxsize=4)
def client_key(secret: str) -> ECKey:
    """The operator's key: a P-256 private key as PKCS #8, with PEM's first and last line or without."""
    text = secret.replace("\\n", "\n").strip()
    try:
        key = ECKey.import_key(text if text.startswith("-----") else ARMOUR.format(text))
        if key.curve_name != "P-256" or not key.is_private:
            raise ValueError
    except (ValueError, TypeError):
        raise Invalid(
            "BLUESKY_CLIENT_KEY holds no private key of the curve P-256.",
            code="settings",
            remediation="Make one: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -outform DER | base64 -w0",
        ) from None
    return key


def _unpadded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
