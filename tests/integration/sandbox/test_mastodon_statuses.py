from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from integration.sandbox.movies import movie
from integration.sandbox.walks import MP4, picture


def at(clock, seconds):
    return datetime.fromtimestamp(clock.now + seconds, UTC).isoformat()


def test_a_status_is_published_and_booked(ann, control, url):
    status = ann.posted("Hello #World", visibility="unlisted", spoiler_text="careful", language="de", sensitive=True)
    assert status["content"].startswith("<p>Hello <a ")
    assert (status["visibility"], status["spoiler_text"], status["language"], status["sensitive"]) == (
        "unlisted",
        "careful",
        "de",
        True,
    )
    assert status["url"] == f"{url}/mastodon/@ann/{status['id']}"
    assert status["tags"] == [{"name": "world", "url": f"{url}/mastodon/tags/world"}]
    assert status["application"]["name"] == "Test"
    assert status["account"]["statuses_count"] == 1
    (entry,) = control.books(platform="mastodon")
    assert (entry["account"], entry["id"], entry["content"]) == ("ann", status["id"], "Hello #World")
    assert "Hello #World" in ann.app.http.get(status["url"]).text


def test_a_form_says_the_same_as_json(ann):
    form = {
        "status": "by form",
        "visibility": "unlisted",
        "poll[options][]": ["a", "b"],
        "poll[expires_in]": "300",
        "poll[multiple]": "true",
    }
    status = ann.call("POST", "/api/v1/statuses", data=form).json()
    assert (status["content"], status["visibility"]) == ("<p>by form</p>", "unlisted")
    assert [option["title"] for option in status["poll"]["options"]] == ["a", "b"]
    assert status["poll"]["multiple"] is True


def test_an_idempotency_key_gives_the_first_status_again(ann, mastodon, control, clock):
    first = ann.posted("once", key="k1")
    again = ann.posted("once", key="k1")
    other_words = ann.posted("edited since", key="k1")
    assert first["id"] == again["id"] == other_words["id"]
    assert other_words["content"] == "<p>once</p>"
    assert mastodon.connect("bea").posted("once", key="k1")["id"] != first["id"], "a key belongs to an account"
    assert ann.posted("once", key="k2")["id"] != first["id"]
    assert [entry.get("idempotencyKey") for entry in control.books()] == ["k1", "k1", "k2"]
    clock.now += 3599
    assert ann.posted("once", key="k1")["id"] == first["id"]
    clock.now += 1
    assert ann.posted("once", key="k1")["id"] != first["id"], "after an hour the key is forgotten"


def test_without_a_key_everything_is_published(ann, control):
    assert ann.posted("same")["id"] != ann.posted("same")["id"]
    assert control.contents("mastodon") == ["same", "same"]


def test_the_same_key_at_the_same_moment_publishes_once(ann, control):
    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(lambda _: ann.posted("race", key="k")["id"], range(24)))
    assert len(set(ids)) == 1
    assert len(control.books()) == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"status": " \n"}, 422),
        ({"status": "x" * 501}, 422),
        ({"status": "x" * 300, "spoiler_text": "y" * 201}, 422),
        ({"status": "a", "visibility": "secret"}, 422),
        ({"status": "a", "in_reply_to_id": "5"}, 404),
        ({"status": "a", "media_ids": ["5"]}, 422),
        ({"status": "a", "media_ids": ["1", "2", "3", "4", "5"]}, 422),
        ({"status": "a", "poll": {"options": ["one"], "expires_in": 300}}, 422),
        ({"status": "a", "poll": {"options": ["1", "2", "3", "4", "5"], "expires_in": 300}}, 422),
        ({"status": "a", "poll": {"options": ["one", "one"], "expires_in": 300}}, 422),
        ({"status": "a", "poll": {"options": ["one", "t" * 51], "expires_in": 300}}, 422),
        ({"status": "a", "poll": {"options": ["one", " "], "expires_in": 300}}, 422),
        ({"status": "a", "poll": {"options": ["one", " one "], "expires_in": 300}}, 422),
        ({"status": "", "poll": {"options": ["one", "two"], "expires_in": 300}}, 422),
        ({"status": "a", "poll": {"options": ["one", "two"]}}, 422),
        ({"status": "a", "poll": {"options": ["one", "two"], "expires_in": 299}}, 422),
        ({"status": "a", "poll": {"options": ["one", "two"], "expires_in": 2_629_747}}, 422),
        ({"status": "a", "scheduled_at": "tomorrow"}, 422),
        ({"status": "a", "quoted_status_id": "5"}, 404),
    ],
)
def test_what_breaks_a_rule_is_refused_and_not_booked(ann, control, body, status):
    response = ann.call("POST", "/api/v1/statuses", json=body)
    assert response.status_code == status
    assert response.json()["error"]
    assert control.books() == []


def test_every_mistake_in_a_poll_is_named(ann):
    poll = {"options": ["one"], "expires_in": 1}
    error = ann.post("a", poll=poll).json()["error"]
    assert error == "Validation failed: Options must have more than one item, Expires at is too soon"


def test_a_poll_is_shown_and_booked(ann, mastodon, control, clock):
    poll = {"options": [" one", "two", "👩‍👩‍👧‍👧" * 50], "expires_in": 600, "multiple": True, "hide_totals": True}
    status = ann.posted("Which?", poll=poll)
    shown = status["poll"]
    assert [option["title"] for option in shown["options"]] == ["one", "two", "👩‍👩‍👧‍👧" * 50]
    assert [option["votes_count"] for option in shown["options"]] == [None] * 3
    assert (shown["multiple"], shown["expired"], shown["voters_count"], shown["voted"]) == (True, False, 0, True)
    assert datetime.fromisoformat(shown["expires_at"]).timestamp() == clock.now + 600
    assert ann.get(f"/api/v1/polls/{shown['id']}").json() == shown
    assert mastodon.connect("bea").get(f"/api/v1/statuses/{status['id']}").json()["poll"] == shown | {"voted": False}
    assert ann.get("/api/v1/polls/5").status_code == 404
    (entry,) = control.books()
    assert entry["details"]["poll"] == {**poll, "id": shown["id"], "options": ["one", "two", "👩‍👩‍👧‍👧" * 50]}
    clock.now += 600
    over = ann.get(f"/api/v1/polls/{shown['id']}").json()
    assert (over["expired"], [option["votes_count"] for option in over["options"]]) == (True, [0] * 3)


def test_a_status_without_a_poll_says_so(ann):
    assert ann.posted("no question")["poll"] is None


def test_a_poll_takes_no_files(ann, control):
    media_id = ann.upload(picture()).json()["id"]
    refused = ann.post("Which?", media_ids=[media_id], poll={"options": ["one", "two"], "expires_in": 300})
    assert (refused.status_code, refused.json()) == (422, {"error": "Cannot attach more than 4 files"})
    assert control.books() == []


def test_json_that_is_none_is_a_400(ann):
    for raw in (b"{status", b"[1]"):
        headers = {"Content-Type": "application/json"}
        assert ann.call("POST", "/api/v1/statuses", content=raw, headers=headers).status_code == 400


def test_links_and_foreign_mentions_count_less(ann):
    assert ann.post("x" * 476 + " https://example.com/" + "y" * 200).status_code == 200
    assert ann.post("x" * 477 + " https://example.com/" + "y" * 200).status_code == 422
    assert ann.post("x" * 495 + " @bob@far.away.example").status_code == 200


def test_the_instance_tells_its_own_limits(ann, control):
    control.settle("mastodon", max_characters=10)
    for path in ("/api/v2/instance", "/api/v1/instance"):
        shown = ann.get(path).json()["configuration"]
        assert shown["statuses"]["max_characters"] == 10
        assert shown["media_attachments"]["image_size_limit"] == 16_777_216
    assert ann.get("/api/v2/instance").json()["api_versions"] == {"mastodon": 11}
    assert ann.post("x" * 11).status_code == 422


def test_a_thread_has_a_context(ann, mastodon):
    root = ann.posted("root")
    reply = ann.posted("reply", in_reply_to_id=root["id"])
    leaf = mastodon.connect("bea").posted("leaf", in_reply_to_id=reply["id"])
    assert reply["in_reply_to_account_id"] == ann.me()["id"]
    context = ann.get(f"/api/v1/statuses/{reply['id']}/context").json()
    assert [status["id"] for status in context["ancestors"]] == [root["id"]]
    assert [status["id"] for status in context["descendants"]] == [leaf["id"]]
    assert ann.get(f"/api/v1/statuses/{root['id']}").json()["replies_count"] == 1
    both = ann.call("GET", "/api/v1/statuses", params={"id[]": [root["id"], "5", leaf["id"]]}).json()
    assert [status["id"] for status in both] == [root["id"], leaf["id"]]


def test_deleting_gives_the_text_back_for_a_redraft(ann, mastodon, control):
    status = ann.posted("draft <me>")
    assert mastodon.connect("bea").call("DELETE", f"/api/v1/statuses/{status['id']}").status_code == 404
    deleted = ann.call("DELETE", f"/api/v1/statuses/{status['id']}").json()
    assert deleted["text"] == "draft <me>"
    assert "content" not in deleted
    missing = ann.get(f"/api/v1/statuses/{status['id']}")
    assert (missing.status_code, missing.json()) == (404, {"error": "Record not found"})
    assert [entry["deleted"] for entry in control.books()] == [True]


def test_only_who_may_see_a_status_sees_it(ann, mastodon):
    bea, cid = mastodon.connect("bea"), mastodon.connect("cid")
    secret = ann.posted("psst @bea", visibility="direct")
    path = f"/api/v1/statuses/{secret['id']}"
    assert [user.get(path).status_code for user in (ann, bea, cid)] == [200, 200, 404]
    assert mastodon.http.get(f"{mastodon.url}/mastodon{path}").status_code == 404
    assert mastodon.http.get(secret["url"]).status_code == 404
    statuses = f"/api/v1/accounts/{ann.me()['id']}/statuses"
    assert [len(user.get(statuses).json()) for user in (ann, cid)] == [1, 0]


def test_an_accounts_statuses_are_paged(ann):
    ids = [ann.posted(f"post {number}")["id"] for number in range(7)]
    reply = ann.posted("reply", in_reply_to_id=ids[0])["id"]
    path = f"/api/v1/accounts/{ann.me()['id']}/statuses"

    def found(**params):
        return [status["id"] for status in ann.get(path, **params).json()]

    assert found(limit=2) == [reply, ids[6]]
    assert found(limit=2, max_id=ids[6]) == [ids[5], ids[4]]
    assert found(since_id=ids[4]) == [reply, ids[6], ids[5]]
    assert found(min_id=ids[1], limit=2) == [ids[3], ids[2]]
    assert found(exclude_replies="true") == ids[::-1]
    assert found(only_media="1") == []
    older = ann.get(path, limit=3).links["next"]["url"]
    assert [status["id"] for status in ann.app.http.get(older).json()] == [ids[4], ids[3], ids[2]]
    assert ann.get("/api/v1/accounts/5/statuses").status_code == 404


def test_accounts_are_looked_up_by_name(ann, mastodon, url):
    host = url.removeprefix("http://")
    for acct in ("ann", "@ann", f"ann@{host}"):
        assert ann.get("/api/v1/accounts/lookup", acct=acct).json()["id"] == ann.me()["id"]
    for acct in ("nobody", "ann@elsewhere.example", ""):
        assert ann.get("/api/v1/accounts/lookup", acct=acct).status_code == 404


def test_mentions_are_notified(ann, mastodon):
    bea = mastodon.connect("bea")
    first, second = (bea.posted(f"@ann number {number}")["id"] for number in (1, 2))
    bea.posted("about @anna")
    shown = ann.get("/api/v1/notifications", **{"types[]": "mention"}).json()
    assert [(item["type"], item["status"]["id"], item["account"]["acct"]) for item in shown] == [
        ("mention", second, "bea"),
        ("mention", first, "bea"),
    ]
    newest, oldest = (item["id"] for item in shown)
    assert [item["id"] for item in ann.get("/api/v1/notifications", since_id=oldest).json()] == [newest]
    assert ann.get("/api/v1/notifications", **{"types[]": "follow"}).json() == []
    assert bea.get("/api/v1/notifications").json() == []


def test_a_status_for_later_is_published_when_its_time_has_come(ann, control, clock):
    later = ann.posted("later", key="k", scheduled_at=at(clock, 600))
    assert later["params"]["text"] == "later"
    assert ann.posted("later", key="k", scheduled_at=at(clock, 600))["id"] == later["id"]
    assert [item["id"] for item in ann.get("/api/v1/scheduled_statuses").json()] == [later["id"]]
    assert control.books() == []
    clock.now += 600
    assert control.contents("mastodon") == ["later"]
    assert ann.get("/api/v1/scheduled_statuses").json() == []
    assert "content" in ann.posted("too near to wait", scheduled_at=at(clock, 299))


def test_a_status_for_later_can_be_called_off(ann, control, clock):
    media_id = ann.upload(picture()).json()["id"]
    later = ann.posted("never", media_ids=[media_id], scheduled_at=at(clock, 600))
    assert ann.post("steal", media_ids=[media_id]).status_code == 422
    assert ann.call("DELETE", f"/api/v1/scheduled_statuses/{later['id']}").json() == {}
    clock.now += 600
    assert control.books() == []
    assert ann.post("free again", media_ids=[media_id]).status_code == 200


def test_pictures_are_ready_at_once_and_gone_once_attached(ann, control, mastodon):
    uploaded = ann.upload(picture("JPEG", (40, 20)), description="A field", focus="0.0,0.0")
    item = uploaded.json()
    assert uploaded.status_code == 200
    assert (item["type"], item["description"], item["meta"]["original"]["size"]) == ("image", "A field", "40x20")
    assert ann.app.http.get(item["url"]).content == picture("JPEG", (40, 20))
    path = f"/api/v1/media/{item['id']}"
    assert mastodon.connect("bea").get(path).status_code == 404
    assert ann.call("PUT", path, data={"description": "A blue field"}).json()["description"] == "A blue field"
    status = ann.posted(media_ids=[item["id"]])
    assert status["content"] == ""
    assert [media["description"] for media in status["media_attachments"]] == ["A blue field"]
    assert [(media["altText"], media["mimeType"]) for media in control.books()[0]["media"]] == [("A blue field", "image/jpeg")]
    assert ann.get(path).status_code == 404
    assert ann.call("PUT", path, data={"description": "late"}).status_code == 404
    assert ann.post("again", media_ids=[item["id"]]).status_code == 422


def test_a_video_is_processed_first(ann, control, clock):
    control.settle("mastodon", processing_seconds=5)
    uploaded = ann.upload(MP4)
    item = uploaded.json()
    assert (uploaded.status_code, item["url"], item["type"]) == (202, None, "video")
    path = f"/api/v1/media/{item['id']}"
    assert ann.get(path).status_code == 206
    early = ann.post("early", media_ids=[item["id"]])
    assert early.status_code == 422
    assert "not finished processing" in early.json()["error"]
    clock.now += 5
    ready = ann.get(path)
    assert (ready.status_code, bool(ready.json()["url"])) == (200, True)
    image = ann.upload(picture()).json()["id"]
    assert ann.post("mixed", media_ids=[image, item["id"]]).status_code == 422
    assert ann.post("now", media_ids=[item["id"]]).status_code == 200
    assert control.contents("mastodon") == ["now"]


@pytest.mark.parametrize(
    ("film", "error"),
    [
        (movie(size=(3840, 2161)), "3840x2161 videos are not supported"),
        (movie(rate=121), "121fps videos are not supported"),
        (movie(total=103_809_025), "File file size must be less than 103809024 bytes"),
    ],
)
def test_a_video_is_held_to_the_instances_limits(ann, film, error):
    refused = ann.upload(film)
    assert refused.status_code == 422
    assert error in refused.json()["error"]


def test_a_video_within_them_is_described(ann):
    item = ann.upload(movie(size=(3840, 2160), rate=120)).json()
    assert item["meta"]["original"]["size"] == "3840x2160"


def test_processing_can_be_asked_for_and_can_fail(ann, control, clock):
    control.settle("mastodon", media_async="always", processing_fails=True)
    uploaded = ann.upload(picture())
    assert uploaded.status_code == 202
    clock.now += 2
    assert ann.get(f"/api/v1/media/{uploaded.json()['id']}").status_code == 422
    assert ann.upload(picture(), "/api/v1/media").status_code == 200, "the old call answers when all is done"


@pytest.mark.parametrize("content", [b"", b"plain text", b"<svg></svg>"])
def test_what_is_no_medium_is_refused(ann, content):
    assert ann.upload(content).status_code == 422


def test_an_upload_needs_its_file_and_a_description_has_an_end(ann):
    assert ann.call("POST", "/api/v2/media", data={"description": "nothing"}).status_code == 422
    assert ann.upload(picture(), description="x" * 1501).status_code == 422
    item = ann.upload(picture()).json()
    assert ann.call("DELETE", f"/api/v1/media/{item['id']}").json() == {}
    assert ann.get(f"/api/v1/media/{item['id']}").status_code == 404
