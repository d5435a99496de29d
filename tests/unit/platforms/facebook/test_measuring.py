"""Figures of pages and their posts. The answers have the forms that unit/platforms/meta/host.py tells the origin of."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from contract.graph.host import answer, error, no_sleep
from ocma.platforms.errors import PermissionMissing, ReauthorizationRequired, Throttled
from ocma.platforms.facebook import Facebook
from ocma.platforms.metrics import Target
from unit.platforms.meta.host import NOW, Clock, Host, by_day, figures, insights, lifetime

PAGE, POST, REEL, VIDEO = "1755", "1755_122", "1755_9100", "9100"
TABLE = Facebook.manifest.measuring
KNOWN = {
    "post_media_view": lifetime(812),
    "post_total_media_view_unique": lifetime(640),
    "post_clicks": lifetime(12),
    "post_clicks_by_type": lifetime({"other clicks": 9, "link clicks": 3}),
    "post_activity_by_action_type": lifetime({"like": 20, "share": 2}),
    "post_reactions_by_type_total": lifetime({"like": 18, "love": 2}),
    "post_video_views": lifetime(0),
}
COUNTERS = {
    "id": POST,
    "shares": {"count": 2},
    "comments": {"data": [], "summary": {"order": "ranked", "total_count": 4, "can_comment": True}},
    "reactions": {"data": [], "summary": {"total_count": 20, "viewer_reaction": "NONE"}},
}
DEAD = ("impressions", "page_fans", "engaged_users", "page_video_views")


def facebook(clock=None):
    return Facebook(clock or Clock(), no_sleep)


def without(*names):
    return {name: value for name, value in KNOWN.items() if name not in names}


def post_host(known=KNOWN, counters=COUNTERS, **more):
    counted = counters if callable(counters) else answer(counters)
    return Host({POST: counted, f"{POST}/insights": insights(**known), **more})


async def measure(connector, host, post=POST, **access):
    return await connector.measure_posts(host.access(PAGE, **access), [Target(post, NOW)])


def test_no_dead_name_is_asked():
    assert not [each.name for each in TABLE.measures for dead in DEAD if dead in each.name]
    assert len({(each.name, each.of, each.kinds) for each in TABLE.measures}) == len(TABLE.measures)


async def test_a_post():
    host = post_host()

    found = await measure(facebook(), host)

    assert figures(found) == {
        "reactions.summary.total_count": 20,
        "comments.summary.total_count": 4,
        "shares.count": 2,
        "post_media_view": 812,
        "post_total_media_view_unique": 640,
        "post_clicks": 12,
        "post_clicks_by_type type=other clicks": 9,
        "post_clicks_by_type type=link clicks": 3,
        "post_activity_by_action_type type=like": 20,
        "post_activity_by_action_type type=share": 2,
        "post_reactions_by_type_total type=like": 18,
        "post_reactions_by_type_total type=love": 2,
        "post_video_views": 0,
    }
    assert (found.refused, found.gone) == ((), ())
    assert {each.post for each in found.readings} == {POST}
    assert host.asked == [
        (POST, {"fields": "id,reactions.summary(true).limit(0),comments.summary(true).limit(0),shares"}),
        (f"{POST}/insights", {"metric": ",".join(KNOWN)}),
    ]


async def test_what_the_table_has_is_what_is_asked():
    host, connector = post_host(), facebook()
    connector.manifest = replace(Facebook.manifest, measuring=replace(TABLE, measures=TABLE.measures[:1]))

    assert list(figures(await measure(connector, host))) == ["post_media_view"]
    assert host.asked == [(f"{POST}/insights", {"metric": "post_media_view"})]


async def test_what_is_not_told_is_not_0():
    host = post_host(dict.fromkeys(KNOWN), {"id": POST, "comments": {"data": []}})

    found = await measure(facebook(), host)

    assert (found.readings, found.refused, found.gone) == ((), (), ())


async def test_one_dead_name_of_many_costs_itself_only():
    clock = Clock()
    host, connector = post_host(without("post_clicks_by_type")), facebook(clock)

    found = await measure(connector, host)
    assert found.refused == ("post_clicks_by_type",)
    assert {each.measure.name for each in found.readings} >= set(without("post_clicks_by_type"))
    assert 1 < len(host.of(f"{POST}/insights")) <= 7

    host.asked.clear()
    clock.pass_hours(1)
    again = await measure(connector, host)
    assert (figures(again), again.refused) == (figures(found), found.refused)
    assert [each["metric"] for each in host.of(f"{POST}/insights")] == [",".join(without("post_clicks_by_type"))]

    host.replies[f"{POST}/insights"] = insights(**KNOWN)
    clock.pass_hours(12)
    assert (await measure(connector, host)).refused == ()


async def test_the_third_post_is_not_asked_for_what_two_refused():
    host, connector = post_host(without("post_clicks")), facebook()
    for each in ("1755_1", "1755_2", "1755_3"):
        host.replies |= {each: answer(COUNTERS), f"{each}/insights": host.replies[f"{POST}/insights"]}
        found = await measure(connector, host, each)
        assert found.refused == ("post_clicks",)

    assert len(host.of("1755_2/insights")) > 1
    assert len(host.of("1755_3/insights")) == 1


@pytest.mark.parametrize("node", [REEL, VIDEO])
async def test_a_reel_has_its_figures_at_the_video(node):
    told = {"blue_reels_play_count": lifetime(90), "post_video_avg_time_watched": lifetime(3500), "unknown": lifetime(1)}
    video = answer({"data": [{"name": name, **entry} for name, entry in told.items()]})
    host = Host({node: answer({"id": node}), f"{node}/insights": insights(), f"{VIDEO}/video_insights": video})
    connector = facebook()

    found = await measure(connector, host, node)

    assert figures(found) == {"blue_reels_play_count": 90, "post_video_avg_time_watched": 3.5}
    assert found.refused == ()
    assert host.of(f"{VIDEO}/video_insights") == [{}]
    host.asked.clear()
    assert figures(await measure(connector, host, node)) == figures(found)
    assert host.of(f"{node}/insights") == []


@pytest.mark.parametrize("refusal", [error(100), error(100, 33)])
@pytest.mark.parametrize("first", [error(100), error(100, 33)])
async def test_what_has_figures_nowhere_has_its_counters(first, refusal):
    host = post_host(**{f"{POST}/insights": first, f"{POST.partition('_')[2]}/video_insights": refusal})

    found = await measure(facebook(), host)

    assert list(figures(found)) == ["reactions.summary.total_count", "comments.summary.total_count", "shares.count"]
    assert set(KNOWN) <= set(found.refused)


async def test_a_post_that_is_gone():
    host = post_host(counters=lambda _: error(100, 33))

    found = await measure(facebook(), host)

    assert (found.gone, found.readings) == ((POST,), ())
    assert len(host.asked) == 4  # it is not believed at once


async def test_a_post_that_is_there_after_all_is_not_gone():
    answers = [error(100, 33), error(100, 33), answer({"id": POST, "created_time": "2026-11-01T10:00:00+0000"})]
    host = post_host(counters=lambda _: answers.pop(0))

    found = await measure(facebook(), host)

    assert (found.gone, found.readings) == ((), ())


@pytest.mark.parametrize(
    ("refusal", "leaf"),
    [(error(190, 463), ReauthorizationRequired), (error(4), Throttled), (error(32), Throttled), (error(10), PermissionMissing)],
)
async def test_other_refusals_are_raised(refusal, leaf):
    host = post_host(**{f"{POST}/insights": refusal})

    with pytest.raises(leaf):
        await measure(facebook(), host)
    assert len(host.of(f"{POST}/insights")) == 1


@pytest.mark.parametrize("lacking", Facebook.manifest.oauth.needs["measure"])
async def test_what_was_not_granted_is_said_before_anything_is_asked(lacking):
    host, granted = Host({}), tuple(each for each in Facebook.manifest.oauth.scopes if each != lacking)
    access = host.access(PAGE, scopes=granted)

    with pytest.raises(PermissionMissing) as refused:
        await measure(facebook(), host, scopes=granted)
    with pytest.raises(PermissionMissing):
        await facebook().measure_account(access, NOW)
    with pytest.raises(PermissionMissing):
        _ = [each async for each in facebook().list_posts(access, NOW)]
    assert lacking in refused.value.remediation
    assert host.asked == []


def days_of(entry):
    """`entry` of each day that is asked for: `end_time` in (since, until]."""

    def reply(query):
        since, until = (datetime.fromtimestamp(int(query[name]), UTC) for name in ("since", "until"))
        ends = [since + timedelta(days=each, hours=1) for each in range(1, (until - since).days + 1)]
        return {"period": "day", "values": [{"value": entry, "end_time": f"{end:%Y-%m-%dT%H}:00:00+0000"} for end in ends]}

    return reply


async def test_a_page_by_days_in_windows():
    daily = {name: days_of(5) for name in (each.name for each in TABLE.asked("account", "days"))}
    host = Host({PAGE: answer({"id": PAGE, "followers_count": 77}), f"{PAGE}/insights": insights(**daily)})

    found = await facebook().measure_account(host.access(PAGE), NOW - timedelta(days=200))

    (now_is,) = [each for each in found.readings if each.start is None]
    views = sorted((each for each in found.readings if each.measure.name == "page_media_view"), key=lambda each: each.start)
    spans = sorted((int(each["since"]), int(each["until"])) for each in host.of(f"{PAGE}/insights"))
    assert (now_is.measure.name, now_is.value) == ("followers_count", 77)
    assert len(spans) == 3
    assert all(until - since <= 90 * 86_400 for since, until in spans)
    assert [until for _, until in spans[:-1]] == [since for since, _ in spans[1:]]
    assert len(views) == 200
    assert all(one.end == two.start for one, two in pairwise(views))
    assert views[-1].end == datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert {each["period"] for each in host.of(f"{PAGE}/insights")} == {"day"}


async def test_days_that_are_not_counted_yet_are_left_out():
    known = dict.fromkeys(each.name for each in TABLE.asked("account", "days"))
    known["page_media_view"] = by_day(d2026_11_21=3, d2026_11_24=1)
    known["page_post_engagements"] = {"period": "day", "values": []}
    host = Host({PAGE: answer({"id": PAGE}), f"{PAGE}/insights": insights(**known)})

    found = await facebook().measure_account(host.access(PAGE), NOW - timedelta(days=3))

    assert figures(found) == {"page_media_view": 3}


def shown(number, at, **more):
    return {"id": f"1755_{number}", "created_time": f"{at:%Y-%m-%dT%H:%M:%S}+0000", "message": f"Post {number}", **more}


async def test_posts_page_by_page_until_since():
    since = NOW - timedelta(days=2)
    pages = {
        None: [shown(1, NOW, permalink_url="/1755/videos/1", shares={"count": 2}), shown(2, NOW - timedelta(hours=1))],
        "b": [shown(3, since, message=None), *(shown(number, since - timedelta(days=1)) for number in range(4, 30))],
    }

    def listed(query):
        after = query.get("after")
        return answer({"data": pages[after], "paging": {"cursors": {"after": "c" if after else "b"}, "next": "https://x"}})

    host = Host({f"{PAGE}/published_posts": listed})

    found = [each async for each in facebook().list_posts(host.access(PAGE), since)]

    assert [(each.id, each.text) for each in found] == [("1755_1", "Post 1"), ("1755_2", "Post 2"), ("1755_3", "")]
    assert found[0].url == "https://www.facebook.com/1755/videos/1"
    assert [(each.measure.name, each.value, each.post) for each in found[0].readings] == [("shares.count", 2, "1755_1")]
    assert found[2].at == since
    assert [each.get("after") for each in host.of(f"{PAGE}/published_posts")] == [None, "b"]
    assert host.of(f"{PAGE}/published_posts")[0] == {
        "fields": "id,message,created_time,permalink_url,reactions.summary(true).limit(0),comments.summary(true).limit(0),shares",
        "since": str(int(since.timestamp())),
        "limit": "50",
    }
