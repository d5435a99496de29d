import json
from unittest import mock

import httpx2
import pytest

from contract.facebook.description import sent
from contract.facebook.host import PAGE, POST, UPLOAD, VIDEO, Host, facebook
from contract.graph.host import answer, error, left_open
from ocma.platforms.connector import Processing, Published
from ocma.platforms.content import Content, Link, Media, Outgoing, Part
from ocma.platforms.errors import ContentRejected, DuplicateContent, OutcomeUnknown, PlatformUnavailable, Throttled

BYTES = b"0123456789"


async def chunks():
    for at in range(0, len(BYTES), 3):
        yield BYTES[at : at + 3]


def file(kind="image", mime_type="image/jpeg", alt_text=None):
    return Media(id="m", kind=kind, mime_type=mime_type, size=len(BYTES), open=chunks, alt_text=alt_text)


def video():
    return file("video", "video/mp4")


def outgoing(text="Hello", media=(), ids=(), index=0, options=None, **more):
    prepared = {f"media:{index}:{place}": each for place, each in enumerate(ids)}
    more_of_part = {name: more.pop(name) for name in ("link", "role") if name in more}
    return Outgoing(Part(text, tuple(media), **more_of_part), index, "key", options or {}, prepared, **more)


async def published(out, *answers):
    host, connector = Host(*answers), facebook()
    with mock.patch.object(connector, "send", wraps=connector.send) as send:
        try:
            result = await connector.publish(host.access(), out)
        finally:
            assert send.await_count == len(host.requests) == 1
    form = sent(host.requests[0])
    del form["appsecret_proof"]
    return result, host.asked[0], form


async def test_a_text():
    result, asked, form = await published(outgoing(), answer({"id": POST}))
    assert result == Published(POST, f"https://www.facebook.com/{POST}")
    assert (asked, form) == (f"POST /{PAGE}/feed", {"message": "Hello"})


async def test_a_link():
    _, asked, form = await published(outgoing(" ", link=Link("https://ocma.example/a?b=c&d")), answer({"id": POST}))
    assert (asked, form) == (f"POST /{PAGE}/feed", {"link": "https://ocma.example/a?b=c&d"})


@pytest.mark.parametrize("ids", [("31",), ("31", "32", "33")])
async def test_photos_are_attached_in_order(ids):
    _, asked, form = await published(outgoing(media=[file() for _ in ids], ids=ids), answer({"id": POST}))
    assert asked == f"POST /{PAGE}/feed"
    assert form["message"] == "Hello"
    assert json.loads(form["attached_media"]) == [{"media_fbid": each} for each in ids]


async def test_a_video_is_finished_and_not_live_at_once():
    out = outgoing(media=[video()], ids=[f"{VIDEO}:77"])
    result, asked, form = await published(out, answer({"success": True}))
    assert result == Processing(VIDEO, 2.0, 15.0)
    assert asked == f"POST /{PAGE}/videos"
    assert form == {"upload_phase": "finish", "upload_session_id": "77", "description": "Hello"}


async def test_a_reel():
    out = outgoing(media=[video()], ids=[VIDEO], options={"kind": "reel"})
    result, asked, form = await published(out, answer({"success": True, "post_id": "123"}))
    assert result == Processing(VIDEO, 2.0, 15.0)
    assert asked == f"POST /{PAGE}/video_reels"
    assert form == {"upload_phase": "finish", "video_id": VIDEO, "video_state": "PUBLISHED", "description": "Hello"}


async def test_a_story_of_a_photo_and_one_of_a_video():
    out = outgoing("", [file()], ["31"], options={"kind": "story"})
    result, asked, form = await published(out, answer({"success": True, "post_id": 123}))
    assert (result.id, asked, form) == ("123", f"POST /{PAGE}/photo_stories", {"photo_id": "31"})
    out = outgoing("", [video()], [VIDEO], options={"kind": "story"})
    result, asked, form = await published(out, answer({"success": True, "post_id": "123"}))
    assert result == Processing(VIDEO, 2.0, 15.0)
    assert (asked, form) == (f"POST /{PAGE}/video_stories", {"upload_phase": "finish", "video_id": VIDEO})


async def test_a_first_comment():
    out = outgoing("First", index=1, role="comment", reply_to=POST, options={"kind": "reel"})
    result, asked, form = await published(out, answer({"id": "122100_5"}))
    assert result.id == "122100_5"
    assert (asked, form) == (f"POST /{POST}/comments", {"message": "First"})


async def steps(content, *answers):
    host, prepared = Host(*answers), {}
    for step in facebook().steps(content):
        prepared[step.key] = await step.run(host.access(), prepared)
    assert not host.left
    return prepared, host


async def test_photos_are_uploaded_unpublished_with_their_alternative_text():
    content = Content((Part("Hello", (file(alt_text="A cat"), file(mime_type="image/png"))),))
    prepared, host = await steps(content, answer({"id": "31"}), answer({"id": "32", "post_id": "x"}))
    assert prepared == {"media:0:0": "31", "media:0:1": "32"}
    assert host.asked == [f"POST /{PAGE}/photos"] * 2
    first, second = (sent(each) for each in host.requests)
    assert first["published"] == second["published"] == "false"
    assert (first["alt_text_custom"], "alt_text_custom" in second) == ("A cat", False)
    assert (first["source"], second["source"]) == ("10 bytes of image/jpeg", "10 bytes of image/png")


async def test_a_video_goes_in_the_pieces_that_are_asked_for():
    content = Content((Part("Hello", (video(),)),))
    prepared, host = await steps(
        content,
        answer({"upload_session_id": "77", "video_id": VIDEO, "start_offset": "0", "end_offset": "8"}),
        answer({"start_offset": "8", "end_offset": "10"}),
        answer({"start_offset": "10", "end_offset": "10"}),
    )
    assert prepared == {"media:0:0": f"{VIDEO}:77"}
    assert host.asked == [f"POST /{PAGE}/videos"] * 3
    start, first, second = (sent(each) for each in host.requests)
    assert (start["upload_phase"], start["file_size"]) == ("start", "10")
    assert [each["upload_phase"] for each in (first, second)] == ["transfer"] * 2
    assert [each["upload_session_id"] for each in (first, second)] == ["77"] * 2
    assert (first["start_offset"], second["start_offset"]) == ("0", "8")
    assert b"01234567" in host.requests[1].content
    assert b"\r\n\r\n89\r\n" in host.requests[2].content


async def test_a_video_that_gets_out_of_step_is_begun_anew():
    opened = {"upload_session_id": "77", "video_id": VIDEO, "start_offset": "0", "end_offset": "8"}
    with pytest.raises(PlatformUnavailable) as refused:
        await steps(Content((Part("", (video(),)),)), answer(opened), answer({"start_offset": "4", "end_offset": "10"}))
    assert refused.value.rule == "uploadOutOfStep"


@pytest.mark.parametrize(("kind", "edge"), [("reel", "video_reels"), ("story", "video_stories")])
async def test_reels_and_stories_are_uploaded_in_one_request(kind, edge):
    address = f"{UPLOAD}/video-upload/v26.0/{VIDEO}"
    content = Content((Part("", (video(),)),), {"kind": kind})
    prepared, host = await steps(content, answer({"video_id": VIDEO, "upload_url": address}), answer({"success": True}))
    assert prepared == {"media:0:0": VIDEO}
    assert host.asked[0] == f"POST /{PAGE}/{edge}"
    assert sent(host.requests[0])["upload_phase"] == "start"
    assert str(host.requests[1].url) == address
    assert host.requests[1].content == BYTES


async def test_no_token_goes_to_an_address_that_is_not_facebooks():
    seen = []

    def stranger(request):
        seen.append(request)
        return answer({"video_id": VIDEO, "upload_url": "https://evil.example/video-upload/1"}) if len(seen) == 1 else answer({})

    access = Host().access()
    access.client._transport = httpx2.MockTransport(stranger)
    (step,) = facebook().steps(Content((Part("", (video(),)),), {"kind": "reel"}))
    await step.run(access, {})
    assert seen[1].url.host == "evil.example"
    assert "authorization" not in seen[1].headers
    assert "appsecret_proof" not in str(seen[1].url)


LOST = [
    *left_open(),
    answer({}, 500),
    error(2, status=500),
    error(2, is_transient=True),
    error(100, 1363047),
    error(1, status=200),
    answer(b"{"),
    answer({"success": False}),
]


@pytest.mark.parametrize("lost", LOST, ids=str)
async def test_what_leaves_it_open_is_never_sent_again(lost):
    with pytest.raises(OutcomeUnknown):
        await published(outgoing(), lost)


async def test_a_lost_answer_about_a_video_and_a_story():
    for options, ids, media in (({}, [f"{VIDEO}:77"], video()), ({"kind": "story"}, ["31"], file())):
        with pytest.raises(OutcomeUnknown):
            await published(outgoing("", [media], ids, options=options), httpx2.ReadTimeout("lost"))


async def test_nothing_was_sent_when_no_connection_was_made():
    with pytest.raises(PlatformUnavailable):
        await published(outgoing(), httpx2.ConnectError("no"))


async def test_a_definite_refusal():
    with pytest.raises(ContentRejected):
        await published(outgoing(), error(100))
    with pytest.raises(Throttled):
        await published(outgoing(), error(32))
    with pytest.raises(PlatformUnavailable) as missing:  # not there, it says, so nothing was made
        await published(outgoing(), error(100, 33))
    assert missing.value.rule == "objectMissing"


async def test_an_identical_post_is_there_already():
    with pytest.raises(DuplicateContent):
        await published(outgoing(), error(506))


async def test_photos_that_are_in_a_post_already_were_sent_by_us():
    with pytest.raises(OutcomeUnknown):
        await published(outgoing(media=[file()], ids=["31"]), error(100, 1366051))


@pytest.mark.parametrize(
    ("state", "leaf"),
    [({"video_status": "processing"}, OutcomeUnknown), ({"publishing_phase": {"status": "complete"}}, OutcomeUnknown)]
    + [({"video_status": each}, ContentRejected) for each in ("upload_complete", "error")],
)
async def test_a_video_that_is_refused_may_have_been_taken_before(state, leaf):
    out = outgoing(media=[video()], ids=[f"{VIDEO}:77"])
    host = Host(error(100), answer({"id": VIDEO, "status": state}))
    with pytest.raises(leaf) as refused:
        await facebook().publish(host.access(), out)
    assert type(refused.value) is leaf
    assert host.asked == [f"POST /{PAGE}/videos", f"GET /{VIDEO}"]
