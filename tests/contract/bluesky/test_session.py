"""App passwords: com.atproto.server.createSession, refreshSession, deleteSession."""

import base64
import json
from datetime import timedelta

import httpx2
import pytest

from contract.bluesky.host import DID, NOW, PDS, Host, answer, bluesky, endpoints, recorded, refused
from ocma.errors import Invalid
from ocma.platforms.bluesky.flow import BlueskyFlow
from ocma.platforms.errors import PlatformError, PlatformUnavailable, ReauthorizationRequired, Throttled
from ocma.platforms.grant import App, Grant

OPEN, RENEW, END = (f"com.atproto.server.{each}" for each in ("createSession", "refreshSession", "deleteSession"))
RESOLVE = "com.atproto.identity.resolveHandle"


def token(ends: int) -> str:
    body = base64.urlsafe_b64encode(json.dumps({"exp": ends}).encode()).decode().rstrip("=")
    return f"e30.{body}.c2ln"


def session(access: str = "a1", refresh: str = "r1") -> httpx2.Response:
    return answer(body={"accessJwt": access, "refreshJwt": refresh, "handle": "alice.test", "did": DID})


def server(*answers: httpx2.Response, **more) -> Host:
    return Host(**more).xrpc(RESOLVE, recorded(f"GET /xrpc/{RESOLVE}", 200)).xrpc(OPEN, *answers)


def flow(host: Host) -> BlueskyFlow:
    return BlueskyFlow(bluesky().manifest, endpoints(chosen=True), App("", ""), host.transport, clock=lambda: NOW)


GRANT = Grant("a1", "r1", scopes=("atproto", "transition:generic"), extra={"did": DID, "pds": PDS})


async def test_an_app_password_opens_a_session():
    ends = int((NOW + timedelta(hours=2)).timestamp())
    host = server(session(token(ends)))
    grant = await flow(host).in_hand("@alice.test:abcd-efgh-ijkl-mnop", None, ())
    assert (grant.refresh_token, grant.scopes, grant.extra) == ("r1", GRANT.scopes, {"did": DID, "pds": PDS})
    assert (grant.expires_at, grant.ends_at) == (NOW + timedelta(hours=2), None)
    request = host.sent(OPEN)[0]
    assert json.loads(request.content) == {"identifier": "alice.test", "password": "abcd-efgh-ijkl-mnop"}
    assert "authorization" not in request.headers
    assert bluesky().manifest.oauth.missing("publish", grant.scopes) == ()


async def test_a_did_may_stand_for_the_handle():
    host = server(session())
    assert (await flow(host).in_hand(f"{DID}:abcd-efgh-ijkl-mnop", None, ())).extra["did"] == DID
    assert json.loads(host.sent(OPEN)[0].content)["identifier"] == DID


async def test_a_token_whose_end_cannot_be_read_ends_when_the_server_says_so():
    for odd in ("opaque", "a.b.c", "e30.e30.c2ln", "e30.eyJleHAiOiJ4In0.c2ln"):
        assert (await flow(server(session(odd))).in_hand("alice.test:word", None, ())).expires_at is None


@pytest.mark.parametrize("given", ["abcd-efgh-ijkl-mnop", ":word", "alice.test:", "alice@example.com:word", "a.jwt.token"])
async def test_what_is_no_handle_and_password_is_not_sent(given):
    host = Host()
    with pytest.raises(Invalid) as raised:
        await flow(host).in_hand(given, None, ())
    assert raised.value.remediation
    assert host.requests == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (recorded(f"POST /xrpc/{OPEN}", 401), Invalid),
        (refused("AuthFactorTokenRequired", 401), Invalid),
        (refused("AccountTakedown"), Invalid),
        (refused("RateLimitExceeded", 429), Throttled),
        (httpx2.Response(502), PlatformUnavailable),
        (httpx2.ReadTimeout("slow"), PlatformUnavailable),
    ],
)
async def test_a_password_that_opens_nothing(given, expected):
    with pytest.raises(expected) as raised:
        await flow(server(given)).in_hand("alice.test:s3cret-word", None, ())
    assert "s3cret" not in str(raised.value)


async def test_a_session_is_renewed_with_its_refresh_token_and_gets_new_ones():
    host = Host().xrpc(RENEW, session(token(int(NOW.timestamp()) + 60), "r2"))
    renewed = await flow(host).refresh(GRANT)
    assert (renewed.refresh_token, renewed.expires_at) == ("r2", NOW + timedelta(minutes=1))
    assert (renewed.extra, renewed.scopes) == (GRANT.extra, GRANT.scopes)
    (request,) = host.requests
    assert request.headers["authorization"] == "Bearer r1"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (recorded(f"POST /xrpc/{RENEW}", 400, "ExpiredToken"), ReauthorizationRequired),
        (refused("InvalidToken", 401), ReauthorizationRequired),
        (refused("AccountTakedown"), ReauthorizationRequired),
        (refused("AccountDeactivated", 401), ReauthorizationRequired),
        (refused("SomethingNew"), PlatformUnavailable),
        (refused("RateLimitExceeded", 429), Throttled),
        (refused("UpstreamFailure", 502), PlatformUnavailable),
        (httpx2.Response(200, html="<h1>Hello</h1>"), PlatformUnavailable),
    ],
)
async def test_only_a_definite_answer_ends_a_session(given, expected):
    with pytest.raises(PlatformError) as raised:
        await flow(Host(loose=True).xrpc(RENEW, given)).refresh(GRANT)
    assert type(raised.value) is expected


@pytest.mark.parametrize("given", [recorded(f"POST /xrpc/{END}", 200), refused("ExpiredToken")])
async def test_a_session_is_ended_and_one_that_is_over_stays_so(given):
    host = Host().xrpc(END, given)
    await flow(host).revoke(GRANT)
    assert host.requests[0].headers["authorization"] == "Bearer r1"


async def test_a_session_that_could_not_be_ended_is_not_taken_for_ended():
    with pytest.raises(PlatformUnavailable):
        await flow(Host().xrpc(END, httpx2.Response(503))).revoke(GRANT)


async def test_what_a_real_server_answers_is_understood():
    host = server(recorded(f"POST /xrpc/{OPEN}", 200)).xrpc(RENEW, recorded(f"POST /xrpc/{RENEW}", 200))
    grant = await flow(host).refresh(await flow(host).in_hand("alice.test:word", None, ()))
    assert grant.extra == {"did": DID, "pds": PDS}
