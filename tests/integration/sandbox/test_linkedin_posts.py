"""LinkedIn's posts and comments: what is accepted, how it is shown, and how the rest is refused."""

from datetime import UTC, datetime

import pytest

from integration.sandbox.linkedin_walk import MEMBER, PAGES, LinkedInApp, encoded

ELEMENTS = {
    r"plain": "plain",
    r"\(in brackets\) \\ \* \_ \~ \| \{ \} \[ \] \< \> \@": r"(in brackets) \ * _ ~ | { } [ ] < > @",
    r"#news and {hashtag|\#|more}": "#news and #more",
    r"thanks @[Ann Lee](urn:li:person:12) and @[Acme \(EU\)](urn:li:organization:7)": "thanks Ann Lee and Acme (EU)",
    r"https://example.com/a\_b?c=d&e=f": "https://example.com/a_b?c=d&e=f",
    "two\nlines": "two\nlines",
}


@pytest.fixture
def app(url):
    return LinkedInApp(url)


@pytest.fixture
def alice(app):
    return app.connect("alice")


@pytest.fixture
def page(alice):
    return alice.pages[0]


def test_a_member_posts_and_the_id_stands_in_a_header(alice, control):
    response = alice.post("hello")
    urn = response.headers["x-restli-id"]
    assert (response.status_code, response.content) == (201, b"")
    assert urn.startswith("urn:li:share:")
    assert {"x-li-uuid", "x-li-fabric", "x-li-request-id"} <= response.headers.keys()
    assert not [name for name in response.headers if "limit" in name or name == "retry-after"]
    (entry,) = control.books(platform="linkedin")
    assert {name: entry[name] for name in ("account", "id", "content", "media", "replyTo", "deleted")} == {
        "account": "alice",
        "id": urn,
        "content": "hello",
        "media": [],
        "replyTo": None,
        "deleted": False,
    }


def test_a_page_posts_under_its_own_account(alice, page, control):
    urn = alice.posted("from the page", page)
    assert [(entry["account"], entry["id"]) for entry in control.books()] == [("alice_page_1", urn)]
    shown = alice.get(f"/rest/posts/{encoded(urn)}").json()
    assert (shown["author"], shown["commentary"], shown["lifecycleState"]) == (page, "from the page", "PUBLISHED")


@pytest.mark.parametrize(("sent", "shown"), ELEMENTS.items())
def test_little_text_is_shown_without_its_escapes(alice, control, sent, shown):
    alice.posted(sent)
    assert control.contents("linkedin") == [shown]


@pytest.mark.parametrize(
    ("sent", "left"),
    [
        ("before (after)", "before "),
        ("mail ann@example.com", "mail ann"),
        ("a # b", "a "),
        ("5 * 3", "5 "),
        ("snake_case", "snake"),
        ("@[Ann](ann)", ""),
        ("{hashtag|x}", ""),
        ("end\\", "end"),
    ],
)
def test_a_stray_reserved_character_cuts_the_text_and_nobody_is_told(alice, control, sent, left):
    assert alice.post(sent).status_code == 201
    assert control.contents("linkedin") == [left]
    control.settle("linkedin", truncate_unescaped=False)
    control.call("POST", "reset")
    control.settle("linkedin", truncate_unescaped=False)
    alice.posted(sent)
    assert control.contents("linkedin") == [sent]


def test_a_read_post_has_its_hashtags_as_templates_and_keeps_its_escapes(alice, page):
    urn = alice.posted(r"\(see\) #news @[Acme](urn:li:organization:7)", page)
    shown = alice.get(f"/rest/posts/{encoded(urn)}").json()
    assert shown["commentary"] == r"\(see\) {hashtag|\#|news} @[Acme](urn:li:organization:7)"


@pytest.mark.parametrize("missing", ["author", "commentary", "visibility", "distribution", "lifecycleState"])
def test_a_missing_field_is_named(alice, control, missing):
    body = alice.body("a")
    del body[missing]
    response = alice.call("POST", "/rest/posts", json=body)
    assert response.status_code == 422
    assert f"ERROR :: /{missing} :: field is required but not found" in response.json()["message"]
    assert control.books() == []


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"unknown": 1}, 422, "ERROR :: /unknown :: unrecognized field found but not allowed"),
        ({"visibility": "FRIENDS"}, 422, "/visibility"),
        ({"lifecycleState": "DRAFT"}, 422, "/lifecycleState"),
        ({"distribution": {"feedDistribution": "ALL"}}, 422, "/distribution/feedDistribution"),
        ({"commentary": None}, 422, "/commentary"),
        ({"content": {"media": {}}}, 422, "/content/media/id"),
        ({"commentary": "  "}, 400, "INVALID_VALUE_BLANK_FIELD"),
        ({"commentary": "x" * 3001}, 400, "FIELD_LENGTH_TOO_LONG"),
        ({"author": "alice"}, 400, "INVALID_URN_ID"),
        ({"author": "urn:li:member:1"}, 400, "INVALID_URN_TYPE"),
        ({"author": "urn:li:person:1"}, 403, "ACCESS_DENIED"),
        ({"author": "urn:li:organization:1"}, 403, "ACCESS_DENIED"),
        ({"content": {"article": {"source": "ftp://a.b/"}}}, 400, "INVALID_VALUE_FOR_FIELD"),
        ({"content": {"article": {"source": "https://a.b/"}, "poll": {}}}, 422, "/content/poll/question"),
        ({"reshareContext": {"parent": "urn:li:share:1"}}, 400, "INVALID_VALUE_FOR_FIELD"),
    ],
)
def test_a_wrong_body_is_refused_and_not_booked(alice, control, change, status, said):
    response = alice.call("POST", "/rest/posts", json={**alice.body("a"), **change})
    body = response.json()
    assert (response.status_code, body["status"]) == (status, status)
    assert said in f"{body.get('code')} {body['message']}"
    assert control.books() == []


def test_every_wrong_field_is_named_at_once(alice):
    said = alice.call("POST", "/rest/posts", json={"txet": "a"}).json()["message"]
    assert said.count("ERROR :: ") == 6


@pytest.mark.parametrize("content", [b"{", b"[]", b""])
def test_what_is_no_json_object_is_refused(alice, content):
    response = alice.call("POST", "/rest/posts", content=content)
    assert (response.status_code, response.json()["code"]) == (400, "ILLEGAL_ARGUMENT")


def test_the_limit_counts_what_is_shown_and_not_the_escapes(alice):
    assert alice.post(r"\(" * 3000).status_code == 201
    refused = alice.post(r"\)" * 3001)
    assert refused.json()["message"] == "/commentary length 3001 can't exceeded maximum 3000 length"


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"LinkedIn-Version": None}, 400, "VERSION_MISSING"),
        ({"LinkedIn-Version": "202508"}, 426, "NONEXISTENT_VERSION"),
        ({"LinkedIn-Version": "202509"}, 426, "NONEXISTENT_VERSION"),
        ({"LinkedIn-Version": "202512"}, 426, "NONEXISTENT_VERSION"),
        ({"LinkedIn-Version": "latest"}, 426, "NONEXISTENT_VERSION"),
        ({"X-Restli-Protocol-Version": None}, 400, "ILLEGAL_ARGUMENT"),
        ({"Authorization": None}, 401, "EMPTY_ACCESS_TOKEN"),
        ({"Authorization": "Bearer wrong"}, 401, "INVALID_ACCESS_TOKEN"),
        ({"Authorization": "Basic d3Jvbmc6"}, 401, "INVALID_ACCESS_TOKEN"),
    ],
)
def test_the_headers_are_checked(alice, control, headers, status, code):
    response = alice.call("POST", "/rest/posts", headers=headers, json=alice.body("a"))
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert control.books() == []


def test_a_version_is_kept_for_its_year_and_the_newest_for_good(app, control, clock):
    def code(version):
        return app.connect("alice").call("GET", "/rest/posts", headers={"LinkedIn-Version": version}).json().get("message", "")

    clock.now = datetime(2026, 10, 14, 23, 59, tzinfo=UTC).timestamp()
    assert "not active" not in code("202510")
    clock.now += 60
    assert code("202510") == "Requested version 20251001 is not active"
    clock.now += 365 * 86400
    assert "not active" in code("202607")
    assert "not active" not in code("202609")
    control.settle("linkedin", extra_versions="202710 202711", retired_versions="202609")
    assert "not active" not in code("202711")
    assert "not active" in code("202609")


def test_a_member_only_token_is_told_that_pages_need_their_own_scopes(app, alice, page, control):
    control.settle("linkedin", scope_change_revokes=False)
    refused = app.connect("alice", MEMBER).post("as the page", page)
    assert refused.status_code == 400
    assert refused.json()["message"] == "Organization permissions must be used when using organization as author"


@pytest.mark.parametrize(
    ("role", "status"), [("CONTENT_ADMINISTRATOR", 201), ("ANALYST", 403), ("RECRUITING_POSTER", 403), ("", 403)]
)
def test_the_role_decides_who_may_post_as_a_page(alice, page, control, role, status):
    control.settle("linkedin", organization_role=role)
    assert alice.post("as the page", page).status_code == status


def test_anothers_page_is_not_ours(app, page):
    refused = app.connect("bob").post("as the page", page)
    assert refused.json()["message"].endswith("while processing fields [/author]")


def test_a_duplicate_is_refused_and_names_the_live_post(alice, page, control, clock):
    first = alice.posted("same")
    again = alice.post("same")
    assert again.status_code == 422
    assert again.json()["message"].endswith(f"Content is a duplicate of {first}")
    assert again.json()["errorDetails"]["inputErrors"][0]["code"] == "DUPLICATE_POST"
    assert alice.post("same", page).status_code == 201
    assert alice.post("same", content={"article": {"source": "https://example.com/"}}).status_code == 201
    clock.now += 600
    assert alice.post("same").status_code == 201
    assert control.contents("linkedin") == ["same"] * 4


def test_a_deleted_post_may_haunt(alice, control):
    first = alice.posted("same")
    alice.call("DELETE", f"/rest/posts/{encoded(first)}")
    control.settle("linkedin", duplicates_of_deleted=True)
    assert alice.post("same").json()["message"].endswith(first)
    control.settle("linkedin", duplicates_of_deleted=False)
    assert alice.post("same").status_code == 201


def test_an_article_keeps_what_was_said_about_it(alice, page):
    article = {"source": "https://example.com/", "title": "Example", "description": "A page"}
    urn = alice.posted("look", page, content={"article": article})
    assert alice.get(f"/rest/posts/{encoded(urn)}").json()["content"] == {"article": article}


def poll(question="Tea or coffee?", options=("Tea", "Coffee"), **more):
    given = {"question": question, "options": [{"text": text} for text in options], "settings": {"duration": "THREE_DAYS"}}
    return {"poll": {**given, **more}}


def test_a_poll_becomes_a_ugc_post(alice, page):
    urn = alice.posted("vote", page, content=poll())
    assert urn.startswith("urn:li:ugcPost:")
    assert alice.get(f"/rest/posts/{encoded(urn)}").json()["content"] == poll()


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (poll(options=["one"]), 422),
        (poll(options=["1", "2", "3", "4", "5"]), 422),
        (poll(settings={"duration": "ONE_YEAR"}), 422),
        (poll(question="q" * 141), 400),
        (poll(options=["a", "b" * 31]), 400),
        (poll(options=["a", " "]), 400),
        ({**poll(), "article": {"source": "https://a.b/"}}, 400),
    ],
)
def test_a_wrong_poll_is_refused(alice, control, content, status):
    assert alice.post("vote", content=content).status_code == status
    assert control.books() == []


def test_a_post_is_reshared_unless_its_author_minds(alice, page):
    first = alice.posted("original", page)
    closed = alice.posted("mine alone", page, isReshareDisabledByAuthor=True)
    second = alice.posted("", page, reshareContext={"parent": first})
    assert alice.get(f"/rest/posts/{encoded(second)}").json()["reshareContext"] == {"parent": first}
    assert alice.post("", page, reshareContext={"parent": closed}).status_code == 400


def test_a_members_posts_cannot_be_read_back(alice):
    mine = alice.posted("private to the API")
    assert alice.get(f"/rest/posts/{encoded(mine)}").json()["code"] == "ACCESS_DENIED"
    assert alice.get(f"/rest/posts?q=author&author={encoded(alice.urn)}").json()["code"] == "ACCESS_DENIED"


def test_a_pages_posts_are_listed_newest_first(alice, page, control, clock):
    urns = []
    for number in range(3):
        clock.now += 60
        urns.append(alice.posted(f"post {number}", page))
    alice.posted("elsewhere")
    alice.comment(urns[0], "no post")
    listed = alice.get(f"/rest/posts?q=author&author={encoded(page)}&count=2").json()
    assert [element["id"] for element in listed["elements"]] == [urns[2], urns[1]]
    assert listed["paging"]["total"] == 3
    assert listed["elements"][0]["publishedAt"] == int(clock.now * 1000)
    rest = alice.get(f"/rest/posts?q=author&author={encoded(page)}&count=2&start=2").json()
    assert [element["id"] for element in rest["elements"]] == [urns[0]]
    control.settle("linkedin", listing_lag_seconds=30)
    late = alice.get(f"/rest/posts?q=author&author={encoded(page)}").json()
    assert [element["id"] for element in late["elements"]] == [urns[1], urns[0]]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/rest/posts/urn:li:share:1", "Syntax exception in path variables"),
        ("/rest/posts?q=author&author=urn:li:organization:1", "Invalid query parameters passed to request"),
        ("/rest/posts?q=author", "Invalid query parameters passed to request"),
        ("/rest/posts?q=dscAdAccount", "Invalid query parameters passed to request"),
    ],
)
def test_urns_in_addresses_are_percent_encoded(alice, path, message):
    response = alice.get(path)
    assert (response.status_code, response.json()["message"]) == (400, message)


def test_reading_a_page_needs_its_scope_and_a_role(app, alice, page, control):
    urn = alice.posted("page", page)
    assert app.connect("bob").get(f"/rest/posts/{encoded(urn)}").status_code == 403
    control.settle("linkedin", scope_change_revokes=False)
    writer = app.connect("alice", f"{MEMBER} w_organization_social")
    assert writer.get(f"/rest/posts?q=author&author={encoded(page)}").status_code == 403
    assert alice.get(f"/rest/posts/{encoded('urn:li:share:1')}").json()["code"] == "NOT_FOUND"


def test_deleting_is_idempotent_and_for_the_author(app, alice, control):
    urn = alice.posted("gone")
    path = f"/rest/posts/{encoded(urn)}"
    assert app.connect("bob").call("DELETE", path).status_code == 403
    assert [alice.call("DELETE", path).status_code for _ in range(2)] == [204, 204]
    assert [entry["deleted"] for entry in control.books()] == [True]
    assert app.http.get(f"{app.url}/linkedin/feed/update/{urn}").status_code == 404


def test_an_edit_changes_the_text_and_adds_no_post(app, alice, page, control):
    urn = alice.posted("first", page)
    path, patch = f"/rest/posts/{encoded(urn)}", {"patch": {"$set": {"commentary": r"second \(better\)"}}}
    assert alice.call("POST", path, json=patch).status_code == 400, "the method must be named"
    header = {"X-RestLi-Method": "PARTIAL_UPDATE"}
    assert app.connect("bob").call("POST", path, json=patch, headers=header).status_code == 403
    assert alice.call("POST", path, json=patch, headers=header).status_code == 204
    assert control.contents("linkedin") == ["second (better)"]
    shown = alice.get(path).json()
    assert shown["lifecycleStateInfo"] == {"isEditedByAuthor": True}
    wrong = {"patch": {"$set": {"author": page}}}
    assert alice.call("POST", path, json=wrong, headers=header).status_code == 422


def test_the_public_page_shows_public_posts(app, alice):
    public, closed = alice.posted(r"\<b\>bold\</b\>"), alice.posted("closed", visibility="CONNECTIONS")
    shown = app.http.get(f"{app.url}/linkedin/feed/update/{public}/")
    assert "&lt;b&gt;bold" in shown.text
    assert app.http.get(f"{app.url}/linkedin/feed/update/{closed}").status_code == 404


def test_a_post_may_be_published_and_its_id_be_unknown(alice, control):
    control.settle("linkedin", omit_post_id=True)
    response = alice.post("which?")
    assert response.status_code == 201
    assert "x-restli-id" not in response.headers
    assert control.contents("linkedin") == ["which?"]


def test_a_conflict_is_over_at_the_next_try(alice, control):
    control.settle("linkedin", conflicts=1)
    first, second = alice.post("retry me"), alice.post("retry me")
    assert (first.status_code, first.json()["code"], second.status_code) == (409, "CONFLICT", 201)
    assert len(control.books()) == 1


def test_a_first_comment_goes_under_the_post(alice, page, control):
    post = alice.posted("read on", page)
    answer = alice.comment(post, r"the link: https://example.com/a\_b", actor=page)
    comment = answer.json()
    assert (answer.status_code, answer.headers["x-restli-id"]) == (201, comment["id"])
    assert (comment["object"], comment["actor"]) == (post, page)
    booked = control.books()[1]
    assert (booked["id"], booked["replyTo"], booked["account"]) == (comment["$URN"], post, "alice_page_1")
    assert booked["content"] == "the link: https://example.com/a_b"


def test_comments_are_answered_one_level_deep(alice, page):
    post = alice.posted("talk", page)
    comment = alice.comment(post, "first").json()["$URN"]
    reply = alice.comment(post, "answer", parentComment=comment).json()
    assert reply["parentComment"] == comment
    assert alice.comment(post, "too deep", parentComment=reply["$URN"]).status_code == 400
    under = alice.get(f"/rest/socialActions/{encoded(post)}/comments").json()["elements"]
    assert [element["message"]["text"] for element in under] == ["first"]
    answers = alice.get(f"/rest/socialActions/{encoded(comment)}/comments").json()["elements"]
    assert [element["$URN"] for element in answers] == [reply["$URN"]]


def test_comments_are_checked(app, alice, control):
    post, other = alice.posted("talk"), alice.posted("other")
    assert alice.comment(post, "x" * 1251).json()["code"] == "FIELD_LENGTH_TOO_LONG"
    assert alice.comment(post, " ").status_code == 400
    assert alice.comment(post, "a", object=other).status_code == 400
    assert alice.comment("urn:li:share:1", "a").status_code == 404
    assert alice.comment(post, "a", actor=app.connect("bob").urn).status_code == 403
    assert alice.get(f"/rest/socialActions/{encoded(post)}/comments").status_code == 403, "r_member_social is closed"
    assert len(control.books()) == 2
    assert app.connect("bob").comment(post, "x" * 1250).status_code == 201


def test_a_comment_is_deleted_by_its_actor_or_under_ones_own_post(app, alice, control):
    post = alice.posted("talk")
    bob, eve = app.connect("bob"), app.connect("eve")
    number = bob.comment(post, "hi").json()["id"]
    path = f"/rest/socialActions/{encoded(post)}/comments/{number}?actor="
    assert eve.call("DELETE", path + encoded(eve.urn)).status_code == 403
    assert bob.call("DELETE", path).status_code == 400
    assert [user.call("DELETE", path + encoded(user.urn)).status_code for user in (alice, bob)] == [204, 204]
    assert [entry["deleted"] for entry in control.books()] == [False, True]


def test_the_newer_comment_scopes_are_good_too(app):
    post = app.connect("alice").posted("talk")
    user = app.connect("bob", "openid profile w_member_social_feed")
    assert user.comment(post, "hi").status_code == 201
    assert user.post("no post").status_code == 403


def test_150_posts_a_day_then_midnight_utc(alice, page, app, control, clock):
    clock.now -= clock.now % 86400 + 60
    alice = app.connect("alice")
    control.settle("linkedin", rate_factor=0.02)
    assert [alice.post(f"post {number}").status_code for number in range(4)] == [201, 201, 201, 429]
    refused = alice.post("one more", page)
    assert refused.status_code == 429, "the member's token serves the page, too"
    assert (refused.json()["code"], refused.json()["serviceErrorCode"]) == ("TOO_MANY_REQUESTS", 101)
    assert "retry-after" not in refused.headers
    assert app.connect("bob").post("another member").status_code == 201
    clock.now += 60
    assert alice.post("a new day").status_code == 201
    assert len(control.books()) == 5


def test_the_daily_limit_of_the_app_and_no_limit_at_all(alice, app, control):
    bodies = [app.connect("bob").body("two"), alice.body("one")]
    control.settle("linkedin", app_calls_per_day=1)
    assert alice.call("POST", "/rest/posts", json=bodies.pop()).status_code == 201
    refused = app.connect("bob").call("POST", "/rest/posts", json=bodies.pop())
    assert "APPLICATION DAY limit" in refused.json()["message"]
    control.settle("linkedin", rate_factor=0)
    assert alice.post("three").status_code == 201


def test_what_a_page_counts(alice, page, control):
    first, second = alice.posted("counted", page), alice.posted("vote", page, content=poll())
    silent = alice.posted("without data", page)
    for urn, metrics in ((first, {"impressionCount": 10, "likeCount": 2}), (second, {"impressionCount": 30, "clickCount": 8})):
        control.call("POST", "metrics", json={"platform": "linkedin", "id": urn, "metrics": metrics})
    path = f"/rest/organizationalEntityShareStatistics?q=organizationalEntity&organizationalEntity={encoded(page)}"
    asked = f"&shares=List({encoded(first)},{encoded(silent)})&ugcPosts=List({encoded(second)})"
    shares = alice.get(path + asked).json()["elements"]
    assert [element.get("share") or element.get("ugcPost") for element in shares] == [first, second]
    assert shares[0]["totalShareStatistics"] == {
        **dict.fromkeys(("uniqueImpressionsCount", "clickCount", "commentCount", "shareCount"), 0),
        "impressionCount": 10,
        "likeCount": 2,
        "engagement": 0.2,
    }
    (whole,) = alice.get(path).json()["elements"]
    assert whole["totalShareStatistics"]["impressionCount"] == 40
    assert alice.get(f"{path}&shares={encoded(f'List({first})')}").status_code == 400, "encoded brackets are no list"


def test_what_a_member_counts(app, control):
    alice = app.connect("alice", f"{PAGES} r_member_postAnalytics r_member_profileAnalytics")
    urn = alice.posted("counted")
    metrics = {"IMPRESSION": 7, "POST_SAVE": 1}
    control.call("POST", "metrics", json={"platform": "linkedin", "id": urn, "metrics": metrics})
    control.call("POST", "accounts", json={"platform": "linkedin", "account": "alice", "followers": 5})

    def count(name, query="", version="202607"):
        query = query or f"q=entity&entity=(share:{encoded(urn)})"
        path = f"/rest/memberCreatorPostAnalytics?{query}&queryType={name}&aggregation=TOTAL"
        return alice.call("GET", path, headers={"LinkedIn-Version": version}).json()

    assert count("IMPRESSION")["elements"] == [{"count": 7, "metricType": "IMPRESSION", "targetEntity": {"share": urn}}]
    assert isinstance(count("IMPRESSION", version="202604")["elements"][0]["metricType"], dict)
    assert count("POST_SAVE", "q=me")["elements"][0]["count"] == 1
    assert count("POST_SAVE", version="202603")["status"] == 400
    assert count("LIKES")["status"] == 400
    assert count("IMPRESSION", f"q=entity&entity=(share:{encoded('urn:li:share:1')})")["status"] == 404
    assert alice.get("/rest/memberFollowersCount?q=me").json()["elements"] == [{"memberFollowersCount": 5}]


def test_an_unknown_path_is_a_problem_too(alice):
    response = alice.get("/rest/nothing")
    assert (response.status_code, response.json()["code"]) == (404, "NOT_FOUND")
