"""Answers as the examples on learn.microsoft.com have them (Organization Share Statistics, Organization Follower Statistics, Network
Size, Member Post Statistics, Member Follower Statistics; 2026), shortened; figures made up.
"""

from datetime import UTC, datetime

import httpx2
import pytest

from ocma.platforms.connector import Measures
from ocma.platforms.errors import PermissionMissing, PlatformUnavailable, ReauthorizationRequired, Throttled
from ocma.platforms.linkedin import LinkedIn
from ocma.platforms.linkedin.measures import MEMBER_DAYS, MEMBER_POSTS
from ocma.platforms.metrics import Target
from unit.platforms.answering import Host, figures

MANIFEST = LinkedIn.manifest
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SINCE = datetime(2026, 11, 21, 15, tzinfo=UTC)
DAY = 86_400_000  # milliseconds
FIRST = 1_795_219_200_000  # 21 November 2026
MEMBER, PAGE = "urn:li:person:782bbtaQ", "urn:li:organization:2414183"
SHARE, UGC, GONE = "urn:li:share:6844785523593134080", "urn:li:ugcPost:6844785523593134081", "urn:li:share:7"
COMMENT = f"urn:li:comment:({SHARE},8)"
PAGES = ("w_organization_social", "r_organization_social", "rw_organization_admin")
CREATOR = ("w_member_social", "r_member_postAnalytics", "r_member_profileAnalytics")
OBJECT = "com.linkedin.adsexternalapi.memberanalytics.v1.CreatorPostAnalyticsMetricTypeV1"
ENTITY = "/rest/memberCreatorPostAnalytics?q=entity&entity"
SHARES_OF = (
    "/rest/organizationalEntityShareStatistics?q=organizationalEntity&organizationalEntity=urn%3Ali%3Aorganization%3A2414183"
)
FOLLOWERS_OF = SHARES_OF.replace("Share", "Follower")
WITHIN = f"&timeIntervals=(timeRange:(start:{FIRST},end:{FIRST + 2 * DAY}),timeGranularityType:DAY)"


def page(*elements, **more):
    return {"paging": {"start": 0, "count": 10, "links": [], **more}, "elements": list(elements)}


def counts(**more):
    return {"totalShareStatistics": more, "organizationalEntity": PAGE}


def day(number, **more):
    return {"timeRange": {"start": FIRST + number * DAY, "end": FIRST + (number + 1) * DAY}, **more}


def told(count, kind, **more):
    return page({"count": count, "metricType": kind, **more})


def on(number):
    return {
        "dateRange": {"start": {"day": number, "month": 11, "year": 2026}, "end": {"day": number + 1, "month": 11, "year": 2026}}
    }


def refused(status, code="ACCESS_DENIED"):
    return httpx2.Response(status, json={"status": status, "code": code, "message": "Their words"})


def access(host, profile_id=PAGE, scopes=PAGES, entity="ugc"):
    settings = {"version": "202609", "ugc_entity": entity}
    return host.access("https://api.linkedin.com", profile_id, scopes, settings=settings)


def member(host, scopes=CREATOR, **more):
    return access(host, MEMBER, scopes, **more)


def targets(*ids):
    return [Target(each, SINCE) for each in ids]


LINKEDIN = LinkedIn(lambda: NOW)


async def test_a_page_has_followers_and_days():
    host = Host(
        {"firstDegreeSize": 219145},
        page(
            day(0, **counts(impressionCount=7, uniqueImpressionsCount=5, clickCount=0, engagement=0.1)),
            day(1, **counts(likeCount=2)),
        ),
        page(day(0, followerGains={"organicFollowerGain": 3, "paidFollowerGain": 0})),
    )

    found = await LINKEDIN.measure_account(access(host), SINCE)

    assert host.paths == [
        "/rest/networkSizes/urn%3Ali%3Aorganization%3A2414183?edgeType=COMPANY_FOLLOWED_BY_MEMBER",
        SHARES_OF + WITHIN,
        FOLLOWERS_OF + WITHIN,
    ]
    assert {each.headers["linkedin-version"] for each in host.asked} == {"202609"}
    assert figures(found) == {
        "firstDegreeSize": 219145,
        "totalShareStatistics.impressionCount:11-21T00": 7,
        "totalShareStatistics.uniqueImpressionsCount:11-21T00": 5,
        "totalShareStatistics.clickCount:11-21T00": 0,
        "totalShareStatistics.likeCount:11-22T00": 2,
        "followerGains.organicFollowerGain:11-21T00": 3,
        "followerGains.paidFollowerGain:11-21T00": 0,
    }
    assert {(each.end - each.start).days for each in found.readings if each.start} == {1}


async def test_today_is_no_whole_day():
    host = Host({"firstDegreeSize": 1})
    await LINKEDIN.measure_account(access(host), NOW)
    assert len(host.asked) == 1


async def test_days_go_over_pages():
    more = [{"rel": "next", "type": "application/json", "href": "/rest/x"}]
    host = Host(
        {},
        page(day(0, **counts(likeCount=1)), links=more),
        page(day(1, **counts(likeCount=2))),
        page(),
    )

    found = await LINKEDIN.measure_account(access(host), SINCE)

    assert host.paths[2] == f"{SHARES_OF}{WITHIN}&start=1"
    assert list(figures(found).values()) == [1, 2]


async def test_what_of_a_page_may_not_be_seen_is_named_beside_the_rest():
    host = Host({"firstDegreeSize": 5}, page(), refused(403))
    found = await LINKEDIN.measure_account(access(host), SINCE)
    assert figures(found) == {"firstDegreeSize": 5}
    assert found.refused == ("followerGains.organicFollowerGain", "followerGains.paidFollowerGain")


async def test_who_may_see_nothing_of_a_page_is_told():
    with pytest.raises(PermissionMissing):
        await LINKEDIN.measure_account(access(Host(*[refused(403)] * 3)), SINCE)


async def test_posts_of_a_page_are_asked_for_by_their_kind_and_without_data_they_are_unknown():
    host = Host(
        page({"share": SHARE, **counts(impressionCount=40, uniqueImpressionsCount=30, shareCount="2")}),
        page({"ugcPost": UGC, **counts(impressionCount=0)}, {"ugcPost": "urn:li:ugcPost:1", **counts(impressionCount=9)}),
    )

    found = await LINKEDIN.measure_posts(access(host), targets(SHARE, UGC, GONE, COMMENT))

    assert host.paths == [
        f"{SHARES_OF}&shares=List(urn%3Ali%3Ashare%3A6844785523593134080,urn%3Ali%3Ashare%3A7)",
        f"{SHARES_OF}&ugcPosts=List(urn%3Ali%3AugcPost%3A6844785523593134081)",
    ]
    assert figures(found) == {
        f"{SHARE}:totalShareStatistics.impressionCount": 40,
        f"{SHARE}:totalShareStatistics.uniqueImpressionsCount": 30,
        f"{SHARE}:totalShareStatistics.shareCount": 2,
        f"{UGC}:totalShareStatistics.impressionCount": 0,
    }
    assert (found.gone, found.refused) == ((), ())


async def test_comments_are_not_asked_for():
    host = Host()
    assert (await LINKEDIN.measure_posts(access(host), targets(COMMENT))).readings == ()
    assert (await LINKEDIN.measure_posts(member(host), targets(COMMENT))).readings == ()
    assert host.asked == []


async def test_a_wrong_form_is_named_or_an_error():
    host = Host(page({"share": SHARE, "totalShareStatistics": {"impressionCount": "many", "likeCount": 1}}))
    found = await LINKEDIN.measure_posts(access(host), targets(SHARE))
    assert (figures(found), found.refused) == (
        {f"{SHARE}:totalShareStatistics.likeCount": 1},
        ("totalShareStatistics.impressionCount",),
    )
    with pytest.raises(PlatformUnavailable):
        await LINKEDIN.measure_posts(access(Host({"elements": "none"})), targets(SHARE))


@pytest.mark.parametrize("form", [lambda name: name, lambda name: {OBJECT: name}], ids=["text", "object"])
@pytest.mark.parametrize(("entity", "kind"), [("ugc", "ugc"), ("ugcPost", "ugcPost")])
async def test_a_members_post_takes_a_call_for_each_metric(form, entity, kind):
    host = Host(*[told(number, form(each.name)) for number, each in enumerate(MEMBER_POSTS)])

    found = await LINKEDIN.measure_posts(member(host, entity=entity), targets(UGC))

    urn = "urn%3Ali%3AugcPost%3A6844785523593134081"
    assert host.paths == [f"{ENTITY}=({kind}:{urn})&queryType={each.name}&aggregation=TOTAL" for each in MEMBER_POSTS]
    assert figures(found) == {f"{UGC}:{each.name}": number for number, each in enumerate(MEMBER_POSTS)}
    assert found.refused == ()


async def test_a_share_is_asked_for_as_one_and_silence_is_not_0():
    host = Host(*[page()] * len(MEMBER_POSTS))
    assert (await LINKEDIN.measure_posts(member(host), targets(SHARE))).readings == ()
    assert host.paths[0].startswith(f"{ENTITY}=(share:urn%3Ali%3Ashare%3A6844785523593134080)&")


async def test_an_answer_to_another_question_is_none():
    host = Host(told(5, "REACTION"), *[page()] * (len(MEMBER_POSTS) - 1))
    found = await LINKEDIN.measure_posts(member(host), targets(SHARE))
    assert (found.readings, found.refused) == ((), ("IMPRESSION",))


async def test_a_metric_that_linkedin_does_not_know_is_asked_for_once():
    known, unknown = MEMBER_POSTS[:5], MEMBER_POSTS[5:]
    first = [*(told(1, each.name) for each in known), *[refused(400, "INVALID_VALUE_FOR_FIELD")] * len(unknown)]
    host = Host(*first, *(told(2, each.name) for each in known))

    found = await LINKEDIN.measure_posts(member(host), targets(SHARE, UGC))

    assert host.left == 0
    assert len(found.readings) == 2 * len(known)
    assert found.refused == tuple(each.name for each in unknown)


async def test_a_post_that_is_refused_does_not_cost_the_others():
    host = Host(refused(404, "NOT_FOUND"), *(told(1, each.name) for each in MEMBER_POSTS))
    found = await LINKEDIN.measure_posts(member(host), targets(GONE, UGC))
    assert {each.post for each in found.readings} == {UGC}
    assert found.gone == ()  # the same answer comes where the app may not ask at all


async def test_what_was_read_before_a_limit_is_kept():
    host = Host(told(1, "IMPRESSION"), refused(429, "TOO_MANY_REQUESTS"))
    found = await LINKEDIN.measure_posts(member(host), targets(SHARE, UGC))
    assert figures(found) == {f"{SHARE}:IMPRESSION": 1}
    assert found.refused == tuple(each.name for each in MEMBER_POSTS)
    with pytest.raises(Throttled):
        await LINKEDIN.measure_posts(member(Host(refused(429, "TOO_MANY_REQUESTS"))), targets(SHARE))


async def test_a_member_has_followers_reach_and_days():
    days = [
        page({"count": 4, "metricType": each.name, **on(21)}, {"count": 0, "metricType": each.name, **on(22)})
        for each in MEMBER_DAYS
    ]
    host = Host(page({"memberFollowersCount": 901}), told(77, {OBJECT: "MEMBERS_REACHED"}, dateRange={}), *days)

    found = await LINKEDIN.measure_account(member(host), SINCE)

    base = "/rest/memberCreatorPostAnalytics?q=me&queryType"
    within = "dateRange=(start:(day:21,month:11,year:2026),end:(day:23,month:11,year:2026))"
    assert host.paths == [
        "/rest/memberFollowersCount?q=me",
        f"{base}=MEMBERS_REACHED&aggregation=TOTAL",
        *(f"{base}={each.name}&aggregation=DAILY&{within}" for each in MEMBER_DAYS),
    ]
    expected = {"memberFollowersCount": 901, "MEMBERS_REACHED": 77}
    for each in MEMBER_DAYS:
        expected |= {f"{each.name}:11-21T00": 4, f"{each.name}:11-22T00": 0}
    assert figures(found) == expected


async def test_a_day_that_is_not_over_is_left_out():
    more = [page({"count": 4, "metricType": each.name, **on(23)}) for each in MEMBER_DAYS]
    host = Host(page(), page(), *more)
    assert (await LINKEDIN.measure_account(member(host), SINCE)).readings == ()


@pytest.mark.parametrize("wrong", [{"day": 31, "month": 2, "year": 2026}, {"day": None}, {}, "today"], ids=str)
async def test_a_day_that_there_is_not_is_no_answer(wrong):
    broken = page({"count": 1, "metricType": "IMPRESSION", "dateRange": {"start": wrong}})
    with pytest.raises(PlatformUnavailable):
        await LINKEDIN.measure_account(member(Host(page(), page(), broken)), SINCE)


async def test_a_figure_of_no_day_is_named():
    host = Host(page(), page(), *(told(1, each.name, dateRange={}) for each in MEMBER_DAYS))
    found = await LINKEDIN.measure_account(member(host), SINCE)
    assert (found.readings, found.refused) == ((), tuple(each.name for each in MEMBER_DAYS))
    host = Host({}, page(counts(likeCount=1)), page(followerGains={"organicFollowerGain": 1}))
    found = await LINKEDIN.measure_account(access(host), SINCE)
    assert found.readings == ()
    assert "totalShareStatistics.likeCount" in found.refused


async def test_a_member_whose_app_sees_nothing_is_told_without_a_call():
    host, plain = Host(), ("openid", "profile", "email", "w_member_social")
    for asking in (
        LINKEDIN.measure_account(member(host, plain), SINCE),
        LINKEDIN.measure_posts(member(host, plain), targets(SHARE)),
    ):
        with pytest.raises(PermissionMissing):
            await asking
    assert host.asked == []
    assert MANIFEST.oauth.missing("measure", plain) != ()
    assert MANIFEST.oauth.missing("measure", PAGES) == MANIFEST.oauth.missing("measure", CREATOR) == ()


async def test_one_permission_of_two_gives_its_part():
    host = Host(page({"memberFollowersCount": 901}))
    found = await LINKEDIN.measure_account(member(host, ("r_member_profileAnalytics",)), SINCE)
    assert figures(found) == {"memberFollowersCount": 901}
    assert found.refused == ("MEMBERS_REACHED", *(each.name for each in MEMBER_DAYS))


async def test_a_token_that_is_refused_is_no_missing_figure():
    with pytest.raises(ReauthorizationRequired):
        await LINKEDIN.measure_account(access(Host(refused(401, "REVOKED_ACCESS_TOKEN"))), SINCE)


def post(number, at, **more):
    return {"id": f"urn:li:share:{number}", "createdAt": at, "lastModifiedAt": at, "lifecycleState": "PUBLISHED", **more}


async def test_posts_of_a_page_are_listed_until_they_are_too_old():
    new = FIRST + 2 * DAY
    full = [post(number, new, commentary=r"Hello \#1") for number in range(98)]
    draft, old = post(98, new, lifecycleState="DRAFT"), post(99, FIRST - DAY, lastModifiedAt=new)
    host = Host(page(*full, draft, old), page(*[post(number, FIRST - DAY) for number in range(100, 200)]))

    found = [each async for each in LINKEDIN.list_posts(access(host), SINCE)]

    assert host.left == 0
    assert [each.id for each in found] == [each["id"] for each in full]
    assert found[0].text == "Hello #1"
    assert found[0].url == "https://www.linkedin.com/feed/update/urn:li:share:0/"
    assert host.paths[1].endswith("&sortBy=CREATED&start=100")
    assert host.asked[0].headers["x-restli-method"] == "FINDER"


async def test_a_members_posts_are_not_told():
    host = Host()
    assert [each async for each in LINKEDIN.list_posts(member(host), SINCE)] == []
    assert host.asked == []


def test_each_reading_is_of_the_table():
    assert isinstance(LINKEDIN, Measures)
    names = [(each.of, each.name) for each in MANIFEST.measuring.measures]
    assert len(set(names)) == len(names)
