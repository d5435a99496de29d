"""What becomes of a send whose answer was lost."""

from datetime import UTC, datetime

import pytest

from contract.facebook.description import recorded, sent
from contract.facebook.host import PAGE, POST, VIDEO, Host, facebook
from contract.facebook.test_publish import file, outgoing, video
from contract.graph.host import answer, error
from ocma.platforms.connector import Absent, Published, Unprovable
from ocma.platforms.content import Link
from ocma.platforms.errors import NotReady, PlatformUnavailable, ReauthorizationRequired, Throttled

SENT_AT = datetime(2026, 11, 22, 12, 0, 30, tzinfo=UTC)
SINCE = str(int(SENT_AT.timestamp()) - 60)
AT = "2026-11-22T12:00:31+0000"


def post(number=1, message="Hello", targets=(), at=AT, **more):
    attached = {"attachments": {"data": [{"target": {"id": each}} for each in targets]}} if targets else {}
    told = {"message": message} if message else {}
    return {"id": f"{PAGE}_{number}", "created_time": at, "permalink_url": "https://fb.example/p", **told, **attached, **more}


def listed(*entries, after=None, following=None):
    paging = {"cursors": {"before": "b", "after": after}} if after else {}
    return answer({"data": list(entries), "paging": paging | ({"next": following} if following else {})})


async def found(out, *answers):
    host = Host(*answers)
    result = await facebook().find(host.access(), out)
    assert not host.left
    return result, host


def lost(*arguments, **more):
    return outgoing(*arguments, first_sent_at=SENT_AT, **more)


async def test_what_was_never_sent_is_not_asked_for():
    result, host = await found(outgoing())
    assert (result, host.requests) == (Absent(), [])


async def test_a_text_is_found_among_the_published_posts():
    result, host = await found(lost(), listed(post(9, "Another"), post(7, " Hello\r\n")))
    assert result == Published(f"{PAGE}_7", "https://fb.example/p", datetime(2026, 11, 22, 12, 0, 31, tzinfo=UTC))
    assert host.asked == [f"GET /{PAGE}/published_posts"]
    asked = sent(host.requests[0])
    assert (asked["since"], asked["limit"]) == (SINCE, "100")


@pytest.mark.parametrize(
    "page",
    [
        listed(),
        listed(post(1, "Another")),
        listed(post(1, at="2026-11-22T11:00:00+0000")),
        listed(post(1, message=None)),
    ],
    ids=["nothing", "another text", "an older one", "no text"],
)
async def test_a_text_that_is_not_there(page):
    assert (await found(lost(), page))[0] == Absent()


async def test_posts_known_to_be_others_are_no_proof():
    assert (await found(lost(others=frozenset({f"{PAGE}_1"})), listed(post(1))))[0] == Absent()


async def test_a_text_alike_with_something_attached_may_be_it():
    assert (await found(lost(), listed(post(1, targets=["55"]))))[0] == Unprovable()


async def test_photos_prove_it_whatever_the_text():
    out = lost("Hello @you", media=[file(), file()], ids=["31", "32"])
    inside = {"data": [{"target": {"id": "999"}, "subattachments": {"data": [{"target": {"id": 31}}, {"target": {"id": "32"}}]}}]}
    assert (await found(out, listed(post(1, "Hello You", attachments=inside))))[0].id == f"{PAGE}_1"
    assert (await found(out, listed(post(1, "Else", ["88"]))))[0] == Absent()
    assert (await found(out, listed(post(1, "Hello @you", ["88"]))))[0] == Unprovable()
    assert (await found(out, listed(post(1, "Hello @you"))))[0] == Unprovable()


async def test_photos_without_a_text():
    out = lost("", media=[file()], ids=["31"])
    assert (await found(out, listed(post(1, "", ["88"]))))[0] == Absent()
    assert (await found(out, listed(post(1, ""))))[0] == Unprovable()
    link = {"data": [{"unshimmed_url": "https://ocma.example"}]}
    assert (await found(out, listed(post(1, "", attachments=link))))[0] == Absent()
    assert (await found(out, listed(post(1, "", ["31"]))))[0].id == f"{PAGE}_1"


async def test_a_link_is_known_by_where_it_leads():
    def shown(message, url):
        return listed(post(1, message, attachments={"data": [{"unshimmed_url": url}]}))

    out = lost("", link=Link("https://ocma.example/"))
    assert (await found(out, shown("", "https://ocma.example")))[0].id == f"{PAGE}_1"
    assert (await found(out, shown("", "https://other.example")))[0] == Unprovable()
    left = {"url": "https://l.facebook.com/l.php?u=https%3A%2F%2Focma.example%2F&h=AT1"}
    assert (await found(out, listed(post(1, "", attachments={"data": [{"target": left}]}))))[0].id == f"{PAGE}_1"
    assert (await found(lost("Hi", link=Link("https://ocma.example")), listed(post(1, "Hi"))))[0].id == f"{PAGE}_1"
    assert (await found(lost("Hi", link=Link("https://ocma.example")), listed(post(1, "Ho"))))[0] == Absent()


async def test_all_pages_are_read():
    following = "https://graph.facebook.com/v26.0/1/published_posts?access_token=leaked&after=c1"
    pages = [listed(post(1, "A"), after="c1", following=following), listed(post(2, "B"), after="c2", following=following)]
    result, host = await found(lost(), *pages, listed(post(3)))
    assert result.id == f"{PAGE}_3"
    assert [sent(each).get("after") for each in host.requests] == [None, "c1", "c2"]
    assert not any("leaked" in str(each.url) for each in host.requests)


async def test_reading_ends_at_what_is_older_and_gives_up_on_endless_lists():
    following = "https://graph.facebook.com/x?after=c"
    old = listed(post(1, at="2026-11-22T11:00:00+0000"), after="c1", following=following)
    assert (await found(lost(), old))[0] == Absent()
    endless = [listed(post(number, "A"), after=f"c{number}", following=following) for number in range(10)]
    assert (await found(lost(), *endless))[0] == Unprovable()


async def test_a_cursor_that_stays_the_same_is_the_end():
    endless = [listed(post(1, "A"), after="c", following="https://graph.facebook.com/x?after=c") for _ in range(2)]
    assert (await found(lost(), *endless))[0] == Absent()


async def test_a_question_that_is_refused_proves_nothing():
    for refusal in (error(100), error(10), error(200)):
        assert (await found(lost(), refusal))[0] == Unprovable()


@pytest.mark.parametrize(
    ("refusal", "leaf"),
    [
        (error(190), ReauthorizationRequired),
        (error(4), Throttled),
        (error(2), PlatformUnavailable),
        (answer(b"<"), PlatformUnavailable),
    ],
    ids=str,
)
async def test_what_cannot_be_asked_now_is_asked_later(refusal, leaf):
    with pytest.raises(leaf):
        await found(lost(), refusal)


async def test_recorded_posts_are_read():
    result, _ = await found(lost("Happy July 4th! 🇺🇸"), answer(recorded("posts")))
    assert result == Absent()  # they are of 2021
    early = outgoing("Happy July 4th! 🇺🇸", first_sent_at=datetime(2021, 7, 4, 19, 50, tzinfo=UTC))
    assert (await found(early, answer(recorded("posts"))))[0].id == "4_10113477241177441"


async def test_recorded_paging_by_time_is_followed_without_its_token():
    early = outgoing("Nowhere", first_sent_at=datetime(2021, 6, 1, tzinfo=UTC))
    result, host = await found(early, answer(recorded("posts")), listed())
    assert result == Absent()
    assert sent(host.requests[1])["until"] == "1624385168"
    assert "access_token" not in sent(host.requests[1])


def status(video="processing", processing="in_progress", publishing="not_started", **more):
    phases = {"processing_phase": {"status": processing}, "publishing_phase": {"status": publishing}}
    return answer({"id": VIDEO, "status": {"video_status": video, "uploading_phase": {"status": "complete"}, **phases}, **more})


def lost_video(**options):
    return lost("Hello", media=[video()], ids=[f"{VIDEO}:77"], options=options)


async def test_a_video_is_asked_itself():
    live = status("ready", "complete", "complete", post_id=POST, permalink_url="/1/videos/9100/", created_time=AT)
    result, host = await found(lost_video(), live)
    assert host.asked == [f"GET /{VIDEO}"]
    assert (result.id, result.url) == (POST, "https://www.facebook.com/1/videos/9100/")
    result, _ = await found(lost_video(kind="reel"), status("ready", "complete", "complete"), answer({"id": "x"}))
    assert result.id == f"{PAGE}_{VIDEO}"


async def test_a_video_that_nobody_has_published_yet():
    assert (await found(lost_video(), status("upload_complete", "not_started")))[0] == Absent()


@pytest.mark.parametrize(
    "told", [status(), status("processing", "not_started"), status("ready", "complete", "in_progress")], ids=str
)
async def test_a_video_that_is_worked_on_is_neither(told):
    with pytest.raises(NotReady):
        await found(lost_video(), told)


async def test_a_video_that_failed_is_not_live():
    assert (await found(lost_video(), status("error", "error")))[0] == Absent()


def story(**more):
    return lost("", media=[file()], ids=["31"], options={"kind": "story"}, **more)


async def test_a_story_is_known_by_its_photo():
    ours = {
        "post_id": "777",
        "media_id": "31",
        "creation_time": "1763813000",
        "status": "PUBLISHED",
        "url": "https://fb.example/s",
    }
    result, host = await found(story(), listed({"post_id": "776", "media_id": "30"}, ours))
    assert (result.id, result.url, host.asked) == ("777", "https://fb.example/s", [f"GET /{PAGE}/stories"])
    assert (await found(story(), listed()))[0] == Absent()
    assert (await found(story(), listed({"post_id": "776", "media_id": "30"})))[0] == Unprovable()
    assert (await found(story(others=frozenset({"776"})), listed({"post_id": "776", "media_id": "30"})))[0] == Absent()
    old = {"post_id": "700", "media_id": "3", "creation_time": "2026-11-22T10:00:00+0000"}
    assert (await found(story(), listed(old)))[0] == Absent()


async def test_a_comment_is_found_under_its_post():
    def comment(number, message, author=PAGE):
        return {"id": f"122100_{number}", "message": message, "created_time": AT, "from": {"id": author}}

    out = lost("First", index=1, role="comment", reply_to=POST)
    result, host = await found(out, listed(comment(1, "First", "5"), comment(2, "first"), comment(3, "First")))
    assert (result.id, host.asked) == ("122100_3", [f"GET /{POST}/comments"])
    asked = sent(host.requests[0])
    assert (asked["filter"], asked["order"], asked["since"]) == ("stream", "reverse_chronological", SINCE)
    assert (await found(out, listed(comment(1, "First", "5"))))[0] == Absent()
