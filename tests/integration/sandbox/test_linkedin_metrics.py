"""Figures of pages and of members as LinkedIn tells them, held to the books of figures."""

from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from integration.sandbox.linkedin_walk import MEMBER, PAGES, LinkedInApp, encoded

DAY, HOUR = 86400, 3600
FIRST = int(datetime(2026, 9, 21, tzinfo=UTC).timestamp())
"""The beginning of the first day; it is 14:13:20 when the world begins."""
COUNTS = ("impressionCount", "uniqueImpressionsCount", "clickCount", "likeCount", "commentCount", "shareCount")
OLD = ("IMPRESSION", "MEMBERS_REACHED", "RESHARE", "REACTION", "COMMENT")
NEW = ("POST_SEND", "POST_SAVE", "LINK_CLICKS", "PREMIUM_CTA_CLICKS", "FOLLOWER_GAINED_FROM_CONTENT", "PROFILE_VIEW_FROM_CONTENT")
POLL = {"poll": {"question": "?", "options": [{"text": "a"}, {"text": "b"}], "settings": {"duration": "THREE_DAYS"}}}
ANALYSED = f"{PAGES} r_member_postAnalytics r_member_profileAnalytics"


@pytest.fixture
def app(url, control):
    control.settle("linkedin", rate_factor=0)
    return LinkedInApp(url)


@pytest.fixture
def alice(app, control):
    alice = app.connect("alice", ANALYSED)
    for account in ("alice", "alice_page_1"):
        control.watch("linkedin", account)
    return alice


@pytest.fixture
def page(alice):
    return alice.pages[0]


def figures(control, **asked):
    return control.figures(platform="linkedin", **asked)["figures"]


def days(control, account, first, last):
    return control.figures(platform="linkedin", account=account, **{"from": first, "to": last})["days"]


def elements(user, path):
    response = user.get(path)
    assert response.status_code == 200, response.text
    return response.json()["elements"]


def listed(*urns):
    return f"List({','.join(encoded(urn) for urn in urns)})"


def by_time(start, end, unit="DAY"):
    ends = "" if end is None else f",end:{end * 1000}"
    return f"&timeIntervals=(timeRange:(start:{start * 1000}{ends}),timeGranularityType:{unit})"


def shares(user, page, more=""):
    path = "/rest/organizationalEntityShareStatistics?q=organizationalEntity&organizationalEntity="
    return elements(user, path + encoded(page) + more)


def gains(user, page, more):
    path = "/rest/organizationalEntityFollowerStatistics?q=organizationalEntity&organizationalEntity="
    return elements(user, path + encoded(page) + more)


def size(user, page):
    return user.get(f"/rest/networkSizes/{encoded(page)}?edgeType=COMPANY_FOLLOWED_BY_MEMBER").json()["firstDegreeSize"]


def counts(element):
    return {name: element["totalShareStatistics"][name] for name in COUNTS}


def start_of(element):
    return datetime.fromtimestamp(element["timeRange"]["start"] / 1000, UTC)


def test_a_page_s_posts_count_what_the_books_say(alice, page, control, clock):
    share, poll = alice.posted("one", page), alice.posted("vote", page, content=POLL)
    alice.comment(share, "first", actor=page)
    clock.now += 2 * DAY
    found = shares(alice, page, f"&shares={listed(share)}&ugcPosts={listed(poll)}")
    assert [each.get("share") or each.get("ugcPost") for each in found] == [share, poll]
    for element, urn in zip(found, (share, poll), strict=True):
        booked = figures(control, id=urn)
        assert counts(element) == booked
        assert booked["impressionCount"] > booked["uniqueImpressionsCount"] > booked["likeCount"] > booked["commentCount"] > 0
        engaged = sum(booked[name] for name in COUNTS[2:])
        assert element["totalShareStatistics"]["engagement"] == engaged / booked["impressionCount"]
    (whole,) = shares(alice, page)
    assert counts(whole) == {name: figures(control, account="alice_page_1")[name] for name in COUNTS}
    assert counts(whole)["impressionCount"] == sum(counts(each)["impressionCount"] for each in found)


def test_posts_without_data_are_absent(alice, page, app, control):
    fresh, elsewhere = alice.posted("just now", page), alice.posted("mine")
    assert shares(alice, page, f"&shares={listed(fresh, elsewhere, 'urn:li:share:1')}") == []
    control.call("POST", "metrics", json={"platform": "linkedin", "id": fresh, "metrics": {"impressionCount": 0}})
    (element,) = shares(alice, page, f"&shares={listed(fresh)}")
    assert counts(element) == dict.fromkeys(COUNTS, 0)
    alice.call("DELETE", f"/rest/posts/{encoded(fresh)}")
    assert shares(alice, page, f"&shares={listed(fresh)}") == []


def test_many_posts_come_at_once(alice, page, clock):
    urns = [alice.posted(f"post {number}", page) for number in range(15)]
    clock.now += DAY
    assert [each["share"] for each in shares(alice, page, f"&shares={listed(*urns)}")] == urns
    assert [each["share"] for each in shares(alice, page, f"&shares={listed(*urns)}&count=2&start=3")] == urns[3:5]


def test_a_page_s_days_are_those_of_utc_and_add_up(alice, page, control, clock):
    ids = [alice.posted(text, page) for text in ("one", "two")]
    clock.now += 12 * DAY
    found = shares(alice, page, by_time(FIRST, FIRST + 11 * DAY))
    booked = days(control, "alice_page_1", "2026-09-21", "2026-10-01")
    assert [start_of(each).date().isoformat() for each in found] == [day["date"] for day in booked]
    assert [each["timeRange"]["end"] - each["timeRange"]["start"] for each in found] == [DAY * 1000] * 11
    assert [counts(each) for each in found] == [{name: day["figures"][name] for name in COUNTS} for day in booked]
    end = datetime.fromtimestamp(FIRST + 11 * DAY, UTC).isoformat()
    posts = [figures(control, id=urn, at=end) for urn in ids]
    for name in COUNTS:
        assert sum(counts(each)[name] for each in found) == sum(each[name] for each in posts) > 0
    single = shares(alice, page, f"&shares={listed(*ids)}" + by_time(FIRST, FIRST + 2 * DAY))
    assert [(each["share"], start_of(each).day) for each in single] == [(urn, day) for urn in ids for day in (21, 22)]
    assert counts(single[0])["likeCount"] + counts(single[2])["likeCount"] == counts(found[0])["likeCount"]


def test_a_day_is_told_when_it_is_over(alice, page, clock):
    alice.posted("one", page)
    clock.now += 3 * DAY
    for start, end, told in (
        (FIRST, None, [21, 22, 23]),
        (FIRST, FIRST + 30 * DAY, [21, 22, 23]),
        (FIRST, FIRST + DAY, [21]),
        (FIRST + HOUR, FIRST + DAY + 1, [21, 22]),
        (FIRST + 3 * DAY, None, []),
        (FIRST + 30 * DAY, FIRST + 31 * DAY, []),
    ):
        assert [start_of(each).day for each in shares(alice, page, by_time(start, end))] == told
    assert len(shares(alice, page, by_time(0, None))) == 366


def test_months_are_told_too(alice, page, clock):
    alice.posted("one", page)
    clock.now += 45 * DAY
    found = shares(alice, page, by_time(FIRST, None, "MONTH"))
    assert [(start_of(each).month, start_of(each).day) for each in found] == [(9, 1), (10, 1)]
    september = shares(alice, page, by_time(FIRST, FIRST + 10 * DAY))
    assert counts(found[0])["impressionCount"] == sum(counts(each)["impressionCount"] for each in september) > 0


def test_followers_of_a_page(alice, page, control, clock):
    alice.posted("follow us", page)
    clock.now += 4 * DAY
    found = gains(alice, page, by_time(FIRST, FIRST + 3 * DAY))
    booked = days(control, "alice_page_1", "2026-09-21", "2026-09-23")
    expected = [{name: day["figures"][name] for name in ("organicFollowerGain", "paidFollowerGain")} for day in booked]
    assert [each["followerGains"] for each in found] == expected
    assert all(gained["organicFollowerGain"] > 0 for gained in expected)
    assert size(alice, page) == figures(control, account="alice_page_1")["firstDegreeSize"] > 20_000


@pytest.mark.parametrize(
    "more",
    [
        "&timeIntervals=(timeRange:(start:1,end:2),timeGranularityType:HOUR)",
        "&timeIntervals=(timeRange:(start:2,end:1),timeGranularityType:DAY)",
        "&timeIntervals=(timeRange:(start:soon),timeGranularityType:DAY)",
        "&timeIntervals=(timeRange:(end:1),timeGranularityType:DAY)",
        "&timeIntervals=(timeGranularityType:DAY)",
        "&timeIntervals=(timeRange:1,timeGranularityType:DAY)",
        "&timeIntervals=(timeRange:(start:1,end:99999999999999999999),timeGranularityType:DAY)",
        "&timeIntervals=" + quote("(timeRange:(start:1,end:2),timeGranularityType:DAY)", safe=""),
        "&timeIntervals=(timeRange:(start:1,end:2),timeGranularityType:DAY",
        "&timeIntervals=(timeRange:(start:1,end:2),timeGranularityType:DAY))",
        "&timeIntervals=" + "(a:" * 5 + "1" + ")" * 5,
        "&timeIntervals=",
        "&timeIntervals=DAY",
    ],
)
@pytest.mark.parametrize("name", ["ShareStatistics", "FollowerStatistics"])
def test_spans_that_make_no_sense_are_refused(alice, page, name, more):
    path = f"/rest/organizationalEntity{name}?q=organizationalEntity&organizationalEntity={encoded(page)}{more}"
    response = alice.get(path)
    assert (response.status_code, response.json()["code"]) == (400, "ILLEGAL_ARGUMENT")


def test_a_page_s_figures_need_a_scope_and_a_role(app, alice, page, control):
    paths = [
        f"/rest/organizationalEntityShareStatistics?q=organizationalEntity&organizationalEntity={encoded(page)}",
        f"/rest/organizationalEntityFollowerStatistics?q=organizationalEntity&organizationalEntity={encoded(page)}"
        + by_time(FIRST, FIRST + DAY),
    ]
    for path in paths:
        assert alice.get(path).status_code == 200
        assert app.connect("bob").get(path).status_code == 403
        assert app.connect("carl", MEMBER).get(path).json()["code"] == "ACCESS_DENIED"
        assert alice.call("GET", path, headers={"LinkedIn-Version": None}).json()["code"] == "VERSION_MISSING"
    assert app.connect("carl", MEMBER).get(f"/rest/networkSizes/{encoded(page)}").status_code == 403
    control.settle("linkedin", organization_role="CONTENT_ADMINISTRATOR")
    assert [alice.get(path).status_code for path in paths] == [403, 403]


def test_a_page_asked_for_followers_by_kind_says_that_it_knows_none(alice, page):
    path = f"/rest/organizationalEntityFollowerStatistics?q=organizationalEntity&organizationalEntity={encoded(page)}"
    assert alice.get(path).status_code == 400


def analytics(user, name, query="q=me", **headers):
    return user.call("GET", f"/rest/memberCreatorPostAnalytics?{query}&queryType={name}", headers=headers or None)


def counted(user, name, query="q=me"):
    response = analytics(user, name, query)
    assert response.status_code == 200, response.text
    return response.json()["elements"]


def entity(urn):
    key = "share" if ":share:" in urn else "ugc"
    return f"q=entity&entity=({key}:{encoded(urn)})"


def dates(first, last):
    parts = [f"(day:{day},month:{month},year:2026)" for month, day in (first, last)]
    return f"&dateRange=(start:{parts[0]},end:{parts[1]})"


def test_a_member_s_posts_count_what_the_books_say_one_by_one_and_together(alice, control, clock):
    share, poll = alice.posted("one"), alice.posted("vote", content=POLL)
    alice.comment(share, "first")
    clock.now += 2 * DAY
    for name in (*OLD, *NEW):
        found = [counted(alice, name, entity(urn) + "&aggregation=TOTAL") for urn in (share, poll)]
        booked = [figures(control, id=urn)[name] for urn in (share, poll)]
        assert [each["count"] for (each,) in found] == booked
        (together,) = counted(alice, name)
        assert together == {"count": sum(booked), "metricType": name}
        assert together["count"] == figures(control, account="alice")[name]
        assert (together["count"] > 0) is (name != "PREMIUM_CTA_CLICKS")
    assert found[1][0]["targetEntity"] == {"ugc": poll}
    assert figures(control, id=share).keys() == {*OLD, *NEW}


def test_a_member_s_days(alice, control, clock):
    urn = alice.posted("one")
    clock.now += 5 * DAY
    booked = days(control, "alice", "2026-09-21", "2026-09-24")
    daily = counted(alice, "REACTION", "q=me&aggregation=DAILY" + dates((9, 21), (9, 25)))
    assert [each["count"] for each in daily] == [day["figures"]["REACTION"] for day in booked]
    assert daily[0]["dateRange"] == {
        "start": {"day": 21, "month": 9, "year": 2026},
        "end": {"day": 22, "month": 9, "year": 2026},
    }
    (whole,) = counted(alice, "REACTION", "q=me" + dates((9, 21), (9, 25)))
    assert whole["count"] == sum(each["count"] for each in daily) > 0
    single = counted(alice, "REACTION", entity(urn) + "&aggregation=DAILY" + dates((9, 21), (9, 25)))
    assert [each["count"] for each in single] == [each["count"] for each in daily]
    late = counted(alice, "IMPRESSION", "q=me&aggregation=DAILY" + dates((9, 25), (10, 5)))
    assert [each["dateRange"]["start"]["day"] for each in late] == [25]


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("MEMBERS_REACHED", "q=me&aggregation=DAILY{dates}"),
        ("MEMBERS_REACHED", "{entity}&aggregation=DAILY{dates}"),
        ("IMPRESSION", "{entity}&aggregation=DAILY{dates}"),
        ("IMPRESSION", "q=me&aggregation=DAILY"),
        ("IMPRESSION", "q=me&aggregation=WEEKLY{dates}"),
        ("IMPRESSION,REACTION", "q=me"),
        ("LIKES", "q=me"),
        ("impressionCount", "q=me"),
        ("IMPRESSION", "q=author"),
        ("IMPRESSION", "q=entity&entity=(post:1)"),
        ("IMPRESSION", "q=me&dateRange=(start:(day:31,month:9,year:2026),end:(day:1,month:10,year:2026))"),
        ("IMPRESSION", "q=me&dateRange=(start:(day:2,month:9,year:2026),end:(day:2,month:9,year:2026))"),
        ("IMPRESSION", "q=me&dateRange=(start:(day:2,month:9,year:2026))"),
        ("IMPRESSION", "q=me&dateRange=(start:(day:2,month:9),end:(day:3,month:9))"),
    ],
)
def test_what_a_member_cannot_ask(alice, name, query):
    asked = query.format(entity=entity(alice.posted("one")), dates=dates((9, 21), (9, 25)))
    response = analytics(alice, name, asked)
    assert (response.status_code, response.json()["code"]) == (400, "ILLEGAL_ARGUMENT")


@pytest.mark.parametrize(
    ("version", "knows", "is_text"), [("202603", False, False), ("202604", True, False), ("202605", True, True)]
)
def test_versions_know_more_names_and_write_them_otherwise(alice, version, knows, is_text):
    (element,) = analytics(alice, "IMPRESSION", **{"LinkedIn-Version": version}).json()["elements"]
    assert isinstance(element["metricType"], str) is is_text
    assert analytics(alice, "POST_SAVE", **{"LinkedIn-Version": version}).status_code == (200 if knows else 400)


def test_a_member_s_figures_are_the_member_s_own_and_need_their_scopes(app, alice, page):
    mine, ours = alice.posted("mine"), alice.posted("ours", page)
    bob = app.connect("bob", ANALYSED)
    assert analytics(bob, "IMPRESSION", entity(mine)).status_code == 404
    assert analytics(alice, "IMPRESSION", entity(ours)).status_code == 404
    less = app.connect("carl", PAGES)
    assert analytics(less, "IMPRESSION").json()["code"] == "ACCESS_DENIED"
    assert less.get("/rest/memberFollowersCount?q=me").json()["code"] == "ACCESS_DENIED"
    alice.call("DELETE", f"/rest/posts/{encoded(mine)}")
    assert analytics(alice, "IMPRESSION", entity(mine)).status_code == 404


def test_pages_and_members_have_books_of_their_own(alice, page, control):
    of_page = {*COUNTS, "organicFollowerGain", "paidFollowerGain", "firstDegreeSize"}
    assert figures(control, account="alice_page_1").keys() == of_page
    assert figures(control, account="alice").keys() == {*OLD, *NEW, "memberFollowersCount"}
    assert days(control, "alice_page_1", "2026-09-21", "2026-09-21")[0]["figures"].keys() == of_page


def test_followers_of_a_member(alice, control, clock):
    alice.posted("follow me")
    clock.now += 3 * DAY
    booked = figures(control, account="alice")["memberFollowersCount"]
    assert elements(alice, "/rest/memberFollowersCount?q=me") == [{"memberFollowersCount": booked}]
    assert booked > 20_000


def test_late_statistics_are_not_there_yet(alice, page, control, clock):
    control.settle("linkedin", statistics_lag_hours=48)
    ours, mine = alice.posted("ours", page), alice.posted("mine")
    before = size(alice, page)
    clock.now += 40 * HOUR
    assert shares(alice, page, f"&shares={listed(ours)}") == []
    assert counted(alice, "IMPRESSION", entity(mine)) == []
    assert shares(alice, page, by_time(FIRST, None)) == []
    assert size(alice, page) > before
    clock.now += 20 * HOUR
    then = datetime.fromtimestamp(clock.now - 2 * DAY, UTC).isoformat()
    (element,) = shares(alice, page, f"&shares={listed(ours)}")
    assert counts(element) == figures(control, id=ours, at=then)
    (element,) = counted(alice, "IMPRESSION", entity(mine))
    assert element["count"] == figures(control, id=mine, at=then)["IMPRESSION"] > 0
    assert [start_of(each).day for each in shares(alice, page, by_time(FIRST, None))] == [21]


def test_what_was_told_wins(alice, page, control, clock):
    ours, mine = alice.posted("ours", page), alice.posted("mine")
    for urn, metrics in ((ours, {"impressionCount": 7}), (mine, {"IMPRESSION": 9})):
        control.call("POST", "metrics", json={"platform": "linkedin", "id": urn, "metrics": metrics})
    clock.now += 2 * DAY
    (element,) = shares(alice, page, f"&shares={listed(ours)}")
    assert counts(element) == {**figures(control, id=ours), "impressionCount": 7}
    first = shares(alice, page, by_time(FIRST, FIRST + 2 * DAY))
    assert [counts(each)["impressionCount"] for each in first] == [7, 0]
    assert [each["count"] for each in counted(alice, "IMPRESSION")] == [9]


def test_deleted_posts_stay_in_the_days_of_their_page(alice, page, clock):
    ours = alice.posted("ours", page)
    clock.now += DAY
    before = shares(alice, page, by_time(FIRST, FIRST + DAY))
    alice.call("DELETE", f"/rest/posts/{encoded(ours)}")
    assert shares(alice, page, by_time(FIRST, FIRST + DAY)) == before
    assert counts(before[0])["impressionCount"] > 0
    (whole,) = shares(alice, page)
    assert counts(whole)["impressionCount"] == 0


def test_the_list_of_a_page_s_posts_goes_on(alice, page, clock):
    urns = []
    for number in range(5):
        urns.append(alice.posted(f"post {number}", page))
        clock.now += HOUR
    found = []
    for start in (0, 2, 4):
        found += elements(alice, f"/rest/posts?q=author&author={encoded(page)}&count=2&start={start}")
    assert [each["id"] for each in found] == urns[::-1]
