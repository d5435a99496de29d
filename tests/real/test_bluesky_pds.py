"""A real PDS comes up here, and does what our connector will ask of it: an account, a session, a post, and the OAuth walk."""

import httpx2
import pytest

from integration.sandbox.bluesky_walks import BlueskyApp, MachineClock
from real.pds import User
from real.pds_walk import connect

# the first one waits for the download
pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]

POST = "app.bsky.feed.post"
RECORD = {"$type": POST, "text": "Grüße von OCMA", "createdAt": "2026-11-23T00:00:00Z"}


@pytest.fixture
def stranger(pds):
    with httpx2.Client(base_url=f"{pds.url}/xrpc/", timeout=20, trust_env=False) as client:
        yield client


def session(stranger: httpx2.Client, user: User) -> dict[str, str]:
    answer = stranger.post("com.atproto.server.createSession", json={"identifier": user.handle, "password": user.app_password})
    assert answer.is_success, answer.text
    return {"Authorization": f"Bearer {answer.json()['accessJwt']}"}


def test_a_post_is_written_read_and_deleted(pds, stranger):
    alice = pds.users["alice"]
    headers = session(stranger, alice)
    body = {"repo": alice.did, "collection": POST}
    made = stranger.post("com.atproto.repo.createRecord", json={**body, "record": RECORD}, headers=headers).json()
    assert made["validationStatus"] == "valid"
    named = {**body, "rkey": made["uri"].rpartition("/")[2]}
    assert stranger.get("com.atproto.repo.getRecord", params=named).json()["value"] == RECORD
    assert stranger.post("com.atproto.repo.deleteRecord", json=named, headers=headers).is_success
    assert stranger.get("com.atproto.repo.getRecord", params=named).json()["error"] == "RecordNotFound"


def test_its_directory_knows_its_accounts(pds, stranger):
    bob = pds.users["bob"]
    assert stranger.get("com.atproto.identity.resolveHandle", params={"handle": bob.handle}).json() == {"did": bob.did}
    document = httpx2.get(f"{pds.plc_url}/{bob.did}", trust_env=False, timeout=30).json()
    assert document["service"][0]["serviceEndpoint"] == pds.url


async def test_the_oauth_walk_leads_to_a_post(pds):
    app = BlueskyApp(pds.url, MachineClock(), prefix="")
    user = await connect(app, pds, pds.users["alice"])
    made = user.posted("by OAuth")
    assert user.delete(made["uri"]).is_success
    assert app.form("/oauth/revoke", {"token": user.tokens["refresh_token"]}).is_success
    assert user.post().json()["error"] == "invalid_token"


async def test_a_walk_with_fewer_scopes_may_not_post(pds):
    app = BlueskyApp(pds.url, MachineClock(), prefix="")
    user = await connect(app, pds, pds.users["bob"], scope="atproto")
    refused = user.post()
    assert (refused.status_code, refused.json()["error"]) == (403, "ScopeMissingError")
