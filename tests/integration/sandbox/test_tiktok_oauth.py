import base64
import hashlib
from urllib.parse import quote

import pytest

from integration.sandbox.tiktok_walks import CLIENT, HEX, PKCE, SCOPES, TikTokApp, refused, succeeded
from integration.sandbox.walks import REDIRECT, VERIFIER, answered
from ocma_sandbox.config import Config
from ocma_sandbox.server import running

FIELDS = "open_id,union_id,avatar_url,display_name,username,follower_count,video_count"


@pytest.fixture
def tiktok(url):
    return TikTokApp(url)


@pytest.fixture
def tom(tiktok):
    return tiktok.connect("tom")


def test_a_person_sees_who_asks_for_what(tiktok):
    page = tiktok.authorize(approve="")
    assert page.status_code == 200
    for expected in ("OCMA", "video.publish", 'name="approve" value="0"', 'name="state" value="s3"'):
        assert expected in page.text


def test_approving_leads_back_with_code_scopes_and_state(tiktok):
    back = answered(tiktok.authorize())
    assert back.keys() == {"code", "scopes", "state"}
    assert (back["scopes"], back["state"]) == (SCOPES, "s3")


def test_denying_leads_back_with_the_error(tiktok):
    back = answered(tiktok.authorize(approve="0"))
    assert (back["error"], back["state"]) == ("access_denied", "s3")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("client_key", "stranger"),
        ("client_key", ""),
        ("response_type", "token"),
        ("redirect_uri", "http://elsewhere.example/callback"),
        ("redirect_uri", REDIRECT + "?a=b"),
        ("redirect_uri", REDIRECT + "#part"),
        ("redirect_uri", "https://a.example/" + "a" * 512),
        ("scope", ""),
        ("scope", "video.publish,everything"),
        ("account", "no spaces"),
    ],
)
def test_a_wrong_question_is_refused_and_never_redirected(tiktok, name, value):
    response = tiktok.authorize(**{name: value})
    assert response.status_code == 400
    assert "location" not in response.headers


def test_a_method_other_than_s256_is_refused(tiktok):
    assert tiktok.authorize(code_challenge=HEX, code_challenge_method="plain").status_code == 400


def test_client_id_is_not_the_name(tiktok):
    assert tiktok.authorize(client_key="", client_id=CLIENT["client_key"]).status_code == 400


def test_the_answer_is_flat(tiktok):
    response = tiktok.redeem(answered(tiktok.authorize())["code"])
    tokens = response.json()
    assert response.status_code == 200
    assert tokens.keys() == {
        *("access_token", "expires_in", "open_id", "refresh_token", "refresh_expires_in", "scope", "token_type"),
    }
    assert (tokens["expires_in"], tokens["refresh_expires_in"]) == (7200, 180 * 86400)
    assert (tokens["scope"], tokens["token_type"]) == (SCOPES, "Bearer")


def test_a_code_that_was_not_decoded_is_refused(tiktok):
    code = answered(tiktok.authorize())["code"]
    assert quote(code) != code
    assert tiktok.redeem(quote(code)).json()["error"] == "invalid_grant"
    assert "access_token" in tiktok.redeem(code).json()


def test_a_code_gives_tokens_once_and_not_for_ever(tiktok, clock):
    first, second = (answered(tiktok.authorize())["code"] for _ in range(2))
    assert "access_token" in tiktok.redeem(first).json()
    assert tiktok.redeem(first).json()["error"] == "invalid_grant"
    clock.now += 600
    assert tiktok.redeem(second).json()["error"] == "invalid_grant"


def test_errors_of_the_token_endpoint_come_with_200_or_not(tiktok, control):
    first = tiktok.redeem("x")
    assert first.status_code == 200
    assert first.json().keys() == {"error", "error_description", "log_id"}
    control.settle("tiktok", oauth_errors_with_200=False)
    assert tiktok.redeem("x").status_code == 400
    assert tiktok.token(client_secret="wrong").status_code == 401


def test_only_forms_are_taken(tiktok):
    response = tiktok.http.post(f"{tiktok.url}/tiktok/v2/oauth/token/", json={**CLIENT, "grant_type": "refresh_token"})
    assert response.json()["error"] == "invalid_request"
    assert "x-www-form-urlencoded" in response.json()["error_description"]


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"client_key": "stranger"}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"redirect_uri": "http://127.0.0.1:9/other"}, "invalid_request"),
    ],
)
def test_what_the_token_endpoint_refuses(tiktok, changed, error):
    code = answered(tiktok.authorize())["code"]
    assert tiktok.redeem(code, **changed).json()["error"] == error
    assert "access_token" in tiktok.redeem(code).json(), "a refused attempt must not burn the code"


def test_the_challenge_is_hexadecimal(tiktok):
    assert "access_token" in tiktok.redeem(answered(tiktok.authorize(**PKCE))["code"], code_verifier=VERIFIER).json()
    missing = tiktok.redeem(answered(tiktok.authorize(**PKCE))["code"]).json()
    assert missing["error_description"] == "Code verifier or code challenge is invalid."


def test_the_challenge_of_rfc_7636_is_refused_unless_so_set(tiktok, control):
    digest = hashlib.sha256(VERIFIER.encode()).digest()
    question = {**PKCE, "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode()}
    refusal = tiktok.redeem(answered(tiktok.authorize(**question))["code"], code_verifier=VERIFIER).json()
    assert refusal["error_description"] == "Code verifier or code challenge is invalid."
    control.settle("tiktok", pkce_encoding="base64url")
    assert "access_token" in tiktok.redeem(answered(tiktok.authorize(**question))["code"], code_verifier=VERIFIER).json()


def test_a_desktop_app_needs_a_challenge_and_a_web_app_https(clock):
    with running(Config(clock=clock, settings={"tiktok": {"app_type": "desktop"}})) as url:
        assert TikTokApp(url).authorize().status_code == 400
        assert TikTokApp(url).authorize(**PKCE).status_code == 302
        assert TikTokApp(url).authorize(**PKCE, redirect_uri="https://app.example/callback").status_code == 400
    with running(Config(clock=clock, settings={"tiktok": {"app_type": "web"}})) as url:
        assert TikTokApp(url).authorize().status_code == 400
        assert TikTokApp(url).authorize(redirect_uri="https://app.example/callback").status_code == 302


def test_each_refresh_rotates_and_the_old_one_stops_working(tiktok, tom):
    fresh = tiktok.refresh(tom.tokens["refresh_token"]).json()
    assert fresh["refresh_token"] != tom.tokens["refresh_token"]
    assert fresh["open_id"] == tom.tokens["open_id"]
    assert tiktok.refresh(tom.tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert "access_token" in tiktok.refresh(fresh["refresh_token"]).json()


def test_tokens_end_after_two_hours_and_180_days(tiktok, tom, clock):
    clock.now += 7199
    assert tom.get("/v2/user/info/", fields="open_id").status_code == 200
    clock.now += 1
    assert refused(tom.get("/v2/user/info/", fields="open_id")) == (401, "access_token_invalid")
    clock.now += 180 * 86400
    assert tiktok.refresh(tom.tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_revoking_ends_the_grant(tiktok, tom):
    other = tiktok.connect("tom")
    response = tiktok.token("revoke", token=tom.tokens["access_token"])
    assert (response.status_code, response.json()) == (200, {})
    assert refused(tom.get("/v2/user/info/", fields="open_id")) == (401, "access_token_invalid")
    assert tiktok.refresh(tom.tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert other.get("/v2/user/info/", fields="open_id").status_code == 200
    assert tiktok.token("revoke", token="x").json()["error"] == "invalid_request"


def test_a_user_may_grant_less_than_was_asked_for(tiktok, control):
    some = tiktok.connect("tom", deny_scopes="video.publish,user.info.basic")
    assert some.tokens["scope"] == SCOPES.replace(",video.publish", "")
    assert refused(some.post("/v2/post/publish/creator_info/query/")) == (401, "scope_not_authorized")
    control.settle("tiktok", withheld_scopes="video.list user.info.stats")
    less = tiktok.connect("tom")
    assert less.tokens["scope"] == "user.info.basic,user.info.profile,video.publish,video.upload"
    assert refused(less.post("/v2/video/list/", {}, fields="id")) == (401, "scope_not_authorized")
    assert refused(less.get("/v2/user/info/", fields="open_id,follower_count")) == (401, "scope_not_authorized")
    assert succeeded(less.get("/v2/user/info/", fields="username")) == {"user": {"username": "tom"}}


def test_the_user_is_told_by_fields(tiktok, tom, control):
    control.call("POST", "accounts", json={"platform": "tiktok", "account": "tom", "name": "Tom T", "followers": 12})
    user = succeeded(tom.get("/v2/user/info/", fields=FIELDS))["user"]
    assert user.keys() == set(FIELDS.split(","))
    assert (user["display_name"], user["username"], user["follower_count"]) == ("Tom T", "tom", 12)
    assert user["open_id"] == tom.tokens["open_id"]
    assert tiktok.http.get(user["avatar_url"]).headers["content-type"] == "image/svg+xml"
    assert tiktok.connect("ann").tokens["open_id"] != user["open_id"]


def test_fields_are_demanded_and_known(tom):
    assert refused(tom.get("/v2/user/info/")) == (400, "invalid_params")
    assert refused(tom.get("/v2/user/info/", fields="open_id,email")) == (400, "invalid_params")


def test_an_address_that_is_none_is_an_error_too(tom):
    assert refused(tom.get("/v2/user/info")) == (404, "unsupported_path")


def test_the_creator_is_told_what_may_be_chosen(tom, control):
    path = "/v2/post/publish/creator_info/query/"
    info = succeeded(tom.post(path))
    assert info.keys() == {
        *("creator_avatar_url", "creator_username", "creator_nickname", "privacy_level_options"),
        *("comment_disabled", "duet_disabled", "stitch_disabled", "max_video_post_duration_sec"),
    }
    assert (info["creator_username"], info["max_video_post_duration_sec"]) == ("tom", 600)
    assert info["privacy_level_options"] == ["PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"]
    control.settle("tiktok", private_accounts="tom")
    closed = succeeded(tom.post(path))["privacy_level_options"]
    assert closed == ["FOLLOWER_OF_CREATOR", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"]


def test_an_app_comes_back_after_a_reset(tiktok, tom, control):
    control.call("POST", "reset", json={"everything": True})
    assert refused(tom.get("/v2/user/info/", fields="open_id")) == (401, "access_token_invalid")
    assert tiktok.connect("tom").get("/v2/user/info/", fields="open_id").status_code == 200
