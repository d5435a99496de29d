"""A model that answers, and one that does everything else: the answer is there in time, is the truth about itself, and is paid for once."""

import asyncio
import time
from decimal import Decimal

import pytest
from sqlalchemy import text

from integration.assistant.conftest import DEADLINE, Mood, in_time, question
from model_server import KEY, MODEL, serving
from ocma.features.assistant.consult import Consulted

LATE = 20.0  # seconds that a busy machine may be late by
pytestmark = pytest.mark.usefixtures("same_day")


async def rows(resources, workspace, query):
    async with resources.database.transaction(workspace) as session:
        return [dict(each) for each in (await session.execute(text(query))).mappings()]


async def spent(resources, workspace):
    found = await rows(resources, workspace, "SELECT usd, tokens, open_usd, open_tokens FROM ai_spending")
    assert await rows(resources, workspace, "SELECT id FROM ai_reservations") == []
    return tuple(found[0].values()) if found else (0, 0, 0, 0)


async def ledger(resources, workspace):
    return await rows(resources, workspace, "SELECT * FROM ai_calls ORDER BY at, id")


@pytest.fixture
async def hurried(open_resources, server, fault):
    async with open_resources(server, **in_time(fault)) as resources:
        await resources.consultant.oracle.model._load(1e12)
        yield resources


async def test_an_answer_and_what_it_cost(asked, server, workspace):
    found = await asked.consultant.ask(workspace, question())
    assert found.value == Mood(mood="sunny", strength=3)
    assert (found.source.source, found.source.model, found.source.reason) == ("model", MODEL, None)
    assert (found.prompt_tokens, found.completion_tokens, found.source.tokens) == (100, 20, 120)
    assert found.source.cost_usd == Decimal("0.00036")  # 100 at 2 and 20 at 8 USD a million
    assert await spent(asked, workspace) == (Decimal("0.00036"), 120, 0, 0)
    (line,) = await ledger(asked, workspace)
    assert (line["question"], line["model"], line["outcome"], line["calls"]) == ("mood", MODEL, "answered", 1)
    assert (line["prompt_tokens"], line["completion_tokens"], line["cost_usd"]) == (100, 20, Decimal("0.00036"))
    assert 0 < line["seconds"] < 60
    assert not server.refused


async def test_without_a_model(resources, workspace):
    assert await resources.consultant.ask(workspace, question()) == Consulted.local("notConfigured")


# fault: why there is no answer, calls that were made, tokens that were counted, whether something may have been taken uncounted
FAULTS = {
    "hang": ("timeout", 1, None, True),
    "drip": ("timeout", 1, None, True),
    "reset": ("unavailable", 1, None, True),
    "not_http": ("unavailable", 1, None, True),
    "huge": ("unavailable", 1, None, True),
    "gzip": ("unavailable", 1, None, True),
    "500": ("unavailable", 2, None, False),
    "503": ("unavailable", 2, None, False),
    "429": ("unavailable", 2, None, False),
    "redirect": ("unavailable", 1, None, False),
    "401": ("refused", 1, None, False),
    "403": ("refused", 1, None, False),
    "404": ("refused", 1, None, False),
    "quota": ("refused", 1, None, False),
    "refusal": ("refused", 1, 120, False),
    "content_filter": ("refused", 1, 120, False),
    "wrong_schema": ("invalidAnswer", 2, 240, False),
    "truncated": ("invalidAnswer", 2, 240, False),
    "null_content": ("invalidAnswer", 2, 240, False),
    "length": ("invalidAnswer", 1, 120, False),
    "empty_choices": ("invalidAnswer", 1, 120, False),
    "no_choices": ("invalidAnswer", 1, 120, False),
    "not_json": ("invalidAnswer", 1, None, True),
    "wrong_type": ("invalidAnswer", 1, None, True),
    "list": ("invalidAnswer", 1, None, True),
    "deep": ("invalidAnswer", 1, None, True),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_model_in_trouble(hurried, server, workspace, fault):
    asked = hurried
    why, calls, tokens, is_open = FAULTS[fault]
    server.fault(fault)
    begun = time.monotonic()
    found = await asked.consultant.ask(workspace, question())
    assert time.monotonic() - begun < DEADLINE + LATE
    assert (found.value, found.source.source, found.source.model, found.source.reason) == (None, "local", None, why)
    assert found.source.tokens == tokens
    assert found.source.cost_usd == (None if tokens is None else Decimal("0.00036") * (tokens // 120))
    assert server.calls == calls
    usd, counted, open_usd, open_tokens = await spent(asked, workspace)
    assert (counted, usd) == (tokens or 0, found.source.cost_usd or 0)
    assert (open_tokens > 0, open_usd > 0) == (is_open, is_open)
    (line,) = await ledger(asked, workspace)
    assert (line["outcome"], line["cost_usd"]) == (why, found.source.cost_usd)


@pytest.mark.parametrize("fault", ["no_usage", "negative_usage", "odd_usage"])
async def test_what_nobody_counted_is_not_known(asked, server, workspace, fault):
    server.fault(fault)
    found = await asked.consultant.ask(workspace, question())
    assert found.value == Mood(mood="sunny", strength=3)
    assert (found.source.tokens, found.source.cost_usd, found.prompt_tokens, found.completion_tokens) == (None,) * 4
    usd, tokens, _, open_tokens = await spent(asked, workspace)
    assert (usd, tokens) == (0, 0)
    assert 50 < open_tokens < 1000  # held against the budget, which else would not hold


async def test_words_around_the_answer(asked, server, workspace):
    server.fault("prose")
    assert (await asked.consultant.ask(workspace, question())).value == Mood(mood="sunny", strength=3)
    assert server.calls == 1


async def test_nobody_is_there(open_resources, workspace):
    async with serving() as server:
        pass
    async with open_resources(server) as resources:
        found = await resources.consultant.ask(workspace, question())
        assert (found.value, found.source.reason) == (None, "unavailable")
        assert await spent(resources, workspace) == (0, 0, 0, 0)


async def test_a_wrong_answer_is_repaired_once(asked, server, workspace):
    server.faults("wrong_schema", None)
    found = await asked.consultant.ask(workspace, question())
    assert found.value == Mood(mood="sunny", strength=3)
    assert (found.source.tokens, server.calls) == (240, 2)
    first, second = server.received
    assert [each["role"] for each in second.body["messages"]] == ["system", "user", "assistant", "user"]
    assert second.body["messages"][:2] == first.body["messages"]
    assert '"path": "mood"' in second.users[-1]
    assert (await ledger(asked, workspace))[0]["calls"] == 2


async def test_a_server_that_wants_a_pause_gets_it(asked, server, workspace):
    server.retry_after = "1"
    server.faults("429", None)
    begun = time.monotonic()
    assert (await asked.consultant.ask(workspace, question())).value is not None
    assert time.monotonic() - begun >= 1.0


async def test_a_pause_longer_than_there_is_time_for_is_not_waited_for(asked, server, workspace):
    server.retry_after = "300"
    server.fault("503")
    begun = time.monotonic()
    for _ in range(3):
        assert (await asked.consultant.ask(workspace, question())).source.reason == "unavailable"
    assert time.monotonic() - begun < 30
    assert server.calls == 1  # and nobody asks again before


async def test_the_same_question_is_paid_for_once(asked, server, workspace, make):
    first, second = [await asked.consultant.ask(workspace, question()) for _ in range(2)]
    assert (first.value, first.cached, second.value, second.cached) == (second.value, False, first.value, True)
    assert (second.source.model, second.source.tokens, second.source.cost_usd) == (MODEL, 0, 0)
    assert server.calls == 1
    assert (await spent(asked, workspace))[1] == 120
    await asked.consultant.ask(await make.workspace(), question())
    for other in (question("Good night!"), question(max_tokens=51), question(version=2), question(name="other")):
        await asked.consultant.ask(workspace, other)
    assert server.calls == 6


async def test_the_same_question_at_the_same_moment_is_paid_for_once(asked, server, workspace):
    server.fault("slow")
    found = await asyncio.gather(*(asked.consultant.ask(workspace, question()) for _ in range(5)))
    assert all(each.value == found[0].value for each in found)
    assert (server.calls, sorted(each.cached for each in found)) == (1, [False, True, True, True, True])
    assert not asked.consultant._turns


async def test_who_waits_for_one_who_gives_up_asks_for_themselves(asked, server, workspace):
    server.fault("slow")
    first, second = (asyncio.create_task(asked.consultant.ask(workspace, question())) for _ in range(2))
    while not server.calls:
        await asyncio.sleep(0.01)
    first.cancel()
    assert (await second).value
    assert server.calls == 2


async def test_failures_are_not_kept(asked, server, workspace):
    server.fault("wrong_schema")
    assert (await asked.consultant.ask(workspace, question())).value is None
    server.fault(None)
    assert (await asked.consultant.ask(workspace, question())).value is not None


async def test_no_cache_where_none_is_wanted(open_resources, server, workspace):
    async with open_resources(server, OCMA_AI_CACHE_SECONDS=0) as resources:
        for _ in range(2):
            assert not (await resources.consultant.ask(workspace, question())).cached
    assert server.calls == 2


async def test_whoever_hangs_up_ends_the_models_work(asked, server, workspace):
    server.fault("hang")
    task = asyncio.create_task(asked.consultant.ask(workspace, question()))
    while not server.calls:
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    for _ in range(100):
        if server.hung_up:
            break
        await asyncio.sleep(0.02)
    assert (server.hung_up, server.now) == (1, 0)
    (line,) = await ledger(asked, workspace)
    assert (line["outcome"], line["cost_usd"]) == ("cancelled", None)
    usd, tokens, open_usd, _ = await spent(asked, workspace)
    assert (usd, tokens, open_usd > 0) == (0, 0, True)


async def test_no_more_at_a_time_than_set(open_resources, server, make):
    server.fault("slow")
    server.slow = 0.2
    async with open_resources(server, OCMA_AI_CONCURRENCY=2) as resources:
        workspaces = [await make.workspace() for _ in range(6)]
        found = await asyncio.gather(*(resources.consultant.ask(each, question()) for each in workspaces))
    assert all(each.value for each in found)
    assert server.most == 2


async def test_waiting_for_ones_turn_takes_of_ones_time(open_resources, server, make):
    server.fault("hang")
    async with open_resources(server, OCMA_AI_CONCURRENCY=1, OCMA_AI_TIMEOUT_SECONDS=0.5) as resources:
        await resources.consultant.oracle.model._load(1e12)
        workspaces = [await make.workspace() for _ in range(3)]
        begun = time.monotonic()
        found = await asyncio.gather(*(resources.consultant.ask(each, question()) for each in workspaces))
        assert time.monotonic() - begun < 0.5 + LATE
    assert {each.source.reason for each in found} == {"timeout"}


# Streams -----------------------------------------------------------------------------------------------------------------


async def read(stream):
    parts = [each async for each in stream]
    return "".join(parts[:-1]), parts[-1]


async def test_an_answer_as_it_comes(asked, server, workspace):
    said, found = await read(asked.consultant.stream(workspace, question()))
    assert Mood.model_validate_json(said) == found.value == Mood(mood="sunny", strength=3)
    assert (found.source.tokens, found.source.cost_usd) == (120, Decimal("0.00036"))
    assert server.last.body["stream_options"] == {"include_usage": True}
    again, kept = await read(asked.consultant.stream(workspace, question()))
    assert (Mood.model_validate_json(again), kept.cached, server.calls) == (found.value, True, 1)


STREAMS = {
    "cut": ("unavailable", True),
    "stream_error": ("unavailable", True),
    "stream_hang": ("timeout", True),
    "hang": ("timeout", True),
    "huge": ("unavailable", True),
    "500": ("unavailable", False),
    "401": ("refused", False),
    "refusal": ("refused", False),
    "wrong_schema": ("invalidAnswer", False),
    "length": ("invalidAnswer", False),
    "wrong_type": ("invalidAnswer", True),
}


@pytest.mark.parametrize("fault", STREAMS)
async def test_a_stream_in_trouble(hurried, server, workspace, fault):
    asked = hurried
    why, is_open = STREAMS[fault]
    server.fault(fault)
    begun = time.monotonic()
    _, found = await read(asked.consultant.stream(workspace, question()))
    assert time.monotonic() - begun < DEADLINE + LATE
    assert (found.value, found.source.reason) == (None, why)
    assert ((await spent(asked, workspace))[3] > 0) == is_open


async def test_a_reader_who_goes_ends_the_stream(asked, server, workspace):
    server.fault("drip")
    server.slow = 0.1
    stream = asked.consultant.stream(workspace, question())
    assert await anext(stream)
    await stream.aclose()
    for _ in range(100):
        if not server.now:
            break
        await asyncio.sleep(0.02)
    assert server.now == 0
    assert [each["outcome"] for each in await ledger(asked, workspace)] == ["cancelled"]


async def test_a_server_that_does_not_count_streams(asked, server, workspace):
    server.usage_in_streams = False
    _, found = await read(asked.consultant.stream(workspace, question()))
    assert (found.value, found.source.tokens) == (Mood(mood="sunny", strength=3), None)
    await read(asked.consultant.stream(workspace, question("again")))
    assert len(server.refused) == 1  # it is remembered


# Dialects ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("forms", "wanted", "refusals"), [({"json_object"}, "json_object", 1), (set(), None, 2)])
async def test_servers_that_know_less(asked, server, workspace, forms, wanted, refusals):
    server.forms = forms
    for draft in ("one", "two"):
        assert (await asked.consultant.ask(workspace, question(draft))).value == Mood(mood="sunny", strength=3)
    assert len(server.refused) == refusals  # the second question is asked rightly at once
    assert server.last.body.get("response_format", {}).get("type") == wanted
    assert '"mood"' in server.last.system  # the schema, in words
    assert (await spent(asked, workspace))[1:] == (240, 0, 0)


async def test_servers_that_call_the_limit_otherwise(asked, server, workspace):
    server.limits = {"max_completion_tokens"}
    assert (await asked.consultant.ask(workspace, question())).value is not None
    assert server.last.body["max_completion_tokens"] == 50


async def test_a_server_that_understands_nothing(asked, server, workspace):
    server.limits, server.forms = set(), set()
    found = await asked.consultant.ask(workspace, question())
    assert (found.source.reason, server.calls) == ("refused", 0)
    assert len(server.refused) <= 5


async def test_the_key_is_sent_and_never_told(asked, server, workspace, caplog, capfd):
    server.fault("401")
    with caplog.at_level("DEBUG"):
        await asked.consultant.ask(workspace, question())
    assert server.last.headers["authorization"] == f"Bearer {KEY}"
    told = capfd.readouterr()
    assert "status=401" in told.out
    assert KEY not in caplog.text + told.out + told.err
    assert KEY not in repr(asked.consultant.oracle)
