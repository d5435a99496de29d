"""OAuth as AT Protocol has it: from a handle to the server that lets in, PAR, PKCE, DPoP with nonces, and what comes back."""

import base64
import hashlib
import json
from datetime import timedelta

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from contract.bluesky.host import DID, NOW, PDS, PLC, Host, answer, bluesky, endpoints, form, proof, recorded
from ocma.errors import Invalid
from ocma.platforms.bluesky.flow import BlueskyFlow
from ocma.platforms.errors import PlatformError, PlatformUnavailable, ReauthorizationRequired, Throttled
from ocma.platforms.grant import App

AUTH = "https://auth.example"
CLIENT, REDIRECT = "https://ocma.example/api/social/clients/bluesky.json", "https://ocma.example/api/social/callback"
APP = App(CLIENT, "")
PAR, TOKEN, REVOKE = (f"{AUTH}/oauth/{each}" for each in ("par", "token", "revoke"))
RESOLVE = "com.atproto.identity.resolveHandle"
RESOURCE, SERVER = "/.well-known/oauth-protected-resource", f"{AUTH}/.well-known/oauth-authorization-server"
NONCE = recorded("POST /oauth/par", 400, "use_dpop_nonce")
PUSHED = recorded("POST /oauth/par", 201)
GRANTED = {
    "access_token": "a1",
    "refresh_token": "r1",
    "token_type": "DPoP",
    "scope": "atproto transition:generic",
    "expires_in": 3600,
    "sub": DID,
}
SECRET = base64.b64encode(ECKey.generate_key("P-256").as_der(private=True)).decode()


def described(issuer: str = AUTH, **more: str) -> httpx2.Response:
    told = recorded("GET /.well-known/oauth-authorization-server", 200).json()
    return answer(body=json.loads(json.dumps(told).replace("https://pds.example", issuer)) | more)


def document(pds: str = PDS, handle: str = "alice.test") -> httpx2.Response:
    told = recorded("GET /{did}", 200).json()
    service = [{"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": pds}]
    return answer(body={**told, "id": DID, "alsoKnownAs": [f"at://{handle}"], "service": service})


def servers(**more) -> Host:
    host = Host(**more).xrpc(RESOLVE, recorded(f"GET /xrpc/{RESOLVE}", 200), at="https://bsky.social")
    host.on("GET", f"{PLC}/{DID}", document()).on("GET", SERVER, described())
    host.on("GET", f"{PDS}{RESOURCE}", answer(body={"resource": PDS, "authorization_servers": [AUTH]}))
    return host.on("POST", PAR, NONCE, PUSHED).on("POST", TOKEN, answer(body=GRANTED)).on("POST", REVOKE, answer())


def flow(host: Host, app: App = APP, *, chosen: bool = False) -> BlueskyFlow:
    return BlueskyFlow(bluesky().manifest, endpoints(chosen=chosen), app, host.transport, clock=lambda: NOW)


async def granted(host: Host, app: App = APP):
    made = await flow(host, app).authorize(REDIRECT, "s5", "alice.test")
    return await flow(host, app).exchange("c0de", REDIRECT, made.verifier, made.kept, AUTH)


def posted(host: Host, url: str) -> list[httpx2.Request]:
    return [each for each in host.requests if str(each.url) == url]


async def test_a_handle_leads_to_its_server_which_is_told_all_beforehand():
    host = servers()
    made = await flow(host).authorize(REDIRECT, "s5", "@Alice.test")
    assert [str(each.url).partition("?")[0] for each in host.requests] == [
        f"https://bsky.social/xrpc/{RESOLVE}",
        f"{PLC}/{DID}",
        f"{PDS}{RESOURCE}",
        SERVER,
        PAR,
        PAR,  # with the nonce it asked for
    ]
    pushed = posted(host, PAR)[-1]
    digest = hashlib.sha256(made.verifier.encode()).digest()
    assert form(pushed) == {
        "client_id": CLIENT,
        "response_type": "code",
        "redirect_uri": REDIRECT,
        "scope": "atproto transition:generic",
        "state": "s5",
        "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
        "code_challenge_method": "S256",
        "login_hint": "Alice.test",
    }
    assert [proof(each).get("nonce") for each in posted(host, PAR)] == [None, NONCE.headers["dpop-nonce"]]
    url = httpx2.URL(made.url)
    assert str(url.copy_with(query=None)) == f"{AUTH}/oauth/authorize"
    assert dict(url.params) == {"client_id": CLIENT, "request_uri": PUSHED.json()["request_uri"]}


async def test_each_login_has_its_own_key():
    keys = {(await flow(servers()).authorize(REDIRECT, "s", "alice.test")).kept["key"] for _ in range(2)}
    assert len(keys) == 2


async def test_without_a_handle_the_server_asks_who_it_is():
    host = Host().on("GET", f"https://bsky.social{RESOURCE}", httpx2.Response(404))
    host.on("GET", "https://bsky.social/.well-known/oauth-authorization-server", described("https://bsky.social"))
    host.on("POST", "https://bsky.social/oauth/par", PUSHED)
    made = await flow(host).authorize(REDIRECT, "s5")
    assert made.url.startswith("https://bsky.social/oauth/authorize?")
    assert "login_hint" not in form(host.requests[-1])


async def test_a_handle_its_resolver_does_not_know_is_asked_for_at_its_own_host():
    host = servers().xrpc(RESOLVE, recorded(f"GET /xrpc/{RESOLVE}", 400), at="https://bsky.social")
    host.on("GET", "https://alice.test/.well-known/atproto-did", httpx2.Response(200, text=f"{DID}\n"))
    assert (await flow(host).authorize(REDIRECT, "s5", "alice.test")).kept["did"] == DID


async def test_a_did_of_the_web_is_looked_up_there():
    host = servers().on(
        "GET", "https://did.example/.well-known/did.json", answer(body={**document().json(), "id": "did:web:did.example"})
    )
    assert (await flow(host).authorize(REDIRECT, "s5", "did:web:did.example")).kept["pds"] == PDS


async def test_a_server_that_the_operator_chose_is_the_only_one_asked():
    host = Host().on("GET", f"{PDS}{RESOURCE}", recorded(f"GET {RESOURCE}", 200)).on("POST", f"{PDS}/oauth/par", PUSHED)
    host.on("GET", f"{PDS}/.well-known/oauth-authorization-server", described(PDS))
    host.xrpc(RESOLVE, recorded(f"GET /xrpc/{RESOLVE}", 200))
    made = await flow(host, chosen=True).authorize(REDIRECT, "s5", "alice.test")
    assert made.url.startswith(f"{PDS}/oauth/authorize?")
    host.xrpc(RESOLVE, recorded(f"GET /xrpc/{RESOLVE}", 400))
    with pytest.raises(Invalid, match=r"alice\.test"):
        await flow(host, chosen=True).authorize(REDIRECT, "s5", "alice.test")
    assert {each.url.host for each in host.requests} == {"pds.example"}


@pytest.mark.parametrize(
    ("method", "url", "given", "code"),
    [
        ("GET", f"https://bsky.social/xrpc/{RESOLVE}", recorded(f"GET /xrpc/{RESOLVE}", 400), "handleUnknown"),
        ("GET", f"{PLC}/{DID}", recorded("GET /{did}", 404), "didUnknown"),
        ("GET", f"{PLC}/{DID}", answer(body={**document().json(), "id": "did:web:other.example"}), "didUnknown"),
        ("GET", f"{PLC}/{DID}", document(handle="bob.test"), "handleUnconfirmed"),
        ("GET", f"{PLC}/{DID}", document(pds="http://pds.example"), "serverUnknown"),
        ("GET", f"{PLC}/{DID}", document(pds="https://user:word@pds.example"), "serverUnknown"),
        ("GET", SERVER, described("https://other.example"), "hostNotBluesky"),
        ("GET", SERVER, described(authorization_endpoint="javascript:alert(1)"), "hostNotBluesky"),
        ("GET", SERVER, described(token_endpoint="http://auth.example/oauth/token"), "hostNotBluesky"),
        ("GET", SERVER, httpx2.Response(200, html="<h1>A blog</h1>"), "hostNotBluesky"),
        ("POST", PAR, recorded("POST /oauth/par", 400, "invalid_request"), "authorizationRefused"),
        ("POST", PAR, answer(400, {"error": "invalid_client_metadata"}), "authorizationRefused"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
async def test_what_does_not_fit_is_named_before_anybody_is_sent_anywhere(method, url, given, code):
    host = servers(loose=True).on("GET", "https://alice.test/.well-known/atproto-did", httpx2.ConnectError("no such host"))
    with pytest.raises(Invalid) as raised:
        await flow(host.on(method, url, given)).authorize(REDIRECT, "s5", "alice.test")
    assert raised.value.rule == code
    assert raised.value.remediation
    assert raised.value.issues


@pytest.mark.parametrize("name", ["alice", "alice@example.com", "a/b.test", "did:plc:short", "did:key:z6Mk", "http://x.test"])
async def test_no_server_is_asked_for_what_is_no_handle(name):
    host = Host()
    with pytest.raises(Invalid):
        await flow(host).authorize(REDIRECT, "s5", name)
    assert host.requests == []


@pytest.mark.parametrize(
    ("method", "url"),
    [("GET", f"{PLC}/{DID}"), ("GET", f"{PDS}{RESOURCE}"), ("POST", PAR), ("GET", f"https://bsky.social/xrpc/{RESOLVE}")],
)
@pytest.mark.parametrize("given", [httpx2.Response(503), httpx2.ReadTimeout("slow")], ids=["503", "silence"])
async def test_a_server_that_is_down_is_nobodys_mistake(method, url, given):
    with pytest.raises(PlatformUnavailable):
        await flow(servers().on(method, url, given)).authorize(REDIRECT, "s5", "alice.test")


async def test_a_code_becomes_a_grant_bound_to_the_key():
    host = servers()
    made = await flow(host).authorize(REDIRECT, "s5", "alice.test")
    grant = await flow(host).exchange("c0de", REDIRECT, made.verifier, made.kept, AUTH)
    assert (grant.access_token, grant.refresh_token, grant.scopes) == ("a1", "r1", ("atproto", "transition:generic"))
    assert grant.expires_at == NOW + timedelta(hours=1)
    assert grant.ends_at == NOW + timedelta(weeks=2)
    assert (grant.extra["did"], grant.extra["pds"], grant.extra["issuer"]) == (DID, PDS, AUTH)
    (request,) = posted(host, TOKEN)
    assert form(request) == {
        "grant_type": "authorization_code",
        "code": "c0de",
        "redirect_uri": REDIRECT,
        "code_verifier": made.verifier,
        "client_id": CLIENT,
    }
    assert proof(request)["jwk"] == proof(posted(host, PAR)[0])["jwk"]
    assert "ath" not in proof(request)


@pytest.mark.parametrize("issuer", [None, "", "https://evil.example"])
async def test_a_code_from_another_server_is_not_taken_there(issuer):
    host = servers()
    made = await flow(host).authorize(REDIRECT, "s5", "alice.test")
    with pytest.raises(Invalid) as raised:
        await flow(host).exchange("c0de", REDIRECT, made.verifier, made.kept, issuer)
    assert (raised.value.rule, posted(host, TOKEN)) == ("issuerRefused", [])


async def test_a_login_as_somebody_else_is_not_taken():
    host = servers().on("POST", TOKEN, answer(body={**GRANTED, "sub": "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"}))
    with pytest.raises(Invalid) as raised:
        await granted(host)
    assert raised.value.rule == "otherAccount"


@pytest.mark.parametrize("speaks", [True, False])
async def test_a_server_speaks_for_its_own_accounts_alone(speaks):
    """Nobody was named, so the account itself has to point back at the server that let it in."""
    host = servers().on("GET", f"https://bsky.social{RESOURCE}", answer(body={"authorization_servers": [AUTH]}))
    made = await flow(host).authorize(REDIRECT, "s5")
    if not speaks:
        other = "https://other.example"
        host.on("GET", f"{PDS}{RESOURCE}", answer(body={"authorization_servers": [other]}))
        host.on("GET", f"{other}/.well-known/oauth-authorization-server", described(other))
        with pytest.raises(Invalid, match="does not speak"):
            await flow(host).exchange("c0de", REDIRECT, made.verifier, made.kept, AUTH)
        return
    grant = await flow(host).exchange("c0de", REDIRECT, made.verifier, made.kept, AUTH)
    assert (grant.extra["did"], grant.extra["pds"]) == (DID, PDS)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (answer(400, {"error": "invalid_grant"}), Invalid),
        (httpx2.Response(503), PlatformUnavailable),
        (httpx2.Response(429), Throttled),
        (httpx2.Response(200, html="<h1>Hello</h1>"), PlatformUnavailable),
        (answer(body={"token_type": "DPoP", "sub": DID}), PlatformUnavailable),
        (httpx2.ReadTimeout("slow"), PlatformUnavailable),
    ],
    ids=["refused", "503", "429", "page", "tokenless", "silence"],
)
async def test_a_code_that_brings_nothing(given, expected):
    with pytest.raises(expected):
        await granted(servers().on("POST", TOKEN, given))


async def test_a_refresh_rotates_the_tokens_and_keeps_the_rest():
    host = servers()
    before = await granted(host)
    host.on("POST", TOKEN, NONCE, answer(body={**GRANTED, "access_token": "a2", "refresh_token": "r2"}))
    after = await flow(host).refresh(before)
    assert (after.access_token, after.refresh_token) == ("a2", "r2")
    assert (after.extra, after.ends_at) == (before.extra, before.ends_at)
    first, second = posted(host, TOKEN)[-2:]
    assert form(first) == form(second) == {"grant_type": "refresh_token", "refresh_token": "r1", "client_id": CLIENT}
    assert proof(second)["nonce"] == NONCE.headers["dpop-nonce"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (recorded("POST /oauth/token", 400, "invalid_grant"), ReauthorizationRequired),
        (answer(400, {"error": "invalid_request"}), PlatformUnavailable),
        (answer(400, {"error": "invalid_dpop_proof"}), PlatformUnavailable),
        (answer(401, {"error": "invalid_client"}), PlatformUnavailable),
        (answer(body={**GRANTED, "sub": "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"}), PlatformUnavailable),
        (NONCE, PlatformUnavailable),
        (httpx2.Response(500), PlatformUnavailable),
        (httpx2.Response(429), Throttled),
    ],
)
async def test_only_a_definite_answer_ends_a_login(given, expected):
    host = servers()
    before = await granted(host)
    with pytest.raises(PlatformError) as raised:
        await flow(host.on("POST", TOKEN, given)).refresh(before)
    assert type(raised.value) is expected


async def test_a_login_is_revoked_with_its_refresh_token():
    host = servers()
    await flow(host).revoke(await granted(host))
    sent = posted(host, REVOKE)[0]
    assert form(sent) == {"token": "r1", "token_type_hint": "refresh_token", "client_id": CLIENT}
    assert proof(sent)


@pytest.mark.parametrize(("given", "expected"), [(httpx2.Response(503), PlatformUnavailable), (httpx2.Response(429), Throttled)])
async def test_a_revocation_that_did_not_happen_is_not_taken_for_one(given, expected):
    host = servers()
    grant = await granted(host)
    with pytest.raises(expected):
        await flow(host.on("POST", REVOKE, given)).revoke(grant)


async def test_a_client_with_a_key_shows_itself_with_each_request():
    host, app = servers(), App(CLIENT, SECRET)
    grant = await granted(host, app)
    assert grant.ends_at > NOW + timedelta(days=700)
    (key,) = bluesky().document(app, [REDIRECT])["jwks"]["keys"]
    assert "d" not in key
    seen = set()
    for request in (*posted(host, PAR), *posted(host, TOKEN)):
        sent = form(request)
        assert sent["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        shown = jwt.decode(sent["client_assertion"], ECKey.import_key(key))
        assert (shown.header["alg"], shown.header["kid"]) == ("ES256", key["kid"])
        assert (shown.claims["iss"], shown.claims["sub"], shown.claims["aud"]) == (CLIENT, CLIENT, AUTH)
        assert 0 < shown.claims["exp"] - shown.claims["iat"] <= 60
        seen.add(shown.claims["jti"])
    assert len(seen) == 3


def test_the_document_says_who_we_are():
    app = bluesky().app(CLIENT, REDIRECT, "")
    assert app == APP
    assert bluesky().document(app, [REDIRECT]) == {
        "client_id": CLIENT,
        "client_name": "OCMA",
        "application_type": "web",
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "scope": "atproto transition:generic",
        "redirect_uris": [REDIRECT],
        "dpop_bound_access_tokens": True,
        "token_endpoint_auth_method": "none",
    }
    shown = bluesky().document(bluesky().app(CLIENT, REDIRECT, SECRET), [REDIRECT])
    assert (shown["token_endpoint_auth_method"], shown["token_endpoint_auth_signing_alg"]) == ("private_key_jwt", "ES256")


def test_one_machine_needs_no_public_address():
    local = bluesky().app("http://127.0.0.1:8000/x.json", "http://127.0.0.1:8000/cb", SECRET)
    assert local.client_secret == ""
    url = httpx2.URL(local.client_id)
    assert (url.scheme, url.host, url.path) == ("http", "localhost", "/")
    assert dict(url.params) == {"redirect_uri": "http://127.0.0.1:8000/cb", "scope": "atproto transition:generic"}


@pytest.mark.parametrize("secret", ["hunter2", base64.b64encode(ECKey.generate_key("P-384").as_der(private=True)).decode()])
def test_a_key_that_is_none_names_its_variable(secret):
    with pytest.raises(Invalid, match="BLUESKY_CLIENT_KEY") as raised:
        bluesky().document(App(CLIENT, secret), [REDIRECT])
    assert secret not in str(raised.value.__cause__)


def test_a_key_may_come_as_a_file_has_it():
    key = ECKey.generate_key("P-256")
    pem = key.as_pem(private=True).decode()
    for written in (pem, pem.replace("\n", "\\n")):
        (shown,) = bluesky().document(App(CLIENT, written), [REDIRECT])["jwks"]["keys"]
        assert shown["x"] == key.as_dict(private=False)["x"]
