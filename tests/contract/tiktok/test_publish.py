"""Videos in pieces and photos by address: what is sent, in which order, and which call makes it live."""

import itertools
from dataclasses import replace
from unittest import mock

import httpx2
import pytest

from contract.tiktok.facts import API, MB, Broken, check_plan
from contract.tiktok.host import NOW, PUBLISH_ID, SESSION, URL, Host, content, creator, film, ok, outgoing, photo, refused, state
from ocma.platforms.connector import Processing
from ocma.platforms.errors import (
    AccountRestricted,
    ContentRejected,
    OutcomeUnknown,
    PermissionMissing,
    PlatformUnavailable,
    PreparationLost,
    ReauthorizationRequired,
    Throttled,
)
from ocma.platforms.tiktok import TikTok
from ocma.platforms.tiktok.upload import PIECE, source, spans

TIKTOK = TikTok(lambda: NOW)
QUARTER = 15 * 60


async def prepare(host, made):
    """As the worker does it: each step gets what the earlier ones returned."""
    prepared = {}
    for step in TIKTOK.steps(made):
        prepared[step.key] = await step.run(host.access(), prepared)
    return prepared


def accept(request):
    return httpx2.Response(206)


async def test_a_video_is_prepared_in_order_and_its_last_piece_makes_it_live():
    size = 2 * PIECE + 1234
    made = content(film(size), disable_comment=True, is_aigc=False, video_cover_timestamp_ms=1000)
    host = Host(creator(), ok(publish_id=PUBLISH_ID, upload_url=URL), state("PROCESSING_UPLOAD"), accept, httpx2.Response(201))
    assert await prepare(host, made) == {"session:0": SESSION, "bytes:0": "filled"}
    assert host.asked == [
        "POST /v2/post/publish/creator_info/query/",
        "POST /v2/post/publish/video/init/",
        "POST /v2/post/publish/status/fetch/",
        "PUT /video/",
    ]
    assert host.body(1) == {
        "post_info": {
            "title": "Hello",
            "privacy_level": "PUBLIC_TO_EVERYONE",
            "disable_comment": True,
            "is_aigc": False,
            "video_cover_timestamp_ms": 1000,
        },
        "source_info": {"source": "FILE_UPLOAD", "video_size": size, "chunk_size": PIECE, "total_chunk_count": 2},
    }
    with mock.patch.object(TIKTOK, "send", wraps=TIKTOK.send) as send:
        processing = await TIKTOK.publish(host.access(), outgoing(made))
    assert send.await_count == 1
    assert processing == Processing(f"{PUBLISH_ID} {NOW.timestamp() + QUARTER:.0f}", 2.0, 15.0)
    assert host.ranges == [f"bytes 0-{PIECE - 1}/{size}", f"bytes {PIECE}-{size - 1}/{size}"]
    sent = b"".join(each.content for each in host.requests if each.method == "PUT")
    assert sent == (bytes(range(251)) * (size // 251 + 1))[:size]
    assert str(host.requests[-1].url) == URL


async def test_pieces_get_no_token_even_at_the_apis_own_address():
    made, host = content(film(100)), Host(httpx2.Response(201))
    near = replace(outgoing(made), prepared={"session:0": f"{PUBLISH_ID} https://{API}/video/?upload_id=1"})
    await TIKTOK.publish(host.access(), near)
    assert host.asked == ["PUT /video/"]


async def test_a_private_post_is_not_waited_for_longer_than_it_is_processed():
    made = content(film(100), privacy_level="SELF_ONLY")
    processing = await TIKTOK.publish(Host(httpx2.Response(201)).access(), outgoing(made))
    assert processing.id == f"{PUBLISH_ID} {NOW.timestamp():.0f}"


@pytest.mark.parametrize("size", [1, PIECE - 1, PIECE, 2 * PIECE - 1, 2 * PIECE, 64 * MB, 1000 * MB + 7, 4096 * 1024 * 1024])
def test_every_size_is_cut_as_the_guide_has_it(size):
    plan = source(size)
    check_plan(size, plan["chunk_size"], plan["total_chunk_count"])
    cut = spans(size)
    assert (cut[0].start, cut[-1].stop, len(cut)) == (0, size, plan["total_chunk_count"])
    assert all(one.stop == next_.start for one, next_ in itertools.pairwise(cut))
    assert all(len(each) == plan["chunk_size"] for each in cut[:-1])


def test_the_check_of_plans_refuses_what_the_guide_refuses():
    for plan in [(10 * MB, 3 * MB, 3), (70 * MB, 70 * MB, 1), (20 * MB, 6 * MB, 4), (5005 * MB, 5 * MB, 1001)]:
        with pytest.raises(Broken):
            check_plan(*plan)


async def test_an_interrupted_upload_goes_on_where_tiktoks_bytes_end():
    size = 4 * PIECE
    host = Host(state("PROCESSING_UPLOAD", uploaded_bytes=PIECE), accept, accept)
    step = TIKTOK.steps(content(film(size)))[1]
    await step.run(host.access(), {"session:0": SESSION})
    assert host.ranges == [f"bytes {PIECE}-{2 * PIECE - 1}/{size}", f"bytes {2 * PIECE}-{3 * PIECE - 1}/{size}"]
    whole = (bytes(range(251)) * (size // 251 + 1))[:size]
    assert host.requests[1].content == whole[PIECE : 2 * PIECE]


async def test_the_bytes_are_looked_after_before_every_sending_and_the_session_for_less_than_an_hour():
    session, fill = TIKTOK.steps(content(film(10)))
    assert fill.keeps.total_seconds() == 0
    assert 0 < session.keeps.total_seconds() < 3600


@pytest.mark.parametrize(
    ("answer", "expected", "rule"),
    [
        (state("FAILED", fail_reason="file_format_check_failed"), ContentRejected, "fileFormat"),
        (state("FAILED", fail_reason="internal"), PreparationLost, "processingFailed"),
        (refused("invalid_publish_id"), PreparationLost, "uploadLost"),
    ],
)
async def test_nothing_is_sent_into_an_upload_that_is_over(answer, expected, rule):
    host = Host(answer)
    with pytest.raises(expected) as caught:
        await TIKTOK.steps(content(film(3 * PIECE)))[1].run(host.access(), {"session:0": SESSION})
    assert (caught.value.rule, host.ranges) == (rule, [])


@pytest.mark.parametrize("status", [400, 403, 404, 416])
async def test_an_upload_that_is_refused_is_begun_anew(status):
    host = Host(state("PROCESSING_UPLOAD", uploaded_bytes=0), httpx2.Response(status, text="<html>"))
    with pytest.raises(PreparationLost):
        await TIKTOK.steps(content(film(3 * PIECE)))[1].run(host.access(), {"session:0": SESSION})
    with pytest.raises(PreparationLost):
        await TIKTOK.publish(Host(httpx2.Response(status)).access(), outgoing(content(film(10))))


@pytest.mark.parametrize("status", [400, 403, 404, 416])
async def test_a_piece_that_may_have_arrived_before_is_no_reason_to_begin_anew(status):
    with pytest.raises(OutcomeUnknown):
        await TIKTOK.publish(Host(httpx2.Response(status)).access(), outgoing(content(film(10)), NOW))


async def test_a_file_that_is_shorter_than_told_is_not_sent():
    made = content(film(2 * PIECE, content=b"x" * PIECE))
    host = Host()
    with pytest.raises(PlatformUnavailable, match="bytes"):
        await TIKTOK.publish(host.access(), outgoing(made))
    assert host.asked == []


@pytest.mark.parametrize("media", [film(10), photo(1)], ids=["video", "photos"])
@pytest.mark.parametrize(
    "answer",
    [
        httpx2.Response(500),
        httpx2.Response(502, text="<html>"),
        httpx2.Response(504),
        httpx2.Response(408),
        httpx2.ReadTimeout("no answer"),
        httpx2.ReadError("reset"),
        httpx2.WriteError("reset"),
        httpx2.RemoteProtocolError("closed"),
    ],
    ids=str,
)
async def test_no_answer_leaves_it_open_and_is_not_repeated(media, answer):
    host = Host(answer, ok(publish_id=PUBLISH_ID))
    with pytest.raises(OutcomeUnknown):
        await TIKTOK.publish(host.access(), outgoing(content(media)))
    assert len(host.requests) == 1


@pytest.mark.parametrize("media", [film(10), photo(1)], ids=["video", "photos"])
async def test_no_connection_is_certain_not_to_have_published(media):
    with pytest.raises(PlatformUnavailable):
        await TIKTOK.publish(Host(httpx2.ConnectError("refused")).access(), outgoing(content(media)))


async def test_a_last_piece_that_was_not_the_last_leaves_it_open():
    with pytest.raises(OutcomeUnknown):
        await TIKTOK.publish(Host(httpx2.Response(206)).access(), outgoing(content(film(10))))


async def test_photos_are_fetched_by_tiktok():
    made = content(photo(1), photo(2), title="Two", auto_add_music=True, photo_cover_index=1)
    host = Host(creator(), ok(publish_id="p_pub_url~v2.123456789"))
    assert await prepare(host, made) == {"creator:0": "asked"}
    with mock.patch.object(TIKTOK, "send", wraps=TIKTOK.send) as send:
        processing = await TIKTOK.publish(host.access(), outgoing(made))
    assert send.await_count == 1
    assert processing.id.split() == ["p_pub_url~v2.123456789", f"{NOW.timestamp() + QUARTER:.0f}"]
    assert host.asked[1:] == ["POST /v2/post/publish/content/init/"]
    assert host.body() == {
        "media_type": "PHOTO",
        "post_mode": "DIRECT_POST",
        "post_info": {"title": "Two", "description": "Hello", "privacy_level": "PUBLIC_TO_EVERYONE", "auto_add_music": True},
        "source_info": {
            "source": "PULL_FROM_URL",
            "photo_images": ["https://media.example/1.jpg", "https://media.example/2.jpg"],
            "photo_cover_index": 1,
        },
    }


async def test_photos_without_an_address_are_refused_before_anything_is_sent():
    host = Host()
    with pytest.raises(ContentRejected) as caught:
        await TIKTOK.publish(host.access(), outgoing(content(photo(1, address=None))))
    assert (caught.value.rule, host.asked) == ("addressMissing", [])


@pytest.mark.parametrize("answer", [httpx2.Response(200, text="<html>"), ok(), refused("internal_error", 200)])
async def test_an_unreadable_yes_is_no_no(answer):
    with pytest.raises(OutcomeUnknown):
        await TIKTOK.publish(Host(answer).access(), outgoing(content(photo(1))))


@pytest.mark.parametrize(
    ("options", "answer", "rule"),
    [
        ({}, creator("SELF_ONLY"), "privacyNotOffered"),
        ({"privacy_level": "SELF_ONLY", "brand_content_toggle": True}, creator(), "brandedContentPrivate"),
        ({"photo_cover_index": 0}, creator(), "optionOfAnotherKind"),
        ({}, creator(longest=5), "duration"),
    ],
)
async def test_what_this_creator_may_not_is_told_before_anything_is_begun(options, answer, rule):
    host = Host(answer)
    with pytest.raises(ContentRejected) as caught:
        await prepare(host, content(film(10), **options))
    assert (caught.value.rule, len(host.requests)) == (rule, 1)
    assert caught.value.remediation


async def test_an_option_of_videos_is_not_dropped_from_photos():
    with pytest.raises(ContentRejected, match="disable_duet"):
        await prepare(Host(creator()), content(photo(1), disable_duet=True))


@pytest.mark.parametrize(
    ("status", "code", "expected", "rule"),
    [
        (401, "access_token_invalid", ReauthorizationRequired, "tokenRefused"),
        (401, "scope_not_authorized", PermissionMissing, "scopeMissing"),
        (401, "scope_permission_missed", PermissionMissing, "scopeMissing"),
        (429, "rate_limit_exceeded", Throttled, "rateLimited"),
        (400, "invalid_params", ContentRejected, "invalid"),
        (400, "invalid_file_upload", ContentRejected, "fileInvalid"),
        (400, "invalid_publish_id", ContentRejected, "publishIdUnknown"),
        (403, "privacy_level_option_mismatch", ContentRejected, "privacyNotOffered"),
        (403, "url_ownership_unverified", PermissionMissing, "addressNotVerified"),
        (403, "unaudited_client_can_only_post_to_private_accounts", PermissionMissing, "appNotAudited"),
        (403, "spam_risk_too_many_posts", Throttled, "dailyPostsReached"),
        (403, "reached_active_user_cap", Throttled, "activeUsersReached"),
        (403, "spam_risk_too_many_pending_share", Throttled, "pendingSharesReached"),
        (403, "spam_risk_user_banned_from_posting", AccountRestricted, "bannedFromPosting"),
        (403, "spam_risk", ContentRejected, "spamRisk"),
        (403, "spam_risk_text", ContentRejected, "spamRisk"),
        (400, "something_new", ContentRejected, "invalid"),
        (403, "something_new", ContentRejected, "refused"),
    ],
)
async def test_every_documented_refusal_of_the_publishing_call(status, code, expected, rule):
    with pytest.raises(expected) as caught:
        await TIKTOK.publish(Host(refused(code, status)).access(), outgoing(content(photo(1))))
    assert (type(caught.value), caught.value.rule, caught.value.status) == (expected, rule, status)
    assert caught.value.remediation
    assert "Their words" not in str(caught.value)


@pytest.mark.parametrize("code", ["internal_error", "access_token_invalid", "spam_risk_too_many_posts"])
async def test_a_refusal_may_come_with_200(code):
    with pytest.raises((PlatformUnavailable, ReauthorizationRequired, Throttled)) as caught:
        await TIKTOK.steps(content(photo(1)))[0].run(Host(refused(code, 200)).access(), {})
    assert caught.value.status == 200


async def test_a_days_limit_is_waited_for_a_day():
    with pytest.raises(Throttled) as caught:
        await prepare(Host(refused("spam_risk_too_many_posts", 403)), content(film(1)))
    assert caught.value.retry_after == 86_400
