import base64
import json

import pytest

from integration.sandbox.bluesky_walks import POST, REPO, SERVER, BlueskyApp, conforms


@pytest.fixture
def app(url, clock):
    return BlueskyApp(url, clock)


@pytest.fixture
def alice(app):
    return app.login("alice")


def renew(user, token=None, **options):
    url = f"{user.app.base}/xrpc/{SERVER}refreshSession"
    headers = {"Authorization": f"Bearer {token or user.tokens['refreshJwt']}"}
    return conforms(SERVER + "refreshSession", user.app.http.post(url, headers=headers, **options))


def claims(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def test_an_app_password_opens_a_session(app, alice, clock):
    assert alice.tokens["handle"] == "alice.bsky.test"
    assert alice.tokens["active"] is True
    assert alice.tokens["didDoc"]["service"][0]["serviceEndpoint"] == app.base
    assert claims(alice.tokens["accessJwt"])["exp"] == int(clock.now) + 120 * 60
    assert claims(alice.tokens["refreshJwt"])["exp"] == int(clock.now) + 90 * 86400
    assert app.login("alice").did == alice.did
    assert app.sign_in(identifier=alice.did).json()["did"] == alice.did
    me = alice.get(SERVER + "getSession").json()
    assert (me["did"], me["email"]) == (alice.did, "alice@example.test")


@pytest.mark.parametrize(
    "wrong",
    [{"password": "nope"}, {"identifier": "alice.else.where"}, {"identifier": "did:plc:" + "a" * 24}, {"identifier": "x y"}],
)
def test_wrong_credentials_open_nothing(app, wrong):
    response = app.sign_in(**wrong)
    assert (response.status_code, response.json()["error"]) == (401, "AuthenticationRequired")


def test_the_accounts_own_password_may_need_a_code(app, control):
    own = {"password": "sandbox-password"}
    assert app.sign_in(**own).status_code == 200
    control.settle("bluesky", email_auth_factor=True)
    assert app.sign_in(**own).json()["error"] == "AuthFactorTokenRequired"
    assert app.sign_in(**own, authFactorToken="12345-67890").status_code == 200
    assert app.sign_in().status_code == 200, "an app password needs none"


def test_access_tokens_end_with_400_and_are_refreshed(alice, clock):
    clock.now += 120 * 60
    ended = alice.post()
    assert (ended.status_code, ended.json()["error"]) == (400, "ExpiredToken")
    fresh = renew(alice).json()
    alice.token = fresh["accessJwt"]
    assert alice.post().status_code == 200
    assert fresh["refreshJwt"] != alice.tokens["refreshJwt"]


def test_a_refresh_token_has_a_time_of_grace(alice, clock):
    assert renew(alice).status_code == 200
    clock.now += 2 * 3600
    assert renew(alice).status_code == 200
    clock.now += 1
    late = renew(alice)
    assert (late.status_code, late.json()["error"]) == (400, "ExpiredToken")


def test_a_refresh_token_ends(alice, clock):
    clock.now += 90 * 86400
    assert renew(alice).json() == {"error": "ExpiredToken", "message": "Token has expired"}


def test_refreshing_takes_a_refresh_token_and_no_body(alice):
    assert renew(alice, token=alice.token).json()["error"] == "InvalidToken"
    assert renew(alice, json={}).json()["message"] == "A request body was provided when none was expected"
    alice.token = alice.tokens["refreshJwt"]
    assert alice.get(SERVER + "getSession").json()["error"] == "InvalidToken"


def test_a_deleted_session_is_not_refreshed(alice):
    alice.token, access = alice.tokens["refreshJwt"], alice.token
    assert alice.call("POST", SERVER + "deleteSession").status_code == 200
    assert renew(alice).json() == {"error": "ExpiredToken", "message": "Token has been revoked"}
    alice.token = access
    assert alice.post().status_code == 200, "the access token lives on to its end"


def test_no_token_and_a_wrong_one(app, alice):
    url = f"{app.base}/xrpc/{SERVER}getSession"
    missing = app.http.get(url)
    assert (missing.status_code, missing.json()["error"]) == (401, "AuthMissing")
    wrong = app.http.get(url, headers={"Authorization": "Bearer wrong"})
    assert (wrong.status_code, wrong.json()["error"]) == (400, "InvalidToken")
    bound = app.http.get(url, headers={"Authorization": f"DPoP {alice.token}"})
    assert (bound.status_code, bound.json()["error"]) == (401, "invalid_dpop_proof")


@pytest.mark.parametrize(("setting", "error"), [("taken_down", "AccountTakedown"), ("deactivated", "AccountDeactivated")])
def test_a_closed_account_is_closed_everywhere(app, alice, control, setting, error):
    bound = app.connect("alice")
    control.settle("bluesky", **{setting: "alice"})
    for response in (app.sign_in(), alice.post(), renew(alice), bound.post()):
        assert (response.status_code, response.json()["error"]) == (401, error)
    assert app.refresh(bound.tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert app.login("bob").post().status_code == 200


def test_logins_are_few(app, clock):
    answers = [app.sign_in() for _ in range(31)]
    assert [answer.status_code for answer in answers] == [200] * 30 + [429]
    assert answers[0].headers["ratelimit-policy"] == "30;w=300"
    assert answers[0].headers["ratelimit-remaining"] == "29"
    last = answers[-1]
    assert last.json()["error"] == "RateLimitExceeded"
    assert (last.headers["ratelimit-reset"], last.headers["retry-after"]) == (str(int(clock.now) + 300), "300")
    assert app.sign_in("bob").status_code == 200, "it is the account's limit"
    for _ in range(9):
        clock.now += 300
        assert {app.sign_in().status_code for _ in range(29)} == {200}
    clock.now += 300
    assert {app.sign_in().status_code for _ in range(8)} == {200}, "the refused one counted, too"
    day = app.sign_in()
    assert (day.status_code, day.headers["ratelimit-policy"]) == (429, "300;w=86400")


def test_requests_are_counted_by_address(app, control):
    control.settle("bluesky", rate_factor=0.001)
    answers = [app.get("com.atproto.server.describeServer") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[0].headers["ratelimit-policy"] == "3;w=300"


def test_without_limits_no_headers_tell_of_them(app, control):
    control.settle("bluesky", rate_factor=0)
    assert "ratelimit-limit" not in app.get("com.atproto.server.describeServer").headers


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({}, "InvalidRequest"),
        ({"aud": "host"}, "InvalidRequest"),
        ({"aud": "did:web:a.b", "lxm": "nothing"}, "InvalidRequest"),
        ({"aud": "did:web:a.b", "exp": "soon"}, "InvalidRequest"),
        ({"aud": "did:web:a.b", "exp": 5}, "BadExpiration"),
        ({"aud": "did:web:a.b", "exp": 1_790_000_061}, "BadExpiration"),
        ({"aud": "did:web:a.b", "lxm": REPO + "uploadBlob", "exp": 1_790_003_601}, "BadExpiration"),
    ],
)
def test_a_wrong_wish_for_a_service_token_is_refused(alice, params, error):
    response = alice.get(SERVER + "getServiceAuth", **params)
    assert (response.status_code, response.json()["error"]) == (400, error)


def test_a_service_token_says_for_whom_and_for_what(alice, clock):
    told = claims(alice.service_auth("did:web:a.b", REPO + "uploadBlob", exp=int(clock.now) + 1800))
    assert (told["iss"], told["aud"], told["lxm"], told["exp"]) == (
        alice.did,
        "did:web:a.b",
        REPO + "uploadBlob",
        int(clock.now) + 1800,
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"json": {"identifier": "a"}}, 'Missing required key "password" at $'),
        ({"json": {"identifier": "a", "password": 5}}, "Expected string value type (got 5) at $.password"),
        ({"data": {"identifier": "a"}}, "Wrong request encoding (Content-Type): application/x-www-form-urlencoded"),
        ({}, "Request encoding (Content-Type) required but not provided"),
    ],
)
def test_a_wrong_body_is_explained(app, options, said):
    response = app.http.post(f"{app.base}/xrpc/{SERVER}createSession", **options)
    assert (response.status_code, response.json()) == (400, {"error": "InvalidRequest", "message": said})


def test_unknown_calls_and_wrong_methods_are_explained(alice):
    url = f"{alice.app.base}/xrpc/"
    assert alice.app.http.get(url + "com.example.thing").json()["message"] == "No service configured for com.example.thing"
    wrong = alice.app.http.get(url + REPO + "createRecord")
    assert (wrong.status_code, wrong.json()["message"]) == (400, "Incorrect HTTP method (GET) expected POST")


def test_a_new_person_has_a_handle_that_a_host_can_have(app, control):
    made = control.call("POST", "accounts", json={"platform": "bluesky", "account": "Ann_Lee"}).json()
    assert app.get("com.atproto.identity.resolveHandle", handle="ann-lee.bsky.test").json()["did"] == made["id"]
    assert control.call("POST", "accounts", json={"platform": "bluesky", "account": "_ann"}).status_code == 422


def test_a_reset_empties_repositories_and_keeps_sessions(app, alice, control):
    alice.posted("before")
    control.call("POST", "reset", json={})
    assert alice.get(REPO + "listRecords", repo=alice.did, collection=POST).json() == {"records": []}
    alice.posted("after")
    assert control.contents("bluesky") == ["after"]
