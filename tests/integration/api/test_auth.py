"""/api/auth, and what a bearer token may be."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256

import asyncpg
import pytest

from answers import good, paths, problem
from factories import PASSWORD, bearer
from ocma.features.workspaces import sessions
from ocma.ids import new_id


@pytest.fixture
def email():
    return f"{new_id().hex}@example.com"


async def register(api, email, **more):
    return await api.post("/api/auth/register", json={"email": email, "password": PASSWORD, **more})


async def login(api, email, password=PASSWORD):
    return await api.post("/api/auth/login", json={"email": email, "password": password})


async def test_register_then_log_in_then_out(api, email):
    opened = good(await register(api, email, name="Ann", workspaceName="Ann's"), 201)
    me = good(await api.get("/api/auth/me", headers=bearer(opened["token"])))
    assert (me["email"], me["role"], me["workspaceId"]) == (email, "owner", opened["workspaceId"])
    assert me["workspaces"] == [{"workspaceId": opened["workspaceId"], "name": "Ann's", "role": "owner"}]

    again = good(await login(api, email.upper()))
    assert again["userId"] == opened["userId"]
    assert again["token"] != opened["token"]
    assert (await api.post("/api/auth/logout", headers=bearer(opened["token"]))).status_code == 204
    problem(await api.get("/api/auth/me", headers=bearer(opened["token"])), 401, "invalidToken")
    good(await api.get("/api/auth/me", headers=bearer(again["token"])))


async def test_logout_everywhere(api, email):
    tokens = [good(await register(api, email), 201)["token"], *[good(await login(api, email))["token"] for _ in range(2)]]
    assert (await api.post("/api/auth/logout?everywhere=true", headers=bearer(tokens[1]))).status_code == 204
    for token in tokens:
        problem(await api.get("/api/auth/me", headers=bearer(token)), 401)


async def test_an_email_registers_once_however_it_is_spelled(api, email):
    answers = await asyncio.gather(*(register(api, spelled) for spelled in (email, email.upper(), email)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    problem(next(answer for answer in answers if answer.status_code == 409), 409, "emailTaken")


async def test_a_bad_registration_says_all_that_is_wrong(api):
    body = problem(await api.post("/api/auth/register", json={"email": "ann", "password": "short", "admin": True}), 422)
    assert sorted(paths(body)) == ["admin", "email", "password"]
    assert "short" not in str(body["errors"])


async def test_wrong_password_and_unknown_email_look_the_same(api, email):
    good(await register(api, email), 201)
    wrong = problem(await login(api, email, "not the password"), 401, "wrongPassword")
    unknown = problem(await login(api, "x" + email), 401, "wrongPassword")
    assert {**wrong, "requestId": ""} == {**unknown, "requestId": ""}


async def test_ten_tries_then_wait(api, email):
    good(await register(api, email), 201)
    for _ in range(10):
        problem(await login(api, email, "not the password"), 401)
    answer = await login(api, email)  # even the right one
    body = problem(answer, 429, "tooManyLogins")
    assert 0 < int(answer.headers["retry-after"]) <= 300
    assert body["retryAfter"] <= 300


async def test_tries_at_the_same_time_all_count(api, email):
    good(await register(api, email), 201)
    answers = await asyncio.gather(*(login(api, email, "not the password") for _ in range(15)))
    assert sorted(answer.status_code for answer in answers) == [401] * 10 + [429] * 5


async def test_a_success_clears_the_count(api, email):
    good(await register(api, email), 201)
    for _ in range(2):
        for _ in range(9):
            problem(await login(api, email, "not the password"), 401)
        good(await login(api, email))


def digest_of(token):
    return sha256(token.encode()).digest()


async def ends_at(services, token):
    """As PostgreSQL has it."""
    connection = await asyncpg.connect(services.postgres.owner_url)
    try:
        return await connection.fetchval("SELECT ends_at FROM ocma.sessions WHERE hash = $1", digest_of(token))
    finally:
        await connection.close()


async def test_only_the_hash_of_a_session_is_stored(api, email, resources, services):
    token = good(await register(api, email), 201)["token"]
    assert token.startswith("ocma_s_")
    good(await api.get("/api/auth/me", headers=bearer(token)))
    assert await ends_at(services, token) is not None
    copies = [name async for name in resources.redis.scan_iter("ocma:session:*")]
    assert sessions._key(digest_of(token)).encode() in copies
    for name in copies:
        assert token.encode() not in name
        assert token.encode() not in await resources.redis.get(name)


async def test_a_session_slides_and_still_has_an_end(make, resources, services):
    person, found = await make.person(), partial(sessions.find_user_id, resources.database, resources.line)
    token, now = person.headers["Authorization"].removeprefix("Bearer "), resources.clock()
    for days in range(13, 90, 13):  # used before it ends, each time
        assert await found(token, lambda days=days: now + timedelta(days=days)) == person.id
        await resources.redis.delete(sessions._key(digest_of(token)))
    assert await ends_at(services, token) <= now + sessions.LIFETIME
    assert await found(token, lambda: now + sessions.LIFETIME) is None
    other = (await make.person()).headers["Authorization"].removeprefix("Bearer ")
    assert await found(other, lambda: now + sessions.IDLE + timedelta(minutes=5)) is None, "it was not used"


async def test_a_copy_ends_with_its_session(make, resources):
    person = await make.person()
    token, late = person.headers["Authorization"].removeprefix("Bearer "), resources.clock() + sessions.LIFETIME
    assert await sessions.find_user_id(resources.database, resources.line, token, resources.clock) == person.id
    assert 0 < await resources.redis.ttl(sessions._key(digest_of(token))) <= sessions.COPY
    assert await sessions.find_user_id(resources.database, resources.line, token, lambda: late) is None


async def test_a_flushed_redis_logs_nobody_out(api, email, resources):
    token = good(await register(api, email), 201)["token"]
    good(await api.get("/api/auth/me", headers=bearer(token)))
    await resources.redis.delete(sessions._key(digest_of(token)))
    good(await api.get("/api/auth/me", headers=bearer(token)))


async def test_a_copy_that_was_under_way_when_its_session_was_closed_comes_too_late(api, email, resources):
    token = good(await register(api, email), 201)["token"]
    name = sessions._key(digest_of(token))
    await api.get("/api/auth/me", headers=bearer(token))
    copy = await resources.redis.get(name)
    assert (await api.post("/api/auth/logout", headers=bearer(token))).status_code == 204
    await resources.redis.set(name, copy, ex=sessions.COPY, nx=True)  # as somebody does who read the row before it was gone
    problem(await api.get("/api/auth/me", headers=bearer(token)), 401, "invalidToken")


async def test_sessions_that_ended_are_swept_out(make, resources, services):
    person, long_ago = await make.person(), datetime(2001, 1, 1, tzinfo=UTC)  # when nobody else's ended
    ended = (await sessions.open_session(resources.database, person.id, lambda: long_ago)).token
    assert await ends_at(services, ended) == long_ago + sessions.IDLE
    await sessions.open_session(resources.database, person.id, lambda: long_ago + sessions.IDLE)
    assert await ends_at(services, ended) is None


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Basic YTpi",
        "Bearer ocma_k_wrong",
        "Bearer ocma_s_wrong",
        "Bearer ocma_",
        "Bearer a.b.c",
        "Bearer " + "x" * 9000,
        "Bearer ocma_k_\u00e9".encode("latin-1"),
        b"Bearer \xff\xfe",
    ],
)
async def test_no_token_or_a_bad_one(api, authorization):
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = await api.get("/api/keys", headers=headers)
    problem(answer, 401)
    assert answer.headers["www-authenticate"].startswith('Bearer realm="ocma"')


async def test_me_of_an_api_key(api, key, workspace):
    me = good(await api.get("/api/auth/me", headers=key))
    assert (me["userId"], me["email"], me["role"], me["workspaceId"]) == (None, None, "key", str(workspace))
    assert me["workspaces"] == [{"workspaceId": str(workspace), "name": "Test workspace", "role": "key"}]


async def test_an_api_key_cannot_log_out(api, key):
    problem(await api.post("/api/auth/logout", headers=key), 403, "usersOnly")


async def test_the_password_is_stored_as_argon2(make, database):
    person = await make.person()
    rows = await database.system("SELECT * FROM find_login($1)", person.email)
    assert rows[0].password_hash.startswith("$argon2id$")
