"""When PostgreSQL or Redis is away, the answer says so, soon, and everything goes on when it is back."""

import asyncio
import time

import asyncpg
import httpx2
import pytest

from answers import good, problem
from conftest import make_settings
from factories import PASSWORD, bearer
from ocma import bootstrap
from ocma.entrypoints.api.app import create_app
from ocma.features.workspaces import sessions
from ocma.features.workspaces.credentials import digest
from ocma.features.workspaces.login_limit import TRIES

NOWHERE = "127.0.0.1:1"  # a port nothing listens on


@pytest.fixture
async def door(services):
    """Makes a door whose settings differ."""
    opened = []

    async def make(**more):
        context = bootstrap.resources(make_settings(services, **more))
        app = create_app(await context.__aenter__())
        client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://api.test")
        opened.append((client, context))
        return client

    yield make
    for client, context in opened:
        await client.aclose()
        await context.__aexit__(None, None, None)


@pytest.fixture
async def without_redis(door):
    return await door(REDIS_URL=f"redis://{NOWHERE}/0")


@pytest.fixture
async def without_postgres(door):
    return await door(DATABASE_URL=f"postgresql://ocma_app:x@{NOWHERE}/ocma")


async def test_api_keys_need_no_redis(without_redis, key):
    good(await without_redis.get("/api/keys", headers=key))
    good(await without_redis.post("/api/keys", headers={**key, "Idempotency-Key": "k"}, json={"name": "k"}), 201)


async def test_nor_do_sessions(without_redis, api, make):
    person = await make.person()
    good(await without_redis.get("/api/keys", headers=person.headers))
    problem(await without_redis.get("/api/keys", headers=bearer("ocma_s_any")), 401)
    good(await api.get("/api/auth/me", headers=person.headers))  # a door with Redis has a copy of it now
    assert (await without_redis.post("/api/auth/logout", headers=person.headers)).status_code == 204
    problem(await without_redis.get("/api/keys", headers=person.headers), 401)


async def test_a_session_closed_without_redis_is_over_everywhere_soon(without_redis, api, make, resources):
    person = await make.person()
    good(await api.get("/api/auth/me", headers=person.headers))
    assert (await without_redis.post("/api/auth/logout?everywhere=true", headers=person.headers)).status_code == 204
    token = person.headers["Authorization"].removeprefix("Bearer ")
    name = sessions._key(digest(token))
    assert 0 < await resources.redis.pttl(name) <= sessions.COPY * 1000
    await resources.redis.pexpire(name, 1)  # so much later
    await asyncio.sleep(0.01)
    problem(await api.get("/api/auth/me", headers=person.headers), 401, "invalidToken")


async def test_login_without_redis_is_neither_open_nor_broken(without_redis, make):
    person = await make.person()

    async def login(password):
        return await without_redis.post("/api/auth/login", json={"email": person.email, "password": password})

    token = good(await login(PASSWORD))["token"]
    good(await without_redis.get("/api/auth/me", headers=bearer(token)))
    for _ in range(TRIES):
        problem(await login("not the password"), 401)
    problem(await login("not the password"), 429, "tooManyLogins")
    problem(await login(PASSWORD), 429, "tooManyLogins")


async def test_nobody_waits_long_for_a_redis_that_hangs(door, make):
    server = await asyncio.start_server(lambda _reader, _writer: asyncio.sleep(30), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    hanging = await door(REDIS_URL=f"redis://127.0.0.1:{port}/0")
    person, began = await make.person(), time.monotonic()
    for _ in range(20):
        good(await hanging.get("/api/keys", headers=person.headers))
    good(await hanging.get("/api/social/platforms", headers=person.headers))
    assert time.monotonic() - began < 20  # two seconds each, when they all wait
    server.close()


async def test_without_postgres_every_route_says_so(without_postgres, key, make):
    for headers in (key, {**key, "Idempotency-Key": "k"}):
        answer = await without_postgres.post("/api/keys", headers=headers, json={"name": "k"})
        problem(answer, 503, "unavailable")
        assert answer.headers["retry-after"] == "1"
    login = {"email": "ann@example.com", "password": PASSWORD}
    problem(await without_postgres.post("/api/auth/login", json=login), 503, "unavailable")
    problem(await without_postgres.post("/api/auth/register", json=login), 503, "unavailable")


async def test_readiness_names_what_is_away(without_redis, without_postgres, door, resources):
    await resources.redis.delete("ocma:heartbeats:worker")  # of a worker that another test killed
    both = await door(REDIS_URL=f"redis://{NOWHERE}/0", DATABASE_URL=f"postgresql://ocma_app:x@{NOWHERE}/ocma")
    for client, away in (
        (without_redis, {"redis", "worker"}),
        (without_postgres, {"postgresql", "schema", "worker"}),
        (both, {"postgresql", "schema", "redis", "worker"}),
    ):
        body = good(await client.get("/readyz"), 503)
        assert {each["name"] for each in body["checks"] if not each["ok"]} == away
        assert body["ready"] is False
        assert good(await client.get("/healthz")) == {"status": "ok"}


async def test_connections_that_broke_are_made_anew(door, key, services):
    client = await door(OCMA_DATABASE_POOL=2)
    good(await client.get("/api/keys", headers=key))
    superuser = await asyncpg.connect(services.postgres.owner_url)
    ended = await superuser.fetch(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'ocma_app' AND application_name = 'ocma'"
    )
    await superuser.close()
    assert ended
    good(await client.get("/api/keys", headers=key))


async def test_a_wrong_password_of_ours_is_an_outage_not_a_mistake(door, services, key):
    url = f"postgresql://ocma_app:wrong@127.0.0.1:{services.postgres.port}/ocma"
    problem(await (await door(DATABASE_URL=url)).get("/api/keys", headers=key), 503, "unavailable")


async def test_more_callers_than_connections_wait_their_turn(door, key):
    client = await door(OCMA_DATABASE_POOL=1)
    answers = await asyncio.gather(*(client.get("/api/keys", headers=key) for _ in range(25)))
    assert {answer.status_code for answer in answers} == {200}
