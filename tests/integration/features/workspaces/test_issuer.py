"""JWTs of a configured issuer: its keys come over real HTTP, from a server whose keys and failures we choose."""

import asyncio
import base64
import hmac
import json
import time
import warnings
from datetime import UTC, datetime

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, OKPKey, RSAKey

from conftest import make_settings
from ocma.errors import Invalid, Unauthenticated, Unavailable
from ocma.features.workspaces import people
from ocma.features.workspaces.issuer import COOLDOWN, FRESH, Claims, Issuer

ISSUER, AUDIENCE, SECRET = "https://issuer.example/auth/v1", "authenticated", "a shared secret of at least 32 bytes!"
NOW = datetime(2030, 1, 1, tzinfo=UTC)
RSA = RSAKey.generate_key(2048, auto_kid=True)
EC = ECKey.generate_key("P-256", auto_kid=True)
ED = OKPKey.generate_key("Ed25519", auto_kid=True)
pytestmark = pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")


class Keys:
    """An HTTP server with a key set. Counts how often it was asked."""

    def __init__(self):
        self.body, self.status, self.asked = {"keys": []}, 200, 0

    def publish(self, *keys):
        self.body = {"keys": [key.as_dict(private=False) for key in keys]}

    async def answer(self, reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        self.asked += 1
        body = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        writer.write(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % (self.status, len(body)) + body)
        await writer.drain()
        writer.close()


@pytest.fixture
async def keys():
    served = Keys()
    server = await asyncio.start_server(served.answer, "127.0.0.1", 0)
    served.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/jwks.json"
    yield served
    server.close()


class Hands:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def hands():
    return Hands()


@pytest.fixture
def issuer(services, resources, hands):
    def make(**settings):
        values = {"OCMA_JWT_ISSUER": ISSUER, "OCMA_JWT_AUDIENCE": AUDIENCE, **settings}
        return Issuer(make_settings(services, **values), resources.outbound, lambda: NOW, hands)

    return make


def claims(**changes):
    stamp = int(NOW.timestamp())
    found = {"iss": ISSUER, "aud": AUDIENCE, "sub": "user-1", "email": "ann@example.com", "iat": stamp - 10, "exp": stamp + 3600}
    return {name: value for name, value in (found | changes).items() if value is not None}


def token(key=None, alg="HS256", header=None, **changes):
    key = key or OctKey.import_key(SECRET)
    protected = {"alg": alg} | ({"kid": key.kid} if key.kid else {}) | (header or {})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return jwt.encode(protected, claims(**changes), key, algorithms=[alg])


async def test_a_shared_secret(issuer):
    found = await issuer(OCMA_JWT_SECRET=SECRET).check(token(name="Ann"))
    assert found == Claims(ISSUER, "user-1", "ann@example.com", "Ann")


@pytest.mark.parametrize(
    ("key", "alg"), [(RSA, "RS256"), (RSA, "PS512"), (EC, "ES256"), (ED, "EdDSA")], ids=lambda each: str(each)[:6]
)
async def test_public_keys(issuer, keys, key, alg):
    keys.publish(RSA, EC, ED)
    checker = issuer(OCMA_JWT_JWKS_URL=keys.url)
    for _ in range(5):
        assert (await checker.check(token(key, alg))).subject == "user-1"
    assert keys.asked == 1


WRONG = {
    "expired": {"exp": int(NOW.timestamp()) - 31},
    "without an end": {"exp": None},
    "not yet": {"nbf": int(NOW.timestamp()) + 31},
    "from the future": {"iat": int(NOW.timestamp()) + 31},
    "another issuer": {"iss": ISSUER + "/"},
    "no issuer": {"iss": None},
    "another audience": {"aud": "anon"},
    "other audiences": {"aud": ["anon", "service_role"]},
    "no audience": {"aud": None},
    "nobody": {"sub": None},
    "an empty subject": {"sub": ""},
    "a number for a subject": {"sub": 1},
    "too long a subject": {"sub": "x" * 256},
    "a subject nothing can store": {"sub": "a\x00b"},
    "a word for an end": {"exp": "never"},
}


@pytest.mark.parametrize("what", WRONG)
async def test_claims_that_do_not_do(issuer, what):
    with pytest.raises(Unauthenticated) as caught:
        await issuer(OCMA_JWT_SECRET=SECRET).check(token(**WRONG[what]))
    assert caught.value.rule == "invalidToken"


async def test_clocks_may_differ_by_half_a_minute(issuer):
    stamp = int(NOW.timestamp())
    for changes in ({"exp": stamp - 29}, {"nbf": stamp + 29}, {"aud": ["other", AUDIENCE]}):
        await issuer(OCMA_JWT_SECRET=SECRET).check(token(**changes))


def unsigned(alg):
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': alg, 'kid': RSA.kid})}.{part(claims())}."


def signed_with(secret):
    """HS256 by hand: the library would not sign with a public key."""
    text = unsigned("HS256").rstrip(".")
    mac = hmac.new(secret, text.encode(), "sha256").digest()
    return f"{text}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


FORGED = {
    "nothing signed it": lambda: unsigned("none"),
    "nothing signed it, in capitals": lambda: unsigned("NONE"),
    "no signature": lambda: unsigned("HS256"),
    "another secret": lambda: token(OctKey.import_key("another secret of at least 32 bytes")),
    "the public key as a secret": lambda: signed_with(RSA.as_pem(private=False)),
    "the public key's DER as a secret": lambda: signed_with(RSA.as_der(private=False)),
    "a key the token brought along": lambda: token(
        stranger := RSAKey.generate_key(2048), "RS256", header={"jwk": stranger.as_dict(private=False), "kid": RSA.kid}
    ),
    "another algorithm of the secret": lambda: token(alg="HS512"),
    "a changed payload": lambda: ".".join(
        [(parts := token(RSA, "RS256").split("."))[0], token(sub="root").split(".")[1], parts[2]]
    ),
    "a stranger's key": lambda: token(RSAKey.generate_key(2048), "RS256", header={"kid": RSA.kid}),
    "words": lambda: "not.a.jwt",
    "dots": lambda: "..",
    "too long": lambda: token(padding="x" * 9000),
    "not ASCII": lambda: "é.é.é",
    "five parts": lambda: "a.b.c.d.e",
}


@pytest.mark.parametrize("what", FORGED)
async def test_forgeries(issuer, keys, what):
    """Against both kinds of keys at once: neither may be taken for the other."""
    keys.publish(RSA, EC)
    checker = issuer(OCMA_JWT_SECRET=SECRET, OCMA_JWT_JWKS_URL=keys.url)
    with pytest.raises(Unauthenticated):
        await checker.check(FORGED[what]())


async def test_a_secret_in_the_public_set_is_no_key(issuer, keys):
    leaked = OctKey.generate_key(256, auto_kid=True)
    keys.body = {"keys": [leaked.as_dict(private=True), RSA.as_dict(private=False)]}
    checker = issuer(OCMA_JWT_JWKS_URL=keys.url)
    with pytest.raises(Unauthenticated):
        await checker.check(token(leaked))
    assert await checker.check(token(RSA, "RS256"))


async def test_rotation_is_noticed(issuer, keys, hands):
    keys.publish(RSA)
    checker = issuer(OCMA_JWT_JWKS_URL=keys.url)
    await checker.check(token(RSA, "RS256"))
    keys.publish(EC)
    hands.now += COOLDOWN + 1
    await checker.check(token(EC, "ES256"))
    with pytest.raises(Unauthenticated):
        await checker.check(token(RSA, "RS256"))
    assert keys.asked == 2


async def test_unknown_keys_do_not_make_us_ask_all_the_time(issuer, keys, hands):
    keys.publish(RSA)
    checker = issuer(OCMA_JWT_JWKS_URL=keys.url)
    for _ in range(20):
        with pytest.raises(Unauthenticated):
            await checker.check(token(EC, "ES256"))
        hands.now += 1
    assert keys.asked == 1


async def test_many_at_once_ask_once(issuer, keys):
    keys.publish(RSA)
    checker = issuer(OCMA_JWT_JWKS_URL=keys.url)
    await asyncio.gather(*(checker.check(token(RSA, "RS256")) for _ in range(20)))
    assert keys.asked == 1


@pytest.mark.parametrize(
    ("status", "body"), [(503, b""), (200, b"<html>"), (200, b"[]"), (200, b'{"keys": 1}'), (404, b"{}"), (302, b"")]
)
async def test_known_keys_outlive_an_issuer_in_trouble(issuer, keys, hands, status, body):
    keys.publish(RSA)
    checker = issuer(OCMA_JWT_JWKS_URL=keys.url)
    await checker.check(token(RSA, "RS256"))
    keys.status, keys.body = status, body
    hands.now += FRESH + 1
    await checker.check(token(RSA, "RS256"))
    assert keys.asked >= 2


async def test_without_any_keys_it_is_an_outage_not_a_refusal(issuer, keys):
    keys.status = 500
    with pytest.raises(Unavailable):
        await issuer(OCMA_JWT_JWKS_URL=keys.url).check(token(RSA, "RS256"))
    with pytest.raises(Unavailable):
        await issuer(OCMA_JWT_JWKS_URL="http://127.0.0.1:1/jwks.json").check(token(RSA, "RS256"))


async def test_one_odd_key_does_not_spoil_the_set(issuer, keys):
    odd = [{"kty": "RSA"}, {"kty": "EC", "crv": "P-0", "x": "x", "y": "y"}, {"kty": "quantum"}, {}, 1]
    keys.body = {"keys": [*odd, RSA.as_dict(private=False)]}
    assert await issuer(OCMA_JWT_JWKS_URL=keys.url).check(token(RSA, "RS256"))


@pytest.mark.parametrize("given", [{}, {"OCMA_JWT_SECRET": SECRET, "OCMA_JWT_ISSUER": ""}])
async def test_without_an_issuer_there_are_no_jwts(issuer, given):
    with pytest.raises(Unauthenticated):
        await issuer(**given).check(token())


async def test_a_public_key_is_no_shared_secret_and_that_is_said_at_once(issuer):
    with pytest.raises(Invalid, match="OCMA_JWT_SECRET"):
        issuer(OCMA_JWT_SECRET=RSA.as_pem(private=False).decode())


@pytest.mark.parametrize(
    ("changes", "email"),
    [
        ({}, "ann@example.com"),
        ({"email": None}, ""),
        ({"email": 1}, ""),
        ({"email_verified": False}, ""),
        ({"email_verified": True}, "ann@example.com"),
        ({"email": "x" * 400}, ""),
        ({"email": "a\x00@example.com"}, ""),
    ],
)
async def test_whose_email_is_believed(issuer, changes, email):
    assert (await issuer(OCMA_JWT_SECRET=SECRET).check(token(**changes))).email == email


async def test_somebody_new_gets_a_workspace_once(database, resources):
    """However many first requests come at once."""
    who = Claims(ISSUER, f"new-{time.monotonic_ns()}", "new@example.com", "New")
    ids = await asyncio.gather(*(people.get_or_add(database, who, resources.clock) for _ in range(8)))
    assert len(set(ids)) == 1
    rows = await database.system("SELECT * FROM list_memberships($1)", ids[0])
    assert [(row.name, row.role) for row in rows] == [("My workspace", "owner")]


async def test_the_same_subject_of_two_issuers_is_two_people(database, resources):
    subject = f"same-{time.monotonic_ns()}"
    first = await people.get_or_add(database, Claims("https://a.example", subject, "", ""), resources.clock)
    second = await people.get_or_add(database, Claims("https://b.example", subject, "", ""), resources.clock)
    assert first != second


def test_the_key_set_of_these_tests_is_one():
    assert len(KeySet([RSA, EC, ED]).keys) == 3
