"""Figures of profiles and posts. The answers have the forms that unit/platforms/meta/host.py tells the origin of."""

from datetime import UTC, datetime, timedelta

import pytest

from contract.graph.host import answer, error, no_sleep
from ocma.platforms.errors import PermissionMissing, ReauthorizationRequired
from ocma.platforms.metrics import Target
from ocma.platforms.threads import Threads
from unit.platforms.meta.host import NOW, Clock, Host, broken_down, figures, insights, lifetime, total

PROFILE, POST = "1234567", "18053421982461234"
ACCOUNT = "me/threads_insights"
TABLE = Threads.manifest.measuring
KNOWN = {name: lifetime(value) for value, name in enumerate(("views", "likes", "replies", "reposts", "quotes", "shares"))}
EARLIEST = datetime.fromtimestamp(1712991600, UTC)


def threads(clock=None):
    return Threads(clock or Clock(), no_sleep)


async def measure(connector, host, **access):
    return await connector.measure_posts(host.access(PROFILE, "v1.0", **access), [Target(POST, NOW)])


def test_there_is_no_reach():
    assert not {"reach", "impressions"} & {each.name for each in TABLE.measures}


async def test_a_post():
    host = Host({f"{POST}/insights": insights(**KNOWN)})

    found = await measure(threads(), host)

    assert figures(found) == {"views": 0, "likes": 1, "replies": 2, "reposts": 3, "quotes": 4, "shares": 5}
    assert host.asked == [(f"{POST}/insights", {"metric": "views,likes,replies,reposts,quotes,shares"})]


async def test_a_repost_has_no_figures():
    host = Host({f"{POST}/insights": answer({"data": []})})

    found = await measure(threads(), host)

    assert (found.readings, found.refused, found.gone) == ((), (), ())


async def test_one_dead_name_of_many():
    known = {name: value for name, value in KNOWN.items() if name != "shares"}
    host, connector = Host({f"{POST}/insights": insights(**known)}), threads()

    found = await measure(connector, host)
    host.asked.clear()
    again = await measure(connector, host)

    assert found.refused == again.refused == ("shares",)
    assert figures(found) == figures(again) == {"views": 0, "likes": 1, "replies": 2, "reposts": 3, "quotes": 4}
    assert len(host.asked) == 1


async def test_a_post_that_is_gone():
    host = Host({f"{POST}/insights": error(100, 33), POST: error(100, 33)})

    assert (await measure(threads(), host)).gone == (POST,)


async def test_other_refusals_are_raised():
    with pytest.raises(ReauthorizationRequired):
        await measure(threads(), Host({f"{POST}/insights": error(190)}))


@pytest.mark.parametrize("lacking", ["threads_basic", "threads_manage_insights"])
async def test_what_was_not_granted_is_said_before_anything_is_asked(lacking):
    host, granted = Host({}), tuple(each for each in Threads.manifest.oauth.scopes if each != lacking)

    with pytest.raises(PermissionMissing) as refused:
        await measure(threads(), host, scopes=granted)
    with pytest.raises(PermissionMissing):
        await threads().measure_account(host.access(PROFILE, "v1.0", scopes=granted), NOW)
    assert lacking in refused.value.remediation
    assert host.asked == []


def views(query):
    since, until = (datetime.fromtimestamp(int(query[name]), UTC) for name in ("since", "until"))
    ends = [since + timedelta(days=each, hours=1) for each in range(1, (until - since).days + 1)]
    return {"period": "day", "values": [{"value": 6, "end_time": f"{end:%Y-%m-%dT%H}:00:00+0000"} for end in ends]}


CLICKS = {"link_total_values": [{"value": 5, "link_url": "https://a.example"}, {"value": 2, "link_url": "https://b.example"}]}


def account_host(followers, clicks=CLICKS):
    def reply(query):
        by = {"follower_demographics": broken_down(query.get("breakdown", ""), A=8)}
        daily = {name: total(3) for name in ("likes", "replies", "reposts", "quotes")}
        known = {"followers_count": total(followers), "views": views, "clicks": clicks, **daily}
        return insights(**known, **(by if followers >= 100 and "breakdown" in query else {}))(query)

    return Host({ACCOUNT: reply})


@pytest.mark.parametrize("clicks", [CLICKS, total(7)])
async def test_a_profile(clicks):
    host = account_host(1398, clicks)

    found = await threads().measure_account(host.access(PROFILE, "v1.0"), NOW - timedelta(days=2))

    assert figures(found) == {
        "followers_count": 1398,
        "views": 6,
        **dict.fromkeys(("likes", "replies", "reposts", "quotes"), 3),
        "clicks": 7,
        **{f"follower_demographics {by}=A": 8 for by in ("country", "city", "age", "gender")},
    }
    spans = {(each.start, each.end) for each in found.readings if each.measure.name in {"views", "clicks"}}
    assert max(spans)[1] == datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert len(spans) == 2
    assert "since" not in next(each for each in host.of(ACCOUNT) if each["metric"] == "followers_count")


async def test_few_followers_are_not_told_of():
    host = account_host(99)

    found = await threads().measure_account(host.access(PROFILE, "v1.0"), NOW - timedelta(days=1))

    assert found.refused == ()
    assert not [each for each in host.of(ACCOUNT) if "breakdown" in each]


async def test_nothing_is_asked_of_before_there_were_figures():
    host = account_host(50)
    clock = Clock(EARLIEST + timedelta(days=3))

    found = await threads(clock).measure_account(host.access(PROFILE, "v1.0"), EARLIEST - timedelta(days=40))

    assert figures(found)["views"] == 6
    assert min(int(each["since"]) for each in host.of(ACCOUNT) if "since" in each) >= 1712991600


async def test_posts_until_since_and_no_reposts():
    def shown(number, hours, kind="TEXT_POST"):
        at = NOW - timedelta(hours=hours)
        return {"id": str(number), "timestamp": f"{at:%Y-%m-%dT%H:%M:%S}+0000", "media_type": kind, "text": f"Post {number}"}

    posts = [shown(1, 0), shown(2, 1, "REPOST_FACADE"), shown(3, 2), shown(4, 30)]
    host = Host({"me/threads": answer({"data": posts})})

    found = [each async for each in threads().list_posts(host.access(PROFILE, "v1.0"), NOW - timedelta(hours=24))]

    assert [(each.id, each.text) for each in found] == [("1", "Post 1"), ("3", "Post 3")]
    assert host.asked[0][1]["fields"] == "id,text,timestamp,permalink,media_type"
