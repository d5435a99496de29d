import pytest

from integration.sandbox.movies import movie
from integration.sandbox.youtube_walks import PREFIX, YouTubeApp, refused

FILM = movie(seconds=75)
DAY = 86400
SUMS = "views,engagedViews,likes,dislikes,comments,shares,subscribersGained,subscribersLost,estimatedMinutesWatched"
STATISTICS = ("viewCount", "likeCount", "dislikeCount", "favoriteCount", "commentCount")


@pytest.fixture
def youtube(url, control):
    control.settle("youtube", processing_seconds=0, access_token_seconds=90 * DAY)
    return YouTubeApp(url)


@pytest.fixture
def yan(youtube, control):
    yan = youtube.connect("yan")
    control.watch("youtube", "yan", followers=123_456)
    return yan


def report(yan, **asked):
    query = {"ids": "channel==MINE", "startDate": "2026-09-20", "endDate": "2026-10-05", "metrics": SUMS, **asked}
    return yan.call("GET", "/v2/reports", params=query)


def table(yan, **asked):
    """Rows as objects."""
    response = report(yan, **asked)
    assert response.status_code == 200, response.text
    body = response.json()
    assert body["kind"] == "youtubeAnalytics#resultTable"
    names = [header["name"] for header in body["columnHeaders"]]
    return [dict(zip(names, row, strict=True)) for row in body.get("rows", [])]


def day_figures(control, row):
    (day,) = control.figures(platform="youtube", account="yan", **{"from": row["day"], "to": row["day"]})["days"]
    return {name: day["figures"][name] for name in SUMS.split(",")}


def test_videos_count_what_the_books_say(yan, youtube, control, clock):
    video_id = yan.uploaded(FILM)
    yan.comment(video_id, "one")
    clock.now += 2 * DAY
    figures = control.figures(platform="youtube", id=video_id)["figures"]
    assert figures["viewCount"] > figures["likeCount"] > figures["commentCount"] > 0
    shown = yan.video(video_id, "statistics")["statistics"]
    assert shown == {name: str(figures[name]) for name in STATISTICS}
    assert "dislikeCount" not in youtube.connect("ann").video(video_id, "statistics")["statistics"]
    (stat,) = yan.items("/videos:batchGetStats", part="statistics", id=video_id)
    assert stat["statistics"] == {name: shown[name] for name in ("viewCount", "likeCount", "commentCount")}
    yan.call("DELETE", "/youtube/v3/videos", params={"id": video_id})
    assert yan.items("/videos", part="statistics", id=video_id) == []


def test_what_is_hidden_is_absent(yan, control):
    video_id = yan.uploaded(FILM, status={"privacyStatus": "public", "selfDeclaredMadeForKids": True})
    assert "commentCount" not in yan.video(video_id, "statistics")["statistics"]
    control.settle("youtube", hidden_subscriber_accounts="yan")
    (channel,) = yan.items("/channels", part="statistics", mine="true")
    assert channel["statistics"]["hiddenSubscriberCount"] is True
    assert "subscriberCount" not in channel["statistics"]


def test_the_statistics_of_a_batch_have_a_quota_of_their_own(yan, control):
    video_id = yan.uploaded(FILM)
    control.settle("youtube", stats_per_day=2)
    codes = [yan.get("/videos:batchGetStats", part="id", id=video_id).status_code for _ in range(3)]
    assert codes == [200, 200, 403]
    assert yan.get("/videos", part="id", id=video_id).status_code == 200


def test_the_channel_rounds_its_subscribers(yan, control, clock):
    ids = [yan.uploaded(FILM, title=title) for title in ("one", "two")]
    yan.uploaded(FILM, status={"privacyStatus": "private"})
    clock.now += 3 * DAY
    (channel,) = yan.items("/channels", part="statistics", mine="true")
    figures = control.figures(platform="youtube", account="yan")["figures"]
    shown = channel["statistics"]
    assert {name: shown[name] for name in ("viewCount", "subscriberCount", "videoCount")} == {
        name: str(figures[name]) for name in ("viewCount", "subscriberCount", "videoCount")
    }
    assert figures["subscriberCount"] >= 123_000
    assert figures["subscriberCount"] % 1000 == 0
    each = [control.figures(platform="youtube", id=video_id)["figures"]["viewCount"] for video_id in ids]
    assert (figures["viewCount"], figures["videoCount"]) == (sum(each), 2)


def test_days_are_californian_and_late(yan, control, clock):
    yan.uploaded(FILM)  # 2026-09-21T14:13:20Z, 07:13 in California
    clock.now += 4 * DAY
    rows = table(yan, dimensions="day", sort="day")
    assert [row["day"] for row in rows] == ["2026-09-21"]  # the 22nd ended 55 hours ago
    clock.now += 16.8 * 3600
    rows = table(yan, dimensions="day", sort="-day")
    assert [row["day"] for row in rows] == ["2026-09-22", "2026-09-21"]
    for row in rows:
        assert {name: value for name, value in row.items() if name != "day"} == day_figures(control, row)
    control.settle("youtube", analytics_lag_hours=0)
    assert len(table(yan, dimensions="day")) == 5


def test_days_add_up_to_the_period(yan, control, clock):
    control.settle("youtube", analytics_lag_hours=0)
    ids = []
    for title in ("one", "two"):
        ids.append(yan.uploaded(FILM, title=title))
        clock.now += 3 * DAY
    clock.now += 12 * DAY
    days, (whole,) = table(yan, dimensions="day"), table(yan)
    assert {name: sum(row[name] for row in days) for name in whole} == whole
    videos = table(yan, dimensions="video", sort="-views")
    assert {row["video"] for row in videos} == set(ids)
    assert sum(row["views"] for row in videos) == whole["views"]
    assert sum(row["subscribersGained"] for row in videos) < whole["subscribersGained"]
    (one,) = table(yan, filters=f"video=={ids[0]}")
    assert one == {
        name: value for name, value in next(row for row in videos if row["video"] == ids[0]).items() if name != "video"
    }
    of_one = table(yan, dimensions="day", filters=f"video=={ids[0]}")
    assert sum(row["views"] for row in of_one) == one["views"]
    assert len(table(yan, dimensions="day", maxResults=3, startIndex=2)) == 3


def test_averages_are_of_the_period(yan, control, clock):
    control.settle("youtube", analytics_lag_hours=0)
    yan.uploaded(FILM)
    clock.now += 20 * DAY
    response = report(yan, metrics="averageViewDuration,averageViewPercentage,views")
    assert [header["dataType"] for header in response.json()["columnHeaders"]] == ["INTEGER", "FLOAT", "INTEGER"]
    ((seconds, percentage, views),) = response.json()["rows"]
    assert 0 < seconds < 75
    assert percentage == pytest.approx(100 * seconds / 75, abs=2)
    assert views > 0


def test_without_data_there_are_no_rows(yan, youtube, clock):
    assert "rows" not in report(yan).json()
    video_id = yan.uploaded(FILM)
    clock.now += 10 * DAY
    stranger = youtube.connect("ann")
    assert "rows" not in report(stranger, filters=f"video=={video_id}").json()
    assert len(report(yan, filters=f"video=={video_id}").json()["rows"]) == 1
    yan.call("DELETE", "/youtube/v3/videos", params={"id": video_id})
    assert "rows" not in report(yan, filters=f"video=={video_id}").json()
    assert len(report(yan).json()["rows"]) == 1


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"metrics": "views,likers"}, 400),
        ({"metrics": "viewCount"}, 400),
        ({"dimensions": "day,video"}, 400),
        ({"dimensions": "hour"}, 400),
        ({"filters": "country==DE"}, 400),
        ({"filters": "video=="}, 400),
        ({"filters": "video==" + ",".join(f"v{number}" for number in range(501))}, 400),
        ({"sort": "day"}, 400),
        ({"startDate": "2026-10-06"}, 400),
        ({"startDate": "soon"}, 400),
        ({"maxResults": "0"}, 400),
        ({"metrics": ""}, 400),
        ({"ids": "contentOwner==me"}, 400),
        ({"ids": "channel==UC0000000000000000000099"}, 403),
        ({"metrics": "estimatedRevenue"}, 403),
        ({"video": "1"}, 400),
    ],
)
def test_what_cannot_be_asked_is_refused(yan, asked, status):
    assert refused(report(yan, **asked))[0] == status


def test_reports_need_a_scope_of_theirs(youtube):
    upload_only = youtube.connect("yan", scope=PREFIX + "youtube.upload")
    assert refused(report(upload_only)) == (403, "insufficientPermissions")
    assert report(youtube.connect("yan", scope=PREFIX + "yt-analytics.readonly")).status_code == 200
