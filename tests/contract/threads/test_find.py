"""How an unknown outcome is settled: the container's status, then the account's posts or replies."""

from datetime import UTC, datetime

import pytest

from contract.graph.host import answer
from contract.graph.posts import image
from contract.threads.collection import THREADS, recorded
from contract.threads.host import CONTAINER, PARENT, POST, Host, error, outgoing, reply, state, threads
from ocma.platforms.connector import Absent, Processing, Unprovable
from ocma.platforms.errors import PlatformUnavailable

SENT = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
JUST = "2026-11-23T12:00:03+0000"


def live(post_id=POST, text="Hello", at=JUST, kind="TEXT_POST", **more):
    told = {"id": post_id, "timestamp": at, "media_type": kind, "permalink": f"https://www.threads.net/@ocma/post/{post_id}"}
    return told | ({"text": text} if text else {}) | more


async def found(*answers, out=None, **more):
    host = Host(*answers)
    return await threads().find(host.access(), out or outgoing(first_sent_at=SENT, **more)), host


@pytest.mark.parametrize("code", ["FINISHED", "IN_PROGRESS"])
async def test_a_container_that_is_not_published(code):
    result, host = await found(state(code))
    assert (result, host.asked) == (Absent(), [f"GET /{CONTAINER}"])


async def test_nothing_was_sent():
    assert (await found(out=outgoing()))[0] == Absent()


async def test_a_published_container_is_looked_up_by_text_and_time():
    others = [live("1", "Other"), live("2", at="2026-11-23T10:00:00+0000"), live("3", kind="REPOST_FACADE"), live("4")]
    result, host = await found(state("PUBLISHED"), answer({"data": [*others, live()]}), others=frozenset({"4"}))
    assert (result.id, result.url) == (POST, f"https://www.threads.net/@ocma/post/{POST}")
    assert host.asked == [f"GET /{CONTAINER}", "GET /me/threads"]
    assert host.requests[1].url.params["since"] == str(int(SENT.timestamp()) - 60)


async def test_a_tag_may_lose_its_sign():
    result, _ = await found(state("PUBLISHED"), answer({"data": [live(text="About cats today")]}), text="About #cats today")
    assert result.id == POST


async def test_published_and_not_listed_yet_is_asked_again():
    with pytest.raises(PlatformUnavailable) as told:
        await found(state("PUBLISHED"), answer({"data": []}))
    assert told.value.rule == "notListedYet"


async def test_a_container_that_ended():
    assert (await found(state("EXPIRED"), answer({"data": []})))[0] == Absent()
    assert (await found(state("ERROR", "UNKNOWN"), answer({"data": [live()]})))[0].id == POST


async def test_two_without_text_cannot_be_told_apart():
    pictures = [live(str(number), text="", kind="IMAGE") for number in range(2)]
    out = outgoing(image(), text="", first_sent_at=SENT)
    assert (await found(state("PUBLISHED"), answer({"data": pictures}), out=out))[0] == Unprovable()
    assert (await found(state("PUBLISHED"), answer({"data": pictures[:1]}), out=out))[0].id == "0"


async def test_a_reply_is_among_the_replies_by_what_it_answers():
    other = live("1", "Second", replied_to={"id": "9"})
    ours = live(POST, "Second", replied_to={"id": PARENT})
    out = reply(first_sent_at=SENT)
    result, host = await found(state("PUBLISHED"), answer({"data": [other, ours]}), out=out)
    assert result.id == POST
    assert host.asked == [f"GET /{CONTAINER}", "GET /me/replies"]
    assert (await found(state("EXPIRED"), answer({"data": [other]}), out=out))[0] == Absent()
    assert (await found(state("PUBLISHED"), error(100), out=out))[0] == Unprovable()


@pytest.mark.parametrize("code", ["FINISHED", "IN_PROGRESS"])
async def test_a_replys_container_proves_that_it_is_not_published(code):
    result, host = await found(state(code), out=reply(first_sent_at=SENT))
    assert (result, host.asked) == (Absent(), [f"GET /{CONTAINER}"])


async def test_a_reply_that_is_published_and_not_listed_yet_is_asked_again():
    with pytest.raises(PlatformUnavailable) as told:
        await found(state("PUBLISHED"), answer({"data": []}), out=reply(first_sent_at=SENT))
    assert told.value.rule == "notListedYet"


async def test_the_collections_examples_are_read():
    out = outgoing(text="This is a test post", first_sent_at=datetime(2024, 9, 12, 23, 17, 30, tzinfo=UTC))
    assert (await found(state("PUBLISHED"), answer(THREADS.example("GET me/threads")), out=out))[0].id == "string"
    out = reply(text="REPLY", first_sent_at=datetime(2024, 9, 12, 23, 11, 50, tzinfo=UTC))
    assert (await found(state("PUBLISHED"), answer(THREADS.example("GET me/replies")), out=out))[0].id == "string"


async def test_fetching():
    host = Host(answer(recorded("missing"), 400), answer(recorded("media")))
    post = await threads().fetch_post(host.access(), "1234567")
    assert post.url == "https://www.threads.net/@threadsapitestuser/post/abcdefg"
    gone = Host(*[answer(recorded("missing"), 400) for _ in range(3)])
    assert await threads().fetch_post(gone.access(), POST) == Absent()
    assert (await threads().resume(Host(answer(live())).access(), Processing(POST, 5))).id == POST
