"""What became of it: status by publish id, the account's public posts, and what can never be proven."""

from datetime import timedelta

import httpx2
import pytest

from contract.tiktok.host import NOW, PUBLISH_ID, Host, content, film, ok, outgoing, photo, refused, state
from ocma.platforms.connector import Absent, Processing, Published, Unprovable
from ocma.platforms.errors import (
    AccountRestricted,
    ContentRejected,
    NotReady,
    OutcomeUnknown,
    PermissionMissing,
    PlatformUnavailable,
    PreparationLost,
    ReauthorizationRequired,
)
from ocma.platforms.tiktok import TikTok

POST_ID = 7301234567890123456
LINK = f"https://www.tiktok.com/@tiktok/video/{POST_ID}"
LIVE = Published(str(POST_ID), LINK)
COMPLETE = state("PUBLISH_COMPLETE", publicaly_available_post_id=[POST_ID])
SENT = NOW - timedelta(seconds=30)
SIZE = 100
VIDEO, PRIVATE = content(film(SIZE)), content(film(SIZE), privacy_level="SELF_ONLY")
PHOTOS = content(photo(1), photo(2))


def later(seconds: float = 0) -> TikTok:
    return TikTok(lambda: NOW + timedelta(seconds=seconds))


async def resumed(answer, clock: float = 0, until: float = 900):
    ticket = f"{PUBLISH_ID} {NOW.timestamp() + until:.0f}"
    host = Host(answer)
    result = await later(clock).resume(host.access(), Processing(ticket, 0))
    assert host.body() == {"publish_id": PUBLISH_ID}
    return result, ticket


@pytest.mark.parametrize("name", ["PROCESSING_UPLOAD", "PROCESSING_DOWNLOAD", "A_NEW_ONE"])
async def test_what_is_processed_is_asked_for_again(name):
    result, ticket = await resumed(state(name))
    assert result == Processing(ticket, 2.0, 15.0)


async def test_a_public_id_is_taken_as_soon_as_there_is_one():
    assert (await resumed(COMPLETE))[0] == LIVE
    assert (await resumed(state("PUBLISH_COMPLETE", publicly_available_post_id=[str(POST_ID)])))[0] == LIVE


async def test_a_public_id_is_waited_for_but_not_for_ever():
    complete = state("PUBLISH_COMPLETE", publicaly_available_post_id=[])
    assert isinstance((await resumed(complete, clock=899))[0], Processing)
    assert (await resumed(complete, clock=901))[0] == Published(PUBLISH_ID, None)
    assert (await resumed(complete, until=0))[0] == Published(PUBLISH_ID, None)


@pytest.mark.parametrize(
    ("reason", "expected", "rule"),
    [
        ("file_format_check_failed", ContentRejected, "fileFormat"),
        ("duration_check_failed", ContentRejected, "duration"),
        ("frame_rate_check_failed", ContentRejected, "frameRate"),
        ("picture_size_check_failed", ContentRejected, "pictureSize"),
        ("spam_risk_text", ContentRejected, "spamRisk"),
        ("spam_risk_user_banned_from_posting", AccountRestricted, "bannedFromPosting"),
        ("publish_cancelled", ContentRejected, "publishCancelled"),
        ("video_pull_failed", PreparationLost, "pullFailed"),
        ("photo_pull_failed", PreparationLost, "pullFailed"),
        ("internal", PreparationLost, "processingFailed"),
        ("internal_error", PreparationLost, "processingFailed"),
        ("spam_risk_too_many_posts", PreparationLost, "dailyPostsReached"),
        ("url_ownership_unverified", ContentRejected, "addressNotVerified"),
        ("auth_removed", ReauthorizationRequired, "tokenRefused"),
        ("something_new", ContentRejected, "refused"),
        (None, ContentRejected, "refused"),
    ],
)
async def test_what_failed_is_never_live(reason, expected, rule):
    with pytest.raises(expected) as caught:
        await resumed(state("FAILED", fail_reason=reason))
    assert (type(caught.value), caught.value.rule) == (expected, rule)


async def test_a_publish_id_that_tiktok_has_forgotten_does_not_free_the_post():
    with pytest.raises(OutcomeUnknown):
        await resumed(refused("invalid_publish_id"))


async def found(made, *answers, connector=None, sent=SENT, **more):
    host = Host(*answers)
    result = await (connector or later()).find(host.access(), outgoing(made, sent, **more))
    assert host.left == 0
    return result


async def test_nothing_was_sent():
    assert await found(VIDEO, sent=None) == Absent()
    assert await found(PHOTOS, sent=None) == Absent()


async def test_a_video_is_live():
    assert await found(VIDEO, COMPLETE) == LIVE
    assert await found(PRIVATE, state("PUBLISH_COMPLETE")) == Published(PUBLISH_ID, None)


async def test_a_video_of_which_tiktok_lacks_bytes_is_absent():
    assert await found(VIDEO, state("PROCESSING_UPLOAD", uploaded_bytes=0)) == Absent()
    assert await found(VIDEO, state("PROCESSING_UPLOAD", uploaded_bytes=SIZE - 1)) == Absent()


async def test_a_video_that_failed_is_absent():
    assert await found(VIDEO, state("FAILED", fail_reason="internal")) == Absent()


@pytest.mark.parametrize(
    "answer",
    [
        state("PROCESSING_UPLOAD", uploaded_bytes=SIZE),
        state("PROCESSING_UPLOAD"),
        state("PUBLISH_COMPLETE"),
        state("A_NEW_ONE", uploaded_bytes=0),
    ],
)
async def test_a_video_that_may_still_become_live_is_not_absent(answer):
    with pytest.raises(NotReady) as caught:
        await found(VIDEO, answer)
    assert caught.value.retry_after


async def test_a_video_that_tiktok_does_not_know_cannot_be_proven():
    assert await found(VIDEO, refused("invalid_publish_id")) == Unprovable()


@pytest.mark.parametrize("answer", [httpx2.Response(503), httpx2.ReadTimeout("slow"), httpx2.Response(200, text="<html>")])
async def test_a_question_without_an_answer_proves_nothing(answer):
    with pytest.raises(PlatformUnavailable):
        await found(VIDEO, answer)


def post(number: int, text: str, ago: float = 20) -> dict:
    return {
        "id": str(number),
        "title": "",
        "video_description": text,
        "share_url": f"https://www.tiktok.com/@tiktok/photo/{number}?utm_campaign=tt4d",
        "create_time": int((NOW - timedelta(seconds=ago)).timestamp()),
    }


def page(*posts, more=False):
    return ok(videos=list(posts), cursor=1763812800000, has_more=more)


async def test_public_photos_are_found_among_the_accounts_posts():
    result = await found(PHOTOS, page(post(9, "Other"), more=True), page(post(8, "Hello ")))
    assert (result.id, result.url) == ("8", "https://www.tiktok.com/@tiktok/photo/8?utm_campaign=tt4d")


@pytest.mark.parametrize(
    "answers",
    [
        [page()],
        [page(post(8, "Hello", ago=3600), more=True)],
        [page(post(7, "Hello"))],
        [page(post(number, "Other"), more=True) for number in range(20, 25)],
    ],
    ids=["none", "older", "another of ours", "too many"],
)
async def test_photos_that_are_not_listed_prove_nothing(answers):
    assert await found(PHOTOS, *answers, others=frozenset({"7"})) == Unprovable()


async def test_without_text_or_permission_photos_cannot_be_looked_for():
    assert await found(content(photo(1), text=" ")) == Unprovable()
    host = Host()
    assert await later().find(host.access(("video.publish",)), outgoing(PHOTOS, SENT)) == Unprovable()
    assert host.asked == []


async def test_is_it_live():
    listed = page({**post(POST_ID, "Hello"), "share_url": LINK})
    host = Host(listed)
    result = await later().fetch_post(host.access(), str(POST_ID))
    assert (result.id, result.url) == (str(POST_ID), LINK)
    assert host.body() == {"filters": {"video_ids": [str(POST_ID)]}}
    assert await later().fetch_post(Host(COMPLETE).access(), PUBLISH_ID) == LIVE
    assert await later().fetch_post(Host(state("FAILED")).access(), PUBLISH_ID) == Absent()
    assert await later().fetch_post(Host(refused("invalid_publish_id")).access(), PUBLISH_ID) == Absent()


async def test_what_is_not_listed_may_be_live_all_the_same():
    with pytest.raises(ContentRejected) as caught:
        await later().fetch_post(Host(page()).access(), str(POST_ID))
    assert caught.value.rule == "notListed"


async def test_tiktok_deletes_nothing_for_apps():
    host = Host()
    with pytest.raises(ContentRejected) as caught:
        await later().withdraw(host.access(), str(POST_ID))
    assert (caught.value.rule, host.asked) == ("deleteUnsupported", [])


async def test_a_wrong_token_is_no_answer_about_a_post():
    with pytest.raises(ReauthorizationRequired):
        await found(VIDEO, refused("access_token_invalid", 401))
    with pytest.raises(PermissionMissing):
        await later().fetch_post(Host(refused("scope_not_authorized", 401)).access(), str(POST_ID))
