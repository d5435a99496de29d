import pytest

from integration.sandbox.walks import CHALLENGE, REDIRECT, VERIFIER, MastodonApp, answered


def test_an_app_registers_itself_by_form_and_by_json(mastodon):
    address = f"{mastodon.url}/mastodon/api/v1/apps"
    wish = {"client_name": "Two", "redirect_uris": [REDIRECT, "urn:ietf:wg:oauth:2.0:oob"], "scopes": "read write:statuses"}
    app = mastodon.http.post(address, json={**wish, "website": "https://example.com"}).json()
    assert app["redirect_uris"] == wish["redirect_uris"]
    assert app["scopes"] == ["read", "write:statuses"]
    assert app["client_secret_expires_at"] == 0
    assert {"id", "client_id", "client_secret", "name", "website"} <= app.keys()
    assert mastodon.registered["client_id"] != app["client_id"]


@pytest.mark.parametrize(
    "wish",
    [
        {"redirect_uris": REDIRECT},
        {"client_name": "A"},
        {"client_name": "A", "redirect_uris": "relative"},
        {"client_name": "A", "redirect_uris": REDIRECT, "scopes": "read everything"},
    ],
)
def test_a_wrong_registration_is_refused(mastodon, wish):
    response = mastodon.http.post(f"{mastodon.url}/mastodon/api/v1/apps", data=wish)
    assert response.status_code == 422
    assert response.json()["error"].startswith("Validation failed: ")


def test_discovery_leads_to_addresses_that_answer(mastodon):
    found = mastodon.http.get(f"{mastodon.url}/mastodon/.well-known/oauth-authorization-server").json()
    assert found["authorization_endpoint"] == f"{mastodon.url}/mastodon/oauth/authorize"
    assert "write:statuses" in found["scopes_supported"]
    wish = {"client_name": "A", "redirect_uris": REDIRECT}
    assert mastodon.http.post(found["app_registration_endpoint"], data=wish).status_code == 200
    assert mastodon.http.post(found["token_endpoint"], data={}).status_code == 401
    assert mastodon.http.post(found["revocation_endpoint"], data={}).status_code == 401
    user = mastodon.connect("ann")
    headers = {"Authorization": f"Bearer {user.access_token}"}
    assert mastodon.http.get(found["userinfo_endpoint"], headers=headers).json()["preferred_username"] == "ann"


def test_the_walk_gives_a_token_that_does_not_expire(mastodon, clock):
    response = mastodon.redeem(answered(mastodon.authorize(account="ann"))["code"])
    token = response.json()
    assert (token["token_type"], token["scope"], token["created_at"]) == ("Bearer", "read write", int(clock.now))
    assert token.keys() == {"access_token", "token_type", "scope", "created_at"}
    clock.now += 10 * 365 * 86400
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    me = mastodon.http.get(f"{mastodon.url}/mastodon/api/v1/accounts/verify_credentials", headers=headers).json()
    assert (me["username"], me["url"]) == ("ann", f"{mastodon.url}/mastodon/@ann")
    assert me["source"]["privacy"] == "public"
    assert mastodon.http.get(me["avatar"]).headers["content-type"] == "image/png"


def test_pkce_is_checked_when_it_was_given(mastodon):
    question = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
    assert mastodon.redeem(answered(mastodon.authorize(**question))["code"]).status_code == 400
    code = answered(mastodon.authorize(**question))["code"]
    assert mastodon.redeem(code, code_verifier=VERIFIER[:-1] + "w").json()["error"] == "invalid_grant"
    assert mastodon.redeem(code, code_verifier=VERIFIER).status_code == 200


def test_a_code_is_for_once_for_its_app_and_for_its_address(mastodon, clock):
    code = answered(mastodon.authorize())["code"]
    stranger = MastodonApp(mastodon.url)
    assert stranger.redeem(code).json()["error"] == "invalid_grant"
    assert mastodon.redeem(code, redirect_uri="http://else.where/").status_code == 400
    assert mastodon.redeem(code).status_code == 200
    assert mastodon.redeem(code).status_code == 400
    late = answered(mastodon.authorize())["code"]
    clock.now += 600
    assert mastodon.redeem(late).status_code == 400


@pytest.mark.parametrize("form", [{"client_secret": "wrong"}, {"client_id": "stranger"}])
def test_an_unknown_client_gets_no_token(mastodon, form):
    response = mastodon.redeem(answered(mastodon.authorize())["code"], **form)
    assert (response.status_code, response.json()["error"]) == (401, "invalid_client")


def test_what_cannot_be_trusted_is_not_redirected(mastodon):
    for changed in ({"client_id": "stranger"}, {"redirect_uri": "http://else.where/"}):
        response = mastodon.authorize(**changed)
        assert response.status_code == 400
        assert "location" not in response.headers


def test_errors_that_the_app_may_see_go_back_to_it(mastodon):
    assert answered(mastodon.authorize(approve="0")) == {"error": "access_denied", "state": "s2"}
    assert answered(mastodon.authorize(response_type="token"))["error"] == "unsupported_response_type"
    assert answered(mastodon.authorize(scope="push"))["error"] == "invalid_scope"
    assert (
        answered(mastodon.authorize(code_challenge="c", code_challenge_method="plain"))["error"]
        == "invalid_code_challenge_method"
    )


def test_out_of_band_shows_the_code(mastodon):
    wish = {"client_name": "Cli", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob", "scopes": "read"}
    mastodon.registered = mastodon.http.post(f"{mastodon.url}/mastodon/api/v1/apps", data=wish).json()
    page = mastodon.authorize(redirect_uri=wish["redirect_uris"], scope="read")
    code = page.text.partition("<code>")[2].partition("</code>")[0]
    assert mastodon.redeem(code, redirect_uri=wish["redirect_uris"]).status_code == 200


def test_an_apps_own_token_has_no_person(mastodon):
    token = mastodon.token(grant_type="client_credentials", scope="read write").json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    app = mastodon.http.get(f"{mastodon.url}/mastodon/api/v1/apps/verify_credentials", headers=headers)
    assert app.json()["name"] == "Test"
    assert "client_secret" not in app.json()
    refused = mastodon.http.post(f"{mastodon.url}/mastodon/api/v1/statuses", json={"status": "a"}, headers=headers)
    assert refused.status_code == 422
    assert mastodon.token(grant_type="client_credentials", scope="push").json()["error"] == "invalid_scope"
    assert mastodon.token(grant_type="password").json()["error"] == "unsupported_grant_type"


def test_revoking_ends_the_token_and_may_be_repeated(mastodon, ann):
    form = {"token": ann.access_token, **{name: mastodon.registered[name] for name in ("client_id", "client_secret")}}
    stranger = MastodonApp(mastodon.url).registered
    foreign = {"token": ann.access_token, "client_id": stranger["client_id"], "client_secret": stranger["client_secret"]}
    address = f"{mastodon.url}/mastodon/oauth/revoke"
    assert mastodon.http.post(address, data=foreign).status_code == 403
    for _ in range(2):
        response = mastodon.http.post(address, data=form)
        assert (response.status_code, response.json()) == (200, {})
    gone = ann.get("/api/v1/accounts/verify_credentials")
    assert (gone.status_code, gone.json()) == (401, {"error": "The access token was revoked"})


@pytest.mark.parametrize(
    ("scope", "method", "path", "status"),
    [
        ("read", "POST", "/api/v1/statuses", 403),
        ("write:media", "POST", "/api/v1/statuses", 403),
        ("write:statuses", "POST", "/api/v1/statuses", 200),
        ("write:statuses", "POST", "/api/v2/media", 403),
        ("read:accounts", "GET", "/api/v1/accounts/verify_credentials", 200),
        ("read:statuses", "GET", "/api/v1/accounts/verify_credentials", 403),
        ("read:statuses", "GET", "/api/v1/notifications", 403),
    ],
)
def test_scopes_hold(mastodon, scope, method, path, status):
    response = mastodon.connect("ann", scope=scope).call(method, path, **({"json": {"status": "a"}} if method == "POST" else {}))
    assert response.status_code == status
    if status == 403:
        assert response.json() == {"error": "This action is outside the authorized scopes"}


def test_no_token_and_a_wrong_one(mastodon):
    address = f"{mastodon.url}/mastodon/api/v1/accounts/verify_credentials"
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        response = mastodon.http.get(address, headers=headers)
        assert (response.status_code, response.json()) == (401, {"error": "The access token is invalid"})
