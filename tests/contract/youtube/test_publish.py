"""A private upload in a resumable session, and the one call that makes it public."""

from unittest import mock

import httpx2
import pytest

from contract.youtube.host import NOW, SESSION, VIDEO, Host, Session, comment, content, film, listed, ok, outgoing, refused, video
from contract.youtube.specification import Broken, recorded, scopes, validate
from ocma.platforms.connector import Published
from ocma.platforms.errors import (
    AccountRestricted,
    ContentRejected,
    DuplicateContent,
    OutcomeUnknown,
    PermissionMissing,
    PlatformUnavailable,
    PreparationLost,
    ReauthorizationRequired,
    Throttled,
)
from ocma.platforms.youtube import YouTube
from ocma.platforms.youtube.upload import PIECE

YOUTUBE = YouTube(lambda: NOW)
LINK = f"https://www.youtube.com/watch?v={VIDEO}"
BEGUN = httpx2.Response(200, headers={"location": SESSION})
WHOLE = bytes(range(251)) * (5 * PIECE // 2 // 251)


async def run(key, host, made, prepared=None):
    (step,) = [each for each in YOUTUBE.steps(made) if each.key == key]
    return await step.run(host.access(), prepared or {})


async def uploaded(session, media):
    host = Host(session=session)
    return await run("video:0", host, content(media), {"session:0": SESSION})


async def test_everything_before_the_last_call_leaves_it_private():
    made = content(film(WHOLE), text="Text", privacyStatus="unlisted", license="creativeCommon", embeddable=False)
    session = Session(len(WHOLE))
    host, prepared = Host(BEGUN, listed(video("private", "uploaded")), session=session), {}
    for step in YOUTUBE.steps(made):
        prepared[step.key] = await step.run(host.access(), prepared)
    assert prepared == {"session:0": SESSION, "video:0": VIDEO, "ready:0": "checked"}
    assert host.body(0)["status"] == {"privacyStatus": "private", "license": "creativeCommon", "embeddable": False}
    assert session.stored == WHOLE
    host = Host(ok(**video("unlisted")))
    with mock.patch.object(YOUTUBE, "send", wraps=YOUTUBE.send) as send:
        published = await YOUTUBE.publish(host.access(), outgoing(made))
    assert send.await_count == 1
    assert published == Published(VIDEO, LINK)
    assert host.asked == ["PUT /youtube/v3/videos"]
    assert dict(host.requests[0].url.params) == {"part": "status"}
    assert host.body() == {
        "id": VIDEO,
        "status": {"privacyStatus": "unlisted", "license": "creativeCommon", "embeddable": False},
    }


async def test_a_session_is_told_what_comes():
    made = content(
        tags=["one", "two words"],
        categoryId="28",
        defaultLanguage="en",
        selfDeclaredMadeForKids=False,
        containsSyntheticMedia=True,
        publicStatsViewable=True,
        notifySubscribers=False,
    )
    host = Host(BEGUN)
    assert await run("session:0", host, made) == SESSION
    query = {"uploadType": "resumable", "part": "snippet,status", "notifySubscribers": "false"}
    assert dict(host.requests[0].url.params) == query
    assert (host.requests[0].headers["x-upload-content-length"], host.requests[0].headers["x-upload-content-type"]) == (
        "4",
        "video/mp4",
    )
    assert host.body() == {
        "snippet": {
            "title": "Title",
            "description": "Description",
            "tags": ["one", "two words"],
            "categoryId": "28",
            "defaultLanguage": "en",
        },
        "status": {
            "privacyStatus": "private",
            "selfDeclaredMadeForKids": False,
            "containsSyntheticMedia": True,
            "publicStatsViewable": True,
        },
    }
    granted = set(YouTube.manifest.oauth.scopes)
    assert scopes(host.requests[0]) & granted


async def test_the_category_is_always_named():
    host = Host(BEGUN)
    await run("session:0", host, content())
    assert host.body()["snippet"]["categoryId"] == "22"


async def test_a_session_without_an_address_is_no_session():
    with pytest.raises(PlatformUnavailable):
        await run("session:0", Host(httpx2.Response(200)), content())


async def test_tags_are_counted_with_commas_and_quotes():
    host = Host(BEGUN)
    assert await run("session:0", host, content(tags=["a b" * 10, "c" * 467])) == SESSION
    with pytest.raises(ContentRejected) as caught:
        await run("session:0", Host(), content(tags=["a b" * 10, "c" * 468]))
    assert caught.value.rule == "tags"


async def test_a_file_goes_in_pieces_after_the_session_was_asked():
    session = Session(len(WHOLE))
    assert await uploaded(session, film(WHOLE)) == VIDEO
    size = len(WHOLE)
    assert session.ranges == [
        f"bytes */{size}",
        f"bytes 0-{PIECE - 1}/{size}",
        f"bytes {PIECE}-{2 * PIECE - 1}/{size}",
        f"bytes {2 * PIECE}-{size - 1}/{size}",
    ]


@pytest.mark.parametrize("done", [1, PIECE, PIECE + 256 * 1024, len(WHOLE) - 1])
async def test_an_interrupted_upload_goes_on_where_it_ended(done):
    session = Session(len(WHOLE), stored=WHOLE[:done])
    assert await uploaded(session, film(WHOLE)) == VIDEO
    assert session.ranges[1].startswith(f"bytes {done}-")
    assert session.stored == WHOLE


async def test_a_finished_upload_is_not_sent_again():
    session = Session(len(WHOLE), stored=WHOLE)
    assert await uploaded(session, film(WHOLE)) == VIDEO
    assert session.ranges == [f"bytes */{len(WHOLE)}"]


async def test_what_youtube_did_not_keep_is_sent_again():
    session = Session(len(WHOLE), keeps=512 * 1024)
    assert await uploaded(session, film(WHOLE)) == VIDEO
    assert session.stored == WHOLE


async def test_an_upload_that_does_not_move_ends():
    stuck = [httpx2.Response(308)] * 5
    with pytest.raises(PlatformUnavailable) as caught:
        await uploaded(Session(len(WHOLE), *stuck), film(WHOLE))
    assert caught.value.rule == "uploadStuck"


@pytest.mark.parametrize("status", [404, 410])
async def test_a_session_that_is_gone_is_begun_anew(status):
    for told in ([httpx2.Response(status)], [None, httpx2.Response(status)]):
        with pytest.raises(PreparationLost):
            await uploaded(Session(len(WHOLE), *told), film(WHOLE))


@pytest.mark.parametrize(
    "answer", [httpx2.Response(503), httpx2.ReadError("reset"), httpx2.Response(308, headers={"location": "/"})]
)
async def test_a_failed_piece_is_tried_again_later(answer):
    with pytest.raises(PlatformUnavailable) as caught:
        await uploaded(Session(len(WHOLE), None, answer), film(WHOLE))
    assert caught.value.rule != "uploadStuck"


async def test_a_file_that_is_shorter_than_told_makes_no_video():
    media, session = film(WHOLE), Session(len(WHOLE))
    short = film(WHOLE[: PIECE + 5])
    torn = type(media)(media.id, media.kind, media.mime_type, media.size, short.open)
    with pytest.raises(PlatformUnavailable, match="bytes"):
        await uploaded(session, torn)
    assert len(session.stored) < len(WHOLE)


@pytest.mark.parametrize("upload", ["uploaded", "processed"])
async def test_what_nothing_speaks_against_may_be_published(upload):
    assert await run("ready:0", Host(listed(video("private", upload))), content(), {"video:0": VIDEO}) == "checked"
    assert YOUTUBE.steps(content())[2].keeps.total_seconds() == 0


@pytest.mark.parametrize(
    ("answer", "expected", "rule"),
    [
        (listed(video("private", "failed", failureReason="codec")), ContentRejected, "fileUnusable"),
        (listed(video("private", "failed", failureReason="uploadAborted")), PreparationLost, "uploadAborted"),
        (listed(video("private", "rejected", rejectionReason="copyright")), ContentRejected, "copyright"),
        (listed(video("private", "rejected", rejectionReason="duplicate")), DuplicateContent, "duplicate"),
        (listed(video("private", "deleted")), PreparationLost, "uploadLost"),
        (listed(), PreparationLost, "uploadLost"),
    ],
)
async def test_what_can_never_be_watched_is_not_published(answer, expected, rule):
    with pytest.raises(expected) as caught:
        await run("ready:0", Host(answer), content(), {"video:0": VIDEO})
    assert (type(caught.value), caught.value.rule) == (expected, rule)
    assert caught.value.remediation


async def test_a_video_that_youtube_keeps_private_is_not_called_published():
    with pytest.raises(PermissionMissing) as caught:
        await YOUTUBE.publish(Host(ok(**video("private"))).access(), outgoing(content()))
    assert caught.value.rule == "projectNotAudited"
    private = outgoing(content(privacyStatus="private"))
    assert await YOUTUBE.publish(Host(ok(**video("private"))).access(), private) == Published(VIDEO, LINK)


async def test_a_first_comment():
    made = recorded("comment_inserted")
    host = Host(ok(**made))
    with mock.patch.object(YOUTUBE, "send", wraps=YOUTUBE.send) as send:
        published = await YOUTUBE.publish(host.access(), comment("Sun from the api"))
    assert send.await_count == 1
    assert published == Published("Ugx_5P8rmn4vKbN6wwt4AaABAg", f"{LINK}&lc=Ugx_5P8rmn4vKbN6wwt4AaABAg")
    assert host.asked == ["POST /youtube/v3/commentThreads"]
    assert host.body() == {"snippet": {"videoId": VIDEO, "topLevelComment": {"snippet": {"textOriginal": "Sun from the api"}}}}
    assert scopes(host.requests[0]) <= set(YouTube.manifest.oauth.scopes)


@pytest.mark.parametrize("out", [outgoing(content()), comment()], ids=["video", "comment"])
@pytest.mark.parametrize(
    "answer",
    [
        httpx2.Response(500),
        httpx2.Response(503, text="<html>"),
        httpx2.Response(408),
        httpx2.Response(200, text="<html>"),
        httpx2.ReadTimeout("no answer"),
        httpx2.ReadError("reset"),
        httpx2.RemoteProtocolError("closed"),
    ],
    ids=str,
)
async def test_no_answer_leaves_it_open_and_is_not_repeated(out, answer):
    host = Host(answer, ok(**video()))
    with pytest.raises(OutcomeUnknown):
        await YOUTUBE.publish(host.access(), out)
    assert len(host.requests) == 1


async def test_no_connection_is_certain_not_to_have_published():
    with pytest.raises(PlatformUnavailable):
        await YOUTUBE.publish(Host(httpx2.ConnectError("refused")).access(), outgoing(content()))


@pytest.mark.parametrize(
    ("status", "reason", "expected", "rule"),
    [
        (401, "authError", ReauthorizationRequired, "tokenRefused"),
        (401, "youtubeSignupRequired", PermissionMissing, "noChannel"),
        (403, "insufficientPermissions", PermissionMissing, "scopeMissing"),
        (403, "accessNotConfigured", PermissionMissing, "apiDisabled"),
        (403, "quotaExceeded", Throttled, "quotaExceeded"),
        (403, "dailyLimitExceeded", Throttled, "quotaExceeded"),
        (403, "rateLimitExceeded", Throttled, "rateLimited"),
        (429, "userRateLimitExceeded", Throttled, "rateLimited"),
        (400, "uploadLimitExceeded", Throttled, "uploadLimit"),
        (400, "invalidTitle", ContentRejected, "title"),
        (400, "invalidDescription", ContentRejected, "description"),
        (400, "invalidTags", ContentRejected, "tags"),
        (400, "invalidCategoryId", ContentRejected, "category"),
        (400, "invalidPublishAt", ContentRejected, "publishAt"),
        (400, "invalidVideoMetadata", ContentRejected, "metadata"),
        (400, "mediaBodyRequired", ContentRejected, "fileMissing"),
        (403, "forbidden", ContentRejected, "forbidden"),
        (403, "commentsDisabled", ContentRejected, "commentsDisabled"),
        (404, "videoNotFound", ContentRejected, "notFound"),
        (403, "channelClosed", AccountRestricted, "channelRestricted"),
        (403, "channelSuspended", AccountRestricted, "channelRestricted"),
        (400, "processingFailure", PlatformUnavailable, "unavailable"),
        (400, "somethingNew", ContentRejected, "invalid"),
        (403, "somethingNew", PermissionMissing, "notPermitted"),
    ],
)
async def test_every_documented_refusal(status, reason, expected, rule):
    with pytest.raises(expected) as caught:
        await YOUTUBE.publish(Host(refused(reason, status)).access(), outgoing(content()))
    assert (type(caught.value), caught.value.rule, caught.value.status) == (expected, rule, status)
    assert caught.value.remediation
    assert "Their words" not in str(caught.value)


@pytest.mark.parametrize("reason", ["backendError", "internalError"])
async def test_their_own_failures_in_preparation(reason):
    with pytest.raises(PlatformUnavailable):
        await run("session:0", Host(refused(reason, 503)), content())


async def test_a_quota_ends_at_midnight_in_california():
    with pytest.raises(Throttled) as caught:
        await run("session:0", Host(refused("quotaExceeded", 403)), content())
    assert caught.value.retry_after == 20 * 3600  # it is 4 in the morning there
    assert caught.value.rule in YouTube.manifest.app_wide


async def test_newer_forms_of_an_error():
    error = {"code": 403, "status": "PERMISSION_DENIED", "details": [{"reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT"}]}
    with pytest.raises(PermissionMissing) as caught:
        await YOUTUBE.publish(Host(httpx2.Response(403, json={"error": error})).access(), outgoing(content()))
    assert caught.value.rule == "scopeMissing"
    with pytest.raises(PermissionMissing):
        await YOUTUBE.publish(Host(httpx2.Response(403, json=recorded("permission_denied"))).access(), outgoing(content()))


def test_the_description_refuses_what_it_does_not_know():
    with pytest.raises(Broken):
        validate({"status": {"privacy": "public"}}, {"$ref": "Video"}, strict=True)
    with pytest.raises(Broken):
        validate({"status": {"privacyStatus": "secret"}}, {"$ref": "Video"}, strict=True)
    validate({"status": {"privacyStatus": "public"}}, {"$ref": "Video"}, strict=True)
