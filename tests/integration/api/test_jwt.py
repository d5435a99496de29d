"""A JWT of the configured issuer as a bearer token, through the door."""

import time

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from answers import good, problem
from conftest import make_settings
from factories import bearer
from ocma import bootstrap
from ocma.entrypoints.api.app import create_app
from ocma.ids import new_id

ISSUER, SECRET = "https://project.example/auth/v1", "a shared secret of at least 32 bytes!"


@pytest.fixture(scope="module")
async def door(services):
    async with bootstrap.resources(make_settings(services, OCMA_JWT_ISSUER=ISSUER, OCMA_JWT_SECRET=SECRET)) as opened:
        transport = httpx2.ASGITransport(create_app(opened))
        async with httpx2.AsyncClient(transport=transport, base_url="http://api.test") as client:
            yield client


def person(subject=None, **more):
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": "authenticated", "sub": subject or str(new_id()), "iat": now, "exp": now + 60, **more}
    return bearer(jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET)))


async def test_first_sight_makes_a_user_and_a_workspace(door):
    email = f"{new_id().hex}@example.com"
    headers = person(email=email)
    me = good(await door.get("/api/auth/me", headers=headers))
    assert (me["email"], me["role"]) == (email, "owner")
    assert good(await door.get("/api/auth/me", headers=headers)) == me
    good(await door.post("/api/keys", headers={**headers, "Idempotency-Key": "k"}, json={"name": "k"}), 201)


async def test_people_of_the_issuer_can_be_added_by_email(door):
    email = f"{new_id().hex}@example.com"
    guest, host = person(email=email), person()
    me = good(await door.get("/api/auth/me", headers=guest))
    workspace = good(await door.get("/api/auth/me", headers=host))["workspaceId"]
    members = f"/api/workspaces/{workspace}/members"
    assert good(await door.post(members, headers=host, json={"email": email, "role": "editor"}), 201)["userId"] == me["userId"]
    assert good(await door.get("/api/auth/me", headers={**guest, "X-Workspace-Id": workspace}))["role"] == "editor"


async def test_two_with_one_email_have_to_be_told_apart(door):
    email = f"{new_id().hex}@example.com"
    for _ in range(2):
        good(await door.get("/api/auth/me", headers=person(email=email)))
    host = person()
    workspace = good(await door.get("/api/auth/me", headers=host))["workspaceId"]
    answer = await door.post(f"/api/workspaces/{workspace}/members", headers=host, json={"email": email, "role": "viewer"})
    problem(answer, 409, "ambiguousEmail")


async def test_an_issuers_user_has_no_password_here(door):
    email = f"{new_id().hex}@example.com"
    good(await door.get("/api/auth/me", headers=person(email=email)))
    problem(await door.post("/api/auth/login", json={"email": email, "password": ""}), 401, "wrongPassword")


async def test_config_names_the_issuer_and_not_the_secret(door):
    answer = await door.get("/api/config")
    assert good(answer)["jwt"] == {"enabled": True, "issuer": ISSUER, "audience": "authenticated"}
    assert SECRET not in answer.text


async def test_an_expired_one(door):
    problem(await door.get("/api/auth/me", headers=person(exp=int(time.time()) - 60)), 401, "invalidToken")


async def test_without_an_issuer_it_is_just_a_bad_token(api):
    problem(await api.get("/api/auth/me", headers=person()), 401, "invalidToken")
