"""What goes over the wire from a post's steps to the call that publishes."""

import json
from unittest import mock

import httpx2
import pytest

from contract.graph.host import answer, left_open
from contract.graph.posts import image, video
from contract.graph.wire import Broken, form
from contract.threads.collection import THREADS, recorded
from contract.threads.host import CONTAINER, PARENT, POST, Host, error, outgoing, reply, state, threads, walk
from ocma.platforms.connector import Published
from ocma.platforms.content import Content, Link, Part, Poll
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
LIVE = {"id": POST, "permalink": "https://www.threads.net/@ocma/post/abc", "timestamp": "2026-11-23T12:00:05+0000"}
SENT = ["POST /me/threads_publish"]


async def made(part, **options):
    host = Host(answer(MADE), answer(recorded("container_finished")))
    stored = await walk(host, Content((part,), options))
    assert host.asked == ["POST /me/threads", f"GET /{CONTAINER}"]
    assert stored["container:0"] == CONTAINER
    return form(host.requests[0])


async def test_a_text():
    assert await made(Part("Hi #tag & <b>\n日本 😀")) == {"media_type": "TEXT", "text": "Hi #tag & <b>\n日本 😀"}


async def test_a_text_with_options():
    options = {"reply_control": "mentioned_only", "topic_tag": "Tag", "quote_post_id": "7", "location_id": "8"}
    assert await made(Part("Hi"), **options, is_spoiler_media=True) == {"media_type": "TEXT", "text": "Hi", **options}


async def test_a_link():
    sent = await made(Part("Look", link=Link("https://example.org/?a=1&b=2")))
    assert sent == {"media_type": "TEXT", "text": "Look", "link_attachment": "https://example.org/?a=1&b=2"}


async def test_a_poll():
    sent = await made(Part("Which?", poll=Poll(("one", "two", "three"), 86_400)))
    assert json.loads(sent["poll_attachment"]) == {"option_a": "one", "option_b": "two", "option_c": "three"}


async def test_an_image():
    assert await made(Part("", (image(alt_text="A cat"),)), is_spoiler_media=True) == {
        "media_type": "IMAGE",
        "image_url": "https://files.example/a.jpg?s=1&t=2",
        "alt_text": "A cat",
        "is_spoiler_media": "true",
    }


async def test_a_video():
    assert await made(Part("Hi", (video(),))) == {
        "media_type": "VIDEO",
        "video_url": "https://files.example/v.mp4",
        "text": "Hi",
    }


async def test_a_carousel():
    ids = ["178801", "178802", "178803"]
    finished = [state("FINISHED"), state("FINISHED"), state("FINISHED")]
    host = Host(answer({"id": ids[0]}), answer({"id": ids[1]}), *finished[:2], answer({"id": ids[2]}), finished[2])
    stored = await walk(host, Content((Part("Hi", (image(alt_text="A"), video())),)))
    first, second, _, _, whole, _ = (form(each) for each in host.requests)
    assert first["is_carousel_item"] == second["is_carousel_item"] == "true"
    assert (first["media_type"], second["media_type"], first["alt_text"]) == ("IMAGE", "VIDEO", "A")
    assert whole == {"media_type": "CAROUSEL", "children": "178801,178802", "text": "Hi"}
    assert stored["container:0"] == "178803"


async def test_what_is_worked_on_is_waited_for():
    with pytest.raises(NotReady) as told:
        await walk(Host(answer(MADE), state("IN_PROGRESS")), Content((Part("Hi", (video(),)),)))
    assert told.value.retry_after >= 20


@pytest.mark.parametrize(
    ("answered", "expected", "rule"),
    [
        (state("EXPIRED"), PreparationLost, "containerExpired"),
        (answer(recorded("container_error")), PreparationLost, "fetchFailed"),
        (state("ERROR", "UNKNOWN"), PreparationLost, "containerFailed"),
        (state("ERROR"), PreparationLost, "containerFailed"),
        (state("ERROR", "FAILED_PROCESSING_AUDIO"), ContentRejected, "audioProcessing"),
        (state("ERROR", "FAILED_PROCESSING_VIDEO"), ContentRejected, "videoProcessing"),
        (state("ERROR", "INVALID_ASPEC_RATIO"), ContentRejected, "ratio"),
        (state("ERROR", "INVALID_BIT_RATE"), ContentRejected, "bitRate"),
        (state("ERROR", "INVALID_DURATION"), ContentRejected, "duration"),
        (state("ERROR", "INVALID_FRAME_RATE"), ContentRejected, "frameRate"),
        (state("ERROR", "INVALID_AUDIO_CHANNELS"), ContentRejected, "audioChannels"),
        (state("ERROR", "INVALID_AUDIO_CHANNEL_LAYOUT"), ContentRejected, "audioChannels"),
    ],
)
async def test_a_container_that_failed(answered, expected, rule):
    with pytest.raises(expected) as told:
        await walk(Host(answer(MADE), answered), Content((Part("Hi", (video(),)),)))
    assert told.value.rule == rule
    assert told.value.remediation or rule == "containerExpired"


async def test_publishing():
    host, connector = Host(answer({"id": POST}), answer(LIVE)), threads()
    with mock.patch.object(connector, "send", wraps=connector.send) as send:
        published = await connector.publish(host.access(), outgoing())
    assert send.await_count == 1
    assert host.asked == [*SENT, f"GET /{POST}"]
    assert form(host.requests[0]) == {"creation_id": CONTAINER}
    assert (published.id, published.url) == (POST, LIVE["permalink"])


@pytest.mark.parametrize("after", [answer(recorded("missing"), 400), answer(b"", 502), httpx2.ReadTimeout("late")])
async def test_it_is_live_even_if_its_address_is_not_told(after):
    assert await threads().publish(Host(answer({"id": POST}), after).access(), outgoing()) == Published(POST)


@pytest.mark.parametrize(
    "lost",
    [*left_open(), error(24), error(100, 33), answer({})],
)
async def test_what_leaves_it_open_is_sent_once(lost):
    host = Host(lost, answer({"id": POST}))
    with pytest.raises(OutcomeUnknown):
        await threads().publish(host.access(), outgoing())
    assert host.asked == SENT


@pytest.mark.parametrize(
    ("refused", "expected", "rule"),
    [
        (error(190, 463), ReauthorizationRequired, "tokenExpired"),
        (error(10), PermissionMissing, "notPermitted"),
        (error(200), PermissionMissing, "notPermitted"),
        (error(100), ContentRejected, "badParameter"),
        (error(100, 4279013), AccountRestricted, "restricted"),
        (error(4, 2207051), AccountRestricted, "actionBlocked"),
        (error(4), Throttled, "appRateLimited"),
        (error(17), Throttled, "rateLimited"),
        (error(613), Throttled, "rateLimited"),
        (error(100, None, "THREADS_API__LINK_LIMIT_EXCEEDED"), ContentRejected, "links"),
        (error(100, None, "THREADS_API__FEATURE_NOT_AVAILABLE"), ContentRejected, "featureNotAvailable"),
        (error(100, None, "THREADS_API__GEO_GATING_INVALID_COUNTRY_CODES"), ContentRejected, "countryCodes"),
    ],
)
async def test_a_refusal_is_certain(refused, expected, rule):
    with pytest.raises(expected) as told:
        await threads().publish(Host(refused).access(), outgoing())
    assert told.value.rule == rule
    assert told.value.remediation


async def test_a_file_that_could_not_be_fetched_is_tried_again():
    told = threads().explain(error(100, None, "The media could not be fetched from this URI: x"))
    assert (type(told), told.rule) == (PlatformUnavailable, "fetchFailed")


@pytest.mark.parametrize("answered", [state("PUBLISHED")])
async def test_a_container_that_came_through_meanwhile_is_not_published_again(answered):
    host = Host(answered)
    with pytest.raises(OutcomeUnknown):
        await threads().publish(host.access(), outgoing(first_sent_at=mock.sentinel.earlier))
    assert host.asked == [f"GET /{CONTAINER}"]


async def made_reply(part, **options):
    """The form of a second part's container."""
    host = Host(answer(MADE), state("FINISHED"))
    prepared = await walk(host, Content((Part("First"), part), options), PARENT)
    assert host.asked == ["POST /me/threads", f"GET /{CONTAINER}"]
    assert prepared["container:1"] == CONTAINER
    return form(host.requests[0])


async def test_a_reply_is_made_when_what_it_answers_is_live():
    host = Host(answer(MADE), state("FINISHED"))
    prepared = await walk(host, Content((Part("First"), Part("Second"))))
    assert host.asked == ["POST /me/threads", f"GET /{CONTAINER}"]  # of the first part only
    assert set(prepared) == {"container:0", "ready:0", "allowed:1"}
    options = {"reply_control": "everyone", "topic_tag": "Tag"}
    sent = await made_reply(Part("Second"), **options)
    assert sent == {"media_type": "TEXT", "text": "Second", "reply_to_id": PARENT}


@pytest.mark.parametrize(("file", "kind"), [(image(), "IMAGE"), (video(), "VIDEO")])
async def test_a_reply_with_a_file(file, kind):
    sent = await made_reply(Part("Second", (file,)))
    assert (sent["media_type"], sent["reply_to_id"]) == (kind, PARENT)


async def test_a_later_reply_answers_the_part_before_it():
    host = Host(answer(MADE), state("FINISHED"))
    await walk(host, Content((Part("1"), Part("2"), Part("3"))), POST, PARENT)
    assert (form(host.requests[0])["text"], form(host.requests[0])["reply_to_id"]) == ("3", PARENT)


async def test_a_reply_is_published_by_its_container():
    host, connector = Host(answer({"id": POST}), answer(LIVE)), threads()
    with mock.patch.object(connector, "send", wraps=connector.send) as send:
        published = await connector.publish(host.access(), reply())
    assert send.await_count == 1
    assert (host.asked, form(host.requests[0])) == ([*SENT, f"GET /{POST}"], {"creation_id": CONTAINER})
    assert published.id == POST


async def test_a_reply_that_came_through_meanwhile_is_not_published_again():
    host = Host(state("PUBLISHED"))
    with pytest.raises(OutcomeUnknown):
        await threads().publish(host.access(), reply(first_sent_at=mock.sentinel.earlier))
    assert host.asked == [f"GET /{CONTAINER}"]


async def test_a_reply_with_several_files_has_them_beforehand():
    thread = Content((Part("First"), Part("Second", (image(), video()))))
    ids = ["178801", "178802"]
    finished = [state("FINISHED"), state("FINISHED")]
    host = Host(answer(MADE), state("FINISHED"), answer({"id": ids[0]}), answer({"id": ids[1]}), *finished)
    assert (await walk(host, thread))["media:1:1"] == ids[1]
    assert host.left == 0
    host = Host(answer({"id": ids[0]}), answer({"id": ids[1]}), *finished, answer(MADE), state("FINISHED"))
    await walk(host, thread, PARENT)
    assert form(host.requests[4])["children"] == "178801,178802"


async def test_a_reply_that_is_worked_on_is_waited_for():
    with pytest.raises(NotReady):
        await walk(Host(answer(MADE), state("IN_PROGRESS")), Content((Part("First"), Part("Second", (image(),)))), PARENT)


@pytest.mark.parametrize("refused", [error(24), error(100, 33), answer(b"", 502), httpx2.ReadTimeout("late")])
async def test_a_parent_that_is_not_seen_yet_is_tried_again(refused):
    host = Host(refused)
    with pytest.raises(PlatformUnavailable):
        await walk(host, Content((Part("First"), Part("Second"))), PARENT)
    assert host.asked == ["POST /me/threads"]


async def test_what_would_fail_within_a_thread_is_refused_before():
    scopes = ("threads_basic", "threads_content_publish")
    with pytest.raises(PermissionMissing) as missing:
        await walk(Host(answer(MADE), state("FINISHED")), Content((Part("1"), Part("2", role="comment"))), scopes=scopes)
    assert "threads_manage_replies" in missing.value.remediation


async def test_deleting():
    host = Host(answer(THREADS.example("DELETE {thread}")))
    await threads().withdraw(host.access(), POST)
    assert host.asked == [f"DELETE /{POST}"]
    await threads().withdraw(Host(*[answer(recorded("missing"), 400) for _ in range(4)]).access(), POST)
    with pytest.raises(PermissionMissing):
        await threads().withdraw(Host(error(10)).access(), POST)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("POST me/threads", {"media_type": "TEXT_POST"}),
        ("POST me/threads", {"media_type": "IMAGE", "link_attachment": "x"}),
        ("POST me/threads", {"media_type": "TEXT", "auto_publish_text": "true"}),
        ("POST me/threads", {"reply_id": "1"}),
        ("POST me/thread", {}),
    ],
)
def test_the_judge_can_find_somebody_guilty(name, given):
    request = httpx2.Request("POST", "https://graph.threads.net/v1.0/me/threads", data=given)
    request.read()
    with pytest.raises(Broken):
        THREADS.check(request, name)
