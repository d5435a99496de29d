"""LinkedIn's log-in: authorize, token, refresh, revoke, who it is and which pages come with it."""

import pytest

from integration.sandbox.linkedin_walk import CLIENT, MEMBER, PAGES, LinkedInApp, encoded
from integration.sandbox.walks import REDIRECT, answered
from ocma_sandbox.config import Config
from ocma_sandbox.server import running

SIXTY_DAYS, YEAR = 5_184_000, 31_536_000


@pytest.fixture
def app(url):
    return LinkedInApp(url)


@pytest.fixture
def alice(app):
    return app.connect("alice")


def test_a_member_sees_who_asks_for_what_and_is_offered_no_page(app):
    app.connect("alice")
    page = app.authorize(approve="")
    assert page.status_code == 200
    for expected in ("OCMA", "w_member_social", "@alice", 'name="approve" value="1"', 'name="state" value="s3"'):
        assert expected in page.text
    assert "alice_page_1" not in page.text


def test_approving_leads_back_with_code_and_state(app):
    back = app.authorize()
    assert back.headers["location"].startswith(REDIRECT + "?")
    assert answered(back).keys() == {"code", "state"}
    assert answered(app.authorize(state="")).keys() == {"code"}, "state is optional here"


def test_denying_leads_back_with_linkedins_own_error(app):
    given = answered(app.authorize(approve="0"))
    assert (given["error"], given["state"]) == ("user_cancelled_authorize", "s3")
    assert given["error_description"]


@pytest.mark.parametrize("scope", ["r_member_social", "r_basicprofile"])
def test_one_unapproved_scope_fails_the_whole_authorization(app, scope):
    given = answered(app.authorize(scope=f"{PAGES} {scope}"))
    assert given == {
        "error": "unauthorized_scope_error",
        "error_description": f"Scope &quot;{scope}&quot; is not authorized for your application",
        "state": "s3",
    }


def test_an_app_without_the_vetted_product_gets_no_page_scopes(app, control):
    control.settle("linkedin", approved_scopes=MEMBER)
    assert answered(app.authorize())["error"] == "unauthorized_scope_error"
    assert "code" in answered(app.authorize(scope=MEMBER))


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("response_type", "token", 400),
        ("client_id", "stranger", 401),
        ("redirect_uri", "/relative", 400),
        ("redirect_uri", "http://127.0.0.1:9/callback#part", 400),
        ("scope", "", 400),
        ("account", "", 400),
        ("account", "alice_page_1", 400),
    ],
)
def test_a_wrong_question_is_refused_and_never_redirected(app, name, value, status):
    response = app.authorize(**{name: value})
    assert response.status_code == status
    assert "location" not in response.headers


def test_a_registered_list_of_redirect_addresses_is_exact(clock):
    with running(Config(clock=clock, settings={"linkedin": {"redirect_uris": REDIRECT}})) as url:
        app = LinkedInApp(url)
        assert app.authorize().status_code == 302
        assert app.authorize(redirect_uri=REDIRECT + "/").status_code == 401


def test_pkce_is_ignored_or_refused(app, control):
    assert app.authorize(code_challenge="c" * 43).status_code == 302
    control.settle("linkedin", pkce_refused=True)
    assert app.authorize(code_challenge="c" * 43).status_code == 400


def test_a_code_gives_tokens_once(app):
    code = answered(app.authorize(scope=MEMBER))["code"]
    first, second = app.redeem(code), app.redeem(code)
    tokens = first.json()
    assert first.status_code == 200
    assert (tokens["expires_in"], tokens["refresh_token_expires_in"], tokens["token_type"]) == (SIXTY_DAYS, YEAR, "Bearer")
    assert tokens["scope"] == "email,openid,profile,w_member_social"
    assert tokens["access_token"] != tokens["refresh_token"]
    assert (second.status_code, second.json()["error"]) == (401, "invalid_request")


def test_a_code_lives_half_an_hour(app, clock):
    young, old = (answered(app.authorize())["code"] for _ in range(2))
    clock.now += 1799
    assert app.redeem(young).status_code == 200
    clock.now += 1
    assert app.redeem(old).status_code == 401


@pytest.mark.parametrize(
    ("changed", "status", "error"),
    [
        ({"redirect_uri": "http://else.where/"}, 400, "invalid_request"),
        ({"redirect_uri": ""}, 400, "invalid_request"),
        ({"client_secret": ""}, 400, "invalid_request"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "stranger"}, 401, "invalid_client"),
        ({"grant_type": ""}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
def test_a_code_needs_its_client_and_its_address(app, changed, status, error):
    code = answered(app.authorize())["code"]
    refused = app.redeem(code, **changed)
    assert (refused.status_code, refused.json()["error"]) == (status, error)
    assert app.redeem(code).status_code == 200, "a refused attempt must not burn the code"


def test_the_secret_stands_in_the_body_and_not_in_basic(app):
    form = {"grant_type": "authorization_code", "code": answered(app.authorize())["code"], "redirect_uri": REDIRECT}
    basic = (CLIENT["client_id"], CLIENT["client_secret"])
    response = app.http.post(f"{app.url}/linkedin/oauth/v2/accessToken", data=form, auth=basic)
    assert (response.status_code, response.json()["error_description"]) == (400, 'A required parameter "client_id" is missing')
    assert app.http.post(f"{app.url}/linkedin/oauth/v2/accessToken", json={**form, **CLIENT}).status_code == 400


def test_refreshing_keeps_the_refresh_token_and_does_not_prolong_it(app, alice, clock):
    clock.now += 50 * 86400
    fresh = app.refresh(alice.tokens["refresh_token"]).json()
    assert fresh["refresh_token"] == alice.tokens["refresh_token"]
    assert fresh["refresh_token_expires_in"] == YEAR - 50 * 86400
    assert fresh["access_token"] != alice.tokens["access_token"]
    assert alice.get("/v2/userinfo").status_code == 200, "the old access token lives on"
    clock.now += 315 * 86400
    late = app.refresh(fresh["refresh_token"])
    assert (late.status_code, late.json()["error"]) == (400, "invalid_request")


def test_refresh_tokens_may_rotate_or_be_missing(app, alice, control):
    control.settle("linkedin", rotate_refresh_tokens=True)
    fresh = app.refresh(alice.tokens["refresh_token"]).json()
    assert fresh["refresh_token"] != alice.tokens["refresh_token"]
    assert app.refresh(alice.tokens["refresh_token"]).status_code == 400
    assert app.refresh(fresh["refresh_token"]).status_code == 200
    control.settle("linkedin", refresh_tokens=False)
    assert not {"refresh_token", "refresh_token_expires_in"} & app.connect("alice").tokens.keys()


def test_an_access_token_ends_after_sixty_days(alice, clock):
    clock.now += SIXTY_DAYS
    response = alice.get("/v2/userinfo")
    assert response.status_code == 401
    assert response.json()["code"] == "EXPIRED_ACCESS_TOKEN"
    assert response.json()["serviceErrorCode"] == 65602


@pytest.mark.parametrize(("kind", "refreshes"), [("access_token", 200), ("refresh_token", 400)])
def test_revoking(app, alice, kind, refreshes):
    response = app.form("revoke", token=alice.tokens[kind])
    assert (response.status_code, response.content) == (200, b"")
    assert alice.get("/v2/userinfo").json()["code"] == "REVOKED_ACCESS_TOKEN"
    assert app.refresh(alice.tokens["refresh_token"]).status_code == refreshes
    assert app.form("revoke", token="nonsense").status_code == 200
    assert app.form("revoke", token=alice.tokens[kind], client_secret="wrong").status_code == 401


def test_introspection_says_how_a_token_stands(app, alice, clock):
    token = alice.tokens["access_token"]
    shown = app.form("introspectToken", token=token).json()
    assert (shown["active"], shown["status"], shown["auth_type"]) == (True, "active", "3L")
    assert shown["expires_at"] == int(clock.now) + SIXTY_DAYS
    app.form("revoke", token=token)
    assert app.form("introspectToken", token=token).json()["status"] == "revoked"
    assert app.form("introspectToken", token="nonsense").json() == {"active": False}


def test_other_scopes_end_the_earlier_tokens_and_the_same_do_not(app, control):
    first, second = app.connect("alice", MEMBER), app.connect("alice", MEMBER)
    assert first.get("/v2/userinfo").status_code == 200
    wider = app.connect("alice", PAGES)
    assert {user.get("/v2/userinfo").json().get("code") for user in (first, second)} == {"REVOKED_ACCESS_TOKEN"}
    assert wider.get("/v2/userinfo").status_code == 200
    control.settle("linkedin", scope_change_revokes=False)
    app.connect("alice", MEMBER)
    assert wider.get("/v2/userinfo").status_code == 200


def test_a_withheld_scope_does_not_come_with_the_token(app, control):
    control.settle("linkedin", withheld_scopes="w_member_social")
    user = app.connect("alice", MEMBER)
    assert user.tokens["scope"] == "email,openid,profile"
    refused = user.post("may I?")
    assert (refused.status_code, refused.json()["serviceErrorCode"]) == (403, 100)
    assert refused.json()["message"] == "Not enough permissions to access: posts.CREATE.202607"


def test_userinfo_is_unversioned_and_shows_what_the_scopes_allow(app, control):
    control.call("POST", "accounts", json={"platform": "linkedin", "account": "alice", "name": "Alice Ek"})
    alice = app.connect("alice")
    shown = alice.call("GET", "/v2/userinfo", headers={"LinkedIn-Version": None, "X-Restli-Protocol-Version": None}).json()
    assert (shown["name"], shown["given_name"], shown["family_name"]) == ("Alice Ek", "Alice", "Ek")
    assert shown["email"] == "alice@example.com"
    assert app.http.get(shown["picture"]).content.startswith(b"\x89PNG")
    assert app.connect("alice", "openid").get("/v2/userinfo").json().keys() == {"sub"}
    refused = app.connect("alice", "w_member_social").get("/v2/userinfo")
    assert refused.json()["message"] == "Not enough permissions to access: userinfo.GET.NO_VERSION"


def test_one_token_serves_the_member_and_every_page(alice):
    first, second = alice.pages
    shown = alice.get(f"/rest/organizations/{first.rpartition(':')[2]}").json()
    assert (shown["vanityName"], shown["localizedName"]) == ("alice_page_1", "alice page 1")
    assert shown["$URN"] == first
    found = alice.get("/rest/organizations?q=vanityName&vanityName=ALICE_PAGE_2").json()["elements"]
    assert [element["$URN"] for element in found] == [second]


def test_pages_come_in_pages(alice, control):
    control.settle("linkedin", organizations=12)
    path = "/rest/organizationAcls?q=roleAssignee&state=APPROVED"
    first, second = (alice.get(f"{path}&start={start}&count=10").json() for start in (0, 10))
    assert [len(page["elements"]) for page in (first, second)] == [10, 2]
    assert first["paging"]["total"] == 12
    assert alice.get(f"{path}&count=101").status_code == 400
    assert alice.get("/rest/organizationAcls").status_code == 400


def test_the_role_decides_which_pages_are_listed(alice, control):
    control.settle("linkedin", organization_role="ANALYST")
    assert alice.pages == []
    (element, _) = alice.get("/rest/organizationAcls?q=roleAssignee").json()["elements"]
    assert (element["role"], element["state"], element["roleAssignee"]) == ("ANALYST", "APPROVED", alice.urn)
    control.settle("linkedin", organization_role="")
    assert alice.get("/rest/organizationAcls?q=roleAssignee").json()["elements"] == []


def test_pages_need_a_scope_and_a_role(app, alice):
    page = alice.pages[0]
    bob = app.connect("bob")
    assert not set(bob.pages) & set(alice.pages)
    assert bob.get(f"/rest/organizations/{page.rpartition(':')[2]}").status_code == 403
    assert bob.get("/rest/organizations/1").json()["code"] == "NOT_FOUND"
    assert app.connect("eve", MEMBER).get("/rest/organizationAcls?q=roleAssignee").json()["code"] == "ACCESS_DENIED"


def test_a_reset_keeps_who_is_connected_and_to_which_pages(alice, control):
    before = alice.pages
    control.call("POST", "reset")
    assert alice.pages == before


def test_a_page_has_followers_to_be_counted(alice, control):
    page = alice.pages[0]
    control.call("POST", "accounts", json={"platform": "linkedin", "account": "alice_page_1", "followers": 41})
    shown = alice.get(f"/rest/networkSizes/{encoded(page)}?edgeType=COMPANY_FOLLOWED_BY_MEMBER")
    assert shown.json() == {"firstDegreeSize": 41}
    assert alice.get(f"/rest/networkSizes/{encoded(page)}").status_code == 400
