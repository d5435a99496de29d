"""What is asked for figures, held to Google's descriptions of both APIs; what they answer is held to them, too."""

from datetime import timedelta

import httpx2
import pytest

from contract.youtube import analytics, specification
from contract.youtube.host import CHANNEL, NOW, VIDEO, listed, ok
from contract.youtube.specification import Broken
from ocma.platforms.configuration import endpoints
from ocma.platforms.connector import Access
from ocma.platforms.metrics import Target
from ocma.platforms.youtube import YouTube

YOUTUBE = YouTube(lambda: NOW)
SINCE = NOW - timedelta(days=7)
OTHER = "ovdbrdCIP7U"


class Google:
    """Both of its hosts."""

    def __init__(self, *answers):
        self.asked, self._answers = [], list(answers)

    def __call__(self, request):
        self.asked.append(request)
        response = self._answers.pop(0)
        if request.url.host == analytics.HOST:
            analytics.check(request)
            analytics.check_answer(response)
        else:
            specification.check(request)
            specification.check_answer(request, response)
        return response

    def access(self, **settings):
        where = endpoints(YouTube.manifest, {f"OCMA_YOUTUBE_{name}".upper(): value for name, value in settings.items()})
        client = httpx2.AsyncClient(transport=httpx2.MockTransport(self), base_url=where.api_url)
        known = {"scopes": YouTube.manifest.oauth.scopes, "urls": where.urls, "settings": where.settings}
        return Access(client, profile_id=CHANNEL, token="ya29.token", **known)


def table(*columns, rows=()):
    headers = [{"name": each, "columnType": "METRIC", "dataType": "INTEGER"} for each in columns]
    return ok(kind="youtubeAnalytics#resultTable", columnHeaders=headers, **({"rows": list(rows)} if rows else {}))


def channel(**parts):
    return listed({"kind": "youtube#channel", "id": CHANNEL, **parts})


async def test_a_channel():
    counts = {"viewCount": "160", "subscriberCount": "12300", "hiddenSubscriberCount": False, "videoCount": "4"}
    google = Google(channel(statistics=counts), table("day", "views", rows=[["2026-11-16", 5]]))
    assert len((await YOUTUBE.measure_account(google.access(), SINCE)).readings) == 4
    assert all(specification.scopes(each) & set(YouTube.manifest.oauth.scopes) for each in google.asked[:1])
    assert set(analytics.REPORTS["scopes"]) & set(YouTube.manifest.oauth.scopes)


@pytest.mark.parametrize(("stats", "kind"), [("batchGetStats", "youtube#videoStats"), ("videos", "youtube#video")])
async def test_videos(stats, kind):
    tallies = [{"kind": kind, "id": each, "statistics": {"viewCount": "7", "likeCount": "1"}} for each in (VIDEO, OTHER)]
    google = Google(ok(items=tallies), table("video", "engagedViews", rows=[[VIDEO, 3]]))
    found = await YOUTUBE.measure_posts(google.access(stats=stats), [Target(VIDEO, SINCE), Target(OTHER, SINCE)])
    assert len(found.readings) == 5


async def test_the_list_of_uploads():
    details = {"relatedPlaylists": {"uploads": "UU_x5XG1OV2P6uZZ5FSM9Ttw"}}
    item = {
        "kind": "youtube#playlistItem",
        "snippet": {"publishedAt": "2026-11-22T10:00:00Z", "title": "Title", "description": "Text"},
        "contentDetails": {"videoId": VIDEO, "videoPublishedAt": "2026-11-22T10:00:00Z"},
        "status": {"privacyStatus": "public"},
    }
    google = Google(channel(contentDetails=details), listed(item, nextPageToken="CDIQAA"), listed())
    assert [each.id async for each in YOUTUBE.list_posts(google.access(), SINCE)] == [VIDEO]
    assert len(google.asked) == 3


RIGHT = {"ids": "channel==MINE", "startDate": "2026-11-01", "endDate": "2026-11-02", "metrics": "views"}


@pytest.mark.parametrize(
    "wrong", [{"ids": "MINE"}, {"startDate": "yesterday"}, {"endDate": None}, {"metrics": "views;likes"}, {"what": "1"}], ids=str
)
def test_the_description_of_reports_refuses_what_is_wrong(wrong):
    def asked(query):
        params = {name: each for name, each in query.items() if each is not None}
        headers = {"Authorization": "Bearer ya29.token"}
        return httpx2.Request("GET", f"https://{analytics.HOST}/v2/reports", params=params, headers=headers)

    analytics.check(asked(RIGHT))
    with pytest.raises(Broken):
        analytics.check(asked(RIGHT | wrong))
