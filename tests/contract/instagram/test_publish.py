"""What goes over the wire from a post's steps to the call that publishes."""

from unittest import mock

import httpx2
import pytest

from contract.graph.host import answer, error, left_open
from contract.graph.posts import image, video
from contract.graph.wire import form
from contract.instagram.description import recorded
from contract.instagram.host import ACCOUNT, COMMENT, CONTAINER, MEDIA, PROOF, Host, instagram, state
from contract.instagram.posts import comment, content, outgoing, walk
from ocma.platforms.connector import Published
from ocma.platforms.errors import (
    AccountRestricted,
    ContentRejected,
    NotReady,
    OutcomeUnknown,
    PermissionMissing,
    PlatformUnavailable,
    PreparationLost,
    ReauthorizationRequired,
    Throttled,
)

MADE = {"id": CONTAINER}
LIVE = {"id": MEDIA, "permalink": "https://www.instagram.com/p/abc/", "timestamp": "2026-11-23T12:00:05+0000"}
EARLIER = mock.sentinel.earlier


async def made(post):
    """The form of the only container, and its steps' results."""
    host = Host(answer(MADE), answer(recorded("container_finished")))
    stored = await walk(host, post)
    assert host.asked == [f"POST /{ACCOUNT}/media", f"GET /{CONTAINER}"]
    assert stored["container:0"] == CONTAINER
    return form(host.requests[0])


async def test_an_image():
    assert await made(content(image(alt_text="A cat"), text="Hi #1 & <b>\n日本")) == {
        "image_url": "https://files.example/a.jpg?s=1&t=2",
        "caption": "Hi #1 & <b>\n日本",
        "alt_text": "A cat",
    }


async def test_an_image_without_caption():
    assert await made(content(image(), text=" ")) == {"image_url": "https://files.example/a.jpg?s=1&t=2"}


async def test_options():
    sent = await made(content(image(), location_id="7", collaborators=["a", "b"], share_to_feed=True))
    assert sent["location_id"] == "7"
    assert sent["collaborators"] == '["a", "b"]'
    assert "share_to_feed" not in sent  # of reels


async def test_a_single_video_is_a_reel():
    assert await made(content(video(), share_to_feed=False, thumb_offset=1500, audio_name="Song")) == {
        "media_type": "REELS",
        "video_url": "https://files.example/v.mp4",
        "caption": "Hello",
        "share_to_feed": "false",
        "thumb_offset": "1500",
        "audio_name": "Song",
    }


@pytest.mark.parametrize(
    ("file", "told"),
    [
        (image(alt_text="x"), {"image_url": "https://files.example/a.jpg?s=1&t=2"}),
        (video(), {"video_url": "https://files.example/v.mp4"}),
    ],
)
async def test_a_story(file, told):
    assert await made(content(file, text="", kind="story")) == {"media_type": "STORIES", **told}


async def test_a_carousel():
    ids = ["178801", "178802", "178803"]
    host = Host(
        answer({"id": ids[0]}),
        answer({"id": ids[1]}),
        state("FINISHED"),
        state("FINISHED"),
        answer({"id": ids[2]}),
        state("FINISHED"),
    )
    stored = await walk(host, content(image(alt_text="A"), video()))
    assert host.asked == [
        f"POST /{ACCOUNT}/media",
        f"POST /{ACCOUNT}/media",
        f"GET /{ids[0]}",
        f"GET /{ids[1]}",
        f"POST /{ACCOUNT}/media",
        f"GET /{ids[2]}",
    ]
    first, second, _, _, whole, _ = (form(each) for each in host.requests)
    assert first == {"is_carousel_item": "true", "image_url": "https://files.example/a.jpg?s=1&t=2", "alt_text": "A"}
    assert second == {"is_carousel_item": "true", "media_type": "VIDEO", "video_url": "https://files.example/v.mp4"}
    assert whole == {"media_type": "CAROUSEL", "children": f"{ids[0]},{ids[1]}", "caption": "Hello"}
    assert stored["container:0"] == ids[2]


@pytest.mark.parametrize(("file", "least"), [(image(), 1), (video(), 20)])
async def test_what_is_worked_on_is_waited_for(file, least):
    with pytest.raises(NotReady) as told:
        await walk(Host(answer(MADE), state("IN_PROGRESS")), content(file))
    assert told.value.retry_after >= least


@pytest.mark.parametrize(
    ("answered", "error_type", "rule"),
    [
        (state("EXPIRED"), PreparationLost, "containerExpired"),
        (state("ERROR", "Error: Media upload has failed with error code 2207082"), ContentRejected, "videoRefused"),
        (state("ERROR", "Error: 2207026"), ContentRejected, "videoRefused"),
        (state("ERROR", "Error: code 2207003"), PreparationLost, "fetchTooSlow"),
        (state("ERROR", "Error: code 2207052"), PreparationLost, "fetchFailed"),
        (state("ERROR", "Error: code 2207032"), PreparationLost, "containerFailed"),
        (state("ERROR", "Error: 2207050"), AccountRestricted, "restricted"),
        (state("ERROR", "Error: something 12207082 else"), PreparationLost, "containerFailed"),
    ],
)
async def test_a_container_that_failed(answered, error_type, rule):
    with pytest.raises(error_type) as told:
        await walk(Host(answer(MADE), answered), content(image()))
    assert told.value.rule == rule
    if error_type is PreparationLost:
        assert told.value.steps == {"container:0"}


async def test_a_first_comment_needs_its_scope_before_anything_is_live():
    scopes = ("instagram_business_basic", "instagram_business_content_publish")
    with pytest.raises(PermissionMissing) as told:
        await walk(Host(answer(MADE), state("FINISHED")), content(image(), comment="First!"), scopes=scopes)
    assert "manage_comments" in told.value.remediation
    await walk(Host(answer(MADE), state("FINISHED")), content(image(), comment="First!"))


async def test_publishing():
    host, connector = Host(answer({"id": MEDIA}), answer(LIVE)), instagram()
    with mock.patch.object(connector, "send", wraps=connector.send) as send:
        published = await connector.publish(host.access(), outgoing())
    assert send.await_count == 1
    assert host.asked == [f"POST /{ACCOUNT}/media_publish", f"GET /{MEDIA}"]
    assert form(host.requests[0]) == {"creation_id": CONTAINER}
    assert (published.id, published.url) == (MEDIA, LIVE["permalink"])
    assert published.at
    assert host.requests[0].headers["authorization"]


async def test_publishing_by_facebooks_login():
    host = Host(answer({"id": MEDIA}), answer(LIVE), by_facebook=True)
    await instagram().publish(host.access(), outgoing())
    assert host.requests[0].url.host == "graph.facebook.com"


async def test_proof_where_the_app_wants_it():
    host = Host(answer({"id": MEDIA}), answer(LIVE), settings={"proof": "on", "expected": PROOF})
    await instagram().publish(host.access(), outgoing())


@pytest.mark.parametrize("after", [error(100, 33), error(4), answer(b"<html>", 502), httpx2.ReadTimeout("late")])
async def test_it_is_live_even_if_its_address_is_not_told(after):
    host = Host(answer({"id": MEDIA}), after)
    assert await instagram().publish(host.access(), outgoing()) == Published(MEDIA)
    assert host.asked.count(f"POST /{ACCOUNT}/media_publish") == 1


@pytest.mark.parametrize(
    "lost",
    [
        *left_open(),
        error(-1, 2207001),
        error(9007, 2207027),
        error(24, 2207008),
        error(100, 33),
        answer({"success": True}),
    ],
)
async def test_what_leaves_it_open_is_sent_once(lost):
    host = Host(lost, answer({"id": MEDIA}))
    with pytest.raises(OutcomeUnknown):
        await instagram().publish(host.access(), outgoing())
    assert host.asked == [f"POST /{ACCOUNT}/media_publish"]


async def test_no_connection_is_certain():
    with pytest.raises(PlatformUnavailable):
        await instagram().publish(Host(httpx2.ConnectError("refused")).access(), outgoing())


@pytest.mark.parametrize(
    ("refused", "expected"),
    [
        (error(9, 2207042), Throttled),
        (error(4, 2207051), AccountRestricted),
        (error(25, 2207050), AccountRestricted),
        (error(190, 463), ReauthorizationRequired),
        (error(10), PermissionMissing),
        (error(100), ContentRejected),
        (error(-2, 2207020), PreparationLost),
        (error(24, 2207006), PreparationLost),
    ],
)
async def test_a_refusal_is_certain(refused, expected):
    host = Host(refused)
    with pytest.raises(expected):
        await instagram().publish(host.access(), outgoing())
    assert host.left == 0


@pytest.mark.parametrize("refused", [error(100), error(-2, 2207020), error(24, 2207006)])
async def test_after_an_earlier_sending_a_refusal_of_the_container_is_not(refused):
    host = Host(state("FINISHED"), refused)
    with pytest.raises(OutcomeUnknown):
        await instagram().publish(host.access(), outgoing(first_sent_at=EARLIER))


async def test_a_container_that_came_through_meanwhile_is_not_published_again():
    host = Host(answer(recorded("container_published")))
    with pytest.raises(OutcomeUnknown):
        await instagram().publish(host.access(), outgoing(first_sent_at=EARLIER))
    assert host.asked == [f"GET /{CONTAINER}"]


@pytest.mark.parametrize("code", ["EXPIRED", "ERROR"])
async def test_a_container_that_ended_meanwhile_is_made_anew(code):
    with pytest.raises(PreparationLost) as told:
        await instagram().publish(Host(state(code)).access(), outgoing(first_sent_at=EARLIER))
    assert told.value.steps == {"container:0"}


async def test_a_first_comment():
    host = Host(answer({"id": COMMENT}))
    assert await instagram().publish(host.access(), comment("First! #tag", reply_to=MEDIA)) == Published(COMMENT)
    assert host.asked == [f"POST /{MEDIA}/comments"]
    assert form(host.requests[0]) == {"message": "First! #tag"}


async def test_a_comment_that_is_left_open():
    with pytest.raises(OutcomeUnknown):
        await instagram().publish(Host(error(2)).access(), comment(reply_to=MEDIA))


@pytest.mark.parametrize("by_facebook", [True, False])
async def test_deleting(by_facebook):
    host = Host(answer({"success": True}), by_facebook=by_facebook)
    if by_facebook:
        await instagram().withdraw(host.access(), MEDIA)
        assert host.asked == [f"DELETE /{MEDIA}"]
    else:
        with pytest.raises(ContentRejected) as told:
            await instagram().withdraw(host.access(), MEDIA)
        assert told.value.rule == "deleteUnsupported"
        assert host.asked == []


async def test_deleting_what_is_gone():
    host = Host(*[error(100, 33) for _ in range(4)], by_facebook=True)
    await instagram().withdraw(host.access(), MEDIA)


async def test_a_deletion_that_does_nothing_is_no_success():
    host = Host(answer({"success": False}), answer(LIVE), by_facebook=True)
    with pytest.raises(ContentRejected) as told:
        await instagram().withdraw(host.access(), MEDIA)
    assert told.value.rule == "deleteRefused"
