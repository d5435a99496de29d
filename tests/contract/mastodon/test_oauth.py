"""What goes over the wire until there is a grant: /api/v1/apps, /oauth/authorize, /oauth/token, /oauth/revoke."""

import base64
import hashlib

import httpx2
import pytest

from contract.mastodon.server import HOST, Server, answered, form
from ocma.errors import Invalid
from ocma.platforms.configuration import Endpoints
from ocma.platforms.connector import App
from ocma.platforms.errors import PlatformUnavailable, Throttled
from ocma.platforms.mastodon import Mastodon
from ocma.platforms.oauth import Grant, OAuthFlow

REDIRECT = "https://ocma.example/api/social/callback"
APP = App("the-id", "the-secret")
SCOPES = "read write:statuses write:media"
TOKEN = {"access_token": "t0ken", "token_type": "Bearer", "scope": SCOPES, "created_at": 1795380733}


def flow(server: Server) -> OAuthFlow:
    base = f"https://{HOST}"
    return OAuthFlow(Mastodon.manifest, Endpoints(base, base, chosen=False), APP, server.transport)


async def test_an_app_is_registered_by_a_form_without_a_token():
    answer = {
        "id": "12",
        "name": "OCMA",
        "scopes": SCOPES.split(),
        "redirect_uris": [REDIRECT],
        "client_id": "the-id",
        "client_secret": "the-secret",
        "client_secret_expires_at": 0,
    }
    server = Server().on("POST", "/api/v1/apps", answered(body=answer))
    assert await Mastodon().register(server.client, REDIRECT) == APP
    (request,) = server.requests
    assert form(request) == {"client_name": "OCMA", "redirect_uris": REDIRECT, "scopes": SCOPES}
    assert "authorization" not in request.headers


@pytest.mark.parametrize(
    "answer",
    [
        httpx2.Response(404, html="<h1>Not Found</h1>"),
        httpx2.Response(405),
        httpx2.Response(200, html="<h1>A blog</h1>"),
        httpx2.Response(200, json=["client_id"]),
        httpx2.Response(301, headers={"location": "https://www.social.example/"}),
    ],
    ids=["404", "405", "page", "other JSON", "redirect"],
)
async def test_a_host_that_is_no_such_server_is_the_users_mistake(answer):
    server = Server().on("POST", "/api/v1/apps", answer)
    with pytest.raises(Invalid) as refused:
        await Mastodon().register(server.client, REDIRECT)
    assert refused.value.rule == "hostNotMastodon"
    assert "host" in refused.value.remediation


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (httpx2.Response(503), PlatformUnavailable),
        (httpx2.Response(429), Throttled),
        (httpx2.ConnectError("refused"), PlatformUnavailable),
    ],
    ids=["503", "429", "refused"],
)
async def test_a_server_that_is_down_is_not_the_users_mistake(answer, expected):
    with pytest.raises(expected):
        await Mastodon().register(Server().on("POST", "/api/v1/apps", answer).client, REDIRECT)


async def test_the_user_is_sent_to_the_server_with_pkce():
    authorization = await flow(Server()).authorize(REDIRECT, "a-state")
    url = httpx2.URL(authorization.url)
    assert (url.host, url.path) == (HOST, "/oauth/authorize")
    digest = hashlib.sha256(authorization.verifier.encode()).digest()
    assert dict(url.params) == {
        "response_type": "code",
        "client_id": "the-id",
        "redirect_uri": REDIRECT,
        "scope": SCOPES,
        "state": "a-state",
        "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
        "code_challenge_method": "S256",
    }


async def test_a_code_becomes_a_grant_that_does_not_expire():
    server = Server().on("POST", "/oauth/token", answered(body=TOKEN))
    grant = await flow(server).exchange("the-code", REDIRECT, "the-verifier")
    assert grant == Grant("t0ken", None, None, tuple(SCOPES.split()))
    (request,) = server.requests
    assert form(request) == {
        "grant_type": "authorization_code",
        "code": "the-code",
        "redirect_uri": REDIRECT,
        "code_verifier": "the-verifier",
        "client_id": "the-id",
        "client_secret": "the-secret",
    }
    assert "authorization" not in request.headers


async def test_a_token_answer_that_names_no_scopes_has_those_asked_for():
    """As snac 2.75 answers."""
    server = Server().on(
        "POST", "/oauth/token", answered(body={key: TOKEN[key] for key in ("access_token", "token_type", "created_at")})
    )
    assert (await flow(server).exchange("c", REDIRECT, "v")).scopes == tuple(SCOPES.split())


@pytest.mark.parametrize(("status", "error"), [(400, "invalid_grant"), (401, "invalid_client"), (400, "invalid_scope")])
async def test_a_refused_code_is_named(status, error):
    server = Server().on(
        "POST", "/oauth/token", answered(status, {"error": error, "error_description": "In der Sprache des Servers"})
    )
    with pytest.raises(Invalid, match=error) as refused:
        await flow(server).exchange("c", REDIRECT, "v")
    assert refused.value.remediation


@pytest.mark.parametrize("answer", [httpx2.Response(401), httpx2.Response(503, html="<h1>down</h1>"), httpx2.ReadTimeout("slow")])
async def test_a_token_endpoint_that_says_nothing_is_unavailable(answer):
    with pytest.raises(PlatformUnavailable):
        await flow(Server().on("POST", "/oauth/token", answer)).exchange("c", REDIRECT, "v")


@pytest.mark.parametrize(
    "answer", [answered(200), answered(403, {"error": "unauthorized_client"}), httpx2.Response(403, html="<h1>403</h1>")]
)
async def test_a_grant_is_revoked_and_one_that_is_over_stays_so(answer):
    server = Server().on("POST", "/oauth/revoke", answer)
    await flow(server).revoke(Grant("t0ken"))
    sent = form(server.requests[0])
    assert {name: sent[name] for name in ("client_id", "client_secret", "token")} == {
        "client_id": "the-id",
        "client_secret": "the-secret",
        "token": "t0ken",
    }
    assert "authorization" not in server.requests[0].headers


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (httpx2.Response(503), PlatformUnavailable),
        (httpx2.Response(429), Throttled),
        (httpx2.ReadTimeout("slow"), PlatformUnavailable),
    ],
)
async def test_a_revocation_that_did_not_happen_is_not_taken_for_one(answer, expected):
    with pytest.raises(expected):
        await flow(Server().on("POST", "/oauth/revoke", answer)).revoke(Grant("t0ken"))
