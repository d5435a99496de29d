from integration.sandbox.walks import picture


def test_the_front_page_shows_the_books_as_text(url, alice, ann):
    alice.posted("<script>alert('x')</script>")
    ann.posted("& <b>bold</b>")
    page = alice.app.http.get(url + "/")
    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "<script>" not in page.text
    assert "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;" in page.text
    assert "&amp; &lt;b&gt;bold&lt;/b&gt;" in page.text
    assert "Accepted: 2" in page.text


def test_the_books_are_in_order_and_by_platform_and_account(alice, ann, x, control):
    alice.posted("1")
    ann.posted("2")
    x.connect("bob").posted("3")
    assert [entry["content"] for entry in control.books()] == ["1", "2", "3"]
    assert control.contents("x") == ["1", "3"]
    assert [entry["content"] for entry in control.books(platform="x", account="BOB")] == ["3"]
    assert control.call("GET", "books", params={"platform": "myspace"}).status_code == 422


def test_reset_forgets_what_was_published_and_keeps_who_is_connected(alice, ann, control, clock):
    alice.posted("same")
    ann.posted("later", scheduled_at="2026-09-21T16:00:00Z")
    media_id = alice.upload(picture()).json()["data"]["id"]
    control.fault("x", "server_error", count=9)
    control.settle("x", duplicate_window_seconds=1, naming="tweet")
    assert control.call("POST", "reset").status_code == 204
    assert control.books() == []
    assert control.faults() == []
    assert control.call("GET", "settings").json()["data"]["x"]["naming"] == "post"
    assert alice.post(text="same", media={"media_ids": [media_id]}).status_code == 400
    assert alice.post(text="same").status_code == 201
    clock.now += 3 * 3600
    assert control.contents("mastodon") == []
    assert ann.me()["username"] == "ann"


def test_reset_of_everything_forgets_people_and_tokens_too(alice, ann, x, control):
    assert control.call("POST", "reset", json={"everything": True}).status_code == 204
    assert alice.get("/2/users/me").status_code == 401
    assert ann.get("/api/v1/accounts/verify_credentials").status_code == 401
    assert control.call("GET", "accounts").json() == {"data": []}
    assert x.connect("alice").me()["username"] == "alice"
    assert control.call("POST", "reset", json={"all": True}).status_code == 422


def test_accounts_can_be_made_and_changed(control, ann):
    made = control.call("POST", "accounts", json={"platform": "mastodon", "account": "zoe", "followers": 5}).json()
    changed = control.call(
        "POST", "accounts", json={"platform": "mastodon", "account": "zoe", "name": "Zoë", "following": 2}
    ).json()
    assert (made["id"], made["name"]) == (changed["id"], "zoe")
    assert (changed["name"], changed["followers"], changed["following"]) == ("Zoë", 5, 2)
    shown = ann.get("/api/v1/accounts/lookup", acct="zoe").json()
    assert (shown["display_name"], shown["followers_count"]) == ("Zoë", 5)
    assert control.call("POST", "accounts", json={"platform": "x", "account": "a b"}).status_code == 422


def test_metrics_are_what_somebody_set(ann, control):
    status = ann.posted("count me")
    body = {"platform": "mastodon", "id": status["id"], "metrics": {"favourites_count": 4}}
    assert control.call("POST", "metrics", json=body).status_code == 200
    assert ann.get(f"/api/v1/statuses/{status['id']}").json()["favourites_count"] == 4
    assert control.call("POST", "metrics", json={**body, "id": "5"}).status_code == 404
    assert control.call("POST", "metrics", json={**body, "metrics": {"favourites_count": -1}}).status_code == 422


def test_settings_are_shown_without_secrets_and_checked(control):
    shown = control.call("GET", "settings").json()["data"]
    assert shown["x"]["code_seconds"] == 30
    assert not [name for name in shown["x"] if "secret" in name]
    for wrong in ({"nothing": 1}, {"code_seconds": "soon"}, {"code_seconds": True}, {"reply_restriction": 3}):
        response = control.call("POST", "settings", json={"platform": "x", "settings": wrong})
        assert response.status_code == 422
        assert response.json()["error"]


def test_bodies_that_are_no_json_are_explained(control):
    response = control.call("POST", "faults", content=b"{")
    assert (response.status_code, response.json()) == (422, {"error": "the body must be JSON"})
