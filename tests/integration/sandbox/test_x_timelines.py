from integration.sandbox.walks import XApp


def walk(alice, path, **params):
    """All pages, as lists of texts."""
    pages, token = [], None
    while True:
        body = alice.get(path, **params, **({"pagination_token": token} if token else {})).json()
        pages.append([post["text"] for post in body.get("data", [])])
        assert body["meta"]["result_count"] == len(pages[-1])
        token = body["meta"].get("next_token")
        if token is None:
            return pages


def test_the_own_timeline_is_paged_newest_first(alice, x: XApp):
    for number in range(12):
        alice.posted(f"post {number}")
    x.connect("bob").posted("another's")
    path = f"/2/users/{alice.me()['id']}/tweets"
    pages = walk(alice, path, max_results=5)
    assert [len(page) for page in pages] == [5, 5, 2]
    assert [text for page in pages for text in page] == [f"post {number}" for number in range(11, -1, -1)]


def test_the_timeline_is_cut_by_time_and_by_id(alice, clock):
    old = alice.posted("old")
    clock.now += 60
    middle = alice.posted("middle")
    clock.now += 60
    new = alice.posted("new")
    path = f"/2/users/{alice.me()['id']}/tweets"

    def texts(**params):
        return [post["text"] for post in alice.get(path, **params).json().get("data", [])]

    assert texts(since_id=old) == ["new", "middle"]
    assert texts(until_id=new) == ["middle", "old"]
    assert texts(since_id=old, until_id=new) == ["middle"]
    assert texts(start_time="2026-09-21T14:14:20Z") == ["new", "middle"]
    assert texts(end_time="2026-09-21T14:14:20.000Z") == ["old"]
    assert texts(start_time="2026-09-21T16:14:21+02:00", since_id=middle) == ["new"]
    assert texts(since_id="9" * 19, until_id="") == []


def test_an_empty_timeline_has_no_data(alice):
    assert alice.get(f"/2/users/{alice.me()['id']}/tweets").json() == {"meta": {"result_count": 0}}


def test_replies_can_be_left_out_and_deleted_posts_are(alice):
    first = alice.posted("first")
    alice.posted("answer", reply={"in_reply_to_tweet_id": first})
    alice.call("DELETE", f"/2/tweets/{alice.posted('gone')}")
    path = f"/2/users/{alice.me()['id']}/tweets"
    assert walk(alice, path) == [["answer", "first"]]
    assert walk(alice, path, exclude="replies,retweets") == [["first"]]


def test_mentions_are_those_of_the_name_and_no_longer_one(alice, x):
    bob = x.connect("bob")
    bob.posted("hello @Alice")
    bob.posted("hello @alice_smith and mail@alice")
    bob.posted("@alice, again")
    assert walk(alice, f"/2/users/{alice.me()['id']}/mentions") == [["@alice, again", "hello @Alice"]]


def test_recent_search_speaks_the_usual_operators(alice, x, clock):
    bob = x.connect("bob")
    first = bob.posted("Cats are #fun")
    bob.posted("dogs are fun", reply={"in_reply_to_tweet_id": first})
    alice.posted("cats and dogs, @bob")

    def found(query):
        return walk(alice, "/2/tweets/search/recent", query=query)[0]

    assert found("cats") == ["cats and dogs, @bob", "Cats are #fun"]
    assert found("#fun") == ["Cats are #fun"]
    assert found("from:bob fun -#fun") == ["dogs are fun"]
    assert found(f"conversation_id:{first}") == ["dogs are fun", "Cats are #fun"]
    assert found('"and dogs"') == ["cats and dogs, @bob"]
    assert found("@bob") == ["cats and dogs, @bob"]
    assert found("-is:reply cats") == ["cats and dogs, @bob", "Cats are #fun"]
    clock.now += 8 * 86400
    late = x.connect("alice")
    assert walk(late, "/2/tweets/search/recent", query="cats") == [[]]


def test_users_are_found_by_id_and_name(alice, x, control):
    control.call("POST", "accounts", json={"platform": "x", "account": "carol", "name": "Carol C.", "followers": 42})
    shown = alice.get("/2/users/by/username/CAROL", **{"user.fields": "public_metrics,subscription_type"}).json()["data"]
    assert (shown["username"], shown["name"], shown["public_metrics"]["followers_count"]) == ("carol", "Carol C.", 42)
    assert alice.get(f"/2/users/{shown['id']}").json()["data"]["username"] == "carol"
    several = alice.get("/2/users/by", usernames="carol,nobody").json()
    assert [user["username"] for user in several["data"]] == ["carol"]
    assert several["errors"][0]["value"] == "nobody"
    assert "data" not in alice.get("/2/users/5").json()
