"""Figures of posts and of an account, held to both of X's descriptions; what stands in them is made up.

non_public_metrics and organic_metrics have no fields in 2.167, and one in 2.166: the names are those of X's prose pages (metrics).
"""

from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.x.host import ME, Host, answer
from contract.x.specification import NEW, OLD
from contract.x.wire import BOTH, post, problem, timeline, user
from ocma.platforms.connector import Measures
from ocma.platforms.errors import PermissionMissing, PlatformUnavailable, ReauthorizationRequired, Throttled
from ocma.platforms.metrics import Measured, Target
from ocma.platforms.x import X

NOW = datetime(2026, 11, 22, 13, tzinfo=UTC)
SINCE = NOW - timedelta(days=2)
YOUNG, OLDER = NOW - timedelta(days=29), NOW - timedelta(days=31)
PUBLIC = {"impressions": 600, "likes": 5, "comments": 4, "shares": 3, "quotes": 2, "saves": 1}
PRIVATE = {"engagements": 9, "clicks": 8, "profileVisits": 7}
ORGANIC = {"organicImpressions": 500, "organicLikes": 4, "organicComments": 3, "organicShares": 2}
both = pytest.mark.parametrize("specification", BOTH, ids=lambda each: each.version)


def x() -> X:
    return X(clock=lambda: NOW)


def counts(specification=NEW) -> dict:
    shared = "repost_count" if specification is NEW else "retweet_count"
    return {
        "impression_count": 600,
        "like_count": 5,
        "reply_count": 4,
        shared: 3,
        "quote_count": 2,
        "bookmark_count": 1,
    }


def private(specification=NEW) -> dict:
    shared = "repost_count" if specification is NEW else "retweet_count"
    return {
        "non_public_metrics": {"impression_count": 600, "engagements": 9, "url_link_clicks": 8, "user_profile_clicks": 7},
        "organic_metrics": {"impression_count": 500, "like_count": 4, "reply_count": 3, shared: 2},
    }


def counted(post_id: str, specification=NEW, **more) -> dict:
    return post(post_id, "Hello", specification=specification, public_metrics=counts(specification), **more)


def figures(found: Measured, post_id: str = "") -> dict[str, float]:
    return {each.measure.metric.key: each.value for each in found.readings if each.post == post_id}


def young(*ids: str) -> list[Target]:
    return [Target(each, YOUNG) for each in ids]


def missing(post_id: str, host: str = "x") -> dict:
    told = problem("resource-not-found", resource_type="tweet", resource_id=post_id, parameter="ids", value=post_id)
    return {**told, "type": f"https://api.{host}.com/2/problems/resource-not-found"}


def test_x_measures_and_says_what_it_costs():
    assert isinstance(x(), Measures)
    measuring = X.manifest.measuring
    assert (measuring.at_once, measuring.reads, measuring.reads_account) == (100, 0.005, 0.010)


@both
async def test_an_account_s_totals(specification):
    host = Host(answer(body={"data": user(specification)}), specification=specification)
    found = await x().measure_account(host.access(), SINCE)
    assert figures(found) == {"followers": 10, "following": 20, "listed": 0, "liked": 1, "media": 2, "posts": 30}
    assert dict(host.requests[-1].url.params) == {"user.fields": "public_metrics"}
    assert specification.scopes(host.requests[-1]) <= set(X.manifest.oauth.scopes)


async def test_a_count_under_neither_name_is_unknown():
    bare = user(NEW)
    del bare["public_metrics"]["post_count"]
    bare["public_metrics"]["media_count"] = None
    found = await x().measure_account(Host(answer(body={"data": bare}), loose=True).access(), SINCE)
    assert figures(found) == {"followers": 10, "following": 20, "listed": 0, "liked": 1}
    assert found.refused == ()


@both
async def test_a_young_post_has_all_figures(specification):
    entity = counted("8", specification, **private(specification))
    host = Host(answer(body={"data": [entity]}), specification=specification)
    found = await x().measure_posts(host.access(), young("8"))
    assert figures(found, "8") == {**PUBLIC, **PRIVATE, **ORGANIC}
    assert (found.refused, found.gone) == ((), ())
    fields = "post.fields" if specification is NEW else "tweet.fields"
    asked = host.requests[-1].url.params
    assert dict(asked) == {"ids": "8", fields: "created_at,id,public_metrics,non_public_metrics,organic_metrics"}
    assert specification.scopes(host.requests[-1]) <= set(X.manifest.oauth.scopes)


async def test_both_vocabularies_are_one_series():
    names = []
    for specification in BOTH:
        host = Host(answer(body={"data": [counted("8", specification)]}), specification=specification)
        found = await x().measure_posts(host.access(), [Target("8", OLDER)])
        names.append([each.measure.name for each in found.readings])
    assert names[0] == names[1]


async def test_what_is_given_under_neither_name_is_unknown_and_what_is_no_figure_is_told():
    entity = counted("8")
    del entity["public_metrics"]["repost_count"]
    entity["public_metrics"] |= {"quote_count": None, "like_count": "many"}
    found = await x().measure_posts(Host(answer(body={"data": [entity]}), loose=True).access(), young("8"))
    assert figures(found, "8") == {"impressions": 600, "comments": 4, "saves": 1}
    assert found.refused == ("public_metrics.like_count",)


async def test_posts_older_than_a_month_are_asked_for_apart_and_only_for_what_everybody_sees():
    host = Host(answer(body={"data": [counted("8", **private())]}), answer(body={"data": [counted("1"), counted("2")]}))
    found = await x().measure_posts(host.access(), [Target("8", YOUNG), Target("1", OLDER), Target("2", OLDER)])
    assert [figures(found, each) for each in "812"] == [{**PUBLIC, **PRIVATE, **ORGANIC}, PUBLIC, PUBLIC]
    asked = [(each.url.params["ids"], each.url.params["post.fields"]) for each in host.requests]
    every, public = "created_at,id,public_metrics,non_public_metrics,organic_metrics", "created_at,id,public_metrics"
    assert asked == [("8", every), ("1,2", public)]


@pytest.mark.parametrize(("age", "keeps"), [(timedelta(days=30, seconds=-1), True), (timedelta(days=30), False)])
async def test_a_month_is_thirty_days(age, keeps):
    host = Host(answer(body={"data": [counted("8")]}))
    await x().measure_posts(host.access(), [Target("8", NOW - age)])
    assert ("organic_metrics" in host.requests[0].url.params["post.fields"]) is keeps


@pytest.mark.parametrize("kind", ["not-authorized-for-field", "field-unauthorized", "field-hydration-failure"])
async def test_a_field_that_x_keeps_from_us_is_unknown_and_the_others_stay(kind):
    told = [problem(kind, field=field, resource_type="tweet") for field in ("non_public_metrics", "organic_metrics")]
    host = Host(answer(body={"data": [counted("8"), counted("9", **private())], "errors": told}))
    found = await x().measure_posts(host.access(), young("8", "9"))
    assert (figures(found, "8"), figures(found, "9")) == (PUBLIC, {**PUBLIC, **PRIVATE, **ORGANIC})
    assert (found.refused, found.gone) == ((), ())


@both
@pytest.mark.parametrize("host_name", ["x", "twitter"])
async def test_posts_that_are_gone(specification, host_name):
    body = {"data": [counted("8", specification)], "errors": [missing("7", host_name), missing("6", host_name)]}
    host = Host(answer(body=body), specification=specification, loose=host_name == "twitter")
    found = await x().measure_posts(host.access(), young("6", "7", "8"))
    assert (figures(found, "8"), found.gone) == (PUBLIC, ("6", "7"))


async def test_all_may_be_gone():
    found = await x().measure_posts(Host(answer(body={"errors": [missing("7")]})).access(), young("7"))
    assert found == Measured(gone=("7",))


async def test_a_post_that_x_may_not_show_is_not_gone():
    hidden = problem("not-authorized-for-resource", resource_type="tweet", resource_id="7", parameter="ids", value="7")
    host = Host(answer(body={"data": [counted("8")], "errors": [hidden]}))
    found = await x().measure_posts(host.access(), young("7", "8"))
    assert ({each.post for each in found.readings}, found.gone) == ({"8"}, ())


async def test_what_was_not_asked_for_is_not_taken():
    found = await x().measure_posts(
        Host(answer(body={"data": [counted("9")], "errors": [missing("5")]})).access(), young("8", "7")
    )
    assert found == Measured()


async def test_nothing_but_a_refusal_is_raised():
    hidden = problem("not-authorized-for-resource", resource_type="tweet")
    with pytest.raises(PermissionMissing):
        await x().measure_posts(Host(answer(body={"errors": [hidden]})).access(), young("7"))


async def test_what_was_read_and_billed_is_kept_when_the_rest_is_refused():
    host = Host(answer(body={"data": [counted("8")]}), answer(429), loose=True)
    found = await x().measure_posts(host.access(), [Target("8", YOUNG), Target("1", OLDER)])
    assert {each.post for each in found.readings} == {"8"}


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (answer(200, {}), PlatformUnavailable),
        (answer(200, b"<html>"), PlatformUnavailable),
        (answer(401), ReauthorizationRequired),
        (answer(402), Throttled),
        (answer(403, problem("client-forbidden")), PermissionMissing),
        (answer(429), Throttled),
        (answer(503), PlatformUnavailable),
        (httpx2.ConnectError("refused"), PlatformUnavailable),
    ],
)
async def test_an_x_that_tells_nothing_is_no_silence(response, error):
    for ask in (
        lambda access: x().measure_account(access, SINCE),
        lambda access: x().measure_posts(access, [Target("1", YOUNG), Target("2", OLDER)]),
        lambda access: anext(x().list_posts(access, SINCE)),
    ):
        with pytest.raises(error):
            await ask(Host(response, response, loose=True).access())


@pytest.mark.parametrize("scopes", [("tweet.read",), ("users.read", "tweet.write")])
async def test_missing_scopes_are_told_without_asking(scopes):
    host = Host()
    access = replace(host.access(), scopes=scopes)
    asked = x().measure_account(access, SINCE), x().measure_posts(access, young("1")), anext(x().list_posts(access, SINCE))
    for ask in asked:
        with pytest.raises(PermissionMissing) as error:
            await ask
        assert error.value.rule == "notPermitted"
    assert host.requests == []


@given(st.lists(st.timedeltas(timedelta(0), timedelta(days=90)), min_size=1, max_size=100))
async def test_each_post_is_read_once_in_at_most_two_calls(ages):
    def everything(request: httpx2.Request) -> httpx2.Response:
        return answer(body={"data": [counted(each) for each in request.url.params["ids"].split(",")]})

    host = Host(*[everything] * 2)
    targets = [Target(str(number), NOW - age) for number, age in enumerate(ages)]
    found = await x().measure_posts(host.access(), targets)
    read = [each for request in host.requests for each in request.url.params["ids"].split(",")]
    assert sorted(read) == sorted(each.id for each in targets)
    assert {each.post for each in found.readings} == {each.id for each in targets}
    assert len(host.requests) <= 2


async def listed(host: Host, since: datetime = SINCE) -> list:
    async with aclosing(x().list_posts(host.access(), since)) as found:
        return [each async for each in found]


@both
async def test_what_an_account_published_with_its_figures(specification):
    links = [{"start": 0, "end": 1, "url": "https://t.co/a", "expanded_url": "https://example.org/a?b=1", "display_url": "e"}]
    entity = {**counted("8", specification), "text": "Q &amp; A: https://t.co/a", "entities": {"urls": links}}
    host = Host(answer(body=timeline(entity)), specification=specification)
    (seen,) = await listed(host)
    assert (seen.id, seen.text, seen.url) == ("8", "Q & A: https://example.org/a?b=1", "https://x.com/ocma/status/8")
    assert seen.at == datetime(2026, 11, 22, 12, 0, 5, tzinfo=UTC)
    assert figures(Measured(seen.readings), "8") == PUBLIC
    request = host.requests[-1]
    assert (request.method, request.url.path) == ("GET", f"/2/users/{ME}/tweets")
    asked = dict(request.url.params)
    assert (asked["start_time"], asked["max_results"], asked["exclude"]) == ("2026-11-20T13:00:00Z", "100", "retweets")
    assert specification.scopes(request) <= set(X.manifest.oauth.scopes)


async def test_the_link_to_its_own_picture_is_no_part_of_a_text():
    picture = {"url": "https://t.co/p", "expanded_url": "https://x.com/ocma/status/8/photo/1", "media_key": "3_1"}
    more = {"entities": {"urls": [{**picture, "start": 0, "end": 1}]}, "attachments": {"media_keys": ["3_1"]}}
    (seen,) = await listed(Host(answer(body=timeline({**counted("8", **more), "text": "Look https://t.co/p"}))))
    assert seen.text == "Look"


async def test_pages_are_read_one_after_the_other():
    first, second = timeline(counted("9"), counted("8"), token="b"), timeline(counted("7"))
    host = Host(answer(body=first), answer(body=second))
    assert [each.id for each in await listed(host)] == ["9", "8", "7"]
    assert [each.url.params.get("pagination_token") for each in host.requests] == [None, "b"]


async def test_a_host_that_goes_on_beyond_the_time_asked_for_is_not_read_on():
    late = {**counted("7"), "created_at": "2026-11-20T12:59:59.000Z"}
    host = Host(answer(body=timeline(counted("8"), late, token="b")))
    assert [each.id for each in await listed(host)] == ["8"]


async def test_no_page_is_read_that_is_not_wanted():
    host = Host(answer(body=timeline(counted("9"), token="b")))
    async with aclosing(x().list_posts(host.access(), SINCE)) as found:
        assert (await anext(found)).id == "9"
    assert len(host.requests) == 1


async def test_an_account_without_posts():
    assert await listed(Host(answer(body=timeline()))) == []


async def test_the_vocabulary_is_learned_once_for_all_that_is_asked():
    host, connector = Host(*[answer(body={"data": [counted("8", OLD)]})] * 2, specification=OLD), x()
    for _ in range(2):
        await connector.measure_posts(host.access(), young("8"))
    assert ["post.fields" in each.url.params for each in host.requests] == [True, False, False]
