"""GET /api/social/metrics, over rows as the collector writes them."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from answers import good, problem
from integration.analytics.ledger import DAY, HOUR, NOW, Ledger
from ocma.features.analytics import freshness
from ocma.features.analytics.period import period
from ocma.features.analytics.report import Question, get_report
from ocma.features.publishing.outcomes import describe
from ocma.ids import new_id
from ocma.platforms.errors import PermissionMissing, PlatformUnavailable

URL = "/api/social/metrics"


@pytest.fixture
def ledger(database, workspace):
    return Ledger(database, workspace)


async def ask(api, key, **query):
    body = good(await api.get(URL, headers=key, params=query))
    assert body.keys() == {"success", "timeRange", "from", "to", "fetchedAt", "cached", "metrics", "errors", "asOf"}
    return body


async def test_the_definitions_by_hand(api, key, ledger):
    """Three posts on two platforms, added up on paper."""
    x, mastodon = await ledger.account("x"), await ledger.account("mastodon")
    # Reach 200 of 400 impressions; 10 + 4 + 1 + 1 = 16 interactions, 8 % of reach. Clicks are none.
    first = await ledger.post(
        x,
        NOW - DAY,
        "first",
        {"impressions": 400, "reach": 200, "likes": 10, "comments": 4, "shares": 1, "quotes": 1, "clicks": 9},
    )
    # No reach, and no impressions but views: 4 of 100, 4 %.
    second = await ledger.post(x, NOW - 2 * DAY, "second", {"views": 100, "likes": 3, "saves": 1})
    # Mastodon tells no reach: 50 interactions, and no rate.
    third = await ledger.post(mastodon, NOW - 3 * DAY, "third", {"likes": 20, "comments": 10, "shares": 20})
    found = await ask(api, key, platform="all", timeRange="7d")

    metrics = found["metrics"]
    assert {name: metrics[name] for name in metrics if name.startswith(("total", "avg", "known"))} == {
        "totalPosts": 3,
        "totalImpressions": 500,
        "totalEngagement": 70,
        "totalReach": 200,
        "avgEngagementRate": round((16 + 4) / (200 + 100) * 100, 4),
        "known": {"impressions": 2, "engagement": 3, "reach": 1, "engagementRate": 2},
    }
    assert [(each["platform"], each["totalPosts"]) for each in metrics["platformBreakdown"]] == [("mastodon", 1), ("x", 2)]
    quiet, loud = metrics["platformBreakdown"]
    assert (quiet["totalImpressions"], quiet["totalReach"], quiet["avgEngagementRate"]) == (None, None, None)
    assert (quiet["totalEngagement"], quiet["topPost"]["id"]) == (50, third)
    assert (loud["totalEngagement"], loud["topPost"]["id"]) == (20, first)
    assert [each["id"] for each in loud["recentPosts"]] == [first, second]
    assert [each["id"] for each in metrics["topPosts"]] == [third, first, second], "by interactions"
    assert loud["recentPosts"][0]["metrics"] == {
        "impressions": 400, "engagement": 8.0, "clicks": 9, "shares": 1, "saves": None, "comments": 4, "likes": 10, "reach": 200,
        "views": None, "quotes": 1, "sends": None, "interactions": 16,
    }  # fmt: skip
    assert loud["recentPosts"][1]["metrics"]["impressions"] == 100
    assert loud["recentPosts"][1]["metrics"]["engagement"] == 4.0
    assert quiet["recentPosts"][0]["metrics"]["engagement"] is None
    assert (found["success"], found["timeRange"], found["cached"]) == (True, "7d", False)
    assert found["asOf"]["measured"] == 3


async def test_a_post_counts_by_its_time_and_with_its_newest_figures(api, key, ledger):
    account = await ledger.account()
    post = await ledger.post(account, NOW - 6 * DAY, figures={"likes": 1}, read_at=NOW - 5 * DAY)
    await ledger.read(account, post, {"likes": 7}, NOW - HOUR)
    await ledger.post(account, NOW - 8 * DAY, figures={"likes": 100})
    silent = await ledger.post(account, NOW - DAY, "nobody measured it")
    found = await ask(api, key)

    assert found["metrics"]["totalEngagement"] == 7
    assert found["metrics"]["totalPosts"] == 2
    assert found["metrics"]["known"] == {"impressions": 0, "engagement": 1, "reach": 0, "engagementRate": 0}
    assert datetime.fromisoformat(found["asOf"]["newest"]) == NOW - HOUR
    shown = found["metrics"]["platformBreakdown"][0]["recentPosts"]
    assert [each["id"] for each in shown] == [silent, post]
    assert shown[0]["measuredAt"] is None
    assert set(shown[0]["metrics"].values()) == {None}
    assert (await ask(api, key, timeRange="30d"))["metrics"]["totalEngagement"] == 107
    asked = {"from": (NOW - 9 * DAY).isoformat(), "to": (NOW - 7 * DAY).isoformat()}
    past = await ask(api, key, **asked)
    assert (past["timeRange"], past["metrics"]["totalEngagement"], past["metrics"]["totalPosts"]) == ("custom", 100, 1)
    assert [datetime.fromisoformat(past[each]) for each in ("from", "to")] == [NOW - 9 * DAY, NOW - 7 * DAY]


async def test_nothing_known_is_null_and_nothing_there_is_nothing(api, key, ledger):
    account = await ledger.account()
    empty = (await ask(api, key))["metrics"]
    assert (empty["totalPosts"], empty["totalImpressions"], empty["totalEngagement"], empty["avgEngagementRate"]) == (
        0,
        None,
        None,
        None,
    )
    assert [each["platform"] for each in empty["platformBreakdown"]] == ["mastodon"]
    assert (empty["platformBreakdown"][0]["topPost"], empty["topPosts"]) == (None, [])
    await ledger.post(account, NOW - DAY, figures={"likes": 0, "reach": 0})
    found = (await ask(api, key, timeRange="30d"))["metrics"]
    assert (found["totalEngagement"], found["totalReach"], found["avgEngagementRate"]) == (0, 0, None)


async def test_a_platforms_own_sum_is_taken_where_it_gives_nothing_else(api, key, ledger):
    account = await ledger.account()
    await ledger.post(account, NOW - DAY, figures={"engagements": 12, "views": 48})
    await ledger.post(account, NOW - 2 * DAY, figures={"engagements": 99, "likes": 1, "views": 2})
    found = await ask(api, key)
    assert found["metrics"]["totalEngagement"] == 13
    assert found["metrics"]["avgEngagementRate"] == 26.0


async def test_groups_spans_and_second_names_are_no_second_count(api, key, ledger):
    account = await ledger.account("mastodon")
    post = await ledger.post(account, NOW - DAY, figures={("likes", "favourites_count"): 5})
    await ledger.read(account, post, {"likes": 3}, group="country=DE")
    await ledger.read(account, post, {"likes": 4}, kind="delta", start=NOW - DAY, end=NOW)
    assert (await ask(api, key))["metrics"]["totalEngagement"] == 5


async def test_limits_platforms_and_accounts(api, key, ledger):
    one, other = await ledger.account("x"), await ledger.account("x")
    for number in range(7):
        await ledger.post(one if number % 2 else other, NOW - HOUR * (number + 1), f"{number}", {"likes": number})
    await ledger.post(await ledger.account("bluesky"), NOW - HOUR, figures={"likes": 100})
    found = (await ask(api, key, platform="twitter", limit=3))["metrics"]
    assert [each["platform"] for each in found["platformBreakdown"]] == ["twitter"]
    assert [each["content"] for each in found["platformBreakdown"][0]["recentPosts"]] == ["0", "1", "2"]
    assert [each["content"] for each in found["topPosts"]] == ["6", "5", "4", "3", "2"]
    assert found["topPosts"][0]["platform"] == "twitter"
    assert found["totalPosts"] == 7
    assert (await ask(api, key, platform="x"))["metrics"]["topPosts"][0]["platform"] == "x"
    assert (await ask(api, key, accountId=str(one)))["metrics"]["totalEngagement"] == 1 + 3 + 5
    assert (await ask(api, key))["metrics"]["totalPosts"] == 8


async def test_errors_stand_beside_what_is_known(api, key, ledger):
    fine, away, poor, new, closed = [await ledger.account("mastodon", f"@{number}") for number in range(5)]
    for account in (fine, away):
        await ledger.post(account, NOW - DAY, figures={"likes": 2})
    await ledger.run("UPDATE accounts SET status = 'needsReauthorization' WHERE id = :id", id=away)
    await ledger.run("UPDATE accounts SET status = 'restricted', status_reason = 'Suspended.' WHERE id = :id", id=closed)
    await ledger.looked(poor, {"code": "budgetSpent", "detail": "The day's budget is spent."})
    await ledger.looked(new, succeeded_at=None)
    found = await ask(api, key)

    assert {each["accountId"]: each["code"] for each in found["errors"]} == {
        str(away): "needsReauthorization", str(poor): "budgetSpent", str(new): "notMeasuredYet", str(closed): "restricted",
    }  # fmt: skip
    assert {each["platform"] for each in found["errors"]} == {"mastodon"}
    assert "Suspended." in [each["detail"] for each in found["errors"]]
    assert found["metrics"]["totalEngagement"] == 4


async def test_what_a_platform_refused_is_told_by_its_class(api, key, ledger):
    """As conclude writes it: a platform's own rule is the `code` there."""
    refusals = {
        "permissionMissing": describe(PermissionMissing("Grant more.", platform="x", rule="notPermitted"), NOW),
        "platformUnavailable": describe(PlatformUnavailable("Too slow.", platform="x", rule="tooSlow"), NOW),
        "metricsRefused": {"code": "metricsRefused", "detail": "The platform gives these no more: reach."},
    }
    assert refusals["permissionMissing"]["code"] == "notPermitted"
    for error in refusals.values():
        await ledger.looked(await ledger.account("x"), error)
    told = {each["code"]: each["detail"] for each in (await ask(api, key))["errors"]}
    assert told == {code: error["detail"] for code, error in refusals.items()}


async def test_without_an_account_there_is_nothing_to_tell(api, key, ledger):
    assert problem(await api.get(URL, headers=key), 404)["code"] == "noAccounts"
    account = await ledger.account("mastodon")
    assert problem(await api.get(f"{URL}?platform=twitter", headers=key), 404)["code"] == "noAccounts"
    problem(await api.get(f"{URL}?accountId={new_id()}", headers=key), 404)
    problem(await api.get(f"{URL}?accountId={account}&platform=x", headers=key), 404)
    await ledger.run("UPDATE accounts SET status = 'revoked' WHERE id = :id", id=account)
    assert problem(await api.get(URL, headers=key), 404)["code"] == "noAccounts"


@pytest.mark.parametrize(
    ("query", "code", "path"),
    [
        ({"timeRange": "8d"}, "rangeUnknown", "timeRange"),
        ({"timeRange": "7d", "from": NOW.isoformat()}, "rangeTwice", "timeRange"),
        ({"to": NOW.isoformat()}, "rangeOpen", "from"),
        ({"from": (NOW - DAY).isoformat(), "to": (NOW - DAY).isoformat()}, "rangeEmpty", "to"),
        ({"from": (NOW + 9 * DAY).isoformat()}, "rangeAhead", "from"),
        ({"from": (NOW - 500 * DAY).isoformat()}, "rangeTooLong", "from"),
        ({"platform": "myspace"}, "unknownPlatform", "platform"),
        ({"custom": "nothing"}, "unknownMetric", "custom.0"),
        ({"custom": ",".join(f"m{number}" for number in range(11))}, "invalid", "custom"),
    ],
)
async def test_what_cannot_be_asked(api, key, ledger, query, code, path):
    await ledger.account()
    found = problem(await api.get(URL, headers=key, params=query), 422, code)
    assert [each["path"] for each in found["errors"]] == [path]
    assert found["errors"][0].get("remediation") or "Known: " in found["detail"]


async def test_custom_metrics_per_post_per_platform_and_in_total(api, key, ledger):
    for name, formula in (
        ("rate", "(likes + comments) / reach * 100"),
        ("part", "likes / sum(likes) * 100"),
        ("all", "sum(likes)"),
    ):
        good(await api.post(f"{URL}/custom", headers=key, json={"key": name, "formula": formula}), 201)
    x, mastodon = await ledger.account("x"), await ledger.account("mastodon")
    await ledger.post(x, NOW - HOUR, "0", {"likes": 10, "comments": 2, "reach": 100})
    await ledger.post(x, NOW - 2 * HOUR, "1", {"likes": 5, "comments": 1, "reach": 50})
    await ledger.post(mastodon, NOW - 3 * HOUR, "2", {"likes": 25, "comments": 0})
    found = (await ask(api, key, custom="rate,part, all,rate"))["metrics"]

    assert found["custom"] == {
        "rate": {"value": 12.0, "unit": "percent", "known": 2},
        "part": {"value": 100.0, "unit": "percent", "known": 3},
        "all": {"value": 40.0, "unit": "count", "known": 3},
    }
    quiet, loud = found["platformBreakdown"]
    assert loud["custom"]["part"]["value"] == 37.5
    assert quiet["custom"]["rate"] == {"value": None, "unit": "percent", "known": 0}
    assert [each["custom"] for each in loud["recentPosts"]] == [
        {"rate": 12.0, "part": 25.0, "all": 40.0}, {"rate": 12.0, "part": 12.5, "all": 40.0},
    ]  # fmt: skip
    assert quiet["recentPosts"][0]["custom"] == {"rate": None, "part": 62.5, "all": 40.0}


async def test_an_answer_is_given_again_until_something_is_written(api, key, ledger, resources, workspace):
    account, other = await ledger.account(), await ledger.account("x")
    post = await ledger.post(account, NOW - DAY, figures={"likes": 1})
    good(await api.post(f"{URL}/custom", headers=key, json={"key": "twice", "formula": "likes * 2"}), 201)
    queries = ({}, {"platform": "mastodon"}, {"accountId": str(account)}, {"custom": "twice"})
    first = [await ask(api, key, **query) for query in queries]
    assert [each["cached"] for each in first] == [False] * 4
    await ledger.read(account, post, {"likes": 5})
    again = [await ask(api, key, **query) for query in queries]
    assert again == [each | {"cached": True} for each in first]

    await freshness.forget_account(resources.cache, workspace, other, "x")
    assert [(await ask(api, key, **query))["cached"] for query in queries] == [False, True, True, False]
    await freshness.forget_account(resources.cache, workspace, account, "mastodon")
    assert [(await ask(api, key, **query))["metrics"]["totalEngagement"] for query in queries] == [5] * 4
    good(await api.patch(f"{URL}/custom/twice", headers=key, json={"formula": "likes * 3"}))
    assert (await ask(api, key, custom="twice"))["metrics"]["custom"]["twice"]["value"] == 15
    assert (await ask(api, key, limit=5))["cached"] is False


async def test_nobody_sees_others(api, key, ledger, make, database):
    mine = await ledger.account("x")
    await ledger.post(mine, NOW - DAY, "mine", {"likes": 5})
    good(await api.post(f"{URL}/custom", headers=key, json={"key": "own", "formula": "likes * 2"}), 201)
    elsewhere = Ledger(database, await make.workspace())
    stranger = await make.key(elsewhere.workspace)
    await elsewhere.post(await elsewhere.account("x"), NOW - DAY, "theirs", {"likes": 70})
    good(await api.post(f"{URL}/custom", headers=stranger, json={"key": "own", "formula": "likes * 3"}), 201)
    for headers, content, likes, own in ((key, "mine", 5, 10), (stranger, "theirs", 70, 210), (key, "mine", 5, 10)):
        found = (await ask(api, headers, custom="own"))["metrics"]
        assert (found["totalPosts"], found["totalEngagement"], found["custom"]["own"]["value"]) == (1, likes, own)
        assert [each["content"] for each in found["topPosts"]] == [content]
    problem(await api.get(f"{URL}?accountId={mine}", headers=stranger), 404)


async def test_scopes(api, make, ledger, workspace):
    await ledger.account()
    good(await api.get(URL, headers=await make.key(workspace, "posts:read")))
    problem(await api.get(URL, headers=await make.key(workspace, "accounts:read")), 403)
    problem(await api.get(URL), 401)


async def test_what_is_gone_is_told_and_counts(api, key, ledger):
    account = await ledger.account()
    await ledger.post(account, NOW - DAY, figures={"likes": 3}, gone_at=NOW - HOUR)
    found = (await ask(api, key))["metrics"]
    assert found["totalEngagement"] == 3
    assert datetime.fromisoformat(found["topPosts"][0]["goneAt"]) == NOW - HOUR


async def test_times_are_utc_whatever_the_servers_zone_is(database, ledger):
    await ledger.post(await ledger.account(), NOW - DAY, figures={"likes": 3}, gone_at=NOW - HOUR)
    async with database.transaction(ledger.workspace) as session:
        await session.execute(text("SET LOCAL TimeZone = 'Asia/Kathmandu'"))
        report = await get_report(session, Question(period(NOW, "7d", None, None)), NOW)
    (post,) = report.metrics.top_posts
    times = [post.created_at, post.measured_at, post.gone_at, report.as_of.oldest, report.as_of.newest]
    assert {each.utcoffset() for each in times} == {timedelta(0)}
    assert times[::2][:2] == [NOW - DAY, NOW - HOUR]
