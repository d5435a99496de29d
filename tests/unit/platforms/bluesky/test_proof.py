"""Nonces: whose they are, and when one is asked for."""

import base64
import json
from datetime import UTC, datetime

import httpx2
import pytest

from ocma.platforms.bluesky.proof import Nonces, asks_for_nonce, new_key, prove


def told(url: str, nonce: str | None, status: int = 200, **more) -> httpx2.Response:
    headers = {"dpop-nonce": nonce} if nonce else {}
    return httpx2.Response(status, headers={**headers, **more.pop("headers", {})}, request=httpx2.Request("GET", url), **more)


def test_each_server_has_its_own_and_the_newest_counts():
    nonces = Nonces()
    for url, nonce in (("https://a.example/x", "1"), ("https://b.example/x", "2"), ("https://a.example/y?z", "3")):
        nonces.learn(url, told(url, nonce))
    assert (nonces.of("https://a.example/q"), nonces.of("https://b.example"), nonces.of("https://c.example")) == ("3", "2", None)


def test_servers_that_users_name_cannot_fill_the_memory():
    nonces = Nonces(most=2)
    for name in "abac":
        nonces.learn(f"https://{name}.example", told(f"https://{name}.example", name))
    assert [nonces.of(f"https://{name}.example") for name in "abc"] == ["a", None, "c"]
    nonces.learn("https://a.example", told("https://a.example", "x" * 100_000))
    nonces.learn("https://a.example", told("https://a.example", None))
    assert nonces.of("https://a.example") == "a"


def test_a_proof_names_the_address_without_its_query():
    made = prove(new_key(), "GET", "https://A.example:443/x/y?z=1#f", None, datetime(2026, 11, 23, tzinfo=UTC))
    claims = json.loads(base64.urlsafe_b64decode(made.split(".")[1] + "=="))
    assert (claims["htu"], claims["iat"]) == ("https://a.example/x/y", 1795392000)
    assert claims.keys() == {"jti", "htm", "htu", "iat"}


@pytest.mark.parametrize(
    ("response", "asked"),
    [
        (told("https://a.example", "n", 401, headers={"www-authenticate": 'DPoP error="use_dpop_nonce"'}), True),
        (told("https://a.example", "n", 400, json={"error": "use_dpop_nonce"}), True),
        (told("https://a.example", None, 400, json={"error": "use_dpop_nonce"}), False),
        (told("https://a.example", "n", 401, headers={"www-authenticate": 'DPoP error="invalid_token"'}), False),
        (told("https://a.example", "n", 500, json={"error": "use_dpop_nonce"}), False),
        (told("https://a.example", "n", 200, json={"text": "use_dpop_nonce"}), False),
    ],
)
def test_a_nonce_is_asked_for_by_a_refusal_that_brings_one(response, asked):
    assert asks_for_nonce(response) is asked
