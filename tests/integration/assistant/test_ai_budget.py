"""What a workspace may spend on a model: set aside before, settled after, never overdrawn by questions that come at once."""

import asyncio
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from answers import good, paths, problem
from integration.assistant.conftest import question
from integration.assistant.test_consult import ledger, rows, spent
from ocma.features.assistant import usage

pytestmark = pytest.mark.usefixtures("same_day")

OLD = """INSERT INTO ai_calls (id, workspace_id, at, question, model, outcome, calls, seconds)
    VALUES (gen_random_uuid(), :w, :at, 'mood', 'old', 'answered', 1, 0)"""
AGES = "SELECT (now() AT TIME ZONE 'UTC')::date - (at AT TIME ZONE 'UTC')::date AS days FROM ai_calls ORDER BY at DESC"
COUNTED = 120  # tokens that the server says a question took


async def budget(resources, workspace, **values):
    async with resources.database.transaction(workspace) as session:
        changes = ", ".join(f"{name} = :{name}" for name in values)
        await session.execute(text(f"UPDATE workspaces SET {changes} WHERE id = :id"), {**values, "id": workspace})


@pytest.mark.parametrize("which", ["ai_budget_tokens", "ai_budget_usd"])
async def test_zero_asks_no_model(asked, server, workspace, which):
    await budget(asked, workspace, **{which: 0})
    found = await asked.consultant.ask(workspace, question())
    assert (found.value, found.source.reason, server.calls) == (None, "disabled", 0)
    assert await ledger(asked, workspace) == []


@pytest.mark.parametrize("budgets", [{"ai_budget_tokens": 2000}, {"ai_budget_usd": 0.004}])
async def test_the_budget_holds_one_after_the_other(asked, server, workspace, budgets):
    await budget(asked, workspace, **budgets)
    found = [await asked.consultant.ask(workspace, question(f"Draft {number}")) for number in range(30)]
    answered = [each for each in found if each.value]
    assert {each.source.reason for each in found if not each.value} == {"overBudget"}
    assert 5 < len(answered) < 17  # 2000 tokens are 16 questions, less what the last one might have taken
    assert server.calls == len(answered)
    assert await spent(asked, workspace) == (len(answered) * Decimal("0.00036"), len(answered) * COUNTED, 0, 0)


async def test_the_budget_holds_at_once(asked, server, workspace):
    """What is set aside for one question is not there for another, until it is known what it took."""
    server.fault("slow")
    await budget(asked, workspace, ai_budget_tokens=2000)
    found = await asyncio.gather(*(asked.consultant.ask(workspace, question(f"Draft {number}")) for number in range(20)))
    answered = [each for each in found if each.value]
    assert {each.source.reason for each in found if not each.value} == {"overBudget"}
    assert 1 <= len(answered) <= 16
    assert (await spent(asked, workspace))[1] == len(answered) * COUNTED <= 2000


async def test_a_server_that_never_counts_is_limited_all_the_same(asked, server, workspace):
    server.fault("no_usage")
    await budget(asked, workspace, ai_budget_tokens=2000)
    found = [await asked.consultant.ask(workspace, question(f"Draft {number}")) for number in range(20)]
    assert found[0].value
    assert found[-1].source.reason == "overBudget"
    assert (await spent(asked, workspace))[1] == 0


async def test_callers_who_always_hang_up_are_limited_too(asked, server, workspace):
    server.fault("hang")
    await budget(asked, workspace, ai_budget_tokens=1000)
    for number in range(4):
        task = asyncio.create_task(asked.consultant.ask(workspace, question(f"Draft {number}")))
        before = server.calls
        while server.calls == before and not task.done():
            await asyncio.sleep(0.01)
        if task.done():
            break
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert task.result().source.reason == "overBudget"


async def test_a_repair_has_to_be_affordable(asked, server, workspace):
    server.fault("wrong_schema")
    await budget(asked, workspace, ai_budget_tokens=500)
    found = await asked.consultant.ask(workspace, question())
    assert (found.source.reason, server.calls, found.source.tokens) == ("overBudget", 1, COUNTED)


async def test_a_new_day_has_its_own_budget(open_resources, server, workspace):
    async with open_resources(server) as resources:
        await budget(resources, workspace, ai_budget_tokens=500)
        oracle = resources.consultant.oracle
        days = [datetime(2030, 1, 31, 23, 59, tzinfo=UTC) + timedelta(minutes=each) for each in (0, 0, 0, 1)]
        for at, reason in zip(days, (None, None, "overBudget", None), strict=True):
            object.__setattr__(oracle, "clock", lambda at=at: at)
            assert (await resources.consultant.ask(workspace, question(f"{at} {server.calls}"))).source.reason == reason
        found = await rows(resources, workspace, "SELECT day::text, tokens FROM ai_spending ORDER BY 1")
        assert [tuple(each.values()) for each in found] == [("2030-01-31", 240), ("2030-02-01", 120)]


@pytest.mark.parametrize(
    ("left", "days", "reason"),
    [(timedelta(minutes=1), 0, "overBudget"), (timedelta(seconds=-1), 0, "overBudget"), (timedelta(seconds=-1), 1, None)],
)
async def test_what_a_dead_process_had_set_aside_may_be_spent(asked, workspace, left, days, reason):
    """On its day, and no longer; when it has lapsed it is no reservation any more, but what nobody counted."""
    await budget(asked, workspace, ai_budget_tokens=2000)
    day = asked.clock().date() - timedelta(days=days)
    hold = "INSERT INTO ai_reservations (id, workspace_id, day, usd, tokens, until) VALUES (gen_random_uuid(), :w, :day, 0, 1900, now() + :left)"
    async with asked.database.transaction(workspace) as session:
        await session.execute(text(hold), {"w": workspace, "day": day, "left": left})
    for each in ("once", "and once more"):
        assert (await asked.consultant.ask(workspace, question(each))).source.reason == reason
    if left < timedelta(0):
        assert (await spent(asked, workspace))[1:] == ((0, 0, 1900) if reason else (2 * COUNTED, 0, 0))


@pytest.mark.parametrize("statement", ["UPDATE ai_calls SET cost_usd = 0", "DELETE FROM ai_calls"])
async def test_the_ledger_cannot_be_changed(asked, workspace, statement):
    await asked.consultant.ask(workspace, question())
    with pytest.raises(DBAPIError):
        async with asked.database.transaction(workspace) as session:
            await session.execute(text(statement))
    async with asked.database.transaction(workspace) as session:
        telling = await session.scalar(text("SELECT to_jsonb(c)::text FROM ai_calls c"))
    assert "Good morning" not in telling
    assert "sunny" not in telling


async def test_without_prices_no_cost_is_known_and_tokens_are_limited(open_resources, server, workspace):
    async with open_resources(server, OCMA_AI_PRICE_INPUT="", OCMA_AI_PRICE_OUTPUT="", OCMA_AI_DAILY_TOKENS=500) as resources:
        first, second, third = [await resources.consultant.ask(workspace, question(f"{each}")) for each in range(3)]
        assert (first.source.tokens, first.source.cost_usd) == (COUNTED, None)
        assert (second.value is not None, third.source.reason) == (True, "overBudget")
        assert (await ledger(resources, workspace))[0]["cost_usd"] is None


# The HTTP door ------------------------------------------------------------------------------------------------------------


async def test_usage_by_day_and_model(api, asked, server, workspace, key):
    await asked.consultant.ask(workspace, question())
    server.faults("no_usage", "500", "500")
    await asked.consultant.ask(workspace, question("two"))
    await asked.consultant.ask(workspace, question("three"))
    found = good(await api.get("/api/ai/usage", headers=key))
    (day,) = found["data"]
    assert day["day"] == f"{asked.clock():%Y-%m-%d}"
    assert day["models"] == [
        {
            "model": "test-model-1",
            "questions": 3,
            "answered": 2,
            "uncounted": 2,
            "promptTokens": 100,
            "completionTokens": 20,
            "costUsd": 0.00036,
        }
    ]
    told = found["budget"]
    assert (told["usd"], told["tokens"], told["spentUsd"], told["spentTokens"]) == (1.0, 1_000_000, 0.00036, COUNTED)
    assert told["heldTokens"] > 50


async def test_what_is_old_is_forgotten_but_no_day_that_is_offered_and_nothing_of_the_budget(api, asked, server, workspace, key):
    await asked.consultant.ask(workspace, question())
    now = asked.clock()
    first = datetime.combine(now.date() - timedelta(days=usage.MOST_DAYS - 1), time(), UTC)  # of the days that are offered
    for at in (first, first - timedelta(microseconds=1), now - timedelta(days=369), now - timedelta(days=500)):
        async with asked.database.transaction(workspace) as session:
            await session.execute(text(OLD), {"w": workspace, "at": at})
    before = good(await api.get("/api/ai/usage?days=366", headers=key))
    assert [each["day"] for each in before["data"]] == [f"{now:%Y-%m-%d}", f"{first:%Y-%m-%d}"]
    held = await rows(asked, workspace, "SELECT day, usd, tokens, open_usd, open_tokens FROM ai_spending")

    async def left():
        return [each["days"] for each in await rows(asked, workspace, AGES)]

    assert await usage.forget_old(asked.database, timedelta(days=400)) == 1
    assert await left() == [0, 365, 366, 369]
    assert await usage.forget_old(asked.database, timedelta(days=2)) == 1
    assert await left() == [0, 365, 366]
    assert await usage.forget_old(asked.database, timedelta(days=2)) == 0
    assert good(await api.get("/api/ai/usage?days=366", headers=key)) == before
    assert await rows(asked, workspace, "SELECT day, usd, tokens, open_usd, open_tokens FROM ai_spending") == held


async def test_nobody_deletes_a_line_that_is_offered(asked, services, workspace):
    """Not the ledger's owner, nor the function that forgets."""
    await asked.consultant.ask(workspace, question())
    owner = await asyncpg.connect(services.postgres.owner_url)
    try:
        for statement in ("DELETE FROM ocma.ai_calls", "SELECT ocma.forget_old_ai_calls('0', 9)"):
            with pytest.raises(asyncpg.CheckViolationError, match="cannot change"):
                await owner.execute(statement)
    finally:
        await owner.close()


async def test_nothing_was_asked(api, key):
    found = good(await api.get("/api/ai/usage?days=1", headers=key))
    assert (found["data"], found["budget"]["spentUsd"], found["budget"]["heldTokens"]) == ([], 0, 0)
    assert paths(problem(await api.get("/api/ai/usage?days=0", headers=key), 422)) == ["days"]


async def test_a_stranger_sees_nothing_of_it(api, asked, workspace, make):
    await asked.consultant.ask(workspace, question())
    assert good(await api.get("/api/ai/usage", headers=await make.key(await make.workspace())))["data"] == []


async def test_a_workspace_sets_its_own_budget(api, key, workspace):
    url = f"/api/workspaces/{workspace}"
    assert [good(await api.get(url, headers=key))[name] for name in ("aiBudgetUsd", "aiBudgetTokens")] == [None, None]
    for usd, tokens in ((0.25, 1000), (0, 0), (None, None)):
        changed = good(await api.patch(url, headers=key, json={"aiBudgetUsd": usd, "aiBudgetTokens": tokens}))
        assert (changed["aiBudgetUsd"], changed["aiBudgetTokens"]) == (usd, tokens)
        told = good(await api.get("/api/ai/usage", headers=key))["budget"]
        assert (told["usd"], told["tokens"]) == ((1.0, 1_000_000) if usd is None else (usd, tokens))
    for wrong in ({"aiBudgetUsd": -1}, {"aiBudgetUsd": "much"}, {"aiBudgetTokens": 1.5}, {"aiBudgetTokens": -1}):
        assert paths(problem(await api.patch(url, headers=key, json=wrong), 422)) == list(wrong)


async def test_config_says_whether_there_is_a_model(api, key):
    assert good(await api.get("/api/config", headers=key))["languageModel"] is False
