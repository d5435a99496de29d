import pytest

from integration.sandbox.walks import REDIRECT, VERIFIER, X_SCOPES, XApp, answered
from ocma_sandbox.config import Config
from ocma_sandbox.server import running


def test_a_person_sees_who_asks_for_what_and_may_choose_an_account(x):
    x.connect("alice")
    page = x.authorize(approve="")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    for expected in (
        "OCMA",
        "tweet.write",
        "@alice",
        'name="new_account"',
        'name="approve" value="1"',
        'name="approve" value="0"',
    ):
        assert expected in page.text
    assert 'name="state" value="s1"' in page.text


def test_the_page_shows_foreign_text_as_text(x):
    page = x.authorize(approve="", state='"><script>alert(1)</script>')
    assert "<script>" not in page.text
    assert "&lt;script&gt;" in page.text


def test_approving_leads_back_with_code_and_state(x):
    back = x.authorize()
    assert back.headers["location"].startswith(REDIRECT + "?")
    assert answered(back).keys() == {"state", "code"}
    assert answered(back)["state"] == "s1"


def test_denying_leads_back_with_the_error(x):
    assert answered(x.authorize(approve="0")) == {"error": "access_denied", "state": "s1"}


def test_the_other_documented_address_is_the_same_page(x):
    assert x.http.get(f"{x.url}/x/2/oauth2/authorize").status_code == 400


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("response_type", "token"),
        ("client_id", "stranger"),
        ("redirect_uri", "/relative"),
        ("redirect_uri", "javascript:alert(1)"),
        ("redirect_uri", "http://127.0.0.1:9/callback#part"),
        ("state", ""),
        ("state", "s" * 501),
        ("scope", ""),
        ("scope", "tweet.read everything"),
        ("code_challenge", ""),
        ("code_challenge_method", ""),
        ("code_challenge_method", "S512"),
        ("account", ""),
        ("account", "no spaces"),
    ],
)
def test_a_wrong_question_is_refused_and_never_redirected(x, name, value):
    response = x.authorize(**{name: value})
    assert response.status_code == 400
    assert "location" not in response.headers


def test_a_registered_list_of_redirect_addresses_is_exact(clock):
    with running(Config(clock=clock, settings={"x": {"redirect_uris": REDIRECT}})) as url:
        app = XApp(url)
        assert app.authorize().status_code == 302
        assert app.authorize(redirect_uri=REDIRECT + "/").status_code == 400


def test_a_code_gives_tokens_once(x):
    code = answered(x.authorize())["code"]
    first, second = x.redeem(code), x.redeem(code)
    tokens = first.json()
    assert first.status_code == 200
    assert (tokens["token_type"], tokens["expires_in"], tokens["scope"]) == ("bearer", 7200, X_SCOPES)
    assert {"access_token", "refresh_token"} <= tokens.keys()
    assert first.headers["cache-control"] == "no-store"
    assert second.status_code == 400
    assert second.json()["error"] == "invalid_request"


def test_a_code_lives_thirty_seconds(x, clock):
    young, old = (answered(x.authorize())["code"] for _ in range(2))
    clock.now += 29
    assert x.redeem(young).status_code == 200
    clock.now += 1
    assert x.redeem(old).status_code == 400


@pytest.mark.parametrize("changed", [{"code_verifier": "w" * 43}, {"code_verifier": "v"}, {"redirect_uri": "http://else.where/"}])
def test_a_code_needs_its_verifier_and_its_address(x, changed):
    code = answered(x.authorize())["code"]
    assert x.redeem(code, **changed).status_code == 400
    assert x.redeem(code).status_code == 200, "a refused attempt must not burn the code"


def test_the_plain_method_is_checked_too(x):
    question = {"code_challenge": VERIFIER, "code_challenge_method": "plain"}
    assert x.redeem(answered(x.authorize(**question))["code"], code_verifier="w" * 43).status_code == 400
    assert x.redeem(answered(x.authorize(**question))["code"]).status_code == 200


@pytest.mark.parametrize("client", [None, ("sandbox-x-client", "wrong"), ("stranger", "sandbox-x-secret")])
def test_a_confidential_client_must_prove_itself(x, client):
    code = answered(x.authorize())["code"]
    x.client = client
    response = x.redeem(code, client_id="sandbox-x-client")
    assert response.status_code == 401
    assert response.json()["error"] == "unauthorized_client"


def test_a_public_client_names_itself_in_the_body(clock):
    with running(Config(clock=clock, settings={"x": {"client_secret": ""}})) as url:
        app = XApp(url, client=None)
        code = answered(app.authorize())["code"]
        assert app.redeem(code).status_code == 401
        assert app.redeem(code, client_id="sandbox-x-client").status_code == 200


def test_the_token_endpoint_takes_forms_only(x):
    body = {"grant_type": "refresh_token", "refresh_token": "x"}
    response = x.http.post(f"{x.url}/x/2/oauth2/token", json=body, auth=x.client)
    assert (response.status_code, response.json()["error"]) == (400, "invalid_request")
    assert x.token({"grant_type": "password"}).json()["error"] == "unsupported_grant_type"


def test_without_offline_access_there_is_no_refresh_token(x):
    assert "refresh_token" not in x.connect(scope="tweet.read users.read").tokens


def test_each_refresh_rotates(x, alice):
    first = x.refresh(alice.tokens["refresh_token"]).json()
    second = x.refresh(first["refresh_token"]).json()
    tokens = {alice.tokens["refresh_token"], first["refresh_token"], second["refresh_token"]}
    assert len(tokens) == 3
    alice.tokens = second
    assert alice.me()["username"] == "alice"


def test_reusing_a_rotated_refresh_token_revokes_the_whole_family(x, alice):
    fresh = x.refresh(alice.tokens["refresh_token"]).json()
    reused = x.refresh(alice.tokens["refresh_token"])
    assert (reused.status_code, reused.json()["error"]) == (400, "invalid_request")
    assert x.refresh(fresh["refresh_token"]).status_code == 400
    alice.tokens = fresh
    assert alice.get("/2/users/me").status_code == 401


def test_an_access_token_ends_after_two_hours_and_is_refreshed(x, alice, clock):
    clock.now += 7199
    assert alice.get("/2/users/me").status_code == 200
    clock.now += 1
    assert alice.get("/2/users/me").status_code == 401
    alice.tokens = x.refresh(alice.tokens["refresh_token"]).json()
    assert alice.get("/2/users/me").status_code == 200


def test_revoking_the_refresh_token_ends_the_grant(x, alice):
    response = x.http.post(f"{x.url}/x/2/oauth2/revoke", data={"token": alice.tokens["refresh_token"]}, auth=x.client)
    assert response.json() == {"revoked": True}
    assert alice.get("/2/users/me").status_code == 401
    assert x.refresh(alice.tokens["refresh_token"]).status_code == 400


def test_one_persons_grants_are_apart(x, alice):
    other = x.connect("alice")
    x.http.post(f"{x.url}/x/2/oauth2/revoke", data={"token": alice.tokens["refresh_token"]}, auth=x.client)
    assert other.me()["username"] == "alice"
