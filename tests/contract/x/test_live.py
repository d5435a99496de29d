import httpx2
import pytest

from contract.x.host import Host, answer
from contract.x.wire import BOTH, post, problem
from ocma.platforms.connector import Absent, Processing, Published
from ocma.platforms.errors import PermissionMissing, PlatformUnavailable, ReauthorizationRequired
from ocma.platforms.x import X

both = pytest.mark.parametrize("specification", BOTH, ids=lambda each: each.version)
GONE = problem("resource-not-found", resource_type="tweet", resource_id="8", parameter="id", value="8")
HIDDEN = problem("not-authorized-for-resource", resource_type="tweet")


@both
async def test_a_live_post(specification):
    host = Host(answer(body={"data": post("8", "Hello", specification=specification)}), specification=specification)
    published = await X().fetch_post(host.access(), "8")
    assert (published.id, published.url) == ("8", "https://x.com/ocma/status/8")
    assert published.at.isoformat() == "2026-11-22T12:00:05+00:00"
    assert host.asked[-1] == "GET /2/tweets/8"
    assert specification.scopes(host.requests[-1]) <= set(X.manifest.oauth.scopes)


@pytest.mark.parametrize("response", [answer(404, GONE), answer(200, {"errors": [GONE]})])
async def test_a_post_that_is_gone(response):
    assert await X().fetch_post(Host(response).access(), "8") == Absent()


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (answer(200, {"errors": [HIDDEN]}), PermissionMissing),
        (answer(200, {}), PlatformUnavailable),
        (answer(401), ReauthorizationRequired),
        (answer(503), PlatformUnavailable),
        (httpx2.ConnectError("refused"), PlatformUnavailable),
    ],
)
async def test_a_post_of_which_x_does_not_tell_is_not_gone(response, error):
    with pytest.raises(error):
        await X().fetch_post(Host(response, loose=True).access(), "8")


@both
async def test_deletes(specification):
    host = Host(answer(body={"data": {"deleted": True}}), specification=specification)
    await X().withdraw(host.access(), "8")
    assert host.asked == ["DELETE /2/tweets/8"]
    assert specification.scopes(host.requests[0]) <= set(X.manifest.oauth.scopes)


@pytest.mark.parametrize("response", [answer(404, GONE), answer(200, {"errors": [GONE]})])
async def test_deleting_what_is_gone_is_a_success(response):
    host = Host(response)
    await X().withdraw(host.access(), "8")
    assert host.left == 0


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (answer(200, {"data": {"deleted": False}}), PlatformUnavailable),
        (answer(200, {"errors": [HIDDEN]}), PermissionMissing),
        (answer(200, b""), PlatformUnavailable),
        (answer(403), PermissionMissing),
        (answer(500), PlatformUnavailable),
    ],
)
async def test_what_was_not_deleted_is_not_said_to_be(response, error):
    with pytest.raises(error):
        await X().withdraw(Host(response, loose=True).access(), "8")


async def test_what_is_not_readable_yet_is_still_processing():
    waiting = Processing("8", 5.0)
    host = Host(answer(404, GONE), answer(body={"data": post("8", "Hello")}))
    access, x = host.access(), X()
    assert await x.resume(access, waiting) == waiting
    assert isinstance(await x.resume(access, waiting), Published)


async def test_without_a_handle_the_address_still_leads_to_the_post():
    host = Host(answer(body={"data": post("8", "Hello")}))
    access = host.access()
    nameless = type(access)(access.client, access.profile_id)
    assert (await X().fetch_post(nameless, "8")).url == "https://x.com/i/status/8"
