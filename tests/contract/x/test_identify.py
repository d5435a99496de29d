import pytest

from contract.x.host import Host, answer
from contract.x.wire import BOTH, problem, user
from ocma.platforms.connector import Profile
from ocma.platforms.errors import PlatformUnavailable, ReauthorizationRequired, Throttled
from ocma.platforms.x import X


@pytest.mark.parametrize("specification", BOTH, ids=lambda each: each.version)
async def test_one_login_is_one_account(specification):
    host = Host(answer(body={"data": user(specification)}), specification=specification)
    assert await X().identify(host.access()) == [
        Profile(
            id="2244994945",
            name="OCMA",
            handle="ocma",
            url="https://x.com/ocma",
            avatar_url="https://pbs.twimg.com/profile_images/1/a_normal.jpg",
            followers=10,
            following=20,
            posts=30,
        )
    ]
    assert host.asked == ["GET /2/users/me"]
    assert specification.scopes(host.requests[0]) <= set(X.manifest.oauth.scopes)


async def test_numbers_that_x_withholds_are_unknown_not_zero():
    data = {"id": "1", "name": "n", "username": "u", "public_metrics": None}
    [profile] = await X().identify(Host(answer(body={"data": data}), loose=True).access())
    assert (profile.followers, profile.following, profile.posts) == (None, None, None)


async def test_a_missing_field_is_told_in_errors_and_does_no_harm():
    body = {"data": user(BOTH[0]), "errors": [problem("not-authorized-for-field", field="subscription_type")]}
    [profile] = await X().identify(Host(answer(body=body)).access())
    assert profile.handle == "ocma"


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (answer(401, {"title": "Unauthorized", "type": "about:blank", "status": 401}), ReauthorizationRequired),
        (answer(429, **{"x-rate-limit-reset": "1"}), Throttled),
        (answer(503), PlatformUnavailable),
        (answer(200, {"errors": []}), PlatformUnavailable),
        (answer(200, {"data": {"id": "1"}}), PlatformUnavailable),
        (answer(200, b"<html>"), PlatformUnavailable),
        (answer(200, []), PlatformUnavailable),
    ],
)
async def test_no_account(response, error):
    with pytest.raises(error):
        await X().identify(Host(response, loose=True).access())
