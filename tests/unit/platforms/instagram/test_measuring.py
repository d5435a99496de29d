"""Figures of accounts and media. The answers have the forms that unit/platforms/meta/host.py tells the origin of."""

from datetime import UTC, datetime, timedelta

import pytest

from contract.graph.host import answer, error, no_sleep
from ocma.platforms.errors import PermissionMissing, Throttled
from ocma.platforms.instagram import Instagram
from ocma.platforms.metrics import Target
from unit.platforms.meta.host import NOW, Clock, Host, broken_down, figures, insights, lifetime, total

ACCOUNT, MEDIA = "17841405309211844", "17895695668004550"
TABLE = Instagram.manifest.measuring
ALL = {"views", "reach", "total_interactions", "shares", "reposts"}
STAYS = {"likes", "comments", "saved"}
BRIEF = {"follows", "profile_visits", "profile_activity"}
REEL = {"ig_reels_video_view_total_time", "ig_reels_avg_watch_time", "reels_skip_rate"}
KINDS = {"FEED": ALL | STAYS | BRIEF, "REELS": ALL | STAYS | REEL, "STORY": ALL | BRIEF | {"navigation", "replies"}}
DEAD = {"impressions", "plays", "video_views", "clips_replays_count", "ig_reels_aggregated_all_plays_count", "website_clicks"}
BEFORE = error(100, 2108006, error_user_title="Media posted before business account conversion")
FEW = error(10, message="(#10) Not enough viewers for the media to show insights")


def instagram(clock=None):
    return Instagram(clock or Clock(), no_sleep)


def media(kind="FEED", **counters):
    return answer({"id": MEDIA, "media_product_type": kind, "like_count": 10, "comments_count": 3, **counters})


def media_host(kind="FEED", **told):
    known = {name: lifetime(told.get(name, 1)) for name in KINDS.get(kind, ALL)}
    return Host({MEDIA: media(kind), f"{MEDIA}/insights": insights(**known)})


async def measure(connector, host, at=NOW, **access):
    return await connector.measure_posts(host.access(ACCOUNT, **access), [Target(MEDIA, at)])


def test_no_dead_name_is_asked():
    assert not DEAD & {each.name for each in TABLE.measures}


@pytest.mark.parametrize("kind", KINDS)
async def test_each_kind_is_asked_for_what_it_has(kind):
    host = media_host(kind)

    found = await measure(instagram(), host)

    assert host.asked[0] == (MEDIA, {"fields": "media_product_type,like_count,comments_count"})
    (asked,) = host.of(f"{MEDIA}/insights")
    assert set(asked["metric"].split(",")) == KINDS[kind]
    assert {each.measure.name for each in found.readings} == KINDS[kind] | {"like_count", "comments_count"}
    assert found.refused == ()


async def test_an_unknown_kind_is_asked_for_what_all_have():
    host = media_host("CLIPS_OF_2030")

    assert {"views", "reach", "like_count"} <= set(figures(await measure(instagram(), host)))
    assert set(host.of(f"{MEDIA}/insights")[0]["metric"].split(",")) == ALL


async def test_times_are_seconds_and_a_share_is_percent():
    told = {"ig_reels_video_view_total_time": 5_128_546, "ig_reels_avg_watch_time": 6524, "reels_skip_rate": 48.4}

    found = figures(await measure(instagram(), media_host("REELS", **told)))

    assert {name: found[name] for name in told} == {
        "ig_reels_video_view_total_time": pytest.approx(5128.546),
        "ig_reels_avg_watch_time": pytest.approx(6.524),
        "reels_skip_rate": 48.4,
    }


async def test_likes_that_the_owner_hides_are_unknown():
    host = media_host()
    host.replies[MEDIA] = answer({"id": MEDIA, "media_product_type": "FEED", "comments_count": 0})

    found = figures(await measure(instagram(), host))

    assert "like_count" not in found
    assert found["comments_count"] == 0


@pytest.mark.parametrize(("age", "asked"), [(23, True), (25, False)])
async def test_a_story_is_asked_for_while_it_lasts(age, asked):
    host = media_host("STORY")

    found = await measure(instagram(), host, NOW - timedelta(hours=age))

    assert bool(host.of(f"{MEDIA}/insights")) is asked
    assert figures(found)["like_count"] == 10


async def test_a_name_that_one_kind_lost_is_asked_of_the_other():
    connector, reel = instagram(), media_host("REELS")
    reel.replies[f"{MEDIA}/insights"] = insights(**{name: lifetime(1) for name in KINDS["REELS"] - {"reposts"}})
    assert (await measure(connector, reel)).refused == ("reposts",)

    assert (await measure(connector, reel)).refused == ("reposts",)
    assert len(reel.of(f"{MEDIA}/insights")[-1]["metric"].split(",")) == len(KINDS["REELS"]) - 1
    other = insights(**{name: lifetime(1) for name in KINDS["FEED"]})
    reel.replies |= {MEDIA: media("FEED"), f"{MEDIA}/insights": other}
    assert (await measure(connector, reel)).refused == ()


@pytest.mark.parametrize("refusal", [FEW, BEFORE], ids=["few", "before"])
async def test_what_has_no_figures_has_its_counters(refusal):
    host = media_host()
    host.replies[f"{MEDIA}/insights"] = refusal

    found = await measure(instagram(), host)

    assert figures(found) == {"like_count": 10, "comments_count": 3}
    assert len(host.of(f"{MEDIA}/insights")) == 1


@pytest.mark.parametrize(("refusal", "leaf"), [(error(10), PermissionMissing), (error(80002), Throttled)])
async def test_other_refusals_are_raised(refusal, leaf):
    host = media_host()
    host.replies[f"{MEDIA}/insights"] = refusal

    with pytest.raises(leaf):
        await measure(instagram(), host)


async def test_a_part_of_a_carousel_has_no_figures():
    host = media_host()
    host.replies[f"{MEDIA}/insights"] = insights()

    found = await measure(instagram(), host)

    assert figures(found) == {"like_count": 10, "comments_count": 3}
    assert set(found.refused) == KINDS["FEED"]


async def test_media_that_are_gone():
    host = Host({MEDIA: error(100, 33)})

    assert (await measure(instagram(), host)).gone == (MEDIA,)


@pytest.mark.parametrize("lacking", ["instagram_business_basic", "instagram_business_manage_insights"])
async def test_what_was_not_granted_is_said_before_anything_is_asked(lacking):
    host, granted = Host({}), tuple(each for each in Instagram.manifest.oauth.scopes if each != lacking)

    for asking in (
        measure(instagram(), host, scopes=granted),
        instagram().measure_account(host.access(ACCOUNT, scopes=granted), NOW),
    ):
        with pytest.raises(PermissionMissing) as refused:
            await asking
        assert lacking in refused.value.remediation
    assert host.asked == []


def at_midnight(query):
    """Ends of days that are asked for."""
    since, until = (datetime.fromtimestamp(int(query[name]), UTC) for name in ("since", "until"))
    return [since + timedelta(days=each) for each in range(1, (until - since).days + 1)]


def series(value):
    return lambda query: {"values": [{"value": value, "end_time": f"{end:%Y-%m-%dT%H:%M:%S}+0000"} for end in at_midnight(query)]}


def account_insights(query):
    """As Instagram takes them: some by the day, some as totals, some broken down, and none of these together."""
    totals = {each.name: total(4) for each in TABLE.asked("account", "totals")}
    by = query.get("breakdown", "")
    known = {
        ("day", "time_series", ""): {"reach": series(70)},
        ("day", "total_value", ""): totals,
        ("day", None, ""): {"follower_count": series(2)},
        ("day", "total_value", "follow_type"): {"follows_and_unfollows": broken_down(by, FOLLOWER=9, NON_FOLLOWER=3)},
        ("lifetime", None, ""): {"online_followers": series({"0": 20, "13": 80})},
    }
    known |= {("lifetime", "total_value", each): {"follower_demographics": broken_down(each, A=6)} for each in ("country", "age")}
    known |= {("lifetime", "total_value", each): {"follower_demographics": None} for each in ("city", "gender")}
    return insights(**known[query["period"], query.get("metric_type"), by])(query)


def account_host(followers):
    counted = answer({"id": ACCOUNT, "followers_count": followers, "follows_count": 5, "media_count": 40})
    return Host({ACCOUNT: counted, f"{ACCOUNT}/insights": account_insights})


async def test_an_account():
    host = account_host(100)

    found = await instagram().measure_account(host.access(ACCOUNT), NOW - timedelta(days=3))

    days = {each.start for each in found.readings if each.start}
    assert len(days) == 3
    assert max(each.end for each in found.readings if each.end) == datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert figures(found) == {
        "followers_count": 100,
        "follows_count": 5,
        "media_count": 40,
        "reach": 70,
        **{each.name: 4 for each in TABLE.asked("account", "totals")},
        "follower_count": 2,
        "follows_and_unfollows.FOLLOWER": 9,
        "follows_and_unfollows.NON_FOLLOWER": 3,
        "online_followers hour=0": 20,
        "online_followers hour=13": 80,
        "follower_demographics country=A": 6,
        "follower_demographics age=A": 6,
    }
    assert len([each for each in found.readings if each.measure.name == "views"]) == 3
    assert found.refused == ()


async def test_few_followers_are_not_told_of():
    host = account_host(99)

    found = await instagram().measure_account(host.access(ACCOUNT), NOW - timedelta(days=1))

    audience = {"follower_count", "online_followers", "follower_demographics"}
    assert not audience & {each.measure.name for each in found.readings}
    assert not audience & {name for each in host.of(f"{ACCOUNT}/insights") for name in each["metric"].split(",")}
    assert figures(found)["reach"] == 70


async def test_no_more_days_are_asked_than_are_told():
    host = account_host(1000)

    await instagram().measure_account(host.access(ACCOUNT), NOW - timedelta(days=400))

    spans = [int(each["until"]) - int(each["since"]) for each in host.of(f"{ACCOUNT}/insights") if "until" in each]
    assert max(spans) <= 30 * 86_400
    assert (
        min(int(each["since"]) for each in host.of(f"{ACCOUNT}/insights") if "since" in each)
        >= (NOW - timedelta(days=30)).timestamp()
    )


async def test_a_timeframe_is_told_where_one_is_set():
    for timeframe, asked in (("this_week", {"this_week"}), ("", {None})):
        host = account_host(1000)
        access = host.access(ACCOUNT, settings={"version": "v26.0", "timeframe": timeframe})
        await instagram().measure_account(access, NOW)
        people = [each for each in host.of(f"{ACCOUNT}/insights") if each["metric"] == "follower_demographics"]
        assert {each.get("timeframe") for each in people} == asked
        assert [each["breakdown"] for each in people] == ["country", "city", "age", "gender"]


def shown(number, at, **more):
    return {"id": str(number), "timestamp": f"{at:%Y-%m-%dT%H:%M:%S}+0000", "caption": f"Post {number}", **more}


async def test_posts_and_stories_newest_first():
    hour = timedelta(hours=1)
    stories = [shown(11, NOW - 4 * hour), shown(12, NOW - hour), shown(13, NOW - 90 * hour)]
    posts = [
        shown(1, NOW, like_count=0, permalink="https://www.instagram.com/p/1/"),
        shown(2, NOW - 3 * hour),
        shown(3, NOW - 40 * hour),
    ]
    host = Host({f"{ACCOUNT}/stories": answer({"data": stories}), f"{ACCOUNT}/media": answer({"data": posts})})

    found = [each async for each in instagram().list_posts(host.access(ACCOUNT), NOW - 24 * hour)]

    assert [each.id for each in found] == ["1", "12", "2", "11"]
    assert found[0].url == "https://www.instagram.com/p/1/"
    assert [(each.measure.name, each.value) for each in found[0].readings] == [("like_count", 0)]
    assert "since" not in host.of(f"{ACCOUNT}/stories")[0]
