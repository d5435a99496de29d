import pytest

from integration.sandbox.movies import movie
from integration.sandbox.tiktok_walks import TikTokApp, refused, succeeded

FILM = movie()
COUNTS = "like_count,comment_count,share_count,view_count"
STATS = "follower_count,following_count,likes_count,video_count"
DAY = 86400


@pytest.fixture
def tom(url, control):
    control.settle("tiktok", rate_factor=0, processing_seconds=0, access_token_seconds=90 * DAY)
    tom = TikTokApp(url).connect("tom")
    control.watch("tiktok", "tom")
    return tom


def posted(tom, **more):
    return tom.status(tom.posted(FILM, **more))


def public(tom, title):
    return str(posted(tom, title=title)["publicaly_available_post_id"][0])


def test_videos_count_what_the_books_say(tom, control, clock):
    ids = []
    for title in ("one", "two", "three"):
        ids.append(public(tom, title))
        clock.now += DAY
    listed = succeeded(tom.post("/v2/video/list/", {"max_count": 2}, fields=f"id,{COUNTS}"))
    rest = succeeded(tom.post("/v2/video/list/", {"cursor": listed["cursor"]}, fields=f"id,{COUNTS}"))
    queried = succeeded(tom.post("/v2/video/query/", {"filters": {"video_ids": ids}}, fields=f"id,{COUNTS}"))["videos"]
    assert queried == [*listed["videos"], *rest["videos"]][::-1]
    for video in queried:
        figures = control.figures(platform="tiktok", id=video["id"])["figures"]
        assert video == {"id": video["id"], **figures}
        assert figures["view_count"] > figures["like_count"] > 0


def test_the_user_has_sums_and_followers(tom, control, clock):
    ids = [public(tom, title) for title in ("one", "two")]
    clock.now += 3 * DAY
    user = succeeded(tom.get("/v2/user/info/", fields=STATS))["user"]
    assert user == control.figures(platform="tiktok", account="tom")["figures"]
    assert user["likes_count"] == sum(control.figures(platform="tiktok", id=each)["figures"]["like_count"] for each in ids)
    assert user["follower_count"] > 20_000


def test_nobody_sees_what_is_private_or_in_moderation(tom, control, clock):
    posted(tom, title="mine", privacy_level="SELF_ONLY")
    control.settle("tiktok", moderation_seconds=DAY)
    posted(tom, title="waiting")
    clock.now += DAY // 2
    assert [set(control.figures(platform="tiktok", id=entry["id"])["figures"].values()) for entry in control.books()] == [
        {0},
        {0},
    ]
    assert succeeded(tom.get("/v2/user/info/", fields=STATS))["user"]["video_count"] == 0
    clock.now += DAY
    (video,) = succeeded(tom.post("/v2/video/list/", {}, fields="title,view_count"))["videos"]
    assert (video["title"], video["view_count"] > 0) == ("waiting", True)
    assert control.figures(platform="tiktok", account="tom")["figures"]["video_count"] == 1


def test_fields_that_tiktok_does_not_know_are_refused(tom):
    for unknown in ("reach", "impressions", "save_count"):
        assert refused(tom.post("/v2/video/list/", {}, fields=f"id,{unknown}")) == (400, "invalid_params")
    assert refused(tom.get("/v2/user/info/", fields="view_count")) == (400, "invalid_params")
