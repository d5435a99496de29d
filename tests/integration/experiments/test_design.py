"""What an experiment has to be before it is written down or started."""

import pytest
from sqlalchemy import update

from answers import good, paths, problem
from integration.experiments.conftest import TEXTS, URL
from ocma.features.accounts.models import Account


async def test_written_down_listed_and_shown(world):
    accounts = await world.accounts(3)
    made = good(await world.post("", world.body(accounts)), 201)
    assert (made["state"], made["metric"], made["hours"], made["alpha"]) == ("draft", "interactions", 24, 0.05)
    assert sorted(made["accountIds"]) == sorted(accounts)
    assert [(each["key"], each["content"]) for each in made["variants"]] == list(TEXTS.items())
    assert (made["allocation"], made["decision"], made["blocks"], made["fewestBlocks"]) == ([], None, 0, 8)
    assert "has 3" in made["warnings"][0]
    shown = await world.look(made["id"])
    assert shown == made
    second = await world.create(accounts)
    page = good(await world.api.get(f"{URL}?limit=1", headers=world.key))
    rest = good(await world.api.get(f"{URL}?limit=1&cursor={page['nextCursor']}", headers=world.key))
    assert [each["id"] for each in page["data"] + rest["data"]] == [second, made["id"]]
    assert good(await world.api.get(f"{URL}?state=running", headers=world.key))["data"] == []


async def test_a_dry_run_checks_and_writes_nothing(world):
    accounts = await world.accounts(8)
    tried = good(await world.post("?dryRun=true", world.body(accounts)), 201)
    assert (tried["id"], tried["dryRun"], tried["warnings"]) == (None, True, [])
    assert good(await world.api.get(URL, headers=world.key))["data"] == []
    made = await world.create(accounts)
    tried = good(await world.post(f"/{made}/start?dryRun=true"))
    assert (len(tried["allocation"]), tried["allocation"][0]["jobId"]) == (16, None)
    assert await world.texts() == []
    assert (await world.look(made))["state"] == "draft"
    order = [(each["accountId"], each["variant"]) for each in tried["allocation"]]
    real = good(await world.post(f"/{made}/start"))
    assert [(each["accountId"], each["variant"]) for each in real["allocation"]] == order


async def test_a_repeated_request_happens_once(world):
    accounts = await world.accounts(2)
    first, again = [await world.post("", world.body(accounts), **{"Idempotency-Key": "k"}) for _ in range(2)]
    assert good(first, 201) == good(again, 201)
    for _ in range(2):
        good(await world.post(f"/{first.json()['id']}/start", {}, **{"Idempotency-Key": "s"}))
    assert len(await world.texts()) == 4
    problem(await world.post(f"/{first.json()['id']}/start"), 409, "notDraft")


async def test_every_variant_is_held_to_every_platform_at_once(world):
    accounts = [*await world.accounts(1), *await world.accounts(1, "x")]
    texts = {"plain": "a" * 600, "fine": "Fine.", "long": "b" * 300}
    answer = problem(await world.post("", world.body(accounts, texts)), 422, "checkFailed")
    assert sorted((each["platform"], each["path"].split(".")[1]) for each in answer["errors"]) == [
        ("mastodon", "0"),
        ("x", "0"),
        ("x", "2"),
    ]
    assert {each["path"] for each in answer["errors"]} == {"variants.0.content", "variants.2.content"}


@pytest.mark.parametrize(
    ("more", "path", "code"),
    [
        ({"metric": "likesss"}, "metric", "unknownMetric"),
        ({"metric": "clicks"}, "metric", "notMeasured"),
        ({"metric": "followers"}, "metric", "notMeasured"),
        ({"maxPosts": 3}, "accountIds", "tooLarge"),
        ({"hours": 0}, "hours", None),
        ({"alpha": 0.5}, "alpha", None),
        ({"variants": [{"key": "a", "content": "A"}]}, "variants", None),
        ({"variants": [{"key": "a", "content": "A"}, {"key": "a", "content": "B"}]}, "variants.1.key", "variantTwice"),
        ({"variants": [{"key": "a", "content": "A b"}, {"key": "b", "content": " A  b"}]}, "variants.1", "checkFailed"),
        ({"variants": [{"key": "A!", "content": "A"}, {"key": "b", "content": "B"}]}, "variants.0.key", None),
        ({"accountIds": ["01890a5d-ac96-774b-bcce-b302099a8057"]}, "accountIds.0", "accountMissing"),
        ({"odd": 1}, "odd", None),
    ],
)
async def test_what_cannot_be_is_refused_with_a_reason(world, more, path, code):
    answer = problem(await world.post("", {**world.body(await world.accounts(2)), **more}), 422, code)
    assert paths(answer) == [path]


async def test_an_experiment_needs_a_place_to_run(world):
    assert paths(problem(await world.post("", world.body([])), 400, "missingField")) == ["platforms"]


async def test_platforms_stand_for_their_accounts(world):
    accounts = await world.accounts(3)
    await world.accounts(1, status_reason=None, missing=["write:statuses"])
    body = {**world.body([]), "platforms": ["mastodon"]}
    made = good(await world.post("", body), 201)
    assert sorted(made["accountIds"]) == sorted(accounts)


async def test_an_account_that_was_lost_meanwhile_is_told_before_anything_is_planned(world):
    accounts = await world.accounts(2)
    made = await world.create(accounts)
    await lose(world, accounts[1])
    answer = problem(await world.post(f"/{made}/start"), 422, "accountMissing")
    assert answer["errors"][0]["code"] == "accountInactive"
    assert await world.texts() == []


async def lose(world, account):
    async with world.database.transaction(world.workspace) as session:
        await session.execute(update(Account).where(Account.id == account).values(status="needsReauthorization"))


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"startsAt": "2099-01-01T00:00:00Z"}, "timeTooFar"),
        ({"startsAt": "9999-12-31T23:59:59"}, "timeTooFar"),
        ({"everyHours": 0}, None),
    ],
)
async def test_times_that_cannot_be_meant(world, more, code):
    made = await world.create(await world.accounts(1))
    problem(await world.post(f"/{made}/start", more), 422, code)


async def test_others_see_and_do_nothing(world, make):
    made = await world.create(await world.accounts(1))
    stranger, reader = await make.key(await make.workspace()), await make.key(world.workspace, "posts:read")
    assert good(await world.api.get(URL, headers=stranger))["data"] == []
    problem(await world.api.get(f"{URL}/{made}", headers=stranger), 404)
    for path in ("start", "stop"):
        problem(await world.api.post(f"{URL}/{made}/{path}", headers=stranger, json={}), 404)
        problem(await world.api.post(f"{URL}/{made}/{path}", headers=reader, json={}), 403)
    problem(await world.api.delete(f"{URL}/{made}", headers=stranger), 404)
    good(await world.api.get(f"{URL}/{made}", headers=reader))
