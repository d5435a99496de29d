import pytest

from integration.sandbox.walks import VERIFIER, answered
from integration.sandbox.youtube_walks import CLIENT, PREFIX, SCOPES, YouTubeApp, refused

WEEK, HALF_YEAR = 7 * 86400, 182 * 86400


@pytest.fixture
def youtube(url):
    return YouTubeApp(url)


@pytest.fixture
def yan(youtube):
    return youtube.connect("yan")


def me(user, part="id"):
    return user.get("/channels", part=part, mine="true")


def test_a_person_sees_who_asks_for_what(youtube):
    page = youtube.authorize(approve="")
    assert page.status_code == 200
    for expected in ("OCMA", "youtube.upload", 'name="approve" value="0"', 'name="state" value="s4"'):
        assert expected in page.text


def test_approving_leads_back_with_code_scope_and_state(youtube):
    back = answered(youtube.authorize())
    assert back.keys() == {"code", "scope", "state"}
    assert (back["scope"], back["state"]) == (SCOPES, "s4")
    assert answered(youtube.authorize(approve="0")) == {"error": "access_denied", "state": "s4"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("client_id", "stranger"),
        ("response_type", "token"),
        ("redirect_uri", "/relative"),
        ("scope", ""),
        ("scope", "youtube.upload"),
        ("access_type", "sometimes"),
        ("code_challenge_method", "S512"),
        ("account", "no spaces"),
    ],
)
def test_a_wrong_question_is_refused_and_never_redirected(youtube, name, value):
    response = youtube.authorize(**{name: value})
    assert response.status_code == 400
    assert "location" not in response.headers


def test_the_first_consent_gives_a_refresh_token(youtube):
    tokens = youtube.tokens(prompt="")
    assert tokens.keys() == {"access_token", "expires_in", "scope", "token_type", "refresh_token"}
    assert (tokens["expires_in"], tokens["scope"], tokens["token_type"]) == (3599, SCOPES, "Bearer")


def test_a_later_consent_gives_one_only_when_prompted(youtube, yan):
    assert "refresh_token" not in youtube.tokens(prompt="")
    assert "refresh_token" in youtube.tokens(prompt="consent")
    assert "refresh_token" in youtube.tokens(prompt="", account="ann"), "it is the first of another account"


def test_without_offline_access_there_is_none(youtube):
    assert "refresh_token" not in youtube.tokens(access_type="")
    assert "refresh_token" not in youtube.tokens(access_type="online")


def test_a_code_needs_its_verifier_address_and_client(youtube):
    code = answered(youtube.authorize())["code"]
    for changed, error in (
        ({"code_verifier": "w" * 43}, "invalid_grant"),
        ({"code_verifier": ""}, "invalid_grant"),
        ({"redirect_uri": "http://127.0.0.1:9/other"}, "redirect_uri_mismatch"),
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"client_id": "stranger"}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ):
        response = youtube.redeem(code, **changed)
        assert response.json()["error"] == error
        assert response.status_code == (401 if error == "invalid_client" else 400)
    assert youtube.redeem("").json()["error"] == "invalid_request"
    assert youtube.redeem(code).status_code == 200, "a refused attempt must not burn the code"
    assert youtube.redeem(code).json()["error"] == "invalid_grant"


def test_pkce_is_optional(youtube):
    code = answered(youtube.authorize(code_challenge="", code_challenge_method=""))["code"]
    assert youtube.redeem(code, code_verifier="").status_code == 200


def test_a_refresh_gives_an_access_token_and_keeps_the_refresh_token(youtube, yan):
    for _ in range(2):
        fresh = youtube.refresh(yan.tokens["refresh_token"])
        assert fresh.status_code == 200
        assert fresh.json().keys() == {"access_token", "expires_in", "scope", "token_type"}
    yan.tokens = fresh.json()
    assert me(yan).status_code == 200


def test_an_access_token_ends_after_an_hour(youtube, yan, clock):
    clock.now += 3598
    assert me(yan).status_code == 200
    clock.now += 1
    assert refused(me(yan)) == (401, "authError")
    assert me(yan).json()["error"]["status"] == "UNAUTHENTICATED"


def test_a_refresh_token_dies_of_half_a_year_without_use(youtube, yan, clock):
    clock.now += HALF_YEAR - 1
    assert youtube.refresh(yan.tokens["refresh_token"]).status_code == 200
    clock.now += HALF_YEAR - 1
    assert youtube.refresh(yan.tokens["refresh_token"]).status_code == 200, "each use prolongs it"
    clock.now += HALF_YEAR
    response = youtube.refresh(yan.tokens["refresh_token"])
    assert (response.status_code, response.json()["error"]) == (400, "invalid_grant")


def test_in_testing_it_dies_after_a_week(youtube, control, clock):
    control.settle("youtube", testing=True)
    tokens = youtube.tokens()
    assert tokens["refresh_token_expires_in"] == WEEK
    clock.now += WEEK - 1
    assert youtube.refresh(tokens["refresh_token"]).status_code == 200
    clock.now += 1
    assert youtube.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_the_oldest_of_too_many_refresh_tokens_dies_silently(youtube, control):
    control.settle("youtube", live_refresh_tokens=2)
    other = youtube.tokens(account="ann")["refresh_token"]
    first, second, third = (youtube.tokens()["refresh_token"] for _ in range(3))
    assert youtube.refresh(first).json()["error"] == "invalid_grant"
    assert [youtube.refresh(token).status_code for token in (second, third, other)] == [200] * 3


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_revoking_either_token_ends_everything(youtube, yan, kind):
    again, other = youtube.connect("yan"), youtube.connect("ann")
    assert youtube.revoke(yan.tokens[kind]).status_code == 200
    assert [me(user).status_code for user in (yan, again, other)] == [401, 401, 200]
    assert youtube.refresh(again.tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert youtube.revoke(yan.tokens[kind]).json()["error"] == "invalid_token"
    assert "refresh_token" in youtube.tokens(prompt=""), "the next consent is a first one"


def test_a_user_may_untick_scopes(youtube, control):
    some = youtube.connect("yan", deny_scopes="youtube.upload,youtube,youtube.force-ssl")
    assert some.tokens["scope"] == PREFIX + "youtube.readonly"
    assert refused(some.begin()) == (403, "insufficientPermissions")
    details = some.begin().json()["error"]["details"]
    assert details[0]["reason"] == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"
    control.settle("youtube", withheld_scopes="youtube.readonly")
    assert "readonly" not in youtube.tokens(account="ann")["scope"]


def test_what_was_granted_before_can_be_kept(youtube):
    upload, read = PREFIX + "youtube.upload", PREFIX + "youtube.readonly"
    youtube.tokens(scope=upload)
    assert youtube.tokens(scope=read)["scope"] == read
    assert youtube.tokens(scope=read, include_granted_scopes="true")["scope"] == f"{read} {upload}"


def test_only_forms_are_taken(youtube):
    response = youtube.http.post(f"{youtube.url}/youtube/token", json={**CLIENT, "code_verifier": VERIFIER})
    assert (response.status_code, response.json()["error"]) == (400, "invalid_request")


def test_the_channel_of_a_grant(yan, control):
    control.call("POST", "accounts", json={"platform": "youtube", "account": "yan", "name": "Yan Y", "followers": 12_345})
    (channel,) = yan.items("/channels", part="snippet,statistics,contentDetails", mine="true")
    assert channel.keys() == {"kind", "etag", "id", "snippet", "statistics", "contentDetails"}
    assert (channel["snippet"]["title"], channel["snippet"]["customUrl"]) == ("Yan Y", "@yan")
    assert channel["statistics"] == {
        "viewCount": "0",
        "subscriberCount": "12300",
        "hiddenSubscriberCount": False,
        "videoCount": "0",
    }
    assert channel["id"].startswith("UC")
    assert channel["contentDetails"]["relatedPlaylists"]["uploads"] == "UU" + channel["id"][2:]
    for found in ({"forHandle": "@yan"}, {"forUsername": "yan"}, {"id": channel["id"]}):
        assert [item["id"] for item in yan.items("/channels", part="id", **found)] == [channel["id"]]
    assert yan.items("/channels", part="id", forHandle="@nobody") == []


def test_a_google_account_may_have_no_channel(yan, control):
    control.settle("youtube", channelless_accounts="yan")
    assert yan.items("/channels", part="id", mine="true") == []
    assert refused(yan.begin()) == (401, "youtubeSignupRequired")
    control.settle("youtube", channelless_accounts="", suspended_accounts="yan")
    assert refused(yan.begin()) == (403, "channelSuspended")


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"mine": "true"}, "missingRequiredParameter"),
        ({"part": "id"}, "missingRequiredParameter"),
        ({"part": "id,secrets", "mine": "true"}, "unknownPart"),
        ({"part": "id", "mine": "true", "id": "UC1"}, "incompatibleParameters"),
        ({"part": "id", "mine": "true", "userId": "1"}, "badRequest"),
    ],
)
def test_parameters_are_checked(yan, params, reason):
    assert refused(yan.get("/channels", **params)) == (400, reason)


def test_a_token_may_stand_in_the_query(youtube, yan):
    params = {"part": "id", "mine": "true", "access_token": yan.tokens["access_token"]}
    assert youtube.http.get(f"{youtube.url}/youtube/youtube/v3/channels", params=params).status_code == 200
    params["access_token"] = "x"
    assert refused(youtube.http.get(f"{youtube.url}/youtube/youtube/v3/channels", params=params)) == (401, "authError")
