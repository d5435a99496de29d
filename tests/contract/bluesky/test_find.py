"""com.atproto.repo.getRecord settles what is not known; deleteRecord takes back."""

import json
from datetime import UTC, datetime

import httpx2
import pytest

from contract.bluesky.host import DID, WEB, Host, answer, bluesky, recorded, refused
from ocma.platforms.bluesky.wire import at_uri, record_key
from ocma.platforms.connector import Absent, Processing, Published
from ocma.platforms.content import Outgoing, Part
from ocma.platforms.errors import (
    AccountRestricted,
    ContentRejected,
    PlatformError,
    PlatformUnavailable,
    ReauthorizationRequired,
)

GET, DELETE = "com.atproto.repo.getRecord", "com.atproto.repo.deleteRecord"
KEY = "0194c1f2-7000:0:abcdef"
HELLO = Outgoing(Part("Hallo"), 0, KEY, first_sent_at=datetime(2026, 11, 23, 3, 59, tzinfo=UTC))
URI = at_uri(DID, record_key(KEY))
THERE = answer(body={"uri": URI, "cid": "bafyreihwgohofw3m", "value": {"text": "Hallo", "createdAt": "2026-11-23T03:59:01.250Z"}})
LIVE = Published(URI, f"{WEB}/profile/{DID}/post/{record_key(KEY)}", datetime(2026, 11, 23, 3, 59, 1, 250000, tzinfo=UTC))
GONE = recorded(f"GET /xrpc/{GET}", 400, "RecordNotFound")


async def test_what_was_sent_is_looked_for_at_its_place_alone():
    host = Host().xrpc(GET, THERE)
    assert await bluesky().find(host.access(), HELLO) == LIVE
    (request,) = host.requests
    assert dict(request.url.params) == {"repo": DID, "collection": "app.bsky.feed.post", "rkey": record_key(KEY)}


async def test_an_empty_place_proves_that_nothing_was_taken():
    assert await bluesky().find(Host().xrpc(GET, GONE).access(), HELLO) == Absent()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            answer(400, {"error": "InvalidRequest", "message": "Could not locate record"}),
            ContentRejected,
        ),  # not its account's server
        (refused("RepoDeactivated"), AccountRestricted),
        (refused("RepoNotFound", 404), ContentRejected),
        (httpx2.Response(404, html="<h1>nginx</h1>"), ContentRejected),
        (httpx2.Response(503), PlatformUnavailable),
        (httpx2.Response(200, html="<h1>Welcome</h1>"), PlatformUnavailable),
        (httpx2.ReadTimeout("slow"), PlatformUnavailable),
        (recorded("POST /xrpc/com.atproto.repo.createRecord", 401), ReauthorizationRequired),
    ],
)
async def test_any_other_answer_proves_nothing(given, expected):
    with pytest.raises(PlatformError) as raised:
        await bluesky().find(Host(loose=True).xrpc(GET, given).access(), HELLO)
    assert type(raised.value) is expected


async def test_a_record_with_an_odd_date_is_live_all_the_same():
    odd = answer(body={"uri": URI, "value": {"createdAt": "gestern"}})
    assert await bluesky().find(Host().xrpc(GET, odd).access(), HELLO) == Published(URI, LIVE.url, None)


async def test_a_real_servers_record_is_read():
    told = recorded(f"GET /xrpc/{GET}", 200)
    found = await bluesky().fetch_post(Host().xrpc(GET, told).access(), told.json()["uri"])
    assert isinstance(found, Published)
    assert (found.id, found.at.year) == (told.json()["uri"], 2026)


async def test_an_id_is_a_posts_or_nothing_is_asked():
    for odd in (
        "",
        "3k",
        f"at://{DID}/app.bsky.feed.like/3k",
        f"at://{DID}/app.bsky.feed.post/a/b",
        "at://x?y/app.bsky.feed.post/3k",
    ):
        host = Host()
        with pytest.raises(ContentRejected) as raised:
            await bluesky().fetch_post(host.access(), odd)
        assert (raised.value.rule, host.requests) == ("idInvalid", [])


async def test_a_post_is_deleted_and_one_that_is_gone_too():
    host = Host().xrpc(DELETE, recorded(f"POST /xrpc/{DELETE}", 200))
    await bluesky().withdraw(host.access(), URI)
    body = json.loads(host.requests[0].content)
    assert body == {"repo": DID, "collection": "app.bsky.feed.post", "rkey": record_key(KEY)}


async def test_a_deletion_that_did_not_happen_is_not_taken_for_one():
    with pytest.raises(PlatformUnavailable):
        await bluesky().withdraw(Host().xrpc(DELETE, httpx2.Response(502)).access(), URI)


async def test_what_is_live_is_no_longer_processing():
    assert await bluesky().resume(Host().xrpc(GET, THERE).access(), Processing(URI, 5)) == LIVE
    assert await bluesky().resume(Host().xrpc(GET, GONE).access(), Processing(URI, 5)) == Processing(URI, 5)
