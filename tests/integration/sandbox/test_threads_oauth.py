"""Threads' log-in: a short token, one for 60 days, its refresh; scopes; who it is."""

import pytest

from integration.sandbox.graph_walks import GraphUser, refusal, threads_login
from integration.sandbox.walks import answered

DAY = 86400


@pytest.fixture
def login(url):
    return threads_login(url)


def test_the_code_comes_back_with_a_tail_and_is_good_once(login):
    back = login.authorize()
    assert back.headers["location"].endswith("#_")
    code = answered(back)["code"]
    assert refusal(login.redeem(code, redirect_uri="http://127.0.0.1:9/other")) == (100, 36008)
    assert refusal(login.redeem(code, client_secret="wrong")) == (1, None)
    assert refusal(login.redeem(code, grant_type="code")) == (100, None)
    assert login.redeem(code).json().keys() == {"access_token", "user_id"}
    assert refusal(login.redeem(code)) == (100, 36009)


def test_the_users_id_is_a_number_too_large_for_a_double(login, control):
    answer = login.redeem(answered(login.authorize())["code"])
    user_id = answer.json()["user_id"]
    assert isinstance(user_id, int)
    assert user_id > 2**53
    user = GraphUser(login.http, login.root, answer.json()["access_token"], "/v1.0")
    assert user.get("/me").json() == {"id": str(user_id)}
    control.settle("threads", numeric_user_id=False)
    assert login.short()["user_id"] == str(user_id)


def test_a_short_token_lasts_an_hour_and_is_exchanged_for_60_days(login, clock):
    short = login.short()["access_token"]
    long = login.exchange(short).json()
    assert (long["token_type"], long["expires_in"]) == ("bearer", 5_184_000)
    assert refusal(login.exchange(short, client_secret="wrong")) == (1, None)
    assert refusal(login.exchange(short, grant_type="ig_exchange_token")) == (100, None)
    assert refusal(login.exchange(long["access_token"])) == (452, None)
    clock.now += 3601
    assert refusal(GraphUser(login.http, login.root, short, "/v1.0").get("/me")) == (190, 463)
    assert GraphUser(login.http, login.root, long["access_token"], "").get("/me").status_code == 200
    assert refusal(login.exchange(short)) == (190, 463)


def test_a_refresh_needs_a_day_old_long_token_that_lives(login, clock):
    short = login.short()["access_token"]
    long = login.exchange(short).json()["access_token"]
    assert refusal(login.refresh(short)) == (452, None)
    assert refusal(login.refresh(long)) == (100, None)
    assert refusal(login.refresh("nonsense")) == (190, None)
    clock.now += DAY
    fresh = login.refresh(long).json()
    assert fresh["expires_in"] == 5_184_000
    assert fresh["access_token"] != long
    clock.now += 59 * DAY
    assert refusal(login.refresh(long)) == (190, 463)
    assert login.refresh(fresh["access_token"]).status_code == 200


def test_the_profile_is_the_fields_asked_for(login):
    user = login.connect("alice")
    shown = user.fields("me", "id,username,name,threads_profile_picture_url,threads_biography,is_verified")
    assert (shown["username"], shown["name"], shown["is_verified"]) == ("alice", "alice", False)
    assert "threads_biography" not in shown, "what is empty is left out"
    assert refusal(user.get("/me", fields="id,no_such_field")) == (100, None)


def test_a_missing_scope_is_a_10(login, control):
    user = login.connect(deny_scopes="threads_content_publish threads_delete")
    assert refusal(user.post("/me/threads", media_type="TEXT", text="no")) == (10, None)
    assert user.get("/me").status_code == 200
    assert refusal(login.connect(scope="threads_content_publish").get("/me")) == (10, None)
    assert control.books() == []


def test_the_apps_own_token(login):
    given = {"grant_type": "client_credentials", "client_id": login.client[0], "client_secret": login.client[1]}
    answer = login.http.get(f"{login.root}/oauth/access_token", params=given).json()
    assert answer["access_token"] == f"TH|{login.client[0]}|{login.client[1]}"
    short = login.short()["access_token"]
    ask = {"input_token": short, "access_token": answer["access_token"]}
    assert login.http.get(f"{login.root}/debug_token", params=ask).json()["data"]["is_valid"] is True


def test_every_token_address_can_be_down(login, control):
    short = login.short()["access_token"]
    for ask in (lambda: login.exchange(short), lambda: login.refresh(short), lambda: login.redeem("any")):
        control.fault("threads", "token_endpoint_down")
        assert ask().status_code == 503
    assert login.exchange(short).status_code == 200
