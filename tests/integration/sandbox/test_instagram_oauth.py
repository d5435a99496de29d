"""Instagram's two log-ins: its own, and Facebook's through a page; their tokens and ids do not mix."""

import pytest

from integration.sandbox.graph_walks import INSTAGRAM_SCOPES, GraphUser, instagram_login, linked_login, refusal
from integration.sandbox.walks import answered

DAY = 86400
ME = "id,user_id,username,name,account_type,profile_picture_url,followers_count,follows_count,media_count"


@pytest.fixture
def login(url):
    return instagram_login(url)


@pytest.fixture
def linked(url):
    return linked_login(url)


def test_the_page_asks_a_person_and_the_code_has_a_tail(login):
    page = login.authorize(approve="")
    assert page.status_code == 200
    assert "instagram_business_content_publish" in page.text
    back = login.authorize(enable_fb_login="0", force_reauth="true")
    assert back.headers["location"].endswith("#_")
    assert answered(back)["state"] == "s5"
    assert answered(login.authorize(approve="0"))["error"] == "access_denied"


@pytest.mark.parametrize("scope", ["business_basic", "instagram_basic", "instagram_business_basic,pages_show_list", ""])
def test_the_old_scopes_and_those_of_the_other_login_are_refused(login, scope):
    response = login.authorize(scope=scope)
    assert response.status_code == 400
    assert "location" not in response.headers


def test_the_short_token_comes_for_a_form_only_with_errors_of_its_own(login, control):
    code = answered(login.authorize())["code"]
    own = {"client_id": login.client[0], "client_secret": login.client[1], "grant_type": "authorization_code", "code": code}
    by_address = login.http.post(f"{login.root}/oauth/access_token", params=own)
    assert by_address.json().keys() == {"error_type", "code", "error_message"}
    assert login.redeem(code, client_secret="wrong").json()["code"] == 400
    assert login.redeem(code, redirect_uri="http://127.0.0.1:9/other").status_code == 400
    assert login.redeem(code, grant_type="code").status_code == 400
    answer = login.redeem(code).json()
    assert answer.keys() == {"access_token", "user_id", "permissions"}
    assert set(answer["permissions"]) == set(INSTAGRAM_SCOPES.split(","))
    assert isinstance(answer["user_id"], int)
    assert login.redeem(code).status_code == 400
    control.settle("instagram", wrap_token_answer=True)
    assert login.short()["data"][0].keys() == answer.keys()


def test_an_account_has_two_ids_and_the_one_of_the_token_answer_is_the_apps(login):
    short = login.short("alice")
    me = GraphUser(login.http, login.root, short["access_token"]).fields("me", ME)
    assert (me["username"], me["account_type"], me["media_count"]) == ("alice", "BUSINESS", 0)
    assert me["user_id"] != me["id"] == str(short["user_id"])
    again = login.connect("alice").fields("me", ME)
    assert again == me


def test_long_tokens_and_their_refresh(login, clock):
    short = login.short()["access_token"]
    long = login.exchange(short).json()
    assert long["expires_in"] == 60 * DAY
    assert refusal(login.exchange(short, client_secret="wrong")) == (1, None)
    assert refusal(login.refresh(long["access_token"])) == (100, None), "a day old at least"
    clock.now += DAY
    assert refusal(GraphUser(login.http, login.root, short).get("/me")) == (190, 463)
    fresh = login.refresh(long["access_token"]).json()["access_token"]
    clock.now += 60 * DAY - 1
    assert refusal(login.refresh(long["access_token"])) == (190, 463)
    assert GraphUser(login.http, login.root, fresh).get("/me").status_code == 200


def test_every_token_address_can_be_down(login, linked, control):
    short = login.short()["access_token"]
    asks = (lambda: login.exchange(short), lambda: login.refresh(short), lambda: login.redeem("x"), lambda: linked.exchange("x"))
    for ask in asks:
        control.fault("instagram", "token_endpoint_down")
        assert ask().status_code == 503
    assert login.exchange(short).status_code == 200


def test_facebook_login_brings_the_accounts_behind_its_pages(linked):
    user = linked.connect("alice")
    wanted = "id,name,access_token,instagram_business_account{id,username,profile_picture_url,followers_count}"
    pages = user.get("/me/accounts", fields=wanted).json()["data"]
    accounts = [page["instagram_business_account"] for page in pages]
    assert [account["username"] for account in accounts] == ["alice", "alice_2"]
    assert all(account.keys() == {"id", "username", "profile_picture_url", "followers_count"} for account in accounts)
    assert not {page["id"] for page in pages} & {account["id"] for account in accounts}
    bare = user.get("/me/accounts", fields="instagram_business_account").json()["data"]
    assert [page["instagram_business_account"] for page in bare] == [{"id": account["id"]} for account in accounts]
    without = linked.connect("alice", deny_scopes="instagram_basic").get("/me/accounts", fields=wanted).json()["data"]
    assert all("instagram_business_account" not in page for page in without)


def test_both_logins_reach_the_same_account_by_one_id(login, linked):
    own = login.connect("alice").fields("me", "user_id")["user_id"]
    [first, _second] = linked.connect("alice").get("/me/accounts", fields="instagram_business_account").json()["data"]
    assert first["instagram_business_account"]["id"] == own


def test_tokens_apps_and_fields_do_not_mix(url):
    login, linked = instagram_login(url, "/instagram/ig"), linked_login(url, "/instagram/fb")
    own, user = login.connect("alice"), linked.connect("alice")
    page = linked.pages(user)[0]
    assert refusal(GraphUser(login.http, linked.root, own.token).get("/me/accounts")) == (190, None)
    for token in (user.token, page.token):
        assert refusal(GraphUser(login.http, login.root, token).get("/me")) == (190, None)
    assert login.authorize(client_id=linked.client[0]).status_code == 400
    assert linked.authorize(client_id=login.client[0]).status_code == 400
    code = answered(linked.authorize())["code"]
    assert login.redeem(code, client_id=linked.client[0], client_secret=linked.client[1]).status_code == 400


def test_where_the_hosts_are_one_the_token_says_whose_call_it_is(login, linked):
    own, page = login.connect("alice"), linked.page("alice")
    assert own.fields("me", "user_id,account_type")["account_type"] == "BUSINESS"
    assert refusal(own.get("/me/accounts")) == (190, None)
    account = page.fields("me", "instagram_business_account")["instagram_business_account"]["id"]
    assert page.fields(account, "username")["username"] == "alice"
    assert refusal(page.get(f"/{account}", fields="user_id")) == (100, None), "a field of the other login"


def test_an_accounts_page_token_is_for_that_account_only(linked):
    first, second = linked.pages(linked.connect("alice"))
    other = second.get("/me", fields="instagram_business_account").json()["instagram_business_account"]["id"]
    assert refusal(first.get(f"/{other}/media")) == (100, 33)
    assert second.get(f"/{other}/media").json() == {"data": []}


def test_facebook_login_can_be_taken_back(linked):
    user = linked.connect("alice")
    page = linked.pages(user)[0]
    assert user.call("DELETE", "/me/permissions").json() == {"success": True}
    assert refusal(page.get("/me")) == (190, 458)


def test_a_missing_scope_is_a_10(login, control):
    user = login.connect(deny_scopes="instagram_business_content_publish,instagram_business_manage_comments")
    assert refusal(user.post("/me/media", image_url="http://127.0.0.1:9/a.jpg")) == (10, None)
    assert refusal(user.post("/1/comments", message="a")) == (10, None)
    assert refusal(user.get("/me/content_publishing_limit")) == (10, None)
    assert refusal(login.connect(deny_scopes="instagram_business_basic").get("/me")) == (10, None)
    assert control.books() == []
