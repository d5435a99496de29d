"""Videos on their way, posts that are live, and posts that go."""

import pytest

from contract.facebook.host import PAGE, POST, VIDEO, Host, facebook
from contract.facebook.test_find import AT, status
from contract.graph.host import answer, error
from ocma.platforms.connector import Absent, Processing, Published
from ocma.platforms.errors import ContentRejected, PermissionMissing, ReauthorizationRequired

GONE = error(100, 33)


async def resumed(*answers):
    host = Host(*answers)
    result = await facebook().resume(host.access(), Processing(VIDEO, 1))
    assert not host.left
    assert host.asked == [f"GET /{VIDEO}", f"GET /{PAGE}_{VIDEO}"][: len(answers)]
    return result


async def test_a_video_is_live_when_its_publishing_is_complete():
    assert await resumed(status()) == Processing(VIDEO, 2.0, 15.0)
    assert await resumed(status("upload_complete", "not_started")) == Processing(VIDEO, 2.0, 15.0)
    live = await resumed(status("ready", "complete", "complete", post_id="5", permalink_url="/reel/9100/", created_time=AT))
    assert (live.id, live.url) == (f"{PAGE}_5", "https://www.facebook.com/reel/9100/")


async def test_a_video_whose_posts_id_is_not_told():
    complete = status("ready", "complete", "complete")
    assert (await resumed(complete, answer({"id": f"{PAGE}_{VIDEO}"}))).id == f"{PAGE}_{VIDEO}"
    assert (await resumed(complete, GONE)).id == VIDEO


async def test_an_old_videos_status_has_no_phases():
    told = {"id": VIDEO, "status": {"video_status": "ready"}}
    assert isinstance(await resumed(answer({**told, "published": True, "post_id": POST})), Published)
    assert isinstance(await resumed(answer({**told, "published": False})), Processing)


@pytest.mark.parametrize("told", [status("error"), status(processing="error"), status(publishing="error")], ids=str)
async def test_a_video_that_failed_never_becomes_live(told):
    with pytest.raises(ContentRejected) as refused:
        await resumed(told)
    assert refused.value.rule == "videoRefused"


async def fetched(*answers, post_id=POST):
    host = Host(*answers)
    result = await facebook().fetch_post(host.access(), post_id)
    assert not host.left
    return result, host


async def test_a_live_post():
    result, host = await fetched(answer({"id": POST, "created_time": AT, "permalink_url": "https://fb.example/p"}))
    assert (result.id, result.url, host.asked) == (POST, "https://fb.example/p", [f"GET /{POST}"])


async def test_a_story_has_fewer_fields():
    result, _ = await fetched(error(100), answer({"id": "777"}), post_id="777")
    assert result.id == "777"


async def test_not_there_is_believed_after_several_looks():
    assert (await fetched(*[GONE] * 3))[0] == Absent()
    assert isinstance((await fetched(GONE, error(803, status=404), answer({"id": POST})))[0], Published)


async def test_what_says_nothing_about_the_post_is_no_absence():
    with pytest.raises(ReauthorizationRequired):
        await fetched(error(190, 463))


async def withdrawn(*answers):
    host = Host(*answers)
    await facebook().withdraw(host.access(), POST)
    assert not host.left
    return host.asked


async def test_a_post_is_deleted():
    assert await withdrawn(answer({"success": True})) == [f"DELETE /{POST}"]


async def test_what_is_gone_already_is_a_success():
    assert await withdrawn(*[GONE] * 4) == [f"DELETE /{POST}", *[f"GET /{POST}"] * 3]


async def test_what_stays_live_is_told():
    with pytest.raises(ContentRejected) as refused:
        await withdrawn(answer({"success": False}), GONE, answer({"id": POST}))
    assert refused.value.rule == "deleteRefused"
    with pytest.raises(PermissionMissing):
        await withdrawn(error(200))
