"""Faults on the calls that make a video live: the last bytes of an upload, and what is pulled by URL."""

import httpx2
import pytest

from integration.sandbox.movies import movie
from integration.sandbox.tiktok_walks import TikTokApp, serving, succeeded
from integration.sandbox.walks import picture
from integration.sandbox.youtube_walks import STEP, YouTubeApp

LOST = ["accept_hang", "accept_reset"]
CHUNK = 5_000_000
FILM = movie(total=2 * CHUNK)


@pytest.fixture
def tom(url, control):
    control.settle("tiktok", processing_seconds=0)
    return TikTokApp(url).connect("tom")


@pytest.fixture
def yan(url):
    return YouTubeApp(url).connect("yan")


def lose(app, call):
    """Nobody waits long for an answer that is lost."""
    patient, app.http.timeout = app.http.timeout, httpx2.Timeout(5)
    with pytest.raises(httpx2.HTTPError):
        call()
    app.http.timeout = patient


@pytest.mark.parametrize("kind", LOST)
def test_tiktok_loses_the_answer_to_the_last_chunk_only(tom, control, kind):
    control.fault("tiktok", kind)
    publish_id, url = tom.begun(len(FILM), CHUNK)
    assert tom.put(url, FILM[:CHUNK], 0, len(FILM)).status_code == 206
    assert len(control.faults()) == 1
    lose(tom.app, lambda: tom.put(url, FILM[CHUNK:], CHUNK, len(FILM)))
    assert control.faults() == []
    assert tom.status(publish_id)["status"] == "PUBLISH_COMPLETE"
    assert tom.put(url, FILM[CHUNK:], CHUNK, len(FILM)).status_code == 416
    assert len(control.books()) == 1


def test_tiktok_breaks_the_answer_to_the_last_chunk(tom, control):
    control.fault("tiktok", "accept_500")
    publish_id, url = tom.begun(len(FILM), CHUNK)
    tom.put(url, FILM[:CHUNK], 0, len(FILM))
    broken = tom.put(url, FILM[CHUNK:], CHUNK, len(FILM))
    assert (broken.status_code, broken.json()["error"]["code"]) == (500, "internal_error")
    assert tom.status(publish_id)["status"] == "PUBLISH_COMPLETE"
    assert len(control.books()) == 1


@pytest.mark.parametrize("kind", LOST)
def test_tiktok_loses_the_answer_to_what_it_pulled(tom, control, kind):
    control.fault("tiktok", kind)
    with serving({"/a.jpg": picture("JPEG"), "/c.png": picture("PNG")}) as web:
        succeeded(tom.photos(f"{web}/c.png"))
        assert len(control.faults()) == 1, "what fails in processing was not accepted"
        lose(tom.app, lambda: tom.photos(f"{web}/a.jpg", title="lost"))
    assert control.contents("tiktok") == ["lost"]


@pytest.mark.parametrize("kind", LOST)
def test_youtube_loses_the_answer_to_the_last_bytes_only(yan, control, kind):
    control.fault("youtube", kind)
    session = yan.session(len(FILM))
    assert yan.put(session, FILM[:STEP], 0, len(FILM)).status_code == 308
    assert len(control.faults()) == 1
    lose(yan.app, lambda: yan.put(session, FILM[STEP:], STEP, len(FILM)))
    assert control.faults() == []
    settled = yan.ask(session, len(FILM))
    assert settled.status_code == 200
    assert [entry["id"] for entry in control.books()] == [settled.json()["id"]]


def test_youtube_breaks_the_answer_to_the_last_bytes_and_to_a_comment(yan, control):
    control.fault("youtube", "accept_500", count=2)
    session = yan.session(len(FILM))
    assert yan.put(session, FILM).status_code == 500
    video_id = yan.ask(session, len(FILM)).json()["id"]
    assert yan.comment(video_id, "first").status_code == 500
    (thread,) = yan.items("/commentThreads", part="snippet", videoId=video_id)
    assert thread["snippet"]["topLevelComment"]["snippet"]["textOriginal"] == "first"
    assert len(control.books()) == 2


@pytest.mark.parametrize("kind", ["server_error", "rate_limit", "reset"])
def test_bytes_that_were_not_taken_are_sent_again(tom, yan, control, kind):
    session = yan.session(len(FILM))
    publish_id, url = tom.begun(len(FILM), len(FILM))
    for platform, put in (("youtube", lambda: yan.put(session, FILM)), ("tiktok", lambda: tom.put(url, FILM))):
        control.fault(platform, kind)
        if kind == "reset":
            lose((yan if platform == "youtube" else tom).app, put)
        else:
            assert put().status_code == (429 if kind == "rate_limit" else 503)
        assert control.books(platform=platform) == []
        assert put().is_success
        assert len(control.books(platform=platform)) == 1
    assert tom.status(publish_id)["status"] == "PUBLISH_COMPLETE"


def test_a_token_that_ended_is_refused_before_a_video_begins(tom, yan, control):
    control.fault("tiktok", "expired_token")
    control.fault("youtube", "revoked_token")
    assert tom.init(9).json()["error"]["code"] == "access_token_invalid"
    assert yan.begin(9).json()["error"]["errors"][0]["reason"] == "authError"
    assert yan.app.refresh(yan.tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert "access_token" in tom.app.refresh(tom.tokens["refresh_token"]).json()


def test_the_token_endpoint_may_be_down(tom, yan, control):
    for platform, user in (("tiktok", tom), ("youtube", yan)):
        control.fault(platform, "token_endpoint_down")
        assert user.app.refresh(user.tokens["refresh_token"]).status_code == 503
        assert "access_token" in user.app.refresh(user.tokens["refresh_token"]).json()


def test_a_slow_request_is_taken_as_a_whole(yan, control):
    control.fault("youtube", "delay", delayMs=50, path="/upload/")
    session = yan.session(len(FILM))
    control.fault("youtube", "delay", delayMs=50, path="/upload/")
    assert yan.put(session, FILM).status_code == 200
    assert control.books()[0]["media"][0]["size"] == len(FILM)
