"""GET /api/social/metrics/history, over rows as the collector writes them."""

from datetime import UTC, datetime, timedelta

import pytest

from answers import good, problem
from integration.analytics.ledger import DAY, HOUR, Ledger
from ocma.ids import new_id
from ocma.platforms.metrics import Break, Measure
from ocma.platforms.registry import get_connector

URL = "/api/social/metrics/history"
START = datetime(2026, 9, 28, tzinfo=UTC)  # a Monday


@pytest.fixture
def ledger(database, workspace):
    return Ledger(database, workspace)


@pytest.fixture
async def account(ledger):
    return await ledger.account("youtube")


async def ask(api, key, account, metric, days=7, **query):
    within = {"from": START.isoformat(), "to": (START + days * DAY).isoformat()}
    return good(await api.get(URL, headers=key, params={"accountId": str(account), "metric": metric, **within, **query}))


def shown(series, *names):
    return [tuple(each[name] for name in names) for each in series["buckets"]]


async def test_a_total_by_the_day_with_a_gap_and_a_fall(api, key, ledger, account):
    for day, value in ((0, 100), (1, 130), (4, 190), (5, 180)):
        await ledger.read(account, None, {"followers": value}, START + day * DAY + 3 * HOUR)
    (series,) = (await ask(api, key, account, "followers"))["series"]
    assert (series["name"], series["kind"]) == ("followers_count", "total")
    assert shown(series, "value", "growth", "unplaced", "gap") == [
        (100, None, None, False),
        (130, 30, None, False),
        (None, None, None, True),
        (None, None, None, True),
        (190, None, 60, False),
        (180, -10, None, False),
        (None, None, None, True),
    ]
    assert [each["at"] for each in series["buckets"]] == [
        (START + day * DAY).isoformat().replace("+00:00", "Z") for day in range(7)
    ]


async def test_a_revised_day_counts_once(api, key, ledger, account):
    span = {"start": START, "end": START + DAY}
    await ledger.read(account, None, {"views": 40}, START + 2 * DAY, kind="delta", **span)
    await ledger.read(account, None, {"views": 55}, START + 3 * DAY, kind="delta", **span)
    (series,) = (await ask(api, key, account, "views", days=2))["series"]
    assert shown(series, "value", "growth") == [(55, 55), (None, None)]


async def test_weeks_begin_on_monday_across_the_years(api, key, ledger, account):
    for at, value in ((datetime(2025, 12, 30, tzinfo=UTC), 10), (datetime(2026, 1, 2, tzinfo=UTC), 14)):
        await ledger.read(account, None, {"followers": value}, at)
    query = {"from": "2025-12-29T00:00:00Z", "to": "2026-01-12T00:00:00Z", "granularity": "week"}
    found = good(await api.get(URL, headers=key, params={"accountId": str(account), "metric": "followers", **query}))
    (series,) = found["series"]
    assert shown(series, "at", "value", "growth") == [
        ("2025-12-29T00:00:00Z", 14, 4),
        ("2026-01-05T00:00:00Z", None, None),
    ]


async def test_two_names_are_two_series_and_a_break_is_told(api, key, ledger, account, monkeypatch):
    views = next(each for each in get_connector("youtube").manifest.measuring.of("account") if each.metric.key == "views")
    day = START.date() + timedelta(days=2)
    broken = Measure(views.metric, "known", "account", "total", breaks=(Break(day, "Counts otherwise."),))
    measuring = get_connector("youtube").manifest.measuring
    monkeypatch.setattr(type(measuring), "of", lambda *_: (broken,))
    await ledger.read(account, None, {("views", "old"): 7}, START + HOUR)
    await ledger.read(account, None, {("views", "known"): 9}, START + 2 * HOUR)
    first, second = (await ask(api, key, account, "views"))["series"]
    assert [(each["name"], each["breaks"]) for each in (first, second)] == [
        ("known", [{"at": day.isoformat(), "about": "Counts otherwise."}]),
        ("old", []),
    ]


async def test_a_custom_metric_is_null_where_an_operand_is(api, key, ledger, account):
    good(await api.post("/api/social/metrics/custom", headers=key, json={"key": "pull", "formula": "followers / posts"}), 201)
    await ledger.read(account, None, {"followers": 30, "posts": 4}, START + HOUR)
    await ledger.read(account, None, {"followers": 40}, START + DAY + HOUR)
    found = await ask(api, key, account, "pull", days=3)
    (series,) = found["series"]
    assert (found["unit"], series["kind"], shown(series, "value", "gap")) == (
        "ratio", "custom", [(7.5, False), (None, False), (None, True)],
    )  # fmt: skip


async def test_a_post_has_its_own(api, key, ledger, account):
    post = await ledger.post(account, START, "A post", {"likes": 3}, START + HOUR)
    await ledger.read(account, post, {"likes": 8}, START + 2 * HOUR)
    (series,) = (await ask(api, key, account, "likes", days=1, granularity="hour", post=post))["series"]
    assert shown(series, "value", "growth")[:4] == [(None, None), (3, None), (8, 5), (None, None)]
    assert (await ask(api, key, account, "likes"))["series"] == [], "the account itself has none"


async def test_what_cannot_be_asked(api, key, make, account):
    base = {"accountId": str(account), "metric": "views"}
    assert problem(await api.get(URL, headers=key, params={**base, "metric": "veiws"}), 422)["code"] == "unknownMetric"
    span = {"from": (START - 100 * DAY).isoformat(), "to": START.isoformat(), "granularity": "hour"}
    assert problem(await api.get(URL, headers=key, params={**base, **span}), 422)["code"] == "tooManyBuckets"
    problem(await api.get(URL, headers=key, params={**base, "post": str(new_id())}), 404)
    stranger = await make.key(await make.workspace())
    problem(await api.get(URL, headers=stranger, params=base), 404)


async def test_the_second_answer_is_at_hand(api, key, ledger, account, resources, monkeypatch):
    await ledger.read(account, None, {"followers": 5}, START + HOUR)
    made = await ask(api, key, account, "followers")
    monkeypatch.setattr(type(resources.numbers), "history", None)
    assert await ask(api, key, account, "followers") == made
