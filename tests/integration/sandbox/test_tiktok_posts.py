import socket
import threading
import time
from urllib.parse import urlsplit

import pytest

from integration.sandbox.movies import movie
from integration.sandbox.tiktok_walks import EVERYBODY, INBOX, POST, VIDEO, TikTokApp, refused, serving, succeeded
from integration.sandbox.walks import picture
from ocma_sandbox.config import Config
from ocma_sandbox.server import running

FILM = movie()
JPEG = picture("JPEG", (1080, 1350))
FIELDS = "id,create_time,share_url,video_description,duration,height,width,title,view_count,like_count"
DAY = 86400


@pytest.fixture
def tiktok(url):
    return TikTokApp(url)


@pytest.fixture
def tom(tiktok, control):
    control.settle("tiktok", rate_factor=0, processing_seconds=0)
    return tiktok.connect("tom")


@pytest.fixture(scope="module")
def web():
    files = {
        "/a.jpg": JPEG,
        "/b.webp": picture("WEBP", (400, 600)),
        "/c.png": picture("PNG"),
        "/large.jpg": picture("JPEG", (1200, 1200)),
        "/film.mp4": FILM,
        "/text.mp4": b"no film",
    }
    with serving(files) as address:
        yield address


def test_a_video_is_live_with_its_only_chunk(tom, control):
    publish_id, url = tom.begun(len(FILM), title="look #here", disable_duet=True, is_aigc=True)
    assert publish_id.startswith("v_pub_file~v2-1.")
    assert control.books() == []
    put = tom.put(url, FILM)
    assert (put.status_code, put.headers["content-range"]) == (201, f"bytes 0-{len(FILM) - 1}/{len(FILM)}")
    (entry,) = control.books(platform="tiktok")
    assert (entry["account"], entry["content"], entry["deleted"]) == ("tom", "look #here", False)
    (item,) = entry["media"]
    assert (item["mimeType"], item["category"], item["size"]) == ("video/mp4", "video", len(FILM))
    assert (item["width"], item["height"], item["seconds"]) == (720, 1280, 2)
    status = tom.status(publish_id)
    assert (status["status"], status["publicaly_available_post_id"]) == ("PUBLISH_COMPLETE", [int(entry["id"])])
    assert status["uploaded_bytes"] == len(FILM)
    assert len(entry["id"]) == 19


def test_chunks_come_one_after_the_other_and_the_last_holds_the_rest(tom, control):
    film, chunk = movie(total=12_345_678), 5_000_000
    publish_id, url = tom.begun(len(film), chunk)
    first = tom.put(url, film[:chunk], 0, len(film))
    assert (first.status_code, first.headers["content-range"]) == (206, f"bytes 0-4999999/{len(film)}")
    assert tom.status(publish_id)["uploaded_bytes"] == chunk
    assert tom.status(publish_id)["status"] == "PROCESSING_UPLOAD"
    assert tom.put(url, film[:chunk], 0, len(film)).status_code == 416, "this chunk is here already"
    assert tom.put(url, film[chunk : 2 * chunk], chunk, len(film)).status_code == 416, "the last one holds the rest"
    assert control.books() == []
    assert tom.put(url, film[chunk:], chunk, len(film)).status_code == 201
    assert tom.put(url, film[chunk:], chunk, len(film)).status_code == 416
    assert [entry["media"][0]["size"] for entry in control.books()] == [len(film)]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Type": "application/octet-stream"}, 400),
        ({"Content-Range": f"bytes 0-{len(FILM)}/{len(FILM)}"}, 400),
        ({"Content-Range": f"bytes 0-{len(FILM) - 1}/{len(FILM) + 1}"}, 400),
        ({"Content-Range": "bytes */5"}, 400),
        ({"Content-Range": f"bytes 7-{len(FILM) + 6}/{len(FILM)}"}, 416),
    ],
)
def test_a_chunk_that_does_not_fit_is_refused(tom, control, headers, status):
    _, url = tom.begun(len(FILM))
    assert tom.put(url, FILM, **headers).status_code == status
    assert tom.put(url, FILM).status_code == 201
    assert len(control.books()) == 1


def test_an_upload_url_is_a_secret_of_its_own(tom):
    _, url = tom.begun(len(FILM))
    assert tom.put(url[:-1], FILM).status_code == 404
    assert tom.put(url.replace("upload_id=", "upload_id=9"), FILM).status_code == 404


def test_an_upload_url_lives_an_hour(tom, clock, control):
    publish_id, url = tom.begun(len(FILM))
    clock.now += 3600
    assert tom.put(url, FILM).status_code == 403
    assert tom.status(publish_id) == {"status": "FAILED", "fail_reason": "internal", "uploaded_bytes": 0}
    assert control.books() == []


def opened(url, first):
    """A request with the whole video whose body has come so far."""
    parts = urlsplit(url)
    head = (
        f"PUT {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: video/mp4\r\n"
        f"Content-Range: bytes 0-{len(FILM) - 1}/{len(FILM)}\r\nContent-Length: {len(FILM)}\r\n\r\n"
    )
    connection = socket.create_connection((parts.hostname, parts.port), timeout=30)
    connection.sendall(head.encode() + first)
    time.sleep(0.3)  # until the sandbox has begun with it
    return connection


def test_a_chunk_that_ends_after_the_hour_makes_no_post(tom, clock, control):
    publish_id, url = tom.begun(len(FILM))
    with opened(url, FILM[:100]) as late:
        clock.now += 3600
        assert tom.status(publish_id)["status"] == "FAILED"
        late.sendall(FILM[100:])
        assert b" 403 " in late.recv(100)
    assert control.books() == []


def test_the_newest_request_for_a_chunk_is_the_one_that_counts(tom, control):
    _, url = tom.begun(len(FILM))
    with opened(url, b"x" * 100) as slow:
        assert tom.put(url, FILM).status_code == 201
        slow.sendall(b"x" * (len(FILM) - 100))
        assert b" 416 " in slow.recv(100)
    assert [entry["media"][0]["size"] for entry in control.books()] == [len(FILM)]


def test_of_a_chunk_that_broke_off_nothing_is_kept(tom, control):
    publish_id, url = tom.begun(len(FILM))
    opened(url, FILM[:100]).close()
    assert tom.status(publish_id)["uploaded_bytes"] == 0
    assert tom.put(url, FILM).status_code == 201
    assert control.books()[0]["media"][0]["seconds"] == 2


def test_a_chunk_sent_many_times_at_once_makes_one_post(tom, control):
    _, url = tom.begun(len(FILM))
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(tom.put(url, FILM).status_code)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert answers.count(201) == 1
    assert len(control.books()) == 1


def test_processing_and_moderation_take_their_time(tom, control, clock):
    control.settle("tiktok", processing_seconds=10, moderation_seconds=60)
    publish_id = tom.posted(FILM)
    assert tom.status(publish_id)["status"] == "PROCESSING_UPLOAD"
    assert len(control.books()) == 1, "what is accepted is in the books while it is processed"
    clock.now += 10
    assert tom.status(publish_id)["publicaly_available_post_id"] == []
    assert succeeded(tom.post("/v2/video/list/", {}, fields="id"))["videos"] == []
    clock.now += 60
    assert tom.status(publish_id)["publicaly_available_post_id"] == [int(control.books()[0]["id"])]
    assert len(succeeded(tom.post("/v2/video/list/", {}, fields="id"))["videos"]) == 1


def test_a_private_post_never_has_a_public_id(tom):
    publish_id = tom.posted(FILM, privacy_level="SELF_ONLY")
    assert tom.status(publish_id)["status"] == "PUBLISH_COMPLETE"
    assert tom.status(publish_id)["publicaly_available_post_id"] == []
    assert succeeded(tom.post("/v2/video/list/", {}, fields="id"))["videos"] == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"no film at all", "file_format_check_failed"),
        (picture("JPEG"), "file_format_check_failed"),
        (movie(seconds=601), "duration_check_failed"),
        (movie(size=(320, 640)), "picture_size_check_failed"),
        (movie(size=(4098, 720)), "picture_size_check_failed"),
        (movie(rate=15), "frame_rate_check_failed"),
        (movie(rate=120), "frame_rate_check_failed"),
    ],
)
def test_a_wrong_video_fails_in_processing(tom, control, clock, content, reason):
    control.settle("tiktok", processing_seconds=5)
    publish_id = tom.posted(content)
    assert tom.status(publish_id)["status"] == "PROCESSING_UPLOAD"
    clock.now += 5
    status = tom.status(publish_id)
    assert (status["status"], status["fail_reason"]) == ("FAILED", reason)
    assert control.books() == []


def test_the_end_of_processing_can_be_set(tom, control):
    control.settle("tiktok", processing_fails="internal")
    assert tom.status(tom.posted(FILM))["fail_reason"] == "internal"
    assert control.books() == []


def test_a_draft_goes_to_the_inbox(tom, control):
    publish_id, url = tom.begun(len(FILM), path=INBOX)
    assert publish_id.startswith("v_inbox_file~")
    tom.put(url, FILM)
    assert tom.status(publish_id) == {"status": "SEND_TO_USER_INBOX", "uploaded_bytes": len(FILM)}
    assert [entry["content"] for entry in control.books()] == [""]
    assert succeeded(tom.post("/v2/video/list/", {}, fields="id"))["videos"] == []


def test_quicktime_is_a_video_too(tom, control):
    tom.posted(movie(brand=b"qt  "))
    assert control.books()[0]["media"][0]["mimeType"] == "video/quicktime"


def test_a_video_is_pulled(tom, control, web):
    data = succeeded(tom.pull(f"{web}/film.mp4", title="pulled"))
    assert data.keys() == {"publish_id"}
    status = tom.status(data["publish_id"])
    assert (status["status"], status["downloaded_bytes"]) == ("PUBLISH_COMPLETE", len(FILM))
    assert control.contents("tiktok") == ["pulled"]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/nothing", "video_pull_failed"),
        ("/moved", "video_pull_failed"),
        ("/short", "video_pull_failed"),
        ("/text.mp4", "file_format_check_failed"),
    ],
)
def test_what_cannot_be_pulled_fails(tom, control, web, path, reason):
    publish_id = succeeded(tom.pull(web + path))["publish_id"]
    assert tom.status(publish_id)["fail_reason"] == reason
    assert control.books() == []


def test_nothing_is_pulled_from_a_port_where_nobody_listens(tom):
    publish_id = succeeded(tom.pull("http://127.0.0.1:9/film.mp4"))["publish_id"]
    assert tom.status(publish_id)["fail_reason"] == "video_pull_failed"


def test_pulling_has_its_time(tom, control, web):
    control.settle("tiktok", pull_seconds=0.5)
    begun = time.monotonic()
    publish_id = succeeded(tom.photos(*[f"{web}/slow"] * 20))["publish_id"]
    assert time.monotonic() - begun < 8  # each for itself would take 10
    assert tom.status(publish_id)["fail_reason"] == "photo_pull_failed"


@pytest.mark.parametrize("address", ["ftp://a.example/a", "/a.mp4", "http://", "http://me:pw@a.example/", "http://a.example:x/"])
def test_what_is_no_address_is_refused(tom, address):
    assert refused(tom.pull(address)) == (400, "invalid_params")


def test_https_and_ownership_can_be_demanded(tom, control, web):
    control.settle("tiktok", verified_urls="https://media.example/ " + web + "/film")
    assert refused(tom.pull(f"{web}/text.mp4")) == (403, "url_ownership_unverified")
    succeeded(tom.pull(f"{web}/film.mp4"))
    control.settle("tiktok", pull_over_http=False)
    assert refused(tom.pull(f"{web}/film.mp4")) == (400, "invalid_params")


def test_photos_are_pulled_in_their_order(tom, control, web):
    response = tom.photos(f"{web}/b.webp", f"{web}/a.jpg", cover=1, title="two", description="of them")
    publish_id = succeeded(response)["publish_id"]
    assert publish_id.startswith("p_pub_url~")
    (entry,) = control.books()
    assert entry["content"] == "two\n\nof them"
    assert [(item["mimeType"], item["category"], item["width"], item["height"]) for item in entry["media"]] == [
        ("image/webp", "photo", 400, 600),
        ("image/jpeg", "photo", 1080, 1350),
    ]
    assert tom.status(publish_id)["publicaly_available_post_id"] == [int(entry["id"])]


def test_photos_as_a_draft_need_the_other_scope(tiktok, tom, control, web):
    only = tiktok.connect("tom", deny_scopes="video.publish")
    publish_id = succeeded(only.photos(f"{web}/a.jpg", mode="MEDIA_UPLOAD", title="t"))["publish_id"]
    assert only.status(publish_id)["status"] == "SEND_TO_USER_INBOX"
    assert refused(only.photos(f"{web}/a.jpg")) == (401, "scope_not_authorized")
    assert len(control.books()) == 1


@pytest.mark.parametrize(
    ("paths", "reason"),
    [
        (["/a.jpg", "/c.png"], "file_format_check_failed"),
        (["/large.jpg"], "picture_size_check_failed"),
        (["/a.jpg", "/nothing"], "photo_pull_failed"),
    ],
)
def test_one_wrong_photo_fails_all(tom, control, web, paths, reason):
    publish_id = succeeded(tom.photos(*(web + path for path in paths)))["publish_id"]
    assert tom.status(publish_id)["fail_reason"] == reason
    assert control.books() == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": "t" * 91},
        {"title": "😀" * 46},
        {"description": "d" * 4001},
        {"privacy_level": ""},
        {"disable_duet": True},
        {"cover": 1},
        {"mode": "STORY"},
    ],
)
def test_what_photos_cannot_be_posted_with(tom, control, web, wrong):
    assert refused(tom.photos(f"{web}/a.jpg", **wrong)) == (400, "invalid_params")
    assert control.books() == []


def test_there_are_1_to_35_photos(tom, web):
    assert refused(tom.photos()) == (400, "invalid_params")
    assert refused(tom.photos(*[f"{web}/a.jpg"] * 36)) == (400, "invalid_params")
    succeeded(tom.photos(*[f"{web}/a.jpg"] * 35))


@pytest.mark.parametrize(
    "post",
    [
        {"title": "t" * 2201},
        {"title": "😀" * 1101},
        {"privacy_level": "EVERYONE"},
        {"privacy_level": None},
        {"disable_duet": "yes"},
        {"description": "for photos only"},
        {"brand_content_toggle": True, "privacy_level": "SELF_ONLY"},
    ],
)
def test_what_a_video_cannot_be_posted_with(tom, post):
    assert refused(tom.init(len(FILM), **post)) == (400, "invalid_params")


def test_a_caption_counts_utf16_units(tom, control):
    tom.posted(FILM, title="😀" * 1100)
    assert control.contents("tiktok") == ["😀" * 1100]


def test_the_privacy_must_be_among_the_options(tom, control):
    assert refused(tom.init(9, privacy_level="FOLLOWER_OF_CREATOR")) == (403, "privacy_level_option_mismatch")
    control.settle("tiktok", private_accounts="tom")
    assert refused(tom.init(9)) == (403, "privacy_level_option_mismatch")
    succeeded(tom.init(9, privacy_level="FOLLOWER_OF_CREATOR"))


@pytest.mark.parametrize(
    ("size", "chunk", "count"),
    [
        (4_000_000, 2_000_000, 2),
        (4_000_000, 5_000_000, 1),
        (20_000_000, 4_000_000, 5),
        (20_000_000, 5_000_000, 5),
        (12_000_000, 5_000_000, 3),
        (100_000_000, 100_000_000, 1),
        (4 * 1024**3 + 1, 60_000_000, 71),
        (0, 1, 1),
    ],
)
def test_chunks_follow_the_rules(tom, size, chunk, count):
    source = {"source": "FILE_UPLOAD", "video_size": size, "chunk_size": chunk, "total_chunk_count": count}
    body = {"post_info": {"privacy_level": EVERYBODY}, "source_info": source}
    assert refused(tom.post(VIDEO, body)) == (400, "invalid_params")


@pytest.mark.parametrize(("size", "chunk"), [(4_999_999, 4_999_999), (50_000_000, 50_000_000), (100_000_000, 30_000_000)])
def test_chunks_that_are_fine(tom, size, chunk):
    succeeded(tom.init(size, chunk))


@pytest.mark.parametrize(
    "source", [{}, {"source": "DREAM"}, {"source": "PULL_FROM_URL"}, {"source": "FILE_UPLOAD", "video_size": 5}]
)
def test_a_source_is_whole(tom, source):
    body = {"post_info": {"privacy_level": EVERYBODY}, "source_info": source}
    assert refused(tom.post(VIDEO, body)) == (400, "invalid_params")


def test_unknown_names_are_refused_unless_so_set(tom, control):
    assert refused(tom.init(9, caption="x")) == (400, "invalid_params")
    control.settle("tiktok", strict_bodies=False)
    succeeded(tom.init(9, caption="x"))


def test_an_unaudited_client_posts_privately_to_private_accounts(tom, control):
    control.settle("tiktok", audited=False)
    code = "unaudited_client_can_only_post_to_private_accounts"
    assert refused(tom.init(9)) == (403, code)
    assert refused(tom.init(9, privacy_level="SELF_ONLY")) == (403, code)
    control.settle("tiktok", private_accounts="tom")
    succeeded(tom.init(9, privacy_level="SELF_ONLY"))


def test_a_banned_creator_posts_nothing(tom, control):
    control.settle("tiktok", banned_accounts="tom")
    for response in (tom.init(9), tom.init(9, path=INBOX), tom.post(f"{POST}/creator_info/query/")):
        assert refused(response) == (403, "spam_risk_user_banned_from_posting")


def test_a_creator_posts_so_often_a_day(tom, control, tiktok, clock):
    control.settle("tiktok", rate_factor=1, posts_per_day=2)
    tom.posted(FILM)
    clock.now += 100
    tom.posted(FILM)
    assert refused(tom.init(9)) == (403, "spam_risk_too_many_posts")
    succeeded(tom.init(9, path=INBOX))
    succeeded(tiktok.connect("ann").init(9))
    clock.now += DAY - 100
    assert succeeded(tiktok.connect("tom").init(9))


def test_five_drafts_a_day_may_wait(tom, control, tiktok, clock):
    for _ in range(5):
        _, url = tom.begun(len(FILM), path=INBOX)
        tom.put(url, FILM)
    control.settle("tiktok", rate_factor=1)
    assert refused(tom.init(9, path=INBOX)) == (403, "spam_risk_too_many_pending_share")
    succeeded(tom.init(9))
    clock.now += DAY
    succeeded(tiktok.connect("tom").init(9, path=INBOX))


def test_so_many_creators_a_day(tom, control, tiktok):
    tom.posted(FILM)
    control.settle("tiktok", rate_factor=1, user_cap=1)
    assert refused(tiktok.connect("ann").init(9)) == (403, "reached_active_user_cap")
    succeeded(tom.init(9))


def test_a_status_is_the_creators_own(tom, tiktok):
    publish_id = tom.posted(FILM)
    path = f"{POST}/status/fetch/"
    assert refused(tiktok.connect("ann").post(path, {"publish_id": publish_id})) == (400, "invalid_publish_id")
    assert refused(tom.post(path, {"publish_id": "v_pub_file~v2-1.1"})) == (400, "invalid_publish_id")
    assert refused(tom.post(path, {})) == (400, "invalid_params")


def test_init_status_and_creator_info_have_their_windows(tom, control, clock, tiktok):
    control.settle("tiktok", rate_factor=1)
    publish_id = succeeded(tom.init(9))["publish_id"]
    assert [tom.init(9).status_code for _ in range(6)] == [200] * 5 + [429]
    assert refused(tom.init(9)) == (429, "rate_limit_exceeded")
    assert tiktok.connect("tom").init(9).status_code == 200, "a window belongs to a token"
    codes = [tom.post(f"{POST}/status/fetch/", {"publish_id": publish_id}).status_code for _ in range(31)]
    assert codes == [200] * 30 + [429]
    assert [tom.post(f"{POST}/creator_info/query/").status_code for _ in range(21)] == [200] * 20 + [429]
    clock.now += 60
    assert tom.init(9).status_code == 200


def test_public_videos_are_listed_with_their_numbers(tom, control, clock, web):
    ids = []
    for title in ("one", "two", "three"):
        ids.append(str(tom.status(tom.posted(FILM, title=title))["publicaly_available_post_id"][0]))
        clock.now += 1
    tom.photos(f"{web}/a.jpg")
    body = {"platform": "tiktok", "id": ids[2], "metrics": {"view_count": 7, "like_count": 2}}
    control.call("POST", "metrics", json=body)
    first = succeeded(tom.post("/v2/video/list/", {"max_count": 2}, fields=FIELDS))
    assert [video["title"] for video in first["videos"]] == ["three", "two"]
    assert first["videos"][0].keys() == set(FIELDS.split(","))
    assert (first["videos"][0]["view_count"], first["videos"][0]["like_count"]) == (7, 2)
    assert first["has_more"] is True
    rest = succeeded(tom.post("/v2/video/list/", {"cursor": first["cursor"]}, fields="id"))
    assert ([video["id"] for video in rest["videos"]], rest["has_more"]) == ([ids[0]], False)
    page = tom.app.http.get(first["videos"][0]["share_url"])
    assert (page.status_code, "three" in page.text) == (200, True)


def test_photos_are_listed_when_so_set(tom, control, web):
    tom.photos(f"{web}/a.jpg", title="p")
    assert succeeded(tom.post("/v2/video/list/", {}, fields="id"))["videos"] == []
    control.settle("tiktok", photos_listed=True)
    assert [video["title"] for video in succeeded(tom.post("/v2/video/list/", {}, fields="title"))["videos"]] == ["p"]


def test_videos_are_queried_by_id(tom, tiktok):
    post_id = str(tom.status(tom.posted(FILM))["publicaly_available_post_id"][0])
    body = {"filters": {"video_ids": [post_id, "77"]}}
    shown = succeeded(tom.post("/v2/video/query/", body, fields="id,duration,width,height"))["videos"]
    assert shown == [{"id": post_id, "duration": 2, "width": 720, "height": 1280}]
    assert succeeded(tiktok.connect("ann").post("/v2/video/query/", body, fields="id"))["videos"] == []
    for wrong in ({"filters": {"video_ids": [post_id] * 21}}, {"filters": {}}, {}):
        assert refused(tom.post("/v2/video/query/", wrong, fields="id")) == (400, "invalid_params")
    assert refused(tom.post("/v2/video/list/", {"max_count": 21}, fields="id")) == (400, "invalid_params")
    assert refused(tom.post("/v2/video/list/", {})) == (400, "invalid_params")


def test_a_restart_keeps_publishes_and_their_bytes(clock, tmp_path):
    film, chunk = movie(total=10_500_000), 5_000_000
    config = Config(clock=clock, state=tmp_path, settings={"tiktok": {"processing_seconds": 0}})
    with running(config) as url:
        tom = TikTokApp(url).connect("tom")
        publish_id, upload = tom.begun(len(film), chunk)
        assert tom.put(upload, film[:chunk], 0, len(film)).status_code == 206
    with running(config) as fresh:
        tom.app.url = fresh
        assert tom.put(upload.replace(url, fresh), film[chunk:], chunk, len(film)).status_code == 201
        assert tom.status(publish_id)["status"] == "PUBLISH_COMPLETE"


def test_a_reset_forgets_publishes(tom, control):
    publish_id, url = tom.begun(len(FILM))
    control.call("POST", "reset")
    assert tom.put(url, FILM).status_code == 404
    assert refused(tom.post(f"{POST}/status/fetch/", {"publish_id": publish_id})) == (400, "invalid_publish_id")
