"""What a caller sees of the limits, at the door."""

import asyncio
import re

import httpx2
import pytest
from sqlalchemy import text

from answers import good, problem
from conftest import make_settings
from factories import PASSWORD, bearer
from ocma import bootstrap
from ocma.entrypoints.api.app import create_app
from ocma.features.publishing import stream
from ocma.features.workspaces import keys
from ocma.ids import new_id

FIELD = re.compile(r'"(?P<name>\w+)";r=(?P<left>\d+);t=(?P<seconds>\d+)')
LIST, MAKE = "/api/keys", {"name": "k"}
LOW = {"READ": "5/1m", "WRITE": "3/1m", "UPLOAD": "2/1m", "DOWNLOAD": "2/1m", "AUTH": "3/1m"}


@pytest.fixture
async def door(services):
    """Makes a door as a process of its own would be; `address` is the client's, by default one that no other test has."""
    opened = []

    async def make(address=None, app=None, **limits):
        if app is None:
            given = {f"OCMA_RATE_LIMIT_{name.upper()}": text for name, text in (LOW | limits).items()}
            context = bootstrap.resources(make_settings(services, **given))
            app = create_app(await context.__aenter__())
            opened.append(context)
        transport = httpx2.ASGITransport(app, client=(address or new_id().hex, 1))
        return httpx2.AsyncClient(transport=transport, base_url="http://api.test")

    yield make
    for context in opened:
        await context.__aexit__(None, None, None)


@pytest.fixture
async def low(door):
    return await door()


def said(answer):
    """The policy that an answer names, and what it says is left."""
    found = FIELD.fullmatch(answer.headers["ratelimit"])
    assert answer.headers["ratelimit-policy"].startswith(f'"{found["name"]}";q=')
    assert 0 < int(found["seconds"]) <= 60
    return found["name"], int(found["left"])


def over(answer, kind):
    body = problem(answer, 429, "rateLimited")
    assert said(answer) == (kind, 0)
    assert (
        int(answer.headers["retry-after"]) == body["retryAfter"] == int(FIELD.fullmatch(answer.headers["ratelimit"])["seconds"])
    )
    assert f"`{kind}`" in body["detail"]
    assert body["remediation"]


async def test_every_answer_says_what_is_left(low, key):
    answers = [
        await low.get(LIST, headers=key),
        await low.get(f"{LIST}/{new_id()}", headers=key),
        await low.get(f"{LIST}?cursor=no", headers=key),
        await low.get(f"{LIST}?nosuch=1", headers=key),
        await low.get(LIST, headers={**key, "X-Workspace-Id": "no id"}),
    ]
    assert [answer.status_code for answer in answers] == [200, 404, 422, 422, 422]
    assert [said(answer) for answer in answers[:4]] == [("read", left) for left in (4, 3, 2, 1)]
    assert answers[0].headers["ratelimit-policy"] == '"read";q=5;w=60'
    assert said(answers[4]) == ("read", 4)  # in no workspace: the key for itself
    good(await low.get(LIST, headers=key))
    over(await low.get(LIST, headers=key), "read")
    over(await low.get(f"{LIST}/{new_id()}", headers=key), "read")


async def test_kinds_are_counted_apart_and_a_dry_run_is_a_write(low, key):
    for _ in range(3):
        answer = await low.post(
            "/api/queue/schedule?dryRun=true", headers=key, json={"content": "c", "platforms": ["x"], "scheduledAt": "now"}
        )
        assert (answer.status_code, said(answer)[0]) == (422, "write")
    over(await low.post(LIST, headers=key, json=MAKE), "write")
    good(await low.get(LIST, headers=key))
    assert said(await low.post("/api/media", headers=key)) == ("upload", 1)


async def test_keys_of_one_workspace_do_not_share(low, make, workspace, key):
    for _ in range(6):
        answer = await low.get(LIST, headers=key)
    over(answer, "read")
    assert said(await low.get(LIST, headers=await make.key(workspace))) == ("read", 4)


async def test_a_user_has_a_budget_in_each_workspace_whatever_the_session(low, make):
    ann = await make.person()
    elsewhere = await make.member(await make.workspace(), "owner")
    second = good(await low.post("/api/auth/login", json={"email": ann.email, "password": PASSWORD}))
    for headers in (ann.headers, bearer(second["token"])):
        last = [await low.get(LIST, headers=headers) for _ in range(3)][-1]
    over(last, "read")
    assert said(await low.get(LIST, headers=elsewhere.headers)) == ("read", 4)
    made = good(await low.post("/api/workspaces", headers=ann.headers, json={"name": "Another"}), 201)
    assert said(await low.get(LIST, headers={**ann.headers, "X-Workspace-Id": made["id"]})) == ("read", 4)


async def test_somebody_elses_workspace_costs_too(low, make, workspace):
    ann = await make.person()
    for _ in range(5):
        problem(await low.get(LIST, headers={**ann.headers, "X-Workspace-Id": str(workspace)}), 403)
    over(await low.get(LIST, headers={**ann.headers, "X-Workspace-Id": str(workspace)}), "read")


async def test_two_processes_count_together(door, key):
    doors = [await door(READ="20/1m") for _ in range(2)]
    for each in doors:
        each._transport.app.state.turnstile._limiter._patience = 20  # neither counts alone, however busy the machine is
    answers = await asyncio.gather(*(each.get(LIST, headers=key) for each in doors for _ in range(15)))
    assert sorted(answer.status_code for answer in answers) == [200] * 20 + [429] * 10


async def test_after_the_wait_it_goes_on(door, key):
    low = await door(READ="2/2s")
    answers = [await low.get(LIST, headers=key) for _ in range(3)]
    assert answers[0].headers["ratelimit-policy"] == '"read";q=2;w=2'
    if answers[2].status_code == 429:  # else the machine was so busy that the window went by
        await asyncio.sleep(int(answers[2].headers["retry-after"]))
    good(await low.get(LIST, headers=key))


async def test_a_refusal_leaves_the_idempotency_key_free(door, make, workspace, key):
    low, high = await door(WRITE="1/1m"), await door(WRITE="off")
    good(await low.post(LIST, headers=key, json=MAKE), 201)
    repeated = {**key, "Idempotency-Key": "mine"}
    over(await low.post(LIST, headers=repeated, json=MAKE), "write")
    answer = await high.post(LIST, headers=repeated, json={"name": "another body"})
    good(answer, 201)
    assert "idempotency-replayed" not in answer.headers
    replayed = await high.post(LIST, headers=repeated, json={"name": "another body"})
    assert replayed.headers["idempotency-replayed"] == "true"


async def test_a_refusal_reads_nothing_of_the_body(door, key):
    low, read = await door(WRITE="1/1m", UPLOAD="1/1m"), []

    async def body():
        read.append(True)
        yield b"{}"

    for path, kind in ((LIST, "write"), ("/api/media", "upload")):
        await low.post(path, headers=key)
        over(await low.post(path, headers={**key, "Idempotency-Key": "k"}, content=body()), kind)
        assert not read


async def test_bad_tokens_are_counted_by_address_and_then_not_even_looked_up(door, key, make, workspace, monkeypatch):
    low = await door()
    good(await low.get(LIST, headers=key))
    for _ in range(3):
        answer = await low.get(LIST, headers=bearer(f"ocma_k_{new_id()}"))
        problem(answer, 401)
    assert said(answer) == ("auth", 0)
    unseen = await make.key(workspace)
    asked, find_key = [], keys.find_key

    async def watched(database, token):
        asked.append(token)
        return await find_key(database, token)

    monkeypatch.setattr(keys, "find_key", watched)
    for token in (f"ocma_k_{new_id()}", "ocma_s_x", "a.b.c", unseen["Authorization"].split()[1]):
        over(await low.get(LIST, headers=bearer(token)), "auth")
    over(await low.post(LIST), "auth")
    assert not asked
    good(await low.get(LIST, headers=key))  # that was good before, behind the same address
    neighbour = await door(app=low._transport.app)
    good(await neighbour.get(LIST, headers=unseen))
    assert said(await neighbour.get(LIST, headers=bearer("ocma_s_x"))) == ("auth", 2)


async def test_a_key_that_was_revoked_is_a_bad_token(door, make, workspace, resources, monkeypatch):
    monkeypatch.setattr("ocma.features.workspaces.authentication.KEY_CACHE_SECONDS", 0)
    low, key = await door(READ="100/1m"), await make.key(workspace)
    good(await low.get(LIST, headers=key))
    async with resources.database.transaction(workspace) as session:
        await session.execute(text("UPDATE api_keys SET revoked_at = now()"))
    for _ in range(3):
        problem(await low.get(LIST, headers=key), 401)
    over(await low.get(LIST, headers=key), "auth")


async def test_logins_are_counted_by_address_apart_from_bad_tokens(low, door):
    body = {"email": f"{new_id().hex}@example.com", "password": "not the password"}
    for _ in range(3):
        problem(await low.get(LIST), 401)
    for left in (2, 1, 0):
        answer = await low.post("/api/auth/login", json=body)
        problem(answer, 401)
        assert said(answer) == ("auth", left)
    over(await low.post("/api/auth/login", json=body), "auth")
    over(await low.post("/api/auth/register", json=body), "auth")
    neighbour = await door(app=low._transport.app)
    problem(await neighbour.post("/api/auth/login", json=body), 401)


async def test_who_needs_no_token_is_counted_by_address(low):
    assert said(await low.get("/api/config")) == ("read", 4)
    assert said(await low.get("/api/social/clients/x.json")) == ("read", 3)
    assert said(await low.get("/media/nothing")) == ("download", 1)
    assert said(await low.head("/media/nothing")) == ("download", 0)
    over(await low.get("/media/nothing"), "download")


async def test_whoever_watches_is_never_sent_away(low):
    for path in ("/healthz", "/readyz", "/metrics"):
        for _ in range(8):
            answer = await low.get(path)
            assert answer.status_code != 429
            assert "ratelimit" not in answer.headers


async def test_off_counts_nothing_and_says_nothing(door, key):
    free = await door(READ="off")
    for _ in range(8):
        answer = await free.get(LIST, headers=key)
        good(answer)
        assert not {"ratelimit", "ratelimit-policy"} & {*answer.headers}
    assert said(await free.post(LIST, headers=key, json=MAKE)) == ("write", 2)


async def test_a_refused_upload_still_speaks_tus(low, key):
    headers = {**key, "Tus-Resumable": "1.0.0", "Upload-Length": "10"}
    for _ in range(2):
        assert said(await low.post("/api/uploads", headers=headers))[0] == "upload"
    answer = await low.post("/api/uploads", headers=headers)
    over(answer, "upload")
    assert answer.headers["tus-resumable"] == "1.0.0"


async def test_a_stream_of_events_counts_once(low, key, monkeypatch):
    async def three(database, workspace_id, after, lifetime, may_go_on):
        for position in ("1-1", "1-2", "1-3"):
            yield position, {"type": "publication.published"}

    monkeypatch.setattr(stream, "follow", three)
    answer = await low.get("/api/queue/events", headers=key)
    assert answer.text.count("event: publication.published") == 3
    assert said(answer) == ("read", 4)
    assert said(await low.get(LIST, headers=key)) == ("read", 3)


async def test_when_postgres_is_away_addresses_are_counted(services, door, key):
    context = bootstrap.resources(
        make_settings(services, DATABASE_URL="postgresql://ocma_app:x@127.0.0.1:1/ocma", OCMA_RATE_LIMIT_READ="2/1m")
    )
    async with context as opened:
        broken = await door(app=create_app(opened))
        for left in (1, 0):
            answer = await broken.get(LIST, headers=key)
            problem(answer, 503)
            assert said(answer) == ("read", left)
        over(await broken.get(LIST, headers=key), "read")


def test_the_description_tells_it(app):
    schema = app.openapi()
    assert {"RateLimit", "RateLimit-Policy", "Retry-After"} == schema["components"]["headers"].keys()
    unlimited = set()
    for path, operations in schema["paths"].items():
        for operation in operations.values():
            if "429" not in operation["responses"]:
                unlimited.add(path)
                assert not any("headers" in each for each in operation["responses"].values())
                continue
            assert all({"RateLimit", "RateLimit-Policy"} <= each["headers"].keys() for each in operation["responses"].values())
            assert "Retry-After" in operation["responses"]["429"]["headers"]
    assert unlimited == {"/healthz", "/readyz"}
