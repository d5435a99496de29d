"""JWTs of one configured issuer (Supabase or any OIDC): signature, issuer, audience, time."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx2
import structlog
from joserfc import jws, jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import JWKRegistry, Key, KeySet, OctKey

from ocma.clock import Clock
from ocma.errors import Invalid, Unavailable
from ocma.features.workspaces.identity import unknown
from ocma.infra.outbound import Outbound
from ocma.settings import Settings

# Which algorithms go with which kind of key is settled here, never by the token: a public key is never a shared secret.
SHARED = ("HS256",)
PUBLIC = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
LEEWAY = 30  # seconds that clocks may differ
FRESH = 600  # seconds a key set is used without asking again
COOLDOWN = 30  # seconds between two questions for a key nobody knows
MAX_TOKEN = 8192  # characters

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Claims:
    """Who it is. `email` is empty when there is none, or the issuer says it is not verified."""

    issuer: str
    subject: str
    email: str
    name: str


class Issuer:
    """Checks tokens. Holds the issuer's public keys, and asks for them anew when they are old or a token names another."""

    def __init__(
        self, settings: Settings, outbound: Outbound, clock: Clock, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._name, self._audience, self._jwks_url = settings.jwt_issuer, settings.jwt_audience, settings.jwt_jwks_url
        self._secret = _shared_secret(settings)
        self._outbound, self._clock, self._monotonic = outbound, clock, monotonic
        self._keys: KeySet | None = None
        self._asked_at = float("-inf")
        self._lock = asyncio.Lock()

    @property
    def is_configured(self) -> bool:
        return bool(self._name and (self._secret or self._jwks_url))

    async def check(self, token: str) -> Claims:
        """Raises Unauthenticated for any flaw, Unavailable when the issuer's keys cannot be had."""
        if not self.is_configured or len(token) > MAX_TOKEN:
            raise unknown()
        try:
            claims = await self._verified(token)
            self._check_claims(claims)
        except (JoseError, ValueError) as error:
            log.info("jwt_refused", reason=type(error).__name__)
            raise unknown() from error
        return _read(claims)

    async def _verified(self, token: str) -> dict[str, Any]:
        if self._secret is not None and _algorithm(token) in SHARED:
            return jwt.decode(token, self._secret, algorithms=list(SHARED)).claims
        if not self._jwks_url:
            raise unknown()
        try:
            return _decode(token, await self._key_set(FRESH))
        except InvalidKeyIdError:  # the issuer may have rotated
            return _decode(token, await self._key_set(COOLDOWN))

    def _check_claims(self, claims: dict[str, Any]) -> None:
        jwt.JWTClaimsRegistry(
            now=int(self._clock().timestamp()),
            leeway=LEEWAY,
            iss={"essential": True, "value": self._name},
            aud={"essential": True, "value": self._audience},
            sub={"essential": True},
            exp={"essential": True},
        ).validate(claims)

    async def _key_set(self, max_age: float) -> KeySet:
        async with self._lock:
            if self._keys is None or self._monotonic() - self._asked_at > max_age:
                await self._ask()
            if self._keys is None:
                raise Unavailable("The keys of the token's issuer cannot be had.", code="issuerUnavailable", retry_after=5)
            return self._keys

    async def _ask(self) -> None:
        """Keeps the old keys when there is no usable answer."""
        if self._keys is None and self._monotonic() - self._asked_at < 1:
            return
        self._asked_at = self._monotonic()
        try:
            async with self._outbound.client("", chosen=True) as client:
                answer = await client.get(self._jwks_url)
                keys = _import(answer.raise_for_status().json())
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, KeyError, TypeError) as error:
            log.warning("jwks_unavailable", error=type(error).__name__)
            return
        self._keys = KeySet(keys) if keys else self._keys


def _shared_secret(settings: Settings) -> OctKey | None:
    secret = settings.jwt_secret.get_secret_value()
    try:
        return OctKey.import_key(secret) if secret else None
    except ValueError as error:
        raise Invalid(
            "OCMA_JWT_SECRET is a public key, not a shared secret.",
            code="settings",
            remediation="Set OCMA_JWT_JWKS_URL to where the issuer publishes its keys.",
        ) from error


def _algorithm(token: str) -> object:
    """What the token claims; it only chooses between our two fixed lists."""
    return jws.extract_compact(token.encode()).headers().get("alg")


def _import(answer: Any) -> list[Key]:
    """Public keys only; one that we cannot read does not spoil the others."""
    keys: list[Key] = []
    for each in answer["keys"]:
        try:
            keys.append(JWKRegistry.import_key(each))
        except (JoseError, LookupError, ValueError, TypeError, AttributeError) as error:
            log.info("jwk_skipped", error=type(error).__name__)
    return [key for key in keys if key.key_type != "oct"]


def _decode(token: str, keys: KeySet) -> dict[str, Any]:
    return jwt.decode(token, keys, algorithms=list(PUBLIC)).claims


def _read(claims: dict[str, Any]) -> Claims:
    subject = str(claims["sub"])
    if len(subject) > 255 or not subject.isprintable():
        raise unknown()
    email = _text(claims.get("email"), 320) if claims.get("email_verified") is not False else ""
    return Claims(str(claims["iss"]), subject, email, _text(claims.get("name"), 100))


def _text(value: object, limit: int) -> str:
    return value if isinstance(value, str) and len(value) <= limit and value.isprintable() else ""
