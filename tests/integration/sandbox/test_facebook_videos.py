"""Videos, reels and video stories: chunks, the upload host, processing, and the proof that one is live."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from integration.sandbox.graph_walks import FacebookLogin, media_server, refusal
from integration.sandbox.movies import movie
from integration.sandbox.walks import MP4

MEGABYTE = 1024 * 1024


@pytest.fixture
def page(url):
    return FacebookLogin(url).page()


@pytest.fixture
def files():
    with media_server() as server:
        yield server


def phases(page, video_id):
    status = page.fields(video_id, "status")["status"]
    return status["video_status"], status["publishing_phase"]["status"], status["processing_phase"]["status"]


def start(page, kind="video_reels"):
    answer = page.post(f"/{page.id}/{kind}", upload_phase="start").json()
    assert answer["upload_url"].endswith(f"/facebook/video-upload/v26.0/{answer['video_id']}")
    return answer["video_id"], answer["upload_url"]


def send(page, url, content, offset=0, size=None, **headers):
    given = {"Authorization": f"OAuth {page.token}", "offset": str(offset), "file_size": str(size or len(content)), **headers}
    return page.http.post(url, content=content, headers=given)


def finish(page, video_id, kind="video_reels", **form):
    return page.post(f"/{page.id}/{kind}", upload_phase="finish", video_id=video_id, **{"video_state": "PUBLISHED", **form})


def reel(page, content, **form):
    video_id, url = start(page)
    assert send(page, url, content).json()["success"] is True
    assert finish(page, video_id, **form).json() == {"success": True}
    return video_id


def test_a_reel_is_booked_at_finish_and_live_when_processed(page, control, clock):
    video_id = reel(page, movie(10), description="my reel", title="Title")
    [entry] = control.books()
    assert (entry["id"], entry["content"]) == (f"{page.id}_{video_id}", "my reel")
    [medium] = entry["media"]
    assert (medium["mimeType"], medium["width"], medium["height"], medium["category"]) == ("video/mp4", 720, 1280, "reel")
    assert phases(page, video_id) == ("processing", "in_progress", "in_progress")
    assert page.get(f"/{page.id}/published_posts").json() == {"data": []}
    assert "post_id" not in page.fields(video_id, "post_id,title")
    clock.now += 2
    assert phases(page, video_id) == ("ready", "complete", "complete")
    assert page.fields(video_id, "post_id,title,published") == {
        "post_id": entry["id"],
        "title": "Title",
        "published": True,
        "id": video_id,
    }
    [post] = page.get(f"/{page.id}/published_posts", fields="attachments{target{id}}").json()["data"]
    assert post["attachments"]["data"][0]["target"]["id"] == video_id


def test_an_upload_goes_on_where_it_broke_off(page, control):
    content = movie(10, total=3000)
    video_id, url = start(page)
    assert phases(page, video_id)[0] == "uploading"
    broken = send(page, url, content[:1000], size=3000)
    assert broken.status_code == 400
    assert broken.json()["debug_info"]["offset"] == 1000
    assert page.http.get(url, headers={"Authorization": f"OAuth {page.token}"}).json()["offset"] == 1000
    assert refusal(finish(page, video_id)) == (6000, 1363037)
    assert send(page, url, content[500:], offset=500, size=3000).status_code == 400
    assert send(page, url, content[1000:], offset=1000, size=3000).status_code == 200
    assert phases(page, video_id)[0] == "upload_complete"
    assert finish(page, video_id).status_code == 200
    assert control.books()[0]["media"][0]["size"] == 3000


def test_the_upload_host_wants_its_headers(page):
    _video_id, url = start(page)
    token = {"Authorization": f"OAuth {page.token}"}
    assert page.http.post(url, content=b"abc", headers=token).status_code == 400
    assert page.http.post(url, content=b"abc", headers={**token, "offset": "0"}).status_code == 400
    assert refusal(page.http.post(url, content=b"abc", headers={"offset": "0", "file_size": "3"})) == (104, None)
    assert send(page, url, b"abcdef", size=3).status_code == 400, "more than was said"
    assert refusal(send(page, url.replace("/facebook/video-upload/v26.0/", "/facebook/video-upload/v26.0/9"), b"abc")) == (
        100,
        33,
    )


def test_the_upload_host_fetches_by_address(page, control, files):
    video_id, url = start(page)
    header = {"Authorization": f"OAuth {page.token}", "file_url": files.put("/v.mp4", movie(5))}
    assert page.http.post(url, headers=header).status_code == 200
    assert finish(page, video_id, description="fetched").status_code == 200
    assert control.contents("facebook") == ["fetched"]


def test_a_finish_publishes_once(page, control):
    video_id = reel(page, movie(10))
    assert refusal(finish(page, video_id)) == (6000, 1363041)
    assert len(control.books()) == 1


def test_two_finishes_at_the_same_time_publish_once(page, control):
    video_id, url = start(page)
    send(page, url, movie(10, total=40 * MEGABYTE))
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _number: finish(page, video_id), range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 400]
    assert len(control.books()) == 1


@pytest.mark.parametrize("kind", ["video_reels", "video_stories"])
def test_the_finish_is_the_publishing_call(page, control, kind):
    control.fault("facebook", "accept_500")
    video_id, url = start(page, kind)
    assert send(page, url, movie(10)).status_code == 200
    assert finish(page, video_id, kind).status_code == 500
    assert [entry["id"] for entry in control.books()] == [f"{page.id}_{video_id}"]


@pytest.mark.parametrize(
    "content", [movie(2), movie(91), movie(10, (400, 700)), b"no film at all", b"\x89PNG\r\n\x1a\n" + b"\0" * 50]
)
def test_a_reel_that_breaks_a_rule_is_never_live(page, control, clock, content):
    video_id = reel(page, content)
    clock.now += 2
    assert phases(page, video_id) == ("error", "not_started", "error")
    assert page.fields(video_id, "status")["status"]["processing_phase"]["errors"][0]["message"]
    assert control.books() == []


def test_a_film_without_a_header_passes_unless_it_must_parse(page, control, clock):
    reel(page, MP4, description="as it is")
    control.settle("facebook", videos_must_parse=True)
    bad = reel(page, MP4)
    clock.now += 2
    assert phases(page, bad)[0] == "error"
    assert control.contents("facebook") == ["as it is"]


def test_a_draft_is_not_published_and_a_schedule_later(page, control, clock):
    reel(page, movie(10), video_state="DRAFT", description="draft")
    due = int(clock.now + 700)
    video_id = reel(page, movie(10), video_state="SCHEDULED", scheduled_publish_time=due, description="later")
    assert control.books() == []
    clock.now = due + 1
    assert control.contents("facebook") == ["later"]
    assert phases(page, video_id) == ("ready", "complete", "complete")
    other, url = start(page)
    send(page, url, movie(10))
    assert refusal(finish(page, other, video_state="SCHEDULED")) == (100, None)
    assert refusal(finish(page, other, video_state="LIVE")) == (100, None)


def test_thirty_reels_a_day(page, control, clock):
    control.settle("facebook", reels_per_day=2)
    for _ in range(2):
        reel(page, movie(10))
    video_id, url = start(page)
    send(page, url, movie(10))
    assert refusal(finish(page, video_id)) == (32, None)
    clock.now += 86401
    assert finish(page, video_id).status_code == 200
    assert len(control.books()) == 3


def test_a_video_story(page, control, clock):
    video_id, url = start(page, "video_stories")
    send(page, url, movie(20))
    answer = finish(page, video_id, "video_stories").json()
    assert (answer["success"], answer["post_id"]) == (True, video_id)
    clock.now += 2
    [story] = page.get(f"/{page.id}/stories").json()["data"]
    assert (story["media_type"], story["media_id"]) == ("video", video_id)
    assert page.get(f"/{page.id}/published_posts").json() == {"data": []}
    assert len(control.books()) == 1
    clock.now += 86400
    assert page.get(f"/{page.id}/stories").json()["data"][0]["status"] == "ARCHIVED"
    long, url = start(page, "video_stories")
    send(page, url, movie(61))
    finish(page, long, "video_stories")
    clock.now += 2
    assert phases(page, long)[0] == "error"


def test_a_story_is_not_finished_as_a_reel(page, control):
    video_id, url = start(page, "video_stories")
    send(page, url, movie(20))
    assert refusal(finish(page, video_id)) == (100, 33)
    assert control.books() == []


def test_a_video_in_one_piece_or_by_address(page, control, files):
    form = {"description": "whole", "title": "T"}
    whole = page.call("POST", f"/{page.id}/videos", data=form, files={"source": ("v.mp4", movie(100))})
    assert whole.status_code == 200, whole.text
    fetched = page.made(f"/{page.id}/videos", file_url=files.put("/v.mp4", movie(5)), description="fetched")
    assert [entry["id"] for entry in control.books()] == [f"{page.id}_{whole.json()['id']}", f"{page.id}_{fetched}"]
    assert refusal(page.post(f"/{page.id}/videos", file_url=f"{files.url}/none.mp4")) == (389, 2061006)
    assert refusal(page.post(f"/{page.id}/videos", description="no file")) == (100, None)
    assert len(control.books()) == 2


def test_a_video_in_chunks_as_the_platform_asks_for_them(page, control):
    control.settle("facebook", chunk_bytes=1000)
    content = movie(200, total=2500)
    begun = page.post(f"/{page.id}/videos", upload_phase="start", file_size=len(content)).json()
    assert begun.keys() == {"video_id", "upload_session_id", "start_offset", "end_offset"}
    offsets, seen = begun, []
    while offsets["start_offset"] != offsets["end_offset"]:
        first, last = int(offsets["start_offset"]), int(offsets["end_offset"])
        seen.append((first, last))
        offsets = transfer(page, begun, first, content[first:last]).json()
    assert seen == [(0, 1000), (1000, 2000), (2000, 2500)]
    assert control.books() == []
    form = {"upload_phase": "finish", "upload_session_id": begun["upload_session_id"], "description": "chunks", "title": "T"}
    assert page.post(f"/{page.id}/videos", **form).json() == {"success": True}
    [entry] = control.books()
    assert (entry["id"], entry["content"], entry["media"][0]["size"]) == (f"{page.id}_{begun['video_id']}", "chunks", 2500)
    assert refusal(page.post(f"/{page.id}/videos", **form)) == (6000, 1363041)


def transfer(page, begun, offset, chunk):
    form = {"upload_phase": "transfer", "upload_session_id": begun["upload_session_id"], "start_offset": str(offset)}
    return page.call("POST", f"/{page.id}/videos", data=form, files={"video_file_chunk": ("chunk", chunk)})


def test_a_chunk_out_of_place_is_refused_with_the_place_that_is_right(page, control):
    begun = page.post(f"/{page.id}/videos", upload_phase="start", file_size=3000).json()
    assert transfer(page, begun, 0, b"x" * 1000).status_code == 200
    refused = transfer(page, begun, 0, b"x" * 1000)
    assert refusal(refused) == (6000, 1363037)
    assert refused.json()["error"]["error_data"] == {"start_offset": "1000", "end_offset": "3000"}
    assert refusal(transfer(page, begun, 1000, b"x" * 2001)) == (6000, 1363037)
    early = page.post(f"/{page.id}/videos", upload_phase="finish", upload_session_id=begun["upload_session_id"])
    assert refusal(early) == (6000, 1363037)
    assert refusal(page.post(f"/{page.id}/videos", upload_phase="start")) == (100, None)
    assert refusal(page.post(f"/{page.id}/videos", upload_phase="start", file_size=11 * 1024**3)) == (352, None)
    assert refusal(page.post(f"/{page.id}/videos", upload_phase="stop")) == (100, None)
    assert refusal(transfer(page, {"upload_session_id": "404"}, 0, b"x")) == (6000, 1363041)
    assert control.books() == []
