"""What became of it: the video's own privacy, the comments below it; and deletion."""

from datetime import timedelta

import httpx2
import pytest

from contract.youtube.host import CHANNEL, NOW, VIDEO, Host, comment, content, listed, outgoing, refused, video
from contract.youtube.specification import scopes
from ocma.platforms.connector import Absent, Processing, Published, Unprovable
from ocma.platforms.errors import ContentRejected, PlatformUnavailable, ReauthorizationRequired
from ocma.platforms.youtube import YouTube

YOUTUBE = YouTube(lambda: NOW)
SENT = NOW - timedelta(seconds=30)
LINK = f"https://www.youtube.com/watch?v={VIDEO}"
LIVE = Published(VIDEO, LINK, NOW + timedelta(seconds=1))
GONE = httpx2.Response(204)


async def found(out, *answers):
    host = Host(*answers)
    result = await YOUTUBE.find(host.access(), out)
    assert host.left == 0
    return result


@pytest.mark.parametrize("privacy", ["public", "unlisted", "private"])
async def test_a_video_is_published_when_it_is_what_it_was_to_be(privacy):
    assert await found(outgoing(content(privacyStatus=privacy), SENT), listed(video(privacy))) == LIVE


async def test_a_video_that_is_still_private_is_absent():
    assert await found(outgoing(content(), SENT), listed(video("private"))) == Absent()
    assert await found(outgoing(content(privacyStatus="unlisted"), SENT), listed(video("private"))) == Absent()
    assert await found(outgoing(content(), SENT), listed()) == Absent()
    assert await found(outgoing(content())) == Absent()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (httpx2.Response(503), PlatformUnavailable),
        (httpx2.Response(200, text="<html>"), PlatformUnavailable),
        (refused("authError", 401), ReauthorizationRequired),
    ],
)
async def test_a_question_without_an_answer_proves_nothing(answer, expected):
    with pytest.raises(expected):
        await found(outgoing(content(), SENT), answer)


def thread(number, text="First!", ago=20.0, author=CHANNEL, **more):
    at = (NOW - timedelta(seconds=ago)).isoformat().replace("+00:00", "Z")
    snippet = {"textDisplay": text, "textOriginal": text, "publishedAt": at, **more}
    if author:
        snippet["authorChannelId"] = {"value": author}
    return {"id": f"Ug{number}", "snippet": {"topLevelComment": {"id": f"Ug{number}", "snippet": snippet}}}


async def test_a_comment_is_found_below_its_video():
    host = Host(listed(thread(3, "Other"), thread(2, author="UCother"), nextPageToken="next"), listed(thread(1)))
    result = await YOUTUBE.find(host.access(), comment(sent_at=SENT))
    assert (result.id, result.url) == ("Ug1", f"{LINK}&lc=Ug1")
    assert host.requests[1].url.params["pageToken"] == "next"
    assert host.requests[0].url.params["videoId"] == VIDEO
    assert scopes(host.requests[0]) <= set(YouTube.manifest.oauth.scopes)


@pytest.mark.parametrize(
    "answers",
    [
        [listed()],
        [listed(thread(1, "Other"))],
        [listed(thread(1, author="UCother"))],
        [listed(thread(7))],
        [listed(thread(1, ago=3600), nextPageToken="next")],
    ],
    ids=["none", "other text", "somebody else", "another of ours", "older"],
)
async def test_a_comment_that_is_not_listed_is_absent(answers):
    assert await found(comment(sent_at=SENT, others=frozenset({"Ug7"})), *answers) == Absent()


@pytest.mark.parametrize(
    "answers",
    [
        [refused("commentsDisabled", 403)],
        [refused("videoNotFound", 404)],
        [listed(thread(1, author=None))],
        [listed(thread(1, "Other", publishedAt="soon"))],
        [listed(thread(number, "Other"), nextPageToken="next") for number in range(5)],
    ],
    ids=["closed", "gone", "no author", "no time", "too many"],
)
async def test_a_comment_in_doubt_is_not_absent(answers):
    assert await found(comment(sent_at=SENT), *answers) == Unprovable()


async def test_is_it_live():
    assert await YOUTUBE.fetch_post(Host(listed(video())).access(), VIDEO) == LIVE
    assert await YOUTUBE.fetch_post(Host(listed(), listed()).access(), VIDEO) == Absent()
    assert await YOUTUBE.fetch_post(Host(listed(), refused("commentNotFound", 404)).access(), VIDEO) == Absent()
    single = thread(1)["snippet"]["topLevelComment"]
    host = Host(listed(), listed(single))
    assert (await YOUTUBE.fetch_post(host.access(), "Ug1")).id == "Ug1"
    assert host.asked == ["GET /youtube/v3/videos", "GET /youtube/v3/comments"]
    assert await YOUTUBE.resume(Host(listed(video())).access(), Processing(VIDEO, 0)) == LIVE


async def test_a_video_is_deleted():
    host = Host(listed(video()), GONE)
    await YOUTUBE.withdraw(host.access(), VIDEO)
    assert host.asked[1:] == ["DELETE /youtube/v3/videos"]
    assert dict(host.requests[1].url.params) == {"id": VIDEO}


async def test_a_comment_is_deleted():
    host = Host(listed(), listed(thread(1)["snippet"]["topLevelComment"]), GONE)
    await YOUTUBE.withdraw(host.access(), "Ug1")
    assert host.asked[2:] == ["DELETE /youtube/v3/comments"]


async def test_what_is_gone_is_deleted():
    await YOUTUBE.withdraw(Host(listed(), listed()).access(), VIDEO)
    await YOUTUBE.withdraw(Host(listed(video()), refused("videoNotFound", 404)).access(), VIDEO)
    with pytest.raises(ContentRejected):
        await YOUTUBE.withdraw(Host(listed(video()), refused("forbidden", 403)).access(), VIDEO)
