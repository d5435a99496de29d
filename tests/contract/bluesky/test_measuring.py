"""Figures of posts and of an account, held to the lexicons; what stands in them is made up."""

from contextlib import aclosing
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from contract.bluesky.host import DID, NOW, WEB, Host, answer, bluesky, recorded, refused
from ocma.platforms.bluesky.wire import at_uri
from ocma.platforms.connector import Measures
from ocma.platforms.errors import (
    AccountRestricted,
    ContentRejected,
    PermissionMissing,
    PlatformUnavailable,
    ReauthorizationRequired,
    Throttled,
)
from ocma.platforms.metrics import Measured, Target

PROFILE, POSTS, FEED = "app.bsky.actor.getProfile", "app.bsky.feed.getPosts", "app.bsky.feed.getAuthorFeed"
RECORD = "com.atproto.repo.getRecord"
CID = "bafyreihwgohofw3mzpuqcmkpptr5yxizqyqhxctvftwcmgzqwlmr3m3tqe"
SINCE = NOW - timedelta(days=1)
COUNTS = {"likeCount": 5, "repostCount": 3, "replyCount": 4, "quoteCount": 0, "bookmarkCount": 1}
FIGURES = {"likes": 5, "shares": 3, "comments": 4, "quotes": 0, "saves": 1}
GONE = recorded(f"GET /xrpc/{RECORD}", 400, "RecordNotFound")
AUTHOR = {"did": DID, "handle": "alice.test"}


def stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.000Z}"


def uri(key: int | str) -> str:
    return at_uri(DID, f"post{key}")


def view(key: int | str, at: datetime = NOW, text: str = "Hallo", **more) -> dict:
    record = {"$type": "app.bsky.feed.post", "text": text, "createdAt": stamp(at)}
    return {"uri": uri(key), "cid": CID, "author": AUTHOR, "record": record, "indexedAt": stamp(NOW), **COUNTS, **more}


def targets(*keys: int | str) -> list[Target]:
    return [Target(uri(each), NOW) for each in keys]


def figures(found: Measured, post: str = "") -> dict[str, float]:
    return {each.measure.metric.key: each.value for each in found.readings if each.post == post}


def record(key: int) -> httpx2.Response:
    return answer(body={"uri": uri(key), "cid": CID, "value": {"text": "Hallo", "createdAt": stamp(NOW)}})


async def listed(host: Host, since: datetime = SINCE) -> list:
    async with aclosing(bluesky().list_posts(host.access(), since)) as found:
        return [each async for each in found]


def test_bluesky_measures():
    assert isinstance(bluesky(), Measures)


async def test_an_account_s_totals():
    host = Host().xrpc(PROFILE, answer(body={**AUTHOR, "followersCount": 12, "followsCount": 0, "postsCount": 345}))
    found = await bluesky().measure_account(host.access(), SINCE)
    assert figures(found) == {"followers": 12, "following": 0, "posts": 345}
    assert dict(host.requests[0].url.params) == {"actor": DID}


async def test_what_an_account_does_not_tell_is_unknown():
    host = Host(loose=True).xrpc(PROFILE, answer(body={**AUTHOR, "followsCount": None, "postsCount": "many"}))
    found = await bluesky().measure_account(host.access(), SINCE)
    assert found == Measured(refused=("postsCount",))


async def test_as_many_posts_as_the_lexicon_allows_are_one_question():
    keys = range(bluesky().manifest.measuring.at_once)
    host = Host().xrpc(POSTS, answer(body={"posts": [view(each) for each in reversed(keys)]}))
    found = await bluesky().measure_posts(host.access(), targets(*keys))
    assert [figures(found, uri(each)) for each in keys] == [FIGURES] * 25
    assert host.requests[0].url.params.get_list("uris") == [uri(each) for each in keys]
    assert (found.refused, found.gone, len(host.requests)) == ((), (), 1)


async def test_a_missing_figure_is_unknown():
    bare = {key: value for key, value in view(1).items() if key != "bookmarkCount"}
    found = await bluesky().measure_posts(Host().xrpc(POSTS, answer(body={"posts": [bare]})).access(), targets(1))
    assert figures(found, uri(1)) == {key: value for key, value in FIGURES.items() if key != "saves"}


async def test_what_the_appview_leaves_out_is_gone_if_its_own_server_says_so():
    host = Host().xrpc(POSTS, answer(body={"posts": [view(1)]})).xrpc(RECORD, GONE, record(3))
    found = await bluesky().measure_posts(host.access(), targets(1, 2, 3))
    assert ({each.post for each in found.readings}, found.gone) == ({uri(1)}, (uri(2),))
    assert [each.url.params["rkey"] for each in host.sent(RECORD)] == ["post2", "post3"]


async def test_a_server_that_will_not_tell_of_a_record_does_not_say_that_it_is_gone():
    host = Host().xrpc(POSTS, answer(body={"posts": [view(1)]})).xrpc(RECORD, refused("InvalidRequest"))
    found = await bluesky().measure_posts(host.access(), targets(1, 2))
    assert (len(found.readings), found.gone) == (5, ())


async def test_what_is_no_post_s_address_spoils_no_question():
    host = Host().xrpc(POSTS, answer(body={"posts": [view(1), view("other")]}))
    found = await bluesky().measure_posts(host.access(), [*targets(1), Target("nothing", NOW)])
    assert ({each.post for each in found.readings}, found.gone) == ({uri(1)}, ())
    assert await bluesky().measure_posts(Host().access(), [Target("nothing", NOW)]) == Measured()


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (refused("ExpiredToken"), ReauthorizationRequired),
        (refused("AccountTakedown"), AccountRestricted),
        (refused("ScopeMissingError", 403), PermissionMissing),
        (refused("RateLimitExceeded", 429), Throttled),
        (refused("UpstreamFailure", 502), PlatformUnavailable),
        (refused("MethodNotImplemented", 501), PlatformUnavailable),
        (refused("XRPCNotSupported", 404), ContentRejected),
        (answer(body=["nothing"]), PlatformUnavailable),
        (httpx2.ConnectError("refused"), PlatformUnavailable),
    ],
)
async def test_a_server_that_tells_nothing_is_no_silence(response, error):
    host = Host(loose=True)
    for name in (PROFILE, POSTS, FEED):
        host.xrpc(name, response)
    for ask in (
        bluesky().measure_account(host.access(), SINCE),
        bluesky().measure_posts(host.access(), targets(1)),
        anext(bluesky().list_posts(host.access(), SINCE)),
    ):
        with pytest.raises(error):
            await ask


@pytest.mark.parametrize("name", [PROFILE, POSTS, FEED])
async def test_a_server_without_an_appview_says_that_it_is_that(name):
    host = Host().xrpc(name, recorded(f"GET /xrpc/{PROFILE}", 400))
    asked = {
        PROFILE: lambda: bluesky().measure_account(host.access(), SINCE),
        POSTS: lambda: bluesky().measure_posts(host.access(), targets(1)),
        FEED: lambda: anext(bluesky().list_posts(host.access(), SINCE)),
    }
    with pytest.raises(ContentRejected) as error:
        await asked[name]()
    assert error.value.rule == "noAppView"


async def test_missing_scopes_are_told_without_asking():
    host = Host()
    access = host.access(scopes=("atproto",))
    for ask in (
        bluesky().measure_account(access, SINCE),
        bluesky().measure_posts(access, targets(1)),
        anext(bluesky().list_posts(access, SINCE)),
    ):
        with pytest.raises(PermissionMissing) as error:
            await ask
        assert "transition:generic" in (error.value.remediation or "")
    assert host.requests == []


async def test_what_an_account_posted_with_its_figures():
    host = Host().xrpc(FEED, answer(body={"feed": [{"post": view(1, NOW - timedelta(hours=1), "Ein Tag & mehr")}]}))
    (seen,) = await listed(host)
    assert (seen.id, seen.text, seen.at) == (uri(1), "Ein Tag & mehr", NOW - timedelta(hours=1))
    assert seen.url == f"{WEB}/profile/{DID}/post/post1"
    assert figures(Measured(seen.readings), uri(1)) == FIGURES
    assert dict(host.requests[0].url.params) == {"actor": DID, "limit": "100", "filter": "posts_with_replies"}


async def test_reposts_and_pins_are_no_posts_and_replies_are():
    repost = {"$type": "app.bsky.feed.defs#reasonRepost", "by": AUTHOR, "indexedAt": stamp(NOW)}
    stranger = view(4, author={"did": "did:plc:z72i7hdynmk6r22z27h6tvur", "handle": "bob.test"})
    reply = view(1)
    reply["record"]["reply"] = {"root": {"uri": uri(9), "cid": CID}, "parent": {"uri": uri(9), "cid": CID}}
    feed = [
        {"post": stranger, "reason": repost},
        {"post": view(3, NOW - timedelta(days=400)), "reason": repost},  # its own, once more
        {"post": view(2), "reason": {"$type": "app.bsky.feed.defs#reasonPin"}},
        {"post": stranger},
        {"post": reply},
    ]
    assert [each.id for each in await listed(Host().xrpc(FEED, answer(body={"feed": feed})))] == [uri(1)]


async def test_pages_are_read_until_the_time_that_is_asked_for():
    first = [{"post": view(each, NOW - timedelta(minutes=each))} for each in range(3)]
    second = [{"post": view(8, SINCE)}, {"post": view(9, SINCE - timedelta(seconds=1))}]
    pages = [answer(body={"feed": feed, "cursor": cursor}) for feed, cursor in ((first, "b"), ([], "c"), (second, "d"))]
    host = Host().xrpc(FEED, *pages)
    assert [each.id for each in await listed(host)] == [uri(0), uri(1), uri(2), uri(8)]
    assert [each.url.params.get("cursor") for each in host.requests] == [None, "b", "c"]


async def test_a_repost_of_long_ago_ends_it_too():
    repost = {"$type": "app.bsky.feed.defs#reasonRepost", "by": AUTHOR, "indexedAt": stamp(SINCE - timedelta(days=1))}
    host = Host().xrpc(FEED, answer(body={"feed": [{"post": view(1)}, {"post": view(2), "reason": repost}], "cursor": "b"}))
    assert [each.id for each in await listed(host)] == [uri(1)]
    assert len(host.requests) == 1


async def test_a_cursor_that_leads_back_ends_it():
    host = Host().xrpc(FEED, answer(body={"feed": [{"post": view(1)}], "cursor": "b"}))
    assert len(await listed(host)) == len(host.requests) == 2


async def test_no_page_is_read_that_is_not_wanted():
    host = Host().xrpc(FEED, answer(body={"feed": [{"post": view(1)}], "cursor": "b"}))
    async with aclosing(bluesky().list_posts(host.access(), SINCE)) as found:
        assert (await anext(found)).id == uri(1)
    assert len(host.requests) == 1


async def test_a_post_dated_by_its_author_is_no_later_than_it_was_seen():
    tomorrow = view(1, NOW + timedelta(days=1))
    backdated = view(2, NOW - timedelta(hours=2))
    timeless = {**view(3), "record": {"text": "Hallo", "createdAt": "gestern"}}
    feed = [{"post": each} for each in (tomorrow, timeless, backdated)]
    found = await listed(Host(loose=True).xrpc(FEED, answer(body={"feed": feed})))
    assert [each.at for each in found] == [NOW, NOW, NOW - timedelta(hours=2)]
