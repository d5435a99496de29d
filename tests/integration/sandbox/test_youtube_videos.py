import socket
import threading
import time
from urllib.parse import urlsplit

import pytest

from integration.sandbox.movies import movie
from integration.sandbox.walks import picture
from integration.sandbox.youtube_walks import PREFIX, STEP, UPLOAD, V3, YouTubeApp, refused
from ocma_sandbox.config import Config
from ocma_sandbox.server import running
from ocma_sandbox.youtube import births

FILM = movie(size=(1280, 720), seconds=75)
LONG = movie(total=3 * STEP + 1000)


@pytest.fixture
def youtube(url):
    return YouTubeApp(url)


@pytest.fixture
def yan(youtube, control):
    control.settle("youtube", processing_seconds=0)
    return youtube.connect("yan")


def test_a_video_is_live_with_the_last_of_its_bytes(yan, control):
    session = yan.session(len(FILM), title="My film", description="About it", tags=["a", "b c"])
    assert urlsplit(session).path == f"/youtube{UPLOAD}"
    assert control.books() == []
    answer = yan.put(session, FILM)
    video = answer.json()
    assert answer.status_code == 200
    assert video.keys() == {"kind", "etag", "id", "snippet", "status"}
    assert video["kind"] == "youtube#video"
    assert len(video["id"]) == 11
    assert (video["snippet"]["title"], video["snippet"]["tags"]) == ("My film", ["a", "b c"])
    assert (video["status"]["privacyStatus"], video["status"]["uploadStatus"]) == ("public", "processed")
    (entry,) = control.books(platform="youtube")
    assert (entry["id"], entry["account"], entry["content"]) == (video["id"], "yan", "My film\n\nAbout it")
    (item,) = entry["media"]
    assert (item["category"], item["mimeType"], item["size"]) == ("video", "video/mp4", len(FILM))
    assert (item["width"], item["height"], item["seconds"]) == (1280, 720, 75)


def test_the_path_of_the_discovery_document_begins_an_upload_too(yan, control):
    yan.put(yan.session(len(FILM), path=f"/resumable{UPLOAD}"), FILM)
    assert len(control.books()) == 1


@pytest.mark.parametrize(
    ("film", "kind"),
    [
        (movie(seconds=180, size=(720, 1280)), "short"),
        (movie(seconds=180, size=(720, 720)), "short"),
        (movie(seconds=181, size=(720, 1280)), "video"),
        (movie(seconds=10, size=(1280, 720)), "video"),
    ],
)
def test_upright_and_short_is_a_short(yan, control, film, kind):
    yan.uploaded(film)
    assert control.books()[0]["media"][0]["category"] == kind


def test_pieces_are_continued_where_the_range_says(yan, control):
    session = yan.session(len(LONG))
    nothing = yan.ask(session, len(LONG))
    assert (nothing.status_code, "range" in nothing.headers) == (308, False)
    first = yan.put(session, LONG[: 2 * STEP], 0, len(LONG))
    assert (first.status_code, first.headers["range"]) == (308, f"bytes=0-{2 * STEP - 1}")
    assert yan.ask(session, len(LONG)).headers["range"] == f"bytes=0-{2 * STEP - 1}"
    assert control.books() == []
    last = yan.put(session, LONG[2 * STEP :], 2 * STEP, len(LONG))
    assert last.status_code == 200
    assert [entry["media"][0]["size"] for entry in control.books()] == [len(LONG)]


def test_a_finished_session_answers_with_its_video_and_makes_no_other(yan, control):
    session = yan.session(len(FILM))
    video_id = yan.put(session, FILM).json()["id"]
    for again in (yan.ask(session, len(FILM)), yan.put(session, FILM), yan.put(session, FILM, 0, len(FILM))):
        assert (again.status_code, again.json()["id"]) == (200, video_id)
    assert len(control.books()) == 1


def test_an_upload_may_be_answered_with_201(yan, control):
    control.settle("youtube", created_status=201)
    assert yan.put(yan.session(len(FILM)), FILM).status_code == 201


def test_of_an_upload_that_broke_off_whole_steps_are_kept(yan):
    session = yan.session(len(LONG))
    parts = urlsplit(session)
    with socket.create_connection((parts.hostname, parts.port), timeout=30) as half:
        head = f"PUT {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: {len(LONG)}\r\n\r\n"
        half.sendall(head.encode() + LONG[: STEP + 777])
    deadline = time.monotonic() + 20
    while yan.ask(session, len(LONG)).headers.get("range") != f"bytes=0-{STEP - 1}":
        assert time.monotonic() < deadline, "what came was not kept"
        time.sleep(0.05)
    assert yan.put(session, LONG[STEP:], STEP, len(LONG)).status_code == 200


def test_the_newest_request_of_a_session_is_the_one_that_counts(yan, control):
    session = yan.session(len(LONG))
    parts = urlsplit(session)
    head = f"PUT {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: {len(LONG)}\r\n\r\n"
    with socket.create_connection((parts.hostname, parts.port), timeout=30) as slow:
        slow.sendall(head.encode() + b"x" * STEP)
        deadline = time.monotonic() + 20
        while "range" not in yan.ask(session, len(LONG)).headers:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert yan.put(session, LONG).status_code == 200
        slow.sendall(b"x" * (len(LONG) - STEP))
        assert b" 409 " in slow.recv(100)
    (entry,) = control.books()
    assert entry["media"][0]["mimeType"] == "video/mp4"


def test_two_that_finish_at_once_make_one_video(yan, control):
    session = yan.session(len(LONG))
    answers = []

    def send() -> None:
        answers.append(YouTubeApp(yan.app.url).http.put(session, content=LONG).status_code)

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert set(answers) <= {200, 409}
    assert yan.ask(session, len(LONG)).status_code == 200
    assert len(control.books()) == 1


def test_a_question_while_the_upload_is_finished_makes_no_other_video(yan, control, monkeypatch):
    examine, begun = births.examine, threading.Event()

    def examine_slowly(path):
        facts = examine(path)
        begun.set()
        time.sleep(0.5)
        return facts

    monkeypatch.setattr(births, "examine", examine_slowly)
    session, answers = yan.session(len(LONG)), []
    thread = threading.Thread(target=lambda: answers.append(yan.put(session, LONG).json()["id"]))
    thread.start()
    assert begun.wait(30)
    answers.append(yan.ask(session, len(LONG)).json()["id"])
    thread.join(timeout=20)
    (entry,) = control.books()
    assert answers == [entry["id"]] * 2


@pytest.mark.parametrize(
    ("first", "end", "total", "status"),
    [
        (STEP, 2 * STEP, len(LONG), 400),
        (0, STEP + 1, len(LONG), 400),
        (0, STEP, len(LONG) + 1, 400),
    ],
)
def test_a_piece_that_does_not_fit_is_refused(yan, control, first, end, total, status):
    session = yan.session(len(LONG))
    assert yan.put(session, LONG[first:end], first, total).status_code == status
    assert control.books() == []


@pytest.mark.parametrize("place", ["bytes 0-5", "bytes 5-0/10", "lines 0-1/2", "bytes 0-99/50"])
def test_a_range_is_written_as_documented(yan, place):
    headers = {"Content-Range": place}
    assert yan.app.http.put(yan.session(100), content=b"abc", headers=headers).status_code == 400


def test_bytes_have_a_length(yan):
    response = yan.app.http.put(yan.session(), content=iter([b"abc"]))
    assert response.status_code == 411
    assert yan.app.http.put(yan.session(), content=b"").status_code == 400


def test_a_session_lives_a_week(yan, clock, control):
    session = yan.session(len(FILM))
    assert yan.put(session + "x", FILM).status_code == 404
    clock.now += 7 * 86400
    assert yan.put(session, FILM).status_code == 410
    assert control.books() == []


def test_a_token_with_the_bytes_has_to_be_good(yan, youtube):
    session = yan.session(len(FILM))
    assert refused(yan.put(session, FILM, Authorization="Bearer x")) == (401, "authError")
    other = youtube.connect("ann").tokens["access_token"]
    assert yan.put(session, FILM, Authorization=f"Bearer {other}").status_code == 403
    assert yan.put(session, FILM, Authorization=f"Bearer {yan.tokens['access_token']}").status_code == 200


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"title": ""}, "invalidTitle"),
        ({"title": "t" * 101}, "invalidTitle"),
        ({"title": "a < b"}, "invalidTitle"),
        ({"description": "ü" * 2501}, "invalidDescription"),
        ({"description": "a > b"}, "invalidDescription"),
        ({"tags": ["t" * 250, "u" * 250]}, "invalidTags"),
        ({"tags": ["t " + "t" * 497]}, "invalidTags"),
        ({"tags": ["<"]}, "invalidTags"),
        ({"categoryId": "999"}, "invalidCategoryId"),
        ({"status": {"privacyStatus": "private", "publishAt": "2020-01-01T00:00:00Z"}}, "invalidPublishAt"),
        ({"status": {"privacyStatus": "private", "publishAt": "soon"}}, "invalidPublishAt"),
        ({"status": {"privacyStatus": "public", "publishAt": "2099-01-01T00:00:00Z"}}, "invalidPublishAt"),
        ({"status": {"privacyStatus": "friends"}}, "badRequest"),
        ({"status": {"privacy": "public"}}, "badRequest"),
        ({"titel": "typo"}, "badRequest"),
        ({"tags": "a,b"}, "badRequest"),
    ],
)
def test_metadata_is_checked(yan, control, wrong, reason):
    assert refused(yan.begin(100, **wrong)) == (400, reason)


@pytest.mark.parametrize(
    "fine",
    [
        {"title": "t" * 100},
        {"description": "ü" * 2500},
        {"tags": ["t" * 249, "u" * 250]},
        {"tags": ["t " + "t" * 496]},
        {"status": {"privacyStatus": "private", "publishAt": "2099-01-01T00:00:00Z", "selfDeclaredMadeForKids": True}},
    ],
)
def test_metadata_that_is_fine(yan, fine):
    yan.session(100, **fine)


def test_an_upload_says_what_it_is(yan):
    body, params = {"snippet": {"title": "t"}}, {"uploadType": "resumable", "part": "snippet"}

    def begin(headers=None, **changed):
        return yan.call("POST", UPLOAD, params={**params, **changed}, json=body, headers=headers or {})

    assert begin().status_code == 200
    assert refused(begin(uploadType="media")) == (400, "badRequest")
    assert refused(begin(part="status")) == (400, "unexpectedPart")
    assert refused(begin(part="")) == (400, "missingRequiredParameter")
    assert refused(begin(notify="true")) == (400, "badRequest")
    assert refused(begin({"X-Upload-Content-Type": "image/png"})) == (400, "badContent")
    assert refused(begin({"X-Upload-Content-Length": "0"})) == (400, "mediaBodyRequired")
    assert refused(begin({"X-Upload-Content-Length": str(256 * 1024**3 + 1)})) == (413, "uploadTooLarge")


def test_unknown_names_pass_when_so_set(yan, control):
    control.settle("youtube", strict_bodies=False)
    yan.session(100, titel="typo")


def test_processing_takes_its_time(yan, control, clock, youtube):
    control.settle("youtube", processing_seconds=10)
    video_id = yan.uploaded(FILM)
    parts = "status,processingDetails"
    assert yan.video(video_id, parts)["status"]["uploadStatus"] == "uploaded"
    assert yan.video(video_id, parts)["processingDetails"]["processingStatus"] == "processing"
    ann = youtube.connect("ann")
    assert ann.items("/videos", part="id", id=video_id) == []
    clock.now += 10
    assert yan.video(video_id, parts)["status"]["uploadStatus"] == "processed"
    assert yan.video(video_id, parts)["processingDetails"]["processingStatus"] == "succeeded"
    assert "processingDetails" not in ann.video(video_id, parts), "only the owner sees this"


def test_what_is_no_video_fails_and_is_not_in_the_books(yan, control, clock):
    control.settle("youtube", processing_seconds=10)
    session = yan.session(4)
    video = yan.put(session, b"text").json()
    assert video["status"]["uploadStatus"] == "uploaded"
    clock.now += 10
    status = yan.video(video["id"])["status"]
    assert (status["uploadStatus"], status["failureReason"]) == ("failed", "invalidFile")
    assert yan.ask(session, 4).json()["id"] == video["id"]
    assert control.books() == []


def test_how_processing_ends_can_be_set(yan, control):
    control.settle("youtube", failure_reason="codec")
    status = yan.video(yan.uploaded(FILM))["status"]
    assert (status["uploadStatus"], status["failureReason"]) == ("failed", "codec")
    control.settle("youtube", failure_reason="", rejection_reason="duplicate")
    status = yan.video(yan.uploaded(FILM))["status"]
    assert (status["uploadStatus"], status["rejectionReason"]) == ("rejected", "duplicate")
    control.settle("youtube", rejection_reason="", longest_seconds=60)
    assert yan.video(yan.uploaded(FILM))["status"]["rejectionReason"] == "length"
    assert control.books() == []


def test_a_private_video_is_its_owners_until_its_time_comes(yan, youtube, clock):
    ann = youtube.connect("ann")
    status = {"privacyStatus": "private", "publishAt": "2026-09-21T14:30:00.000Z"}
    video_id = yan.uploaded(FILM, status=status)
    assert yan.video(video_id)["status"]["publishAt"] == status["publishAt"]
    assert ann.items("/videos", part="id", id=video_id) == []
    clock.now += 1000
    assert ann.video(video_id)["status"]["privacyStatus"] == "public"
    assert "publishAt" not in yan.video(video_id)["status"]


def test_an_unaudited_project_uploads_privately(yan, control):
    control.settle("youtube", audited=False)
    assert yan.video(yan.uploaded(FILM))["status"]["privacyStatus"] == "private"


def test_an_update_replaces_whole_parts(yan, control, youtube):
    video_id = yan.uploaded(FILM, description="old", tags=["a"])

    def update(user, snippet, part="snippet"):
        body = {"id": video_id, "snippet": snippet}
        return user.call("PUT", f"{V3}/videos", params={"part": part}, json=body)

    changed = update(yan, {"title": "new", "categoryId": "24"})
    assert changed.status_code == 200
    shown = yan.video(video_id)["snippet"]
    assert (shown["title"], shown["description"], "tags" in shown) == ("new", "", False)
    assert control.contents("youtube") == ["new"]
    assert refused(update(yan, {"title": "new"})) == (400, "invalidCategoryId")
    assert refused(update(yan, {"categoryId": "24"})) == (400, "invalidTitle")
    assert refused(update(youtube.connect("ann"), {"title": "mine", "categoryId": "24"})) == (403, "forbidden")
    uploader = youtube.connect("yan", scope=PREFIX + "youtube.upload")
    assert refused(update(uploader, {"title": "x", "categoryId": "24"})) == (403, "insufficientPermissions")


def test_a_published_video_is_not_scheduled_again(yan):
    video_id = yan.uploaded(FILM)
    body = {"id": video_id, "status": {"privacyStatus": "private", "publishAt": "2099-01-01T00:00:00Z"}}
    response = yan.call("PUT", f"{V3}/videos", params={"part": "status"}, json=body)
    assert refused(response) == (400, "invalidPublishAt")


def test_a_video_is_deleted_by_its_owner(yan, youtube, control):
    video_id = yan.uploaded(FILM)

    def delete(user):
        return user.call("DELETE", f"{V3}/videos", params={"id": video_id})

    assert refused(delete(youtube.connect("ann"))) == (403, "forbidden")
    assert delete(yan).status_code == 204
    assert refused(delete(yan)) == (404, "videoNotFound")
    assert yan.items("/videos", part="id", id=video_id) == []
    assert [entry["deleted"] for entry in control.books()] == [True]


def test_numbers_are_strings(yan, control):
    video_id = yan.uploaded(FILM)
    body = {"platform": "youtube", "id": video_id, "metrics": {"viewCount": 1234, "likeCount": 5}}
    control.call("POST", "metrics", json=body)
    yan.comment(video_id, "one")
    statistics = {"viewCount": "1234", "likeCount": "5", "dislikeCount": "0", "favoriteCount": "0", "commentCount": "1"}
    assert yan.video(video_id, "statistics")["statistics"] == statistics
    (stat,) = yan.items("/videos:batchGetStats", part="statistics,contentDetails,snippet", id=video_id)
    assert stat["statistics"] == {"viewCount": "1234", "likeCount": "5", "commentCount": "1"}
    assert stat["contentDetails"] == {"duration": "75s"}
    assert yan.video(video_id, "contentDetails")["contentDetails"]["duration"] == "PT1M15S"
    assert refused(yan.get("/videos", part="id", id=",".join(map(str, range(51))))) == (400, "invalidParameter")
    assert refused(yan.get("/videos", part="id")) == (400, "missingRequiredParameter")


def test_a_thumbnail_is_a_jpeg_or_png(yan, control):
    video_id = yan.uploaded(FILM)

    def set_(content):
        return yan.call("POST", "/upload/youtube/v3/thumbnails/set", params={"videoId": video_id}, content=content)

    assert set_(picture("PNG")).json()["kind"] == "youtube#thumbnailSetResponse"
    assert control.books()[0]["media"][0]["thumbnail"]["mimeType"] == "image/png"
    assert refused(set_(b"")) == (400, "mediaBodyRequired")
    assert refused(set_(picture("GIF"))) == (400, "invalidImage")
    assert refused(set_(picture("JPEG") + bytes(52_428_800))) == (400, "invalidImage")


def test_uploads_are_a_playlist(yan, youtube):
    ids = [yan.uploaded(FILM, title=title) for title in ("one", "two", "three")]
    hidden = yan.uploaded(FILM, status={"privacyStatus": "private"})
    channel = yan.items("/channels", part="contentDetails", mine="true")[0]
    playlist = channel["contentDetails"]["relatedPlaylists"]["uploads"]
    wanted = {"part": "snippet,contentDetails,status", "playlistId": playlist}
    first = yan.get("/playlistItems", **wanted, maxResults=2).json()
    assert [item["contentDetails"]["videoId"] for item in first["items"]] == [hidden, ids[2]]
    assert first["pageInfo"] == {"totalResults": 4, "resultsPerPage": 2}
    rest = yan.get("/playlistItems", **wanted, maxResults=2, pageToken=first["nextPageToken"]).json()
    assert [item["snippet"]["resourceId"]["videoId"] for item in rest["items"]] == [ids[1], ids[0]]
    assert "nextPageToken" not in rest
    assert len(youtube.connect("ann").items("/playlistItems", **wanted)) == 3
    assert refused(yan.get("/playlistItems", part="id", playlistId="UU1")) == (404, "playlistNotFound")
    assert refused(yan.get("/playlistItems", **wanted, pageToken="§")) == (400, "invalidPageToken")
    assert refused(yan.get("/playlistItems", **wanted, maxResults=51)) == (400, "invalidParameter")


def test_videos_are_found_by_their_words(yan, youtube, clock):
    first = yan.uploaded(FILM, title="Cats #fun", description="purring")
    clock.now += 100
    second = yan.uploaded(FILM, title="Dogs #fun")
    private = yan.uploaded(FILM, title="Mine #fun", status={"privacyStatus": "private"})
    ann = youtube.connect("ann")

    def search(user, **params):
        return [item["id"]["videoId"] for item in user.items("/search", part="snippet", type="video", order="date", **params)]

    assert search(ann, q="#fun") == [second, first]
    assert search(ann, q="cats purring") == [first]
    assert search(yan, q="#fun", forMine="true") == [private, second, first]
    assert search(ann, q="#fun", publishedAfter="2026-09-21T14:14:00Z") == [second]
    assert ann.items("/search", part="snippet", q="#fun", type="channel") == []


def test_comments_are_posts_of_their_own(yan, youtube, control, clock):
    video_id, ann = yan.uploaded(FILM), youtube.connect("ann")
    thread = ann.comment(video_id, "first!").json()
    top = thread["snippet"]["topLevelComment"]
    assert (top["id"], top["snippet"]["textOriginal"]) == (thread["id"], "first!")
    reply = yan.reply(thread["id"], "thanks").json()
    assert reply["snippet"]["parentId"] == thread["id"]
    again = ann.reply(reply["id"], "welcome").json()
    assert again["snippet"]["parentId"] == thread["id"], "a reply to a reply belongs to the thread"
    entries = control.books(platform="youtube")
    assert [(entry["content"], entry["replyTo"]) for entry in entries[1:]] == [
        ("first!", video_id),
        ("thanks", thread["id"]),
        ("welcome", thread["id"]),
    ]
    (shown,) = yan.items("/commentThreads", part="snippet,replies", videoId=video_id, order="time")
    assert shown["snippet"]["totalReplyCount"] == 2
    assert [item["id"] for item in shown["replies"]["comments"]] == [reply["id"], again["id"]]
    channel = yan.items("/channels", part="id", mine="true")[0]["id"]
    assert len(ann.items("/commentThreads", part="id", allThreadsRelatedToChannelId=channel)) == 1
    assert len(yan.items("/comments", part="snippet", parentId=thread["id"])) == 2
    assert yan.items("/comments", part="snippet", id=reply["id"])[0]["snippet"]["textOriginal"] == "thanks"


def test_what_cannot_be_commented(yan, control):
    video_id = yan.uploaded(FILM)
    for_kids = yan.uploaded(FILM, status={"selfDeclaredMadeForKids": True})
    assert refused(yan.comment("nothing", "a")) == (404, "videoNotFound")
    assert refused(yan.comment(for_kids, "a")) == (403, "commentsDisabled")
    assert refused(yan.get("/commentThreads", part="id", videoId=for_kids)) == (403, "commentsDisabled")
    assert refused(yan.comment(video_id, " ")) == (400, "commentTextRequired")
    assert refused(yan.comment(video_id, "c" * 10_001)) == (400, "commentTextTooLong")
    assert refused(yan.reply("nothing", "a")) == (404, "parentCommentNotFound")
    assert refused(yan.get("/commentThreads", part="id")) == (400, "missingRequiredParameter")
    assert len(control.books()) == 2


def test_comments_need_force_ssl_to_write_and_to_read(yan, youtube):
    video_id = yan.uploaded(FILM)
    less = youtube.connect("yan", deny_scopes="youtube.force-ssl")
    assert refused(less.comment(video_id, "a")) == (403, "insufficientPermissions")
    assert refused(less.get("/commentThreads", part="id", videoId=video_id)) == (403, "insufficientPermissions")


def test_the_owner_of_a_video_moderates_and_the_author_deletes(yan, youtube, control):
    video_id, ann = yan.uploaded(FILM), youtube.connect("ann")
    comment_id = ann.comment(video_id, "rude").json()["id"]

    def moderate(user, status):
        params = {"id": comment_id, "moderationStatus": status}
        return user.call("POST", f"{V3}/comments/setModerationStatus", params=params)

    def listed(**more):
        return yan.items("/commentThreads", part="id", videoId=video_id, **more)

    assert refused(moderate(ann, "rejected")) == (403, "forbidden")
    assert moderate(yan, "heldForReview").status_code == 204
    assert (listed(), len(listed(moderationStatus="heldForReview"))) == ([], 1)
    assert refused(ann.get("/commentThreads", part="id", videoId=video_id, moderationStatus="heldForReview")) == (
        403,
        "forbidden",
    )
    assert refused(yan.call("DELETE", f"{V3}/comments", params={"id": comment_id})) == (403, "forbidden")
    assert ann.call("DELETE", f"{V3}/comments", params={"id": comment_id}).status_code == 204
    assert refused(ann.call("DELETE", f"{V3}/comments", params={"id": comment_id})) == (404, "commentNotFound")
    assert [entry["deleted"] for entry in control.books()] == [False, True]


def test_a_video_has_a_page_unless_it_is_private(yan):
    public, private = yan.uploaded(FILM, title="Seen"), yan.uploaded(FILM, status={"privacyStatus": "private"})
    watch = f"{yan.app.url}/youtube/watch"
    assert "Seen" in yan.app.http.get(watch, params={"v": public}).text
    assert yan.app.http.get(watch, params={"v": private}).status_code == 404


def test_uploads_have_a_bucket_of_the_project_until_midnight_in_california(yan, youtube, control, clock):
    control.settle("youtube", inserts_per_day=2)
    ann = youtube.connect("ann")
    yan.session(9)
    ann.session(9)
    assert refused(yan.begin(9)) == (403, "quotaExceeded")
    assert refused(ann.begin(9)) == (403, "quotaExceeded"), "all accounts share it"
    assert yan.get("/channels", part="id", mine="true").status_code == 200, "the other bucket is as full as ever"
    clock.now = 1_790_060_400 - 1  # 2026-09-21 23:59:59 in California
    late = youtube.connect("yan")
    assert refused(late.begin(9)) == (403, "quotaExceeded")
    clock.now += 1
    late.session(9)


def test_search_has_a_bucket_and_the_rest_costs_units(yan, control):
    control.settle("youtube", searches_per_day=1, units_per_day=102)
    yan.items("/search", part="snippet", q="a")
    assert refused(yan.get("/search", part="snippet", q="a")) == (403, "quotaExceeded")
    assert refused(yan.comment("nothing", "a")) == (404, "videoNotFound")
    assert refused(yan.comment("nothing", "a")) == (404, "videoNotFound")
    assert refused(yan.comment("nothing", "a")) == (403, "quotaExceeded")
    assert yan.get("/channels", part="id", mine="true").status_code == 200
    assert refused(yan.get("/channels", part="id")) == (400, "missingRequiredParameter")
    assert refused(yan.get("/channels", part="id", mine="true")) == (403, "quotaExceeded")
    control.settle("youtube", rate_factor=0)
    assert yan.get("/channels", part="id", mine="true").status_code == 200


def test_a_channel_uploads_so_often_a_day(yan, youtube, control, clock):
    control.settle("youtube", uploads_per_day=1)
    yan.uploaded(FILM)
    assert refused(yan.begin(9)) == (400, "uploadLimitExceeded")
    youtube.connect("ann").uploaded(FILM)
    clock.now += 86400
    youtube.connect("yan").uploaded(FILM)


def test_a_restart_keeps_sessions_and_quota(clock, tmp_path):
    config = Config(clock=clock, state=tmp_path, settings={"youtube": {"inserts_per_day": 1}})
    with running(config) as url:
        yan = YouTubeApp(url).connect("yan")
        session = yan.session(len(LONG))
        yan.put(session, LONG[:STEP], 0, len(LONG))
    with running(config) as fresh:
        yan.app.url, moved = fresh, session.replace(url, fresh)
        assert yan.ask(moved, len(LONG)).headers["range"] == f"bytes=0-{STEP - 1}"
        assert yan.put(moved, LONG[STEP:], STEP, len(LONG)).status_code == 200
        assert refused(yan.begin(9)) == (403, "quotaExceeded")


def test_a_reset_forgets_sessions_videos_and_quota(yan, control):
    control.settle("youtube", inserts_per_day=1)
    session = yan.session(len(FILM))
    control.call("POST", "reset")
    assert yan.put(session, FILM).status_code == 404
    for _ in range(2):
        yan.session(9)
