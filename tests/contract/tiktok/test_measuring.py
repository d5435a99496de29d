"""What is asked for figures, held to TikTok's pages."""

from datetime import timedelta

from contract.tiktok.facts import fact
from contract.tiktok.host import NOW, Host, ok
from ocma.platforms.metrics import Target
from ocma.platforms.tiktok import TikTok

SINCE = NOW - timedelta(days=7)


async def test_an_account_is_asked_for_its_figures():
    host = Host(ok(user={"follower_count": 7, "video_count": 0}))
    assert [each.value for each in (await TikTok().measure_account(host.access(), SINCE)).readings] == [7, 0]


async def test_as_many_videos_as_tiktok_allows_are_one_question():
    most = TikTok.manifest.measuring.at_once
    host = Host(ok(videos=[{"id": str(each), "view_count": each} for each in range(most)]))
    targets = [Target(str(each), SINCE) for each in range(most)]

    found = await TikTok().measure_posts(host.access(), targets)

    assert [each.value for each in found.readings] == list(range(20))
    assert fact(host.requests[0]).scope in TikTok.manifest.oauth.needs["measure"]


async def test_the_list_of_videos():
    videos = [{"id": "1", "create_time": int(NOW.timestamp()), "view_count": 3}]
    host = Host(ok(videos=videos, cursor=1_700_000_000_000, has_more=True), ok(videos=[], cursor=0, has_more=False))
    assert [each.id async for each in TikTok().list_posts(host.access(), SINCE)] == ["1"]
    assert host.left == 0
