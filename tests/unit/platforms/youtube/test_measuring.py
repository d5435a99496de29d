"""Answers in the form of Google's discovery documents (youtube.v3 20261104: VideoListResponse, BatchGetStatsResponse,
ChannelListResponse, PlaylistItemListResponse; youtubeAnalytics.v2 20240707: QueryResponse), shortened; figures made up.
"""

from datetime import UTC, date, datetime, timedelta

import httpx2
import pytest

from ocma.errors import Invalid
from ocma.platforms.configuration import endpoints
from ocma.platforms.connector import Measures
from ocma.platforms.errors import PermissionMissing, PlatformUnavailable, Throttled
from ocma.platforms.metrics import Target
from ocma.platforms.youtube import YouTube
from ocma.platforms.youtube.measures import DAYS, REPORTED
from unit.platforms.answering import Host, figures

MANIFEST = YouTube.manifest
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SINCE = datetime(2026, 11, 20, 7, 30, tzinfo=UTC)  # in California the 19th
A, B, C = "D-lhorsDlUQ", "ovdbrdCIP7U", "Ks-_Mh1QhMc"
COMMENT = "UgwZ9Tq0WUqiWYfm5LV4AaABAg"
SCOPES = MANIFEST.oauth.scopes
FEW = SCOPES[:2]
YOUTUBE = YouTube(lambda: NOW)


def listed(*items, **more):
    return {"kind": "youtube#listResponse", "items": list(items), **more}


def tally(video, **counts):
    return {"kind": "youtube#videoStats", "id": video, "statistics": counts}


def channel(**counts):
    return listed({"kind": "youtube#channel", "id": "UC1", "statistics": counts})


def table(*rows, columns=(), kind="day"):
    headers = [{"name": each, "columnType": "METRIC", "dataType": "INTEGER"} for each in (kind, *columns)]
    given = {"rows": [list(each) for each in rows]} if rows else {}
    return {"kind": "youtubeAnalytics#resultTable", "columnHeaders": headers, **given}


def refused(reason, status=403):
    error = {"domain": "global", "reason": reason, "message": "Their words"}
    return httpx2.Response(status, json={"error": {"code": status, "message": "Their words", "errors": [error]}})


def access(host, scopes=SCOPES, **settings):
    where = endpoints(MANIFEST, {f"OCMA_YOUTUBE_{name}".upper(): value for name, value in settings.items()})
    return host.access("https://www.googleapis.com", "UC1", scopes, urls=where.urls, settings=where.settings)


def targets(*ids, at=SINCE):
    return [Target(each, at) for each in ids]


def names(measures):
    return ",".join(each.name for each in measures)


async def test_a_channel_has_totals_and_days_of_california():
    columns = ("views", "estimatedMinutesWatched", "averageViewPercentage", "subscribersLost")
    host = Host(
        channel(viewCount="160", subscriberCount="12300", hiddenSubscriberCount=False, videoCount="0"),
        table(("2026-11-19", 40, 3, 42.5, 0), ("2026-11-20", 0, 0, 0, 1), columns=columns),
    )

    found = await YOUTUBE.measure_account(access(host), SINCE)

    assert figures(found) == {
        "viewCount": 160,
        "subscriberCount": 12300,
        "videoCount": 0,
        "views:11-19T08": 40,
        "estimatedMinutesWatched:11-19T08": 180,
        "averageViewPercentage:11-19T08": 42.5,
        "subscribersLost:11-19T08": 0,
        "views:11-20T08": 0,
        "estimatedMinutesWatched:11-20T08": 0,
        "averageViewPercentage:11-20T08": 0,
        "subscribersLost:11-20T08": 1,
    }
    report = host.asked[1].url
    assert (report.host, report.path) == ("youtubeanalytics.googleapis.com", "/v2/reports")
    assert dict(report.params) == {
        "ids": "channel==MINE",
        "startDate": "2026-11-19",
        "endDate": "2026-11-22",
        "metrics": names(DAYS),
        "dimensions": "day",
        "sort": "day",
    }
    assert host.asked[1].headers["authorization"] == "Bearer t0ken"


async def test_the_reports_stand_where_the_operator_says():
    host = Host(channel(), table())
    await YOUTUBE.measure_account(access(host, analytics_url="http://127.0.0.1:9/yt"), SINCE)
    assert str(host.asked[1].url).startswith("http://127.0.0.1:9/yt/v2/reports?")
    assert host.asked[1].headers["authorization"] == "Bearer t0ken"


async def test_a_table_without_rows_has_no_days():
    found = await YOUTUBE.measure_account(access(Host(channel(viewCount="1"), table(columns=("views",)))), SINCE)
    assert (figures(found), found.refused) == ({"viewCount": 1}, ())


async def test_a_hidden_number_of_subscribers_is_unknown():
    host = Host(channel(subscriberCount="0", hiddenSubscriberCount=True, videoCount="3"), table())
    assert figures(await YOUTUBE.measure_account(access(host), SINCE)) == {"videoCount": 3}


@pytest.mark.parametrize("no", [refused("insufficientPermissions"), refused("forbidden"), refused("badRequest", 400)])
async def test_where_reports_are_refused_their_names_are_told_and_the_totals_given(no):
    found = await YOUTUBE.measure_account(access(Host(channel(viewCount="1"), no)), SINCE)
    assert (figures(found), found.refused) == ({"viewCount": 1}, tuple(each.name for each in DAYS))


async def test_without_the_scope_no_report_is_asked_for():
    host = Host(channel(viewCount="1"))
    found = await YOUTUBE.measure_account(access(host, FEW), SINCE)
    assert (host.left, figures(found), found.refused) == (0, {"viewCount": 1}, tuple(each.name for each in DAYS))
    assert MANIFEST.oauth.missing("measure", FEW) != ()
    assert MANIFEST.oauth.missing("measure", SCOPES) == ()


async def test_where_no_scopes_are_known_google_has_to_say_so():
    host = Host(channel(viewCount="1"), refused("insufficientPermissions"))
    assert (await YOUTUBE.measure_account(access(host, ()), SINCE)).refused == tuple(each.name for each in DAYS)
    assert host.left == 0


async def test_nothing_at_all_is_an_error():
    with pytest.raises(PermissionMissing):
        await YOUTUBE.measure_account(access(Host(refused("insufficientPermissions")), FEW), SINCE)
    with pytest.raises(PermissionMissing):
        await YOUTUBE.measure_account(access(Host(listed()), FEW), SINCE)
    with pytest.raises(Throttled):
        await YOUTUBE.measure_account(access(Host(refused("quotaExceeded"))), SINCE)


async def test_today_in_california_is_no_whole_day():
    host = Host(channel())
    await YOUTUBE.measure_account(access(host), NOW)
    assert host.left == 0


@pytest.mark.parametrize(
    "rows",
    [[["2026-11-19", 1, 2]], [["2026-02-30", 1]], [[None, 1]], [[]], [5]],
    ids=str,
)
async def test_a_table_that_does_not_fit_together_is_no_answer(rows):
    broken = table(columns=("views",)) | {"rows": rows}
    with pytest.raises(PlatformUnavailable):
        await YOUTUBE.measure_account(access(Host(channel(), broken)), SINCE)


async def test_videos_are_asked_for_at_once_with_what_reports_know_of_them():
    columns = ("engagedViews", "estimatedMinutesWatched", "averageViewDuration")
    host = Host(
        listed(tally(A, viewCount="100", likeCount="7", commentCount="0"), tally(B, viewCount="5")),
        table((A, 60, 2, 35), columns=columns, kind="video"),
    )

    found = await YOUTUBE.measure_posts(access(host), [*targets(A), *targets(B, at=SINCE - timedelta(days=3))])

    assert figures(found) == {
        f"{A}:viewCount": 100,
        f"{A}:likeCount": 7,
        f"{A}:commentCount": 0,
        f"{B}:viewCount": 5,
        f"{A}:engagedViews": 60,
        f"{A}:estimatedMinutesWatched": 120,
        f"{A}:averageViewDuration": 35,
    }
    assert (found.refused, found.gone) == ((), ())
    assert host.asked[0].url.path == "/youtube/v3/videos:batchGetStats"
    assert dict(host.asked[0].url.params) == {"part": "statistics", "id": f"{A},{B}"}
    assert dict(host.asked[1].url.params) == {
        "ids": "channel==MINE",
        "startDate": "2026-11-16",
        "endDate": "2026-11-22",
        "metrics": names(REPORTED),
        "dimensions": "video",
        "filters": f"video=={A},{B}",
        "maxResults": "2",
    }


async def test_what_a_batch_leaves_out_is_asked_for_again_before_it_is_gone():
    host = Host(listed(tally(A, viewCount="1")), listed(tally(B, viewCount="2")))
    found = await YOUTUBE.measure_posts(access(host, FEW), targets(A, B, C))
    assert figures(found) == {f"{A}:viewCount": 1, f"{B}:viewCount": 2}
    assert found.gone == (C,)
    assert [each.url.path for each in host.asked] == ["/youtube/v3/videos:batchGetStats", "/youtube/v3/videos"]
    assert host.asked[1].url.params["id"] == f"{B},{C}"


async def test_the_operator_may_choose_the_older_way():
    host = Host(listed(tally(A, viewCount="1", dislikeCount="4", favoriteCount="0")))
    found = await YOUTUBE.measure_posts(access(host, FEW, stats="videos"), targets(A, B))
    assert [each.url.path for each in host.asked] == ["/youtube/v3/videos"]
    assert (figures(found), found.gone) == ({f"{A}:viewCount": 1}, (B,))


async def test_a_way_that_there_is_not_is_named():
    with pytest.raises(Invalid, match="OCMA_YOUTUBE_STATS"):
        await YOUTUBE.measure_posts(access(Host(), stats="all"), targets(A))


async def test_comments_are_not_asked_for_and_not_gone():
    host = Host()
    found = await YOUTUBE.measure_posts(access(host), targets(COMMENT))
    assert (found.readings, found.gone, host.asked) == ((), (), [])


async def test_a_video_of_today_has_no_report():
    host = Host(listed(tally(A, viewCount="1")))
    assert (await YOUTUBE.measure_posts(access(host), targets(A, at=NOW))).refused == ()
    assert host.left == 0


async def test_what_is_no_figure_is_named():
    host = Host(listed(tally(A, viewCount="many", likeCount="1")))
    found = await YOUTUBE.measure_posts(access(host, FEW), targets(A))
    assert figures(found) == {f"{A}:likeCount": 1}
    assert found.refused[0] == "viewCount"


def upload(video, at, privacy="public", added=None, **words):
    snippet = {"publishedAt": added or at, **words}
    details = {"videoId": video, **({"videoPublishedAt": at} if at else {})}
    return {"kind": "youtube#playlistItem", "snippet": snippet, "contentDetails": details, "status": {"privacyStatus": privacy}}


UPLOADS = listed({"id": "UC1", "contentDetails": {"relatedPlaylists": {"likes": "", "uploads": "UU1"}}})


async def test_uploads_are_listed_until_they_are_too_old():
    new, old = "2026-11-22T10:00:00Z", "2026-11-01T10:00:00Z"
    host = Host(
        UPLOADS,
        listed(
            upload(A, new, title="One", description="About it"),
            upload(B, new, "private", title="No more"),
            upload("bbbbbbbbbbb", None, "private", added=new, title="Not yet"),
            upload(C, old, title="Old"),
            nextPageToken="p2",
        ),
        listed(upload("aaaaaaaaaaa", new, added=old, title="Published late"), nextPageToken="p3"),
        listed(upload(C, old, title="Old"), nextPageToken="p4"),
    )

    found = [each async for each in YOUTUBE.list_posts(access(host), SINCE)]

    assert [(each.id, each.text) for each in found] == [(A, "One\n\nAbout it"), ("aaaaaaaaaaa", "Published late")]
    assert found[0].url == f"https://www.youtube.com/watch?v={A}"
    assert found[0].at == datetime(2026, 11, 22, 10, tzinfo=UTC)
    assert host.left == 0
    assert dict(host.asked[2].url.params) == {
        "part": "snippet,contentDetails,status",
        "playlistId": "UU1",
        "maxResults": "50",
        "pageToken": "p2",
    }


async def test_a_channel_that_never_uploaded_has_no_list():
    for answers in ([UPLOADS, refused("playlistNotFound", 404)], [listed({"id": "UC1"})]):
        host = Host(*answers)
        assert [each async for each in YOUTUBE.list_posts(access(host), SINCE)] == []
        assert host.left == 0


def test_the_break_of_august_is_told_wherever_views_are():
    assert isinstance(YOUTUBE, Measures)
    broken = {each.name for each in MANIFEST.measuring.measures if any(at.at == date(2026, 8, 24) for at in each.breaks)}
    assert broken == {"viewCount", "views"}
    assert {each.name for each in MANIFEST.measuring.measures if each.metric.key == "views"} == broken
    assert MANIFEST.measuring.at_once == 50
