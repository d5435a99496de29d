"""Answers as TikTok's pages have them (Display API: user info, video list, video query; November 2026), shortened; figures made up."""

from datetime import UTC, datetime

import httpx2
import pytest

from ocma.platforms.connector import Measures
from ocma.platforms.errors import PermissionMissing, PlatformUnavailable, Throttled
from ocma.platforms.metrics import Target
from ocma.platforms.tiktok import TikTok
from unit.platforms.answering import Host, figures

MANIFEST = TikTok.manifest
ALL = MANIFEST.oauth.scopes
AT = datetime(2026, 11, 20, tzinfo=UTC)
FIELDS = "view_count,like_count,comment_count,share_count"
PUBLISH_ID = "v_pub_file~v2-1.123456789"


def ok(**data):
    return {"data": data, "error": {"code": "ok", "message": "", "log_id": "202211"}}


def refused(code, status):
    return httpx2.Response(status, json={"data": {}, "error": {"code": code, "message": "Their words", "log_id": "202211"}})


def video(number, **counts):
    return {"id": str(number), **counts}


def seen(number, at, **more):
    return {
        "id": str(number),
        "create_time": int(at.timestamp()),
        "share_url": f"https://www.tiktok.com/@o/video/{number}",
        **more,
    }


def access(host, scopes=ALL):
    return host.access("https://open.tiktokapis.com", "723f24d7", scopes)


def targets(*ids):
    return [Target(str(each), AT) for each in ids]


async def listed(host, since, **more):
    return [each async for each in TikTok().list_posts(access(host, **more), since)]


async def test_an_account_has_totals():
    user = {"follower_count": 120, "following_count": 0, "likes_count": 3400, "video_count": 17}
    host = Host(ok(user=user))

    found = await TikTok().measure_account(access(host), AT)

    assert figures(found) == user
    assert host.asked[0].url.params["fields"] == "follower_count,following_count,likes_count,video_count"
    assert {each.start for each in found.readings} == {None}


@pytest.mark.parametrize("user", [{}, {"follower_count": None}])
async def test_what_an_account_does_not_tell_is_unknown(user):
    assert (await TikTok().measure_account(access(Host(ok(user=user))), AT)).readings == ()


async def test_videos_are_asked_for_in_one_call_and_those_left_out_are_unknown_and_not_gone():
    host = Host(
        ok(videos=[video(1, view_count=10, like_count=0, share_count=2), video(3, view_count="9"), video(9, view_count=1)])
    )

    found = await TikTok().measure_posts(access(host), targets(1, 2, 3))

    assert figures(found) == {"1:view_count": 10, "1:like_count": 0, "1:share_count": 2, "3:view_count": 9}
    assert (found.gone, found.refused) == ((), ())
    assert host.body() == {"filters": {"video_ids": ["1", "2", "3"]}}
    assert host.asked[0].url.params["fields"] == f"id,{FIELDS}"


async def test_a_post_known_by_its_publish_id_is_not_asked_for():
    host = Host(ok(videos=[]))
    assert (await TikTok().measure_posts(access(host), targets(PUBLISH_ID))).readings == ()
    assert host.asked == []
    await TikTok().measure_posts(access(host), targets(PUBLISH_ID, 7))
    assert host.body() == {"filters": {"video_ids": ["7"]}}


async def test_what_is_no_figure_is_named():
    found = await TikTok().measure_posts(access(Host(ok(videos=[video(1, view_count="many", like_count=1)]))), targets(1))
    assert (figures(found), found.refused) == ({"1:like_count": 1}, ("view_count",))


async def test_posts_are_listed_newest_first_with_their_figures_until_they_are_too_old():
    newer, older = datetime(2026, 11, 22, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
    host = Host(
        ok(
            videos=[seen(3, newer, video_description="Three", view_count=5), seen(2, AT, title="Two")], cursor=1700, has_more=True
        ),
        ok(videos=[seen(1, older, title="One")], cursor=1600, has_more=True),
    )

    found = await listed(host, AT)

    assert [(each.id, each.text, each.at) for each in found] == [("3", "Three", newer), ("2", "Two", AT)]
    assert [len(each.readings) for each in found] == [1, 0]
    assert found[0].url == "https://www.tiktok.com/@o/video/3"
    assert [host.body(each).get("cursor") for each in range(2)] == [None, 1700]
    assert host.asked[0].url.params["fields"] == f"id,share_url,create_time,title,video_description,{FIELDS}"


@pytest.mark.parametrize("end", [{"has_more": False, "cursor": 5}, {"has_more": True}, {"has_more": True, "cursor": None}])
async def test_a_list_ends(end):
    host = Host(ok(videos=[seen(1, AT)], **end))
    assert len(await listed(host, AT)) == 1
    assert host.left == 0


async def test_a_cursor_that_stands_still_ends_the_list():
    host = Host(*(ok(videos=[seen(1, AT)], has_more=True, cursor=7) for _ in range(2)))
    await listed(host, AT)
    assert host.left == 0


async def test_what_was_not_granted_is_not_asked():
    host, few = Host(), ("user.info.basic", "video.publish")
    with pytest.raises(PermissionMissing):
        await TikTok().measure_account(access(host, few), AT)
    with pytest.raises(PermissionMissing):
        await TikTok().measure_posts(access(host, few), targets(1))
    with pytest.raises(PermissionMissing):
        await listed(host, AT, scopes=few)
    assert host.asked == []
    assert MANIFEST.oauth.missing("measure", few) == ("user.info.stats", "video.list")


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (refused("scope_not_authorized", 401), PermissionMissing),
        (refused("rate_limit_exceeded", 429), Throttled),
        ({"data": {"videos": "none"}, "error": {"code": "ok"}}, PlatformUnavailable),
    ],
    ids=["scope", "limit", "form"],
)
async def test_a_no_is_an_error(answer, error):
    for scopes in (ALL, ()):  # none known: TikTok is asked
        with pytest.raises(error):
            await TikTok().measure_posts(access(Host(answer), scopes), targets(1))


def test_the_table_is_what_is_asked():
    assert isinstance(TikTok(), Measures)
    assert ",".join(each.name for each in MANIFEST.measuring.of("post")) == FIELDS
    assert MANIFEST.measuring.days is None
