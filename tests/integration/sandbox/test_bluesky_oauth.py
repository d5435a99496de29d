import pytest
from joserfc.jwk import ECKey

from integration.sandbox.bluesky_walks import AT, POST, SCOPE, SERVER, BlueskyApp, digest, localhost
from integration.sandbox.walks import REDIRECT, answered


@pytest.fixture
def app(url, clock):
    return BlueskyApp(url, clock)


def test_discovery_leads_from_a_handle_to_the_servers(app):
    user = app.connect("alice")
    handle = app.get("com.atproto.identity.resolveHandle", handle="alice.bsky.test").json()
    well_known = app.http.get(f"{app.base}/.well-known/atproto-did", headers={"Host": "alice.bsky.test"})
    assert (handle["did"], well_known.text) == (user.did, user.did)
    document = app.http.get(f"{app.base}/plc/{user.did}")
    assert document.headers["content-type"] == "application/did+ld+json"
    assert document.json()["alsoKnownAs"] == ["at://alice.bsky.test"]
    (service,) = document.json()["service"]
    assert (service["id"], service["serviceEndpoint"]) == ("#atproto_pds", app.base)
    resource = app.http.get(f"{service['serviceEndpoint']}/.well-known/oauth-protected-resource").json()
    assert resource["authorization_servers"] == [app.base]
    server = app.http.get(f"{resource['authorization_servers'][0]}/.well-known/oauth-authorization-server").json()
    assert (server["issuer"], server["pushed_authorization_request_endpoint"]) == (app.base, f"{app.base}/oauth/par")
    assert server["require_pushed_authorization_requests"] is True
    assert "atproto" in server["scopes_supported"]
    assert server["code_challenge_methods_supported"] == ["S256"]
    assert server["dpop_signing_alg_values_supported"] == ["ES256"]
    assert app.http.get(server["authorization_endpoint"]).status_code == 400
    for name in ("token_endpoint", "revocation_endpoint", "pushed_authorization_request_endpoint"):
        assert app.http.post(server[name], data={}).json()["error"] == "invalid_client"


def test_who_is_not_there_is_not_resolved(app):
    assert app.get("com.atproto.identity.resolveHandle", handle="nobody.bsky.test").json()["error"] == "HandleNotFound"
    assert app.get("com.atproto.identity.resolveHandle", handle="nobody").json()["error"] == "InvalidRequest"
    assert app.get("com.atproto.identity.resolveDid", did="did:plc:" + "a" * 24).json()["error"] == "DidNotFound"
    assert app.http.get(f"{app.base}/plc/did:plc:{'a' * 24}").status_code == 404
    assert app.http.get(f"{app.base}/.well-known/atproto-did").status_code == 404


def test_the_walk_gives_tokens_bound_to_the_key(app):
    pushed = app.push()
    assert (pushed.status_code, pushed.json()["expires_in"]) == (201, 300)
    request_uri = pushed.json()["request_uri"]
    back = answered(app.authorize(request_uri))
    assert (back["state"], back["iss"]) == ("s5", app.base)
    tokens = app.redeem(back["code"], app.verifiers[request_uri]).json()
    assert (tokens["token_type"], tokens["scope"], tokens["expires_in"]) == ("DPoP", SCOPE, 3600)
    did = app.get("com.atproto.identity.resolveHandle", handle="alice.bsky.test").json()["did"]
    assert tokens["sub"] == did
    assert {"access_token", "refresh_token"} <= tokens.keys()


def test_a_server_tells_its_nonce_and_takes_it_for_a_while(app, clock):
    url = f"{app.base}/oauth/par"
    first = app.http.post(url, data={"client_id": localhost()}, headers={"DPoP": app.proof("POST", url)})
    assert (first.status_code, first.json()["error"]) == (400, "use_dpop_nonce")
    user = app.connect()
    session = f"{app.base}/xrpc/{SERVER}getSession"
    headers = {"Authorization": f"DPoP {user.token}", "DPoP": app.proof("GET", session, user.token, nonce=None)}
    response = app.http.get(session, headers=headers)
    assert (response.status_code, response.json()["error"]) == (401, "use_dpop_nonce")
    assert 'error="use_dpop_nonce"' in response.headers["www-authenticate"]
    told = response.headers["dpop-nonce"]
    assert told != first.headers["dpop-nonce"], "each server has its own"
    for seconds, status in ((0, 200), (180, 200), (180, 401)):
        clock.now += seconds
        assert user.call("GET", SERVER + "getSession", proof={"nonce": told}).status_code == status


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"htm": "PUT"}, "htm"),
        ({"htu": "http://else.where/"}, "htu"),
        ({"iat": 1_000}, "iat"),
        ({"iat": None}, "iat"),
        ({"jti": None}, "jti"),
        ({"typ": "JWT"}, "typ"),
        ({"private": True}, "jwk"),
    ],
)
def test_a_wrong_proof_is_refused_by_both_servers(app, wrong, said):
    user = app.connect()
    for response in (app.push(proof=wrong), user.call("GET", SERVER + "getSession", proof=wrong)):
        assert (response.status_code, response.json()["error"]) == (401, "invalid_dpop_proof")
        assert said in response.text
        assert response.headers["www-authenticate"].startswith("DPoP ")
        assert response.headers["dpop-nonce"]


def test_a_proof_is_for_once(app):
    user = app.connect()
    assert user.call("GET", SERVER + "getSession", proof={"jti": "one"}).status_code == 200
    assert "replayed" in user.call("GET", SERVER + "getSession", proof={"jti": "one"}).json()["message"]
    assert app.push(proof={"jti": "two"}).status_code == 201
    assert "replayed" in app.push(proof={"jti": "two"}).json()["error_description"]


def test_a_bound_token_needs_its_key(app):
    user = app.connect()
    url = f"{app.base}/xrpc/{SERVER}getSession"
    assert user.get(SERVER + "getSession").status_code == 200
    stranger = user.call("GET", SERVER + "getSession", proof={"key": ECKey.generate_key("P-256")})
    assert (stranger.status_code, stranger.json()["error"]) == (401, "invalid_token")
    unbound = user.call("GET", SERVER + "getSession", proof={"ath": None})
    assert (unbound.status_code, unbound.json()["error"]) == (401, "invalid_dpop_proof")
    bare = app.http.get(url, headers={"Authorization": f"DPoP {user.token}"})
    assert (bare.status_code, bare.json()["error"]) == (401, "invalid_dpop_proof")
    bearer = app.http.get(url, headers={"Authorization": f"Bearer {user.token}"})
    assert (bearer.status_code, bearer.json()["error"]) == (400, "InvalidToken")
    user.token = "x.y.z"
    assert user.get(SERVER + "getSession").json()["error"] == "invalid_token"


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"client_id": ""}, "invalid_client"),
        ({"client_id": "https://127.0.0.1"}, "invalid_client_metadata"),
        ({"client_id": "http://localhost:80?scope=atproto"}, "invalid_client_metadata"),
        ({"client_id": "http://localhost/path"}, "invalid_client_metadata"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "transition:generic"}, "invalid_scope"),
        ({"scope": "atproto transition:email"}, "invalid_scope"),
        ({"redirect_uri": "http://127.0.0.1:9/else"}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"login_hint": "no handle"}, "invalid_request"),
    ],
)
def test_a_wrong_request_is_refused_when_it_is_pushed(app, changed, error):
    response = app.push(**changed)
    assert (response.status_code, response.json()["error"]) == (400, error)
    assert response.json()["error_description"]


def test_a_pushed_request_without_a_proof_is_refused(app):
    assert app.form("/oauth/par", {}, headers={}).json()["error"] == "invalid_dpop_proof"


def test_the_page_asks_and_may_be_denied(app):
    request_uri = app.push(login_hint="bob.bsky.test").json()["request_uri"]
    page = app.authorize(request_uri, approve=None, account=None)
    assert page.headers["content-type"].startswith("text/html")
    assert "transition:generic" in page.text
    assert request_uri in page.text
    denied = answered(app.authorize(request_uri, approve="0"))
    assert (denied["error"], denied["state"], denied["iss"]) == ("access_denied", "s5", app.base)


def test_a_login_hint_says_who(app):
    request_uri = app.push(login_hint="bob.bsky.test").json()["request_uri"]
    code = answered(app.authorize(request_uri, account=None))["code"]
    did = app.redeem(code, app.verifiers[request_uri]).json()["sub"]
    assert app.get("app.bsky.actor.getProfile", actor=did).json()["handle"] == "bob.bsky.test"


def test_a_request_is_for_its_client_for_once_and_for_a_while(app, clock):
    request_uri = app.push().json()["request_uri"]
    assert app.authorize(request_uri, client_id=localhost("atproto")).status_code == 400
    assert app.authorize("urn:ietf:params:oauth:request_uri:req-0").status_code == 400
    assert app.authorize(request_uri).status_code == 302
    assert app.authorize(request_uri).status_code == 400
    late = app.push().json()["request_uri"]
    clock.now += 300
    assert app.authorize(late).status_code == 400


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"code_verifier": "w" * 43}, "code_verifier"),
        ({"redirect_uri": "http://127.0.0.1:9/else"}, "redirect_uri"),
        ({"proof": {"key": ECKey.generate_key("P-256")}}, "JKT"),
        ({"client_id": localhost("atproto")}, "issued"),
    ],
)
def test_a_code_is_for_who_asked_for_it_and_burns_in_other_hands(app, changed, said):
    code, verifier = app.code()
    refused = app.redeem(code, changed.pop("code_verifier", verifier), **changed)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    assert said in refused.json()["error_description"]
    assert app.redeem(code, verifier).json()["error_description"] == "Invalid code"


def test_a_code_used_twice_ends_what_it_gave(app, clock):
    code, verifier = app.code()
    tokens = app.redeem(code, verifier).json()
    assert app.redeem(code, verifier).json()["error"] == "invalid_grant"
    assert app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    late, verifier = app.code()
    clock.now += 300
    assert app.redeem(late, verifier).json()["error"] == "invalid_grant"


def test_a_verifier_is_for_one_walk(app):
    challenge = {"code_challenge": digest("v" * 43)}
    assert app.redeem(app.code(**challenge)[0], "v" * 43).status_code == 200
    again = app.redeem(app.code(**challenge)[0], "v" * 43)
    assert again.json()["error_description"] == "Code challenge already used"


def test_refreshing_rotates_and_a_replay_ends_the_session(app):
    user = app.connect()
    second = app.refresh(user.tokens["refresh_token"]).json()
    assert (second["sub"], second["scope"], second["token_type"]) == (user.did, SCOPE, "DPoP")
    assert user.get(SERVER + "getSession").json()["error"] == "invalid_token", "the old access token has ended, too"
    user.token = second["access_token"]
    assert user.get(SERVER + "getSession").status_code == 200
    replay = app.refresh(user.tokens["refresh_token"]).json()
    assert replay == {"error": "invalid_grant", "error_description": "Refresh token replayed"}
    assert user.get(SERVER + "getSession").json()["error"] == "invalid_token"
    assert app.refresh(second["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_refresh_token_is_bound_like_the_access_token(app):
    user = app.connect()
    token = user.tokens["refresh_token"]
    assert "JKT" in app.refresh(token, proof={"key": ECKey.generate_key("P-256")}).text
    assert app.refresh(token, client_id=localhost("atproto")).json()["error"] == "invalid_grant"
    assert app.form("/oauth/token", {"grant_type": "password"}).json()["error"] == "unsupported_grant_type"
    legacy = app.http.post(f"{app.base}/xrpc/{SERVER}refreshSession", headers={"Authorization": f"Bearer {token}"})
    assert legacy.json()["error"] == "InvalidToken"
    assert app.refresh(token).status_code == 200


def test_tokens_end_and_so_does_a_public_clients_session(app, clock):
    user = app.connect()
    clock.now += 3600
    ended = user.get(SERVER + "getSession")
    assert (ended.status_code, ended.json()["error"]) == (401, "invalid_token")
    tokens = user.tokens
    for _ in range(13):
        tokens = app.refresh(tokens["refresh_token"]).json()
        clock.now += 86400
    clock.now += 86400
    assert app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_revoking_ends_the_session_and_may_be_repeated(app):
    for name in ("refresh_token", "access_token"):
        user = app.connect()
        for _ in range(2):
            response = app.form("/oauth/revoke", {"token": user.tokens[name]})
            assert (response.status_code, response.json()) == (200, {})
        assert user.get(SERVER + "getSession").json()["error"] == "invalid_token"
        assert app.refresh(user.tokens["refresh_token"]).json()["error"] == "invalid_grant"
    stranger = app.connect()
    assert app.form("/oauth/revoke", {"token": stranger.token, "client_id": localhost("atproto")}).status_code == 200
    assert stranger.get(SERVER + "getSession").status_code == 200


@pytest.mark.parametrize(
    ("scope", "action", "missing"),
    [
        ("atproto", "create", f"repo:{POST}?action=create"),
        (f"atproto repo:{POST}?action=create", "create", None),
        ("atproto repo:*", "create", None),
        (f"atproto repo?collection={POST}&collection=a.b.c", "create", None),
        ("atproto repo:app.bsky.feed.like", "create", f"repo:{POST}?action=create"),
        (f"atproto repo:{POST}?action=create", "delete", f"repo:{POST}?action=delete"),
        (f"atproto repo:{POST}?action=create&action=delete", "delete", None),
        (f"atproto repo:{POST}?action=create", "put", f"repo:{POST}?action=update"),
        (f"atproto repo:{POST}", "put", None),
        (f"atproto repo:{POST}?action=create", "apply", f"repo:{POST}?action=delete"),
        ("atproto blob:image/*", "image", None),
        ("atproto blob:video/mp4", "image", "blob:image/png"),
        ("atproto blob?accept=image/png&accept=video/mp4", "image", None),
        ("atproto rpc:app.bsky.feed.getPosts?aud=*", "read", None),
        ("atproto rpc:*?aud=did:web:api.bsky.app%23bsky_appview", "read", None),
        ("atproto rpc:*?aud=*", "read", "rpc:app.bsky.feed.getPosts?aud=did:web:api.bsky.app%23bsky_appview"),
        ("atproto", "read", "rpc:app.bsky.feed.getPosts?aud=did:web:api.bsky.app%23bsky_appview"),
        ("atproto", "session", None),
        (SCOPE, "apply", None),
    ],
)
def test_scopes_hold(app, scope, action, missing):
    user = app.connect(scope=scope)
    write = {"$type": "create", "rkey": "3m66vnk2b2s2a", "value": {"text": "a", "createdAt": AT}}
    calls = {
        "create": user.post,
        "delete": lambda: user.delete("at://a/b/3m66vnk2b2s2a"),
        "put": lambda: user.write("putRecord", rkey="3m66vnk2b2s2a"),
        "apply": lambda: user.apply(write, {"$type": "delete", "rkey": "3m66vnk2b2s2a"}),
        "image": lambda: user.upload(b"x", "image/png"),
        "read": lambda: user.get("app.bsky.feed.getPosts", uris=f"at://{user.did}/{POST}/3m66vnk2b2s2a"),
        "session": lambda: user.get(SERVER + "getSession"),
    }
    response = calls[action]()
    assert response.status_code == (403 if missing else 200), response.text
    if missing:
        assert response.json() == {"error": "ScopeMissingError", "message": f'Missing required scope "{missing}"'}


def test_a_scope_that_the_user_unticks_is_not_granted(app, control):
    control.settle("bluesky", deny_scopes="transition:generic")
    user = app.connect()
    assert user.tokens["scope"] == "atproto"
    assert user.post().status_code == 403
    assert control.books() == []


def test_the_code_goes_to_the_address_that_was_pushed(app):
    request_uri = app.push().json()["request_uri"]
    response = app.authorize(request_uri, redirect_uri="http://else.where/")
    assert response.headers["location"].startswith(REDIRECT + "?")


def test_the_email_is_told_with_its_scope_only(app):
    assert "email" not in app.connect().get(SERVER + "getSession").json()
    told = app.connect(scope="atproto transition:email").get(SERVER + "getSession").json()
    assert told["email"] == "alice@example.test"
