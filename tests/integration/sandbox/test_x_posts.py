import pytest

from integration.sandbox.walks import XApp

FORBIDDEN_DUPLICATE = {
    "detail": "You are not allowed to create a Tweet with duplicate content.",
    "type": "about:blank",
    "title": "Forbidden",
    "status": 403,
}


def test_a_post_is_created_and_booked(alice, control):
    response = alice.post(text="hello")
    data = response.json()["data"]
    assert response.status_code == 201
    assert data == {"id": data["id"], "text": "hello", "edit_history_post_ids": [data["id"]]}
    assert data["id"].isdecimal()
    (entry,) = control.books()
    assert {name: entry[name] for name in ("platform", "account", "id", "content", "media", "replyTo", "deleted")} == {
        "platform": "x",
        "account": "alice",
        "id": data["id"],
        "content": "hello",
        "media": [],
        "replyTo": None,
        "deleted": False,
    }
    assert entry["at"] == "2026-09-21T14:13:20.000Z"
    assert "idempotencyKey" not in entry


@pytest.mark.parametrize(
    "body",
    [
        {"text": "a", "txet": "b"},
        {"text": 1},
        {"text": None},
        {},
        {"text": ""},
        {"text": "  \n"},
        {"text": "bad \ufffe"},
        {"text": "x" * 281},
        {"text": "日" * 141},
        {"text": "x" * 20_000},
        {"text": "a", "media": {}},
        {"text": "a", "media": {"media_ids": []}},
        {"text": "a", "media": {"media_ids": ["1", "2", "3", "4", "5"]}},
        {"text": "a", "media": {"media_ids": ["12345"]}},
        {"text": "a", "media": {"media_ids": ["x"]}},
        {"text": "a", "poll": {"options": ["one"], "duration_minutes": 10}},
        {"text": "a", "poll": {"options": ["one", "t" * 26], "duration_minutes": 10}},
        {"text": "a", "poll": {"options": ["one", "two"], "duration_minutes": 4}},
        {"text": "a", "poll": {"options": ["one", "two"], "duration_minutes": 10_081}},
        {"text": "a", "poll": {"options": ["1", "2", "3", "4", "5"], "duration_minutes": 10}},
        {"text": "a", "poll": {"options": ["one", ""], "duration_minutes": 10}},
        {"text": "a", "poll": {"options": ["one", "two"]}},
        {"text": "a", "poll": {"options": ["one", "two"], "duration_minutes": 10, "multiple": True}},
        {"text": "a", "poll": {"options": ["one", "two"], "duration_minutes": 10}, "media": {"media_ids": ["1"]}},
        {"text": "", "poll": {"options": ["one", "two"], "duration_minutes": 10}},
        {"text": "a", "poll": {"options": ["one", "two"], "duration_minutes": 5}, "card_uri": "card://1"},
        {"text": "a", "reply_settings": "nobody"},
        {"text": "a", "reply": {"in_reply_to_tweet_id": 5}},
        [],
    ],
)
def test_a_wrong_body_is_a_problem_and_is_not_booked(alice, control, body):
    response = alice.call("POST", "/2/tweets", json=body)
    problem = response.json()
    assert response.status_code == 400
    assert problem["type"].endswith("/2/problems/invalid-request")
    assert problem["errors"][0]["message"]
    assert control.books() == []


def test_a_poll_is_shown_where_it_is_asked_for(alice, control, clock):
    post_id = alice.posted("Which?", poll={"options": ["one", "two & three"], "duration_minutes": 5})
    path, named = f"/2/tweets/{post_id}", {"post.fields": "attachments"}
    bare = alice.get(path, **named).json()
    (poll_id,) = bare["data"]["attachments"]["poll_ids"]
    assert "includes" not in bare
    (poll,) = alice.get(path, expansions="attachments.poll_ids").json()["includes"]["polls"]
    options = [{"position": 1, "label": "one", "votes": 0}, {"position": 2, "label": "two & three", "votes": 0}]
    assert poll == {"id": poll_id, "options": options}
    asked = {"expansions": "attachments.poll_ids", "poll.fields": "duration_minutes,end_datetime,voting_status"}
    (poll,) = alice.get(path, **asked).json()["includes"]["polls"]
    assert (poll["duration_minutes"], poll["end_datetime"], poll["voting_status"]) == (5, "2026-09-21T14:18:20.000Z", "open")
    clock.now += 300
    assert alice.get(path, **asked).json()["includes"]["polls"][0]["voting_status"] == "closed"
    assert alice.get(path, **asked | {"poll.fields": "colour"}).status_code == 400
    (entry,) = control.books()
    assert entry["details"]["poll"] == {"id": poll_id, "options": ["one", "two & three"], "duration_minutes": 5}


def test_a_post_without_a_poll_has_none(alice):
    asked = {"post.fields": "attachments", "expansions": "attachments.poll_ids"}
    shown = alice.get(f"/2/tweets/{alice.posted('plain')}", **asked).json()
    assert "attachments" not in shown["data"]
    assert "includes" not in shown


def test_a_body_that_is_no_json_is_a_problem(alice):
    assert alice.call("POST", "/2/tweets", content=b"{text").status_code == 400


@pytest.mark.parametrize("text", ["x" * 280, "日" * 140, "https://example.com/" + "x" * 300, "👨‍👩‍👧‍👦" * 140])
def test_weight_and_not_length_is_what_counts(alice, text):
    assert alice.post(text=text).status_code == 201


def test_the_same_text_again_is_refused_until_the_window_has_passed(alice, x, control, clock):
    alice.posted("same")
    again = alice.post(text=" same ")
    assert (again.status_code, again.json()) == (403, FORBIDDEN_DUPLICATE)
    assert x.connect("bob").post(text="same").status_code == 201
    control.settle("x", duplicate_window_seconds=60)
    clock.now += 61
    assert alice.post(text="same").status_code == 201
    assert len(control.books(account="alice")) == 2


def test_a_deleted_post_is_gone_but_stays_in_the_books(alice, x, control):
    post_id = alice.posted("gone")
    assert x.connect("bob").call("DELETE", f"/2/tweets/{post_id}").status_code == 403
    assert alice.call("DELETE", f"/2/tweets/{post_id}").json() == {"data": {"deleted": True}}
    assert alice.call("DELETE", f"/2/tweets/{post_id}").status_code == 404
    assert "data" not in alice.get(f"/2/tweets/{post_id}").json()
    assert [entry["deleted"] for entry in control.books()] == [True]


def test_a_thread_is_a_chain_of_self_replies(alice):
    first = alice.posted("one")
    second = alice.posted("two", reply={"in_reply_to_tweet_id": first})
    shown = alice.get(f"/2/tweets/{second}", **{"post.fields": "conversation_id", "expansions": "author_id"}).json()
    assert shown["data"]["conversation_id"] == first
    assert shown["includes"]["users"][0]["username"] == "alice"


def test_an_expansion_brings_the_field_that_it_expands(alice):
    first = alice.posted("one")
    second = alice.posted("two", reply={"in_reply_to_tweet_id": first})
    shown = alice.get(f"/2/tweets/{second}", **{"post.fields": "id", "expansions": "referenced_posts"}).json()
    assert shown["data"]["referenced_posts"] == [{"type": "replied_to", "id": first}]
    assert "conversation_id" not in shown["data"]


def test_a_reply_needs_an_engaged_target(alice, x, control):
    bob = x.connect("bob")
    plain, inviting = alice.posted("nobody in particular"), alice.posted("what do you say, @Bob?")
    refused = bob.post(text="hi", reply={"in_reply_to_tweet_id": plain})
    assert refused.status_code == 403
    assert refused.json()["detail"].startswith("Reply to this conversation is not allowed")
    assert bob.post(text="hi", reply={"in_reply_to_tweet_id": inviting}).status_code == 201
    assert bob.post(text="ho", reply={"in_reply_to_tweet_id": "1"}).status_code == 403
    control.settle("x", reply_restriction=False)
    assert bob.post(text="ho", reply={"in_reply_to_tweet_id": plain}).status_code == 201


def test_leading_mentions_of_a_reply_are_free(alice, x):
    alice.posted("hello @bob")
    target = alice.posted("and you, @bob")
    reply = {"in_reply_to_tweet_id": target}
    bob = x.connect("bob")
    assert bob.post(text="@alice @bob " + "x" * 280).status_code == 400
    assert bob.post(text="@alice @bob " + "x" * 280, reply=reply).status_code == 201


def test_what_is_withdrawn_is_forbidden(alice, control):
    first = alice.posted("quote me")
    assert alice.post(text="look", quote_tweet_id=first).status_code == 403
    assert alice.post(text="better", edit_options={"previous_post_id": first}).status_code == 403
    assert alice.post(text="$AAPL and $MSFT").status_code == 403
    control.settle("x", quotes_allowed=True)
    assert alice.post(text="look", quote_tweet_id="5").status_code == 400
    assert alice.post(text="look", quote_tweet_id=first).status_code == 201


def test_text_comes_back_as_the_platform_gives_it(alice):
    text = "R&D <b> at example.com and https://www.example.org/a?b=1&c=2 by @bob #Fun"
    data = alice.post(text=text).json()["data"]
    shown = alice.get(f"/2/tweets/{data['id']}", **{"tweet.fields": "entities"}).json()["data"]
    assert data["text"] == shown["text"]
    assert shown["text"].startswith("R&amp;D &lt;b&gt; at https://t.co/")
    entities = shown["entities"]
    assert [url["expanded_url"] for url in entities["urls"]] == ["http://example.com", "https://www.example.org/a?b=1&c=2"]
    for url in entities["urls"]:
        assert shown["text"][url["start"] : url["end"]] == url["url"]
        assert len(url["url"]) == 23
    assert entities["urls"][1]["display_url"] == "example.org/a?b=1&c=2"
    assert [mention["username"] for mention in entities["mentions"]] == ["bob"]
    assert [tag["tag"] for tag in entities["hashtags"]] == ["Fun"]


def test_several_are_looked_up_at_once_and_missing_ones_are_named(alice, control):
    first, second = alice.posted("one"), alice.posted("two")
    control.call("POST", "metrics", json={"platform": "x", "id": first, "metrics": {"like_count": 3, "repost_count": 2}})
    alice.posted("three", reply={"in_reply_to_tweet_id": first})
    body = alice.get("/2/tweets", ids=f"{first},77,{second}", **{"tweet.fields": "public_metrics,referenced_tweets"}).json()
    assert [post["id"] for post in body["data"]] == [first, second]
    assert body["data"][0]["edit_history_tweet_ids"] == [first]
    assert body["data"][0]["public_metrics"] == {
        "retweet_count": 2,
        "reply_count": 1,
        "like_count": 3,
        "quote_count": 0,
        "bookmark_count": 0,
        "impression_count": 0,
    }
    assert [(error["resource_id"], error["type"].rpartition("/")[2]) for error in body["errors"]] == [
        ("77", "resource-not-found")
    ]
    renamed = alice.get("/2/tweets", ids=first, **{"post.fields": "public_metrics"}).json()["data"][0]
    assert renamed["public_metrics"]["repost_count"] == 2
    assert "edit_history_post_ids" in renamed


def test_private_metrics_are_the_authors_for_thirty_days(alice, x, clock):
    post_id = alice.posted("count me")
    wish = {"ids": post_id, "tweet.fields": "non_public_metrics"}
    assert alice.get("/2/tweets", **wish).json()["data"][0]["non_public_metrics"]["url_link_clicks"] == 0
    stranger = x.connect("bob").get("/2/tweets", **wish)
    assert stranger.status_code == 200
    assert "non_public_metrics" not in stranger.json()["data"][0]
    assert stranger.json()["errors"][0]["field"] == "non_public_metrics"
    clock.now += 31 * 86400
    assert "errors" in x.connect("alice").get("/2/tweets", **wish).json()


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/2/tweets", {}),
        ("/2/tweets", {"ids": "abc"}),
        ("/2/tweets", {"ids": ",".join(["1"] * 101)}),
        ("/2/tweets", {"ids": "1", "tweet.fields": "likes"}),
        ("/2/users/me", {"fields": "name"}),
        ("/2/users/1/tweets", {"max_results": "4"}),
        ("/2/users/1/tweets", {"max_results": "101"}),
        ("/2/users/1/tweets", {"start_time": "yesterday"}),
        ("/2/users/1/tweets", {"start_time": "2026-01-01T00:00:00"}),
        ("/2/users/1/tweets", {"start_time": "2026-01-02T00:00:00Z", "end_time": "2026-01-01T00:00:00Z"}),
        ("/2/users/1/tweets", {"since_id": "x"}),
        ("/2/users/1/tweets", {"pagination_token": "!!"}),
        ("/2/tweets/search/recent", {"query": ""}),
        ("/2/tweets/search/recent", {"query": "q" * 513}),
        ("/2/tweets/search/recent", {"query": "min_faves:3"}),
        ("/2/tweets/search/recent", {"query": "a", "max_results": "5"}),
    ],
)
def test_wrong_parameters_are_named(alice, path, params):
    response = alice.get(path, **params)
    assert response.status_code == 400
    assert response.json()["errors"][0]["parameters"]


@pytest.mark.parametrize(
    ("scope", "method", "path"),
    [
        ("tweet.read users.read", "POST", "/2/tweets"),
        ("tweet.write users.read", "POST", "/2/tweets"),
        ("users.read", "GET", "/2/users/me"),
        ("tweet.read users.read tweet.write", "POST", "/2/media/upload"),
        ("tweet.read users.read", "DELETE", "/2/tweets/1"),
    ],
)
def test_a_missing_scope_is_forbidden(x, control, scope, method, path):
    user = x.connect("alice", scope=scope)
    response = user.call(method, path, json={"text": "a"})
    assert (response.status_code, response.json()["title"]) == (403, "Forbidden")
    assert control.books() == []


@pytest.mark.parametrize("header", ["", "Bearer wrong", "Basic abc", "Bearer"])
def test_without_a_good_token_nothing_is_answered(url, header):
    app = XApp(url)
    response = app.http.get(f"{url}/x/2/users/me", headers={"Authorization": header} if header else {})
    assert response.status_code == 401
    assert response.json() == {"title": "Unauthorized", "detail": "Unauthorized", "type": "about:blank", "status": 401}


def test_an_unknown_path_is_a_problem_too(alice):
    response = alice.get("/2/nothing")
    assert (response.status_code, response.json()["status"]) == (404, 404)
