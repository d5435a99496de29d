"""Facebook Login: the dialog, tokens and their exchange, pages with tokens of their own, and taking it all back."""

import hashlib
import hmac

import pytest

from integration.sandbox.graph_walks import FACEBOOK_SCOPES, FacebookLogin, GraphUser, refusal
from integration.sandbox.walks import REDIRECT, answered
from ocma_sandbox.config import Config
from ocma_sandbox.server import running

APP_TOKEN = "sandbox-facebook-client|sandbox-facebook-secret"


@pytest.fixture
def login(url):
    return FacebookLogin(url)


def codes(login, **changed):
    return answered(login.authorize(**changed))


def test_the_dialog_asks_a_person_and_leads_back(login):
    login.connect("alice")
    page = login.authorize(approve="", state="s9")
    assert page.status_code == 200
    for expected in ("OCMA", "pages_manage_posts", "@alice", 'name="approve" value="1"', 'name="state" value="s9"'):
        assert expected in page.text
    assert codes(login).keys() == {"code", "state"}


def test_denying_leads_back_with_facebooks_own_error(login):
    given = codes(login, approve="0")
    assert given["error"] == "access_denied"
    assert given["error_reason"] == "user_denied"
    assert given["error_code"] == "200"


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": "other"},
        {"redirect_uri": "not-absolute"},
        {"redirect_uri": ""},
        {"response_type": "token"},
        {"scope": "pages_manage_posts,no_such_scope"},
        {"scope": ""},
    ],
)
def test_a_wrong_question_gets_a_page_and_no_redirect(login, changed):
    response = login.authorize(**changed)
    assert response.status_code == 400
    assert "location" not in response.headers


def test_only_registered_redirects_are_taken():
    with running(Config(settings={"facebook": {"redirect_uris": "https://ours.test/back"}})) as url:
        login = FacebookLogin(url)
        assert login.authorize().status_code == 400
        assert login.authorize(redirect_uri="https://ours.test/back").status_code == 302


def test_a_business_app_asks_with_a_config_instead_of_scopes(login):
    code = codes(login, scope="", config_id="77")["code"]
    user = GraphUser(login.http, login.root, login.redeem(code).json()["access_token"])
    granted = {each["permission"] for each in user.get("/me/permissions").json()["data"]}
    assert granted == {"pages_show_list", "pages_manage_posts", "pages_read_engagement"}


def test_a_code_is_good_once_for_its_redirect_and_client(login, clock):
    code = codes(login)["code"]
    assert refusal(login.redeem(code, redirect_uri="http://127.0.0.1:9/other")) == (100, 36008)
    assert refusal(login.redeem(code, client_secret="wrong")) == (1, None)
    assert refusal(login.redeem(code, client_id="other")) == (101, None)
    short = login.redeem(code)
    assert short.json().keys() == {"access_token", "token_type", "expires_in"}
    assert short.json()["token_type"] == "bearer"
    assert refusal(login.redeem(code)) == (100, 36009)
    late = codes(login)["code"]
    clock.now += 601
    assert refusal(login.redeem(late)) == (100, 36009)


def test_the_token_endpoint_takes_a_form_too(login):
    form = {
        "client_id": login.client[0],
        "client_secret": login.client[1],
        "redirect_uri": REDIRECT,
        "code": codes(login)["code"],
    }
    response = login.http.post(f"{login.root}/oauth/access_token", data=form)
    assert response.status_code == 200, response.text


def test_a_short_token_becomes_a_long_one(login, clock, control):
    short = login.redeem(codes(login)["code"]).json()
    long = login.exchange(short["access_token"]).json()
    assert (short["expires_in"], long["expires_in"]) == (3600, 5_184_000)
    clock.now += 3601
    assert refusal(GraphUser(login.http, login.root, short["access_token"]).get("/me")) == (190, 463)
    assert GraphUser(login.http, login.root, long["access_token"]).get("/me").json()["name"] == "alice"
    assert refusal(login.exchange(short["access_token"])) == (190, 463)
    assert refusal(login.exchange("nonsense")) == (190, None)
    control.settle("facebook", expires_in_missing=True)
    assert "expires_in" not in login.exchange(long["access_token"]).json()


def test_a_login_brings_several_pages_each_with_its_token(login):
    user = login.connect("alice")
    wanted = "id,name,username,access_token,tasks,picture{url},instagram_business_account"
    pages = user.get("/me/accounts", fields=wanted, limit=100).json()["data"]
    assert [page["username"] for page in pages] == ["alice", "alice_2"]
    assert all("CREATE_CONTENT" in page["tasks"] and page["picture"]["data"]["url"] for page in pages)
    assert len({page["access_token"] for page in pages} | {user.token}) == 3
    assert user.get("/me").json()["id"] not in {page["id"] for page in pages}
    again = login.connect("alice").get("/me/accounts", fields="id").json()["data"]
    assert [page["id"] for page in again] == [page["id"] for page in pages]
    assert all(page.keys() == {"id"} for page in again)


def test_pages_come_page_by_page(login, control):
    control.settle("facebook", pages_per_login=5)
    user, seen, after = login.connect(), [], None
    for _ in range(3):
        answer = user.get("/me/accounts", fields="username", limit=2, **({"after": after} if after else {})).json()
        seen += [page["username"] for page in answer["data"]]
        after = answer["paging"]["cursors"]["after"]
    assert seen == ["alice", "alice_2", "alice_3", "alice_4", "alice_5"]
    assert "next" not in answer["paging"]


def test_pages_of_a_business_are_listed_there_only(login, control):
    control.settle("facebook", pages_per_login=1, business_pages=2)
    plain = login.connect()
    assert refusal(plain.get("/me/businesses")) == (10, None)
    user = login.connect(scope=f"{FACEBOOK_SCOPES},business_management")
    assert len(user.get("/me/accounts").json()["data"]) == 1
    [business] = user.get("/me/businesses").json()["data"]
    owned = user.get(f"/{business['id']}/owned_pages", fields="username,access_token").json()["data"]
    assert [page["username"] for page in owned] == ["alice_b1", "alice_b2"]
    assert user.get(f"/{business['id']}/client_pages").json() == {"data": []}
    page = GraphUser(login.http, login.root, owned[0]["access_token"])
    assert page.post("/me/feed", message="from a business").status_code == 200


def test_a_page_token_of_a_long_login_has_no_end_and_of_a_short_one_ends_with_it(login, clock):
    short = GraphUser(login.http, login.root, login.redeem(codes(login)["code"]).json()["access_token"])
    ending, lasting = login.pages(short)[0], login.page()
    clock.now += 3601
    assert refusal(ending.get("/me")) == (190, 463)
    clock.now += 70 * 86400
    assert lasting.get("/me", fields="id").json() == {"id": lasting.id}


def test_what_the_user_unticked_is_not_granted_and_told(login, control):
    user = login.connect(deny_scopes="pages_manage_posts")
    told = {each["permission"]: each["status"] for each in user.get("/me/permissions").json()["data"]}
    assert told["pages_manage_posts"] == "declined"
    assert told["pages_show_list"] == "granted"
    page = login.pages(user)[0]
    assert refusal(page.post(f"/{page.id}/feed", message="no")) == (200, None)
    assert control.books() == []
    control.settle("facebook", deny_scopes="pages_show_list")
    assert login.connect("bob").get("/me/accounts").json() == {"data": []}


def test_debug_token_says_what_a_token_is(login, clock):
    user, page = login.connect(), login.page()
    shown = user.get("/debug_token", input_token=user.token, access_token=APP_TOKEN).json()["data"]
    assert (shown["type"], shown["is_valid"], shown["expires_at"]) == ("USER", True, int(clock.now) + 5_184_000)
    assert set(shown["scopes"]) == set(FACEBOOK_SCOPES.split(","))
    shown = login.http.get(f"{login.root}/debug_token", params={"input_token": page.token, "access_token": APP_TOKEN}).json()[
        "data"
    ]
    assert (shown["type"], shown["expires_at"], shown["profile_id"]) == ("PAGE", 0, page.id)
    assert shown["data_access_expires_at"] == int(clock.now) + 90 * 86400
    user.call("DELETE", "/me/permissions")
    ask = {"input_token": page.token, "access_token": APP_TOKEN}
    assert login.http.get(f"{login.root}/debug_token", params=ask).json()["data"]["is_valid"] is False
    bad = {**ask, "access_token": "sandbox-facebook-client|wrong"}
    assert refusal(login.http.get(f"{login.root}/debug_token", params=bad)) == (190, None)


def test_removing_the_app_takes_page_tokens_with_it(login):
    user = login.connect()
    page = login.pages(user)[0]
    assert page.get("/me").status_code == 200
    assert user.call("DELETE", "/me/permissions").json() == {"success": True}
    assert refusal(user.get("/me")) == (190, 458)
    assert refusal(page.post(f"/{page.id}/feed", message="no")) == (190, 458)


def test_one_permission_can_be_taken_back(login):
    user = login.connect()
    page = login.pages(user)[0]
    assert user.call("DELETE", "/me/permissions/pages_manage_posts").json() == {"success": True}
    assert refusal(page.post(f"/{page.id}/feed", message="no")) == (200, None)
    assert page.get(f"/{page.id}/feed").status_code == 200


def test_tokens_come_by_header_address_or_body_and_must_be_known(login):
    page = login.page()
    where = f"{login.root}/v26.0/me"
    assert login.http.get(where, params={"access_token": page.token}).json()["id"] == page.id
    assert login.http.get(where, headers={"Authorization": f"OAuth {page.token}"}).json()["id"] == page.id
    sent = login.http.post(f"{where}/feed", data={"access_token": page.token, "message": "by body"})
    assert sent.status_code == 200, sent.text
    assert refusal(login.http.get(where)) == (2500, None)
    assert refusal(login.http.get(f"{login.root}/{page.id}/feed")) == (104, None)
    assert refusal(login.http.get(where, params={"access_token": "nonsense"})) == (190, None)


def test_a_proof_must_be_right_and_can_be_demanded(login, control):
    page = login.page()
    proof = hmac.new(b"sandbox-facebook-secret", page.token.encode(), hashlib.sha256).hexdigest()
    assert page.get("/me", appsecret_proof=proof).status_code == 200
    assert refusal(page.get("/me", appsecret_proof="0" * 64)) == (100, None)
    control.settle("facebook", require_appsecret_proof=True)
    assert refusal(page.post("/me/feed", message="no proof")) == (100, None)
    assert page.post("/me/feed", message="proof", appsecret_proof=proof).status_code == 200


def test_the_token_endpoint_can_be_down_whatever_the_version(login, control):
    code = codes(login)["code"]
    control.fault("facebook", "token_endpoint_down")
    down = login.redeem(code)
    assert down.status_code == 503
    assert refusal(down)[0] == 2
    assert login.redeem(code).status_code == 200


@pytest.mark.parametrize(("kind", "subcode"), [("expired_token", 463), ("revoked_token", 458)])
@pytest.mark.parametrize("carrier", ["header", "body", "oauth"])
def test_a_token_is_spoiled_wherever_it_is_carried(login, control, kind, subcode, carrier):
    page = login.page()
    control.fault("facebook", kind)
    headers = {"header": {"Authorization": f"Bearer {page.token}"}, "oauth": {"Authorization": f"OAuth {page.token}"}}
    body = {"message": "hello", **({"access_token": page.token} if carrier == "body" else {})}
    sent = login.http.post(f"{login.root}/{page.id}/feed", data=body, headers=headers.get(carrier, {}))
    assert refusal(sent) == (190, subcode)
    assert control.faults() == []
    assert refusal(page.get("/me")) == (190, subcode)
    assert control.books() == []
