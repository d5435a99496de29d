"""Reading one post or comment, and deleting it."""

from datetime import UTC, datetime

import pytest

from contract.linkedin.host import PAGE, SHARE, Host, answer, refused
from ocma.platforms.connector import Absent, Processing
from ocma.platforms.errors import PermissionMissing, PlatformUnavailable
from ocma.platforms.linkedin import LinkedIn

COMMENT = "urn:li:comment:(urn:li:activity:6631349431612559360,6636062862760562688)"
PATHS = {
    SHARE: "/rest/posts/urn%3Ali%3Ashare%3A6844785523593134080",
    COMMENT: "/rest/socialActions/urn%3Ali%3Aactivity%3A6631349431612559360/comments/6636062862760562688",
}
BODIES = {
    SHARE: {"id": SHARE, "createdAt": 1634790968743},
    COMMENT: {"id": "6636062862760562688", "created": {"time": 1634790968743}},
}
both = pytest.mark.parametrize("urn", [SHARE, COMMENT], ids=["post", "comment"])


@both
async def test_what_is_live_is_read_back(urn):
    host = Host(answer(body=BODIES[urn]))
    live = await LinkedIn().fetch_post(host.access(PAGE), urn)
    assert (live.id, live.at) == (urn, datetime(2021, 10, 21, 4, 36, 8, 743000, UTC))
    assert host.asked == [f"GET {PATHS[urn]}"]


@both
async def test_what_is_gone_is_absent(urn):
    assert await LinkedIn().fetch_post(Host(refused(404, "NOT_FOUND")).access(PAGE), urn) == Absent()


async def test_a_post_that_failed_is_not_live():
    host = Host(answer(body={**BODIES[SHARE], "lifecycleState": "PUBLISH_FAILED"}))
    assert await LinkedIn().fetch_post(host.access(PAGE), SHARE) == Absent()


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (refused(403, "ACCESS_DENIED"), PermissionMissing),
        (answer(500), PlatformUnavailable),
        (answer(200, {}), PlatformUnavailable),
    ],
    ids=repr,
)
async def test_what_cannot_be_read_is_not_absent(response, error):
    with pytest.raises(error):
        await LinkedIn().fetch_post(Host(response).access(PAGE), SHARE)


async def test_what_was_accepted_is_asked_for():
    linkedin, processing = LinkedIn(), Processing(SHARE, 5)
    assert (await linkedin.resume(Host(answer(body=BODIES[SHARE])).access(PAGE), processing)).id == SHARE
    assert await linkedin.resume(Host(refused(404, "NOT_FOUND")).access(PAGE), processing) == processing


@both
@pytest.mark.parametrize("response", [answer(204), refused(404, "NOT_FOUND")], ids=["204", "404"])
async def test_deleting(urn, response):
    host = Host(response)
    await LinkedIn().withdraw(host.access(PAGE), urn)
    actor = "?actor=urn%3Ali%3Aorganization%3A2414183" if urn is COMMENT else ""
    assert host.asked == [f"DELETE {PATHS[urn]}{actor}"]


@both
async def test_what_may_not_be_deleted_stays_and_that_is_told(urn):
    with pytest.raises(PermissionMissing):
        await LinkedIn().withdraw(Host(refused(403, "ACCESS_DENIED")).access(PAGE), urn)
