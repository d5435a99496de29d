"""Idempotency-Key: sent twice, done once."""

import asyncio
from datetime import timedelta
from typing import Annotated

import httpx2
import pytest
from fastapi import APIRouter, File, Response, UploadFile
from sqlalchemy import text

import stage
from answers import good, problem
from ocma.entrypoints.api.app import create_app
from ocma.entrypoints.api.dependencies import CallerDep
from ocma.entrypoints.api.idempotency import IdempotentRoute
from ocma.errors import Conflict, QuotaExceeded, Unavailable
from ocma.features.workspaces import requests
from ocma.ids import new_id


class Probe:
    """Counts what really ran, and can be told how to end."""

    def __init__(self):
        self.runs, self.end, self.gate = 0, None, asyncio.Event()
        self.gate.set()

    async def run(self):
        self.runs += 1
        await self.gate.wait()
        if self.end is not None:
            raise self.end
        return {"run": self.runs}


@pytest.fixture
def probe():
    return Probe()


@pytest.fixture
async def door(resources, probe):
    """The real app, with routes whose work we can watch."""
    app = create_app(resources)
    routes = APIRouter(prefix="/probe", route_class=IdempotentRoute)

    @routes.post("")
    async def work(caller: CallerDep, body: dict[str, object], x: int = 0):
        return await probe.run()

    @routes.get("")
    async def read(caller: CallerDep):
        return await probe.run()

    @routes.put("/other")
    async def other(caller: CallerDep, body: dict[str, object]):
        return await probe.run()

    @routes.post("/file")
    async def file(caller: CallerDep, file: Annotated[UploadFile, File()]):
        return {"size": len(await file.read()), **await probe.run()}

    @routes.delete("", status_code=204)
    async def drop(caller: CallerDep) -> None:
        await probe.run()

    @routes.post("/text")
    async def words(caller: CallerDep):
        await probe.run()
        return Response("wörds", 202, media_type="text/plain")

    app.include_router(routes)
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://api.test") as client:
        yield client


@pytest.fixture
def post(door, key):
    async def send(body=None, *, name="k", path="/probe", method="POST", headers=key, **more):
        content = {} if more else {"json": body if body is not None else {"a": 1}}
        return await door.request(method, path, headers={**headers, "Idempotency-Key": name}, **content, **more)

    return send


async def test_the_first_answer_again(post, probe):
    first, second = await post(), await post()
    assert good(first) == good(second) == {"run": 1}
    assert probe.runs == 1
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert second.headers["content-type"] == first.headers["content-type"]


async def test_without_a_key_it_is_done_again(door, key, probe):
    for _ in range(2):
        good(await door.post("/probe", headers=key, json={}))
    assert probe.runs == 2


async def test_reading_takes_no_key(post, probe):
    for _ in range(2):
        answer = await post(method="GET")
        assert "idempotency-replayed" not in answer.headers
    assert probe.runs == 2


@pytest.mark.parametrize(
    "other",
    [{"body": {"a": 2}}, {"body": {"a": 1, "b": 1}}, {"path": "/probe?x=1"}, {"path": "/probe/other", "method": "PUT"}],
    ids=str,
)
async def test_another_request_under_the_same_key_is_refused(post, probe, other):
    good(await post())
    problem(await post(**{"body": {"a": 1}, **other}), 422, "idempotencyKeyReused")
    assert probe.runs == 1
    good(await post())


async def test_while_the_first_runs_the_second_waits(post, probe):
    probe.gate.clear()
    first = asyncio.create_task(post())
    while not probe.runs:
        await asyncio.sleep(0.01)
    second = await post()
    problem(second, 409, "idempotencyInProgress")
    assert second.headers["retry-after"] == "1"
    problem(await post({"a": 2}), 422, "idempotencyKeyReused")
    probe.gate.set()
    assert good(await first) == good(await post()) == {"run": 1}
    assert probe.runs == 1


async def test_many_at_once_make_one(post, probe):
    answers = await asyncio.gather(*(post() for _ in range(20)))
    assert probe.runs == 1
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert {answer.text for answer in answers if answer.status_code == 200} == {'{"run":1}'}


async def test_a_refusal_is_an_answer_too(post, probe):
    probe.end = Conflict("Not now.")
    first = problem(await post(), 409, "conflict")
    probe.end = None
    again = await post()
    assert problem(again, 409, "conflict") == first
    assert again.headers["idempotency-replayed"] == "true"
    assert probe.runs == 1


async def test_a_body_that_does_not_fit_is_an_answer_too(post, probe):
    first = await post([])
    assert problem(first, 422) == problem(await post([]), 422)
    assert probe.runs == 0


@pytest.mark.parametrize("end", [Unavailable("Down."), QuotaExceeded("Slowly.", retry_after=1), ZeroDivisionError("a mistake")])
async def test_what_may_end_better_is_tried_again(post, probe, end):
    probe.end = end
    failed = await post()
    assert failed.status_code in {503, 429, 500}
    problem(failed, failed.status_code)
    probe.end = None
    assert good(await post()) == {"run": 2}


async def test_answers_without_a_body_and_of_other_kinds(post, probe):
    for _ in range(2):
        answer = await post(method="DELETE", name="d", content=b"")
        assert (answer.status_code, answer.content) == (204, b"")
    for _ in range(2):
        answer = await post(path="/probe/text", name="t", content=b"")
        assert (answer.status_code, answer.text, answer.headers["content-type"]) == (202, "wörds", "text/plain; charset=utf-8")
    assert probe.runs == 2


async def test_uploads_whatever_their_boundary(post, probe):
    sizes = []
    for _ in range(2):
        answer = await post(path="/probe/file", files={"file": ("a.bin", b"x" * 300_000)})
        sizes.append(good(answer))
    assert sizes == [{"size": 300_000, "run": 1}] * 2
    problem(await post(path="/probe/file", files={"file": ("a.bin", b"y" * 300_000)}), 422, "idempotencyKeyReused")


@pytest.mark.parametrize("name", ["", " ", "a b", "x" * 256, "\u00e9", "a\tb"])
async def test_keys_that_are_none(post, probe, name):
    problem(await post(name=name.encode("latin-1")), 400, "idempotencyKey")
    assert probe.runs == 0


@pytest.mark.parametrize(
    "name", ["a", "x" * 255, "!~", "01a20552-cd07-7498-a610-da36639adf96", "../../etc", "'; DROP TABLE x; --".replace(" ", "_")]
)
async def test_keys_that_are(post, probe, name):
    assert good(await post(name=name)) == good(await post(name=name))
    assert probe.runs == 1


async def test_two_keys_in_one_request_are_none(door, key, probe):
    headers = [*key.items(), ("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    problem(await door.post("/probe", headers=headers, json={}), 400, "idempotencyKey")


async def test_keys_of_different_callers_are_different_keys(post, make, workspace, probe):
    other = await make.key(workspace)
    elsewhere = await make.key(await make.workspace())
    for headers in (None, other, elsewhere):
        good(await post(**({"headers": headers} if headers else {})))
    assert probe.runs == 3


async def test_who_is_not_known_learns_nothing(post, door, probe):
    good(await post())
    problem(await post(headers={"Authorization": "Bearer ocma_k_wrong"}), 401)
    problem(await post(headers={}), 401)


async def rows(database, workspace):
    async with database.transaction(workspace) as session:
        return (await session.execute(text("SELECT * FROM idempotent_requests"))).mappings().all()


async def age(database, workspace, by):
    async with database.transaction(workspace) as session:
        await session.execute(text("UPDATE idempotent_requests SET started_at = started_at - CAST(:by AS interval)"), {"by": by})


async def test_an_answer_is_forgotten_after_a_day(post, probe, database, workspace):
    good(await post())
    await age(database, workspace, timedelta(hours=23, minutes=59))
    assert good(await post()) == {"run": 1}
    await age(database, workspace, timedelta(minutes=2))
    assert good(await post({"a": 2})) == {"run": 2}


async def test_what_a_crashed_process_left_is_taken_over_after_a_minute(post, probe, database, workspace, key):
    probe.gate.clear()
    crashed = asyncio.create_task(post())
    while not probe.runs:
        await asyncio.sleep(0.01)
    crashed.cancel()
    await asyncio.gather(crashed, return_exceptions=True)
    probe.gate.set()
    await age(database, workspace, timedelta(seconds=30))
    problem(await post(), 409, "idempotencyInProgress")
    await age(database, workspace, timedelta(seconds=31))
    problem(await post({"a": 2}), 422, "idempotencyKeyReused")
    assert good(await post()) == {"run": 2}
    assert good(await post()) == {"run": 2}


async def test_who_was_taken_for_dead_does_not_write_over_the_heir(database, resources, make, workspace):
    caller, clock = make.caller(workspace), resources.clock
    first = await requests.reserve(database, resources.vault, caller, "k", b"f", clock)
    later = lambda: clock() + timedelta(seconds=61)  # noqa: E731 - a clock is a function
    heir = await requests.reserve(database, resources.vault, caller, "k", b"f", later)
    await requests.finish(database, resources.vault, first, requests.Answer(200, "text/plain", b"first"), clock)
    await requests.release(database, first)
    await requests.finish(database, resources.vault, heir, requests.Answer(200, "text/plain", b"heir"), later)
    assert await requests.reserve(database, resources.vault, caller, "k", b"f", later) == requests.Answer(
        200, "text/plain", b"heir"
    )


async def test_a_sign_of_life_keeps_it(database, resources, make, workspace):
    caller, clock = make.caller(workspace), resources.clock
    held = await requests.reserve(database, resources.vault, caller, "k", b"f", clock)
    held = await requests.keep_alive(database, held, lambda: clock() + timedelta(seconds=50))
    with pytest.raises(Conflict):
        await requests.reserve(database, resources.vault, caller, "k", b"f", lambda: clock() + timedelta(seconds=100))
    await requests.finish(database, resources.vault, held, requests.Answer(204, None, b""), clock)
    assert isinstance(await requests.reserve(database, resources.vault, caller, "k", b"f", clock), requests.Answer)


async def test_long_work_gives_signs_of_life(post, probe, database, workspace, monkeypatch):
    monkeypatch.setattr("ocma.entrypoints.api.idempotency.BEAT", 0.05)
    probe.gate.clear()
    running = asyncio.create_task(post())
    while not probe.runs:
        await asyncio.sleep(0.01)
    before = (await rows(database, workspace))[0]["started_at"]

    async def beaten():
        return (await rows(database, workspace))[0]["started_at"] > before or None

    await stage.until(beaten, 30)
    probe.gate.set()
    assert good(await running) == good(await post()) == {"run": 1}


async def test_a_new_api_key_is_replayed_and_stored_nowhere_in_clear(door, key, database, workspace):
    headers = {**key, "Idempotency-Key": "once"}
    first = good(await door.post("/api/keys", headers=headers, json={"name": "k"}), 201)
    again = good(await door.post("/api/keys", headers=headers, json={"name": "k"}), 201)
    assert again == first
    stored = (await rows(database, workspace))[0]
    assert first["key"] not in str(dict(stored))
    assert stored["body"].startswith("v1.k1.")


async def test_an_answer_moved_to_another_row_does_not_open(door, key, database, workspace, make):
    """The ciphertext is bound to workspace, caller and key."""
    for name in ("a", "b"):
        good(await door.post("/probe", headers={**key, "Idempotency-Key": name}, json={}))
    async with database.transaction(workspace) as session:
        await session.execute(
            text("UPDATE idempotent_requests SET body = (SELECT body FROM idempotent_requests WHERE key = 'a') WHERE key = 'b'")
        )
    good(await door.post("/probe", headers={**key, "Idempotency-Key": "a"}, json={}))
    problem(await door.post("/probe", headers={**key, "Idempotency-Key": "b"}, json={}), 503, "vaultSealed")


async def test_login_and_registration_take_no_notice_of_it(api):
    """They have no caller yet. Logging in twice is two sessions; registering twice is refused."""
    person = {"email": f"{new_id().hex}@example.com", "password": "twelve chars"}
    headers = {"Idempotency-Key": "k"}
    good(await api.post("/api/auth/register", headers=headers, json=person), 201)
    problem(await api.post("/api/auth/register", headers=headers, json=person), 409, "emailTaken")
    tokens = {good(await api.post("/api/auth/login", headers=headers, json=person))["token"] for _ in range(2)}
    assert len(tokens) == 2
