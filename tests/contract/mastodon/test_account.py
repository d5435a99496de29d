"""GET /api/v1/accounts/verify_credentials."""

import httpx2
import pytest

from contract.mastodon.server import HOST, Server, answered
from ocma.platforms.connector import Access, Profile
from ocma.platforms.errors import PermissionMissing, PlatformUnavailable, ReauthorizationRequired
from ocma.platforms.mastodon import Mastodon

ME = "/api/v1/accounts/verify_credentials"
ACCOUNT = {
    "id": "23634",
    "username": "alice",
    "acct": "alice",
    "display_name": "Alice 🦣",
    "url": f"https://{HOST}/@alice",
    "avatar": f"https://{HOST}/avatars/alice.png",
    "followers_count": 11,
    "following_count": 7,
    "statuses_count": 3,
    "source": {"privacy": "public", "sensitive": False, "language": "", "quote_policy": "public"},
}


async def test_an_account_is_described_with_its_server_in_its_handle():
    server = Server().on("GET", ME, answered(body=ACCOUNT))
    expected = Profile("23634", "Alice 🦣", f"alice@{HOST}", ACCOUNT["url"], ACCOUNT["avatar"], 11, 7, 3)
    assert await Mastodon().identify(server.access) == [expected]
    assert server.made() == [f"GET {ME}"]


async def test_the_server_is_read_from_the_profile_where_the_operator_pinned_one():
    server = Server().on("GET", ME, answered(body=ACCOUNT | {"display_name": ""}))
    (profile,) = await Mastodon().identify(Access(server.client))
    assert (profile.handle, profile.name) == (f"alice@{HOST}", "alice")


async def test_an_id_that_is_a_number_is_a_string_all_the_same():
    (profile,) = await Mastodon().identify(Server().on("GET", ME, answered(body=ACCOUNT | {"id": 23634})).access)
    assert profile.id == "23634"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (answered(401, {"error": "The access token was revoked"}), ReauthorizationRequired),
        (httpx2.Response(401), ReauthorizationRequired),
        (httpx2.Response(422), ReauthorizationRequired),  # snac 2.75 of a token it does not know, without a body
        (answered(403, {"error": "This action is outside the authorized scopes"}), PermissionMissing),
        (httpx2.Response(200, html="<h1>Maintenance</h1>"), PlatformUnavailable),
        (answered(200, {"id": ""}), PlatformUnavailable),
        (httpx2.Response(502), PlatformUnavailable),
    ],
)
async def test_a_refusal_is_explained(answer, expected):
    with pytest.raises(expected) as refused:
        await Mastodon().identify(Server().on("GET", ME, answer).access)
    assert refused.value.platform == "mastodon"
    assert "Maintenance" not in str(refused.value)
