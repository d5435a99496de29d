"""How an unknown outcome is settled: the container's status, then what the account has posted."""

from datetime import UTC, datetime

import pytest

from contract.graph.host import answer, error
from contract.graph.posts import image, video
from contract.instagram.description import recorded
from contract.instagram.host import ACCOUNT, COMMENT, CONTAINER, MEDIA, Host, instagram, state
from contract.instagram.posts import comment, outgoing
from ocma.platforms.connector import Absent, Processing, Published, Unprovable
from ocma.platforms.errors import PlatformUnavailable, Throttled

SENT = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
JUST = "2026-11-23T12:00:03+0000"
OLD = "2026-11-23T10:00:00+0000"


def live(media_id=MEDIA, caption="Hello", at=JUST, kind="IMAGE", **more):
    told = {"id": media_id, "timestamp": at, "media_type": kind, "permalink": f"https://www.instagram.com/p/{media_id}/"}
    return told | ({"caption": caption} if caption else {}) | more


async def found(*answers, out=None, **more):
    host = Host(*answers)
    result = await instagram().find(host.access(), out or outgoing(first_sent_at=SENT, **more))
    return result, host


async def test_nothing_was_sent():
    assert (await found(out=outgoing()))[0] == Absent()


@pytest.mark.parametrize("code", ["FINISHED", "IN_PROGRESS"])
async def test_a_container_that_is_not_published(code):
    result, host = await found(state(code))
    assert result == Absent()
    assert host.asked == [f"GET /{CONTAINER}"]


async def test_a_published_container_is_looked_up_by_caption_and_time():
    others = [live("1", "Other"), live("2", at=OLD), live("3", kind="VIDEO"), live("4")]
    result, host = await found(state("PUBLISHED"), answer({"data": [*others, live()]}), others=frozenset({"4"}))
    assert isinstance(result, Published)
    assert (result.id, result.url) == (MEDIA, f"https://www.instagram.com/p/{MEDIA}/")
    assert host.asked == [f"GET /{CONTAINER}", f"GET /{ACCOUNT}/media"]
    assert host.requests[1].url.params["since"] == str(int(SENT.timestamp()) - 60)


async def test_of_two_alike_the_first():
    later = live("5", at="2026-11-23T12:09:00+0000")
    result, _ = await found(state("PUBLISHED"), answer({"data": [later, live()]}))
    assert result.id == MEDIA


@pytest.mark.parametrize("caption", ["Hello  ", "Hel\u006co\n", " Hello"])
async def test_a_caption_as_instagram_trims_it(caption):
    result, _ = await found(state("PUBLISHED"), answer({"data": [live(caption=caption.strip())]}), text=caption)
    assert result.id == MEDIA


async def test_without_a_caption_only_one_can_be_it():
    out = outgoing(text="", first_sent_at=SENT)
    one, _ = await found(state("PUBLISHED"), answer({"data": [live(caption=None)]}), out=out)
    assert one.id == MEDIA
    two, _ = await found(state("PUBLISHED"), answer({"data": [live(caption=None), live("6", caption=None)]}), out=out)
    assert two == Unprovable()


async def test_published_and_not_listed_yet_is_asked_again():
    with pytest.raises(PlatformUnavailable) as told:
        await found(state("PUBLISHED"), answer({"data": [live("1", "Other")]}))
    assert told.value.rule == "notListedYet"


@pytest.mark.parametrize("code", ["EXPIRED", "ERROR"])
async def test_a_container_that_ended_unpublished(code):
    assert (await found(state(code), answer({"data": []})))[0] == Absent()


async def test_a_container_that_is_gone_proves_nothing_the_list_does():
    assert (await found(error(24, 2207006), answer({"data": [live()]})))[0].id == MEDIA
    assert (await found(error(24, 2207006), answer({"data": []})))[0] == Absent()


@pytest.mark.parametrize(("refused", "expected"), [(error(100, 33), PlatformUnavailable), (error(4), Throttled)])
async def test_a_status_that_cannot_be_read_is_read_later(refused, expected):
    with pytest.raises(expected):
        await found(refused)


async def test_a_list_that_is_refused_or_too_long_proves_nothing():
    assert (await found(state("EXPIRED"), error(100)))[0] == Unprovable()
    page = answer({"data": [live("1", "Other")] * 100, "paging": {"cursors": {"after": "x"}, "next": "y"}})
    pages = [
        answer({"data": [live("1", "Other")] * 100, "paging": {"cursors": {"after": f"x{number}"}, "next": "y"}})
        for number in range(9)
    ]
    assert (await found(state("EXPIRED"), *pages, page))[0] == Unprovable()


async def test_pinned_posts_do_not_end_the_search():
    pinned = [live(str(number), at=OLD) for number in range(3)]
    result, _ = await found(state("PUBLISHED"), answer({"data": [*pinned, live()]}))
    assert result.id == MEDIA


async def test_a_recorded_list_is_read():
    out = outgoing(text="", first_sent_at=datetime(2021, 8, 13, 8, 20, tzinfo=UTC))
    result, _ = await found(state("PUBLISHED"), answer(recorded("media")), out=out)
    assert (result.id, result.url) == ("17895731045244887", "https://www.instagram.com/p/CSgf9BChwVq/")


@pytest.mark.parametrize(("media", "kind"), [((video(),), "VIDEO"), ((image(), video()), "CAROUSEL_ALBUM"), ((image(),), None)])
async def test_kinds(media, kind):
    out = outgoing(*media, first_sent_at=SENT)
    result, _ = await found(state("PUBLISHED"), answer({"data": [live(kind=kind)]}), out=out)
    assert result.id == MEDIA


async def test_a_story_is_among_the_stories():
    out = outgoing(text="", options={"kind": "story"}, first_sent_at=SENT)
    result, host = await found(state("PUBLISHED"), answer({"data": [live(caption=None)]}), out=out)
    assert result.id == MEDIA
    assert host.asked[1] == f"GET /{ACCOUNT}/stories"
    assert "since" not in host.requests[1].url.params


async def test_a_comment_is_among_the_comments():
    listed = [{"id": "1", "text": "Nice", "timestamp": JUST}, {"id": COMMENT, "text": "First!", "timestamp": JUST}]
    out = comment(first_sent_at=SENT, reply_to=MEDIA)
    result, host = await found(answer({"data": listed}), out=out)
    assert result.id == COMMENT
    assert host.asked == [f"GET /{MEDIA}/comments"]
    assert (await found(answer({"data": listed[:1]}), out=out))[0] == Absent()


async def test_recorded_comments_are_read():
    out = comment("Beautiful!", first_sent_at=datetime(2020, 6, 1, 10, 50, tzinfo=UTC), reply_to=MEDIA)
    assert (await found(answer(recorded("comments")), out=out))[0].id == "17858154961981086"


async def test_fetching():
    host = Host(error(100, 33), answer(live()))  # which it says in error at times
    assert (await instagram().fetch_post(host.access(), MEDIA)).id == MEDIA
    gone = Host(*[error(100, 33) for _ in range(3)])
    assert await instagram().fetch_post(gone.access(), MEDIA) == Absent()
    with pytest.raises(Throttled):
        await instagram().fetch_post(Host(error(4)).access(), MEDIA)


async def test_resuming():
    still = Processing(MEDIA, 5)
    assert (await instagram().resume(Host(answer(live())).access(), still)).id == MEDIA
    assert await instagram().resume(Host(*[error(100, 33) for _ in range(3)]).access(), still) == still
