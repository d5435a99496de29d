"""Threads: containers, their states, the one publication of each, replies, and every refusal of the fact sheet."""

import json

import pytest

from integration.sandbox.graph_walks import media_server, refusal, threads_login
from integration.sandbox.movies import movie
from integration.sandbox.walks import MP4, picture

DAY = 86400


@pytest.fixture
def login(url):
    return threads_login(url)


@pytest.fixture
def alice(login):
    return login.connect("alice")


@pytest.fixture
def files():
    with media_server() as server:
        yield server


def container(user, **form):
    return user.made("/me/threads", **form)


def publish(user, container_id):
    return user.post("/me/threads_publish", creation_id=container_id)


def posted(user, text="hello", **form):
    response = publish(user, container(user, media_type="TEXT", text=text, **form))
    assert response.status_code == 200, response.text
    return response.json()["id"]


def state(user, container_id):
    shown = user.fields(container_id, "id,status,error_message")
    return shown["status"], shown.get("error_message")


def test_a_text_is_finished_at_once_and_published_once(alice, control):
    container_id = container(alice, media_type="TEXT", text="hello")
    assert state(alice, container_id) == ("FINISHED", None)
    assert control.books() == []
    post_id = publish(alice, container_id).json()["id"]
    assert post_id != container_id
    assert state(alice, container_id) == ("PUBLISHED", None)
    assert refusal(publish(alice, container_id)) == (24, 4279009)
    [entry] = control.books()
    assert (entry["account"], entry["id"], entry["content"]) == ("alice", post_id, "hello")
    shown = alice.fields(post_id, "id,permalink,text,timestamp,shortcode,media_type,username,media_product_type,is_reply")
    assert (shown["text"], shown["media_type"], shown["username"]) == ("hello", "TEXT_POST", "alice")
    assert (shown["timestamp"], shown["is_reply"]) == ("2026-09-21T14:13:20+0000", False)
    assert "hello" in alice.http.get(shown["permalink"]).text


def test_parameters_may_all_be_in_the_address_and_the_version_left_out(login, control):
    alice = login.connect()
    alice.version = ""
    me = alice.get("/me").json()["id"]
    made = alice.call("POST", f"/{me}/threads", params={"media_type": "TEXT", "text": "by address"}).json()["id"]
    assert alice.call("POST", f"/{me}/threads_publish", params={"creation_id": made}).status_code == 200
    assert control.contents("threads") == ["by address"]
    assert refusal(alice.get("/v1.1/me")) == (2500, None)


def test_an_image_is_fetched_processed_and_published(alice, control, clock, files):
    url = files.put("/a.jpg", picture("JPEG", (40, 30)))
    made = container(alice, media_type="IMAGE", image_url=url, text="look", alt_text="a field")
    assert [path for path, _agent in files.asked] == ["/a.jpg"]
    assert state(alice, made) == ("IN_PROGRESS", None)
    assert refusal(publish(alice, made)) == (24, 4279009)
    clock.now += 2
    assert state(alice, made) == ("FINISHED", None)
    post_id = publish(alice, made).json()["id"]
    [entry] = control.books()
    [medium] = entry["media"]
    assert (medium["altText"], medium["mimeType"], medium["width"]) == ("a field", "image/jpeg", 40)
    assert alice.fields(post_id, "alt_text,media_type") == {"alt_text": "a field", "media_type": "IMAGE", "id": post_id}


@pytest.mark.parametrize("answer", [(404, {}, b""), (301, {"Location": "/b.jpg"}, b""), (200, {}, b"")])
def test_an_image_that_cannot_be_fetched_is_refused(alice, control, files, answer):
    files.answers["/a.jpg"] = answer
    refused = alice.post("/me/threads", media_type="IMAGE", image_url=f"{files.url}/a.jpg")
    assert refusal(refused)[0] == 100
    assert "could not be fetched from this URI" in refused.json()["error"]["message"]


def test_images_are_sniffed_and_measured(alice, files):
    bad = {"/a.gif": picture("GIF"), "/a.jpg": b"no picture", "/b.jpg": picture("JPEG", (1100, 100))}
    for path, content in bad.items():
        assert refusal(alice.post("/me/threads", media_type="IMAGE", image_url=files.put(path, content)))[0] == 100, path
    assert container(alice, media_type="IMAGE", image_url=files.put("/c.png", picture("PNG")))


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (None, "FAILED_DOWNLOADING_VIDEO"),
        (b"no film", "FAILED_PROCESSING_VIDEO"),
        (movie(301), "INVALID_DURATION"),
    ],
)
def test_a_video_that_fails_is_a_container_in_error(alice, control, clock, files, content, error):
    url = f"{files.url}/none.mp4" if content is None else files.put("/v.mp4", content)
    made = container(alice, media_type="VIDEO", video_url=url)
    clock.now += 2
    assert state(alice, made) == ("ERROR", error)
    assert refusal(publish(alice, made)) == (100, None)
    assert control.books() == []


def test_a_video(alice, control, clock, files):
    made = container(alice, media_type="VIDEO", video_url=files.put("/v.mp4", MP4), text="film")
    clock.now += 2
    assert publish(alice, made).status_code == 200
    assert control.books()[0]["media"][0]["mimeType"] == "video/mp4"


def test_a_carousel_waits_for_its_children(alice, control, clock, files):
    items = [
        container(
            alice, media_type="IMAGE", is_carousel_item="true", alt_text=f"alt {n}", image_url=files.put(f"/{n}.png", picture())
        )
        for n in range(2)
    ]
    items.append(container(alice, media_type="VIDEO", is_carousel_item="true", video_url=files.put("/v.mp4", movie(3))))
    wish = {"media_type": "CAROUSEL", "children": ",".join(items), "text": "three"}
    assert refusal(alice.post("/me/threads", **wish)) == (100, None)
    clock.now += 2
    assert refusal(publish(alice, items[0])) == (100, None), "an item is no post"
    made = container(alice, **wish)
    assert state(alice, made)[0] == "IN_PROGRESS"
    clock.now += 2
    post_id = publish(alice, made).json()["id"]
    [entry] = control.books()
    assert [medium["altText"] for medium in entry["media"]] == ["alt 0", "alt 1", None]
    shown = alice.fields(post_id, "media_type,children")
    assert shown["media_type"] == "CAROUSEL_ALBUM"
    assert len(shown["children"]["data"]) == 3


def test_a_carousel_has_bounds_and_its_own_children(login, alice, clock, files):
    url = files.put("/a.png", picture())
    items = [container(alice, media_type="IMAGE", is_carousel_item="true", image_url=url) for _ in range(21)]
    plain = container(alice, media_type="IMAGE", image_url=url)
    foreign = container(login.connect("bob"), media_type="IMAGE", is_carousel_item="true", image_url=url)
    clock.now += 2
    for children in (items[:1], items, [items[0], plain], [items[0], foreign], [items[0], items[0]], [items[0], "404"]):
        assert refusal(alice.post("/me/threads", media_type="CAROUSEL", children=",".join(children))) == (100, None)
    assert container(alice, media_type="CAROUSEL", children=",".join(items[:20]))


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"media_type": "STORY", "text": "a"},
        {"media_type": "TEXT"},
        {"media_type": "TEXT", "text": "x" * 501},
        {"media_type": "TEXT", "text": "👋" * 126},
        {"media_type": "IMAGE"},
        {"media_type": "VIDEO", "text": "a"},
        {"media_type": "TEXT", "text": "a", "is_carousel_item": "true"},
        {"media_type": "TEXT", "text": "a", "reply_control": "nobody"},
        {"media_type": "TEXT", "text": "a", "topic_tag": "a.b"},
        {"media_type": "TEXT", "text": "a", "topic_tag": "x" * 51},
        {"media_type": "TEXT", "text": "a", "alt_text": "x" * 1001},
        {"media_type": "TEXT", "text": "a", "link_attachment": "nothing"},
        {"media_type": "TEXT", "text": "a", "poll_attachment": {"option_a": "one"}},
        {"media_type": "TEXT", "text": "a", "poll_attachment": {"option_a": "one", "option_b": "two", "option_e": "no"}},
        {"media_type": "TEXT", "text": "a", "poll_attachment": "not json"},
        {"media_type": "TEXT", "text": "a", "text_attachment": {"plaintext": "x" * 10_001}},
        {"media_type": "IMAGE", "image_url": "http://127.0.0.1:9/a", "link_attachment": "https://example.org"},
    ],
)
def test_what_cannot_be_a_container_is_refused(alice, form):
    assert refusal(alice.post("/me/threads", **form))[0] == 100


def test_links_are_counted_with_the_attachment(alice):
    text = " ".join(f"https://example.org/{number}" for number in range(5))
    refused = alice.post("/me/threads", media_type="TEXT", text=text, link_attachment="https://example.org/6")
    assert "THREADS_API__LINK_LIMIT_EXCEEDED" in refused.json()["error"]["message"]
    assert container(alice, media_type="TEXT", text=text, link_attachment="https://example.org/0")


def test_how_a_text_is_counted_can_be_set(alice, control):
    assert container(alice, media_type="TEXT", text="👋" * 125)
    assert container(alice, media_type="TEXT", text="界" * 500)
    control.settle("threads", text_counting="bytes")
    assert refusal(alice.post("/me/threads", media_type="TEXT", text="界" * 167)) == (100, None)


def test_options_are_kept_and_shown(alice):
    poll = {"option_a": "yes", "option_b": "no"}
    post_id = posted(alice, "which? #first #second", poll_attachment=poll, reply_control="mentioned_only")
    shown = alice.fields(
        post_id, "topic_tag,poll_attachment{option_a,option_b,expiration_timestamp},reply_audience,is_quote_post"
    )
    assert shown["topic_tag"] == "first"
    assert (shown["poll_attachment"]["option_a"], shown["poll_attachment"]["option_b"]) == ("yes", "no")
    assert shown["poll_attachment"]["expiration_timestamp"] == "2026-09-22T14:13:20+0000"
    quote = posted(alice, "see", quote_post_id=post_id, topic_tag="chosen", link_attachment="https://example.org/x")
    shown = alice.fields(quote, "quoted_post,topic_tag,link_attachment_url,is_quote_post")
    assert (shown["quoted_post"], shown["topic_tag"], shown["is_quote_post"]) == ({"id": post_id}, "chosen", True)
    assert shown["link_attachment_url"] == "https://example.org/x"


def test_a_chain_of_replies(login, alice, control):
    first = posted(alice, "one")
    second = posted(alice, "two", reply_to_id=first)
    third = posted(alice, "three", reply_to_id=second)
    assert [entry["replyTo"] for entry in control.books()] == [None, first, second]
    shown = alice.fields(third, "is_reply,replied_to,root_post")
    assert (shown["is_reply"], shown["replied_to"], shown["root_post"]) == (True, {"id": second}, {"id": first})
    assert [each["id"] for each in alice.get("/me/threads").json()["data"]] == [first]
    assert [each["id"] for each in alice.get("/me/replies").json()["data"]] == [third, second]
    assert [each["id"] for each in alice.get(f"/{first}/replies").json()["data"]] == [second]
    assert [each["id"] for each in alice.get(f"/{first}/conversation").json()["data"]] == [third, second]
    less = login.connect(deny_scopes="threads_manage_replies")
    assert refusal(less.post("/me/threads", media_type="TEXT", text="no", reply_to_id=first)) == (10, None)


def test_a_parent_may_not_be_seen_yet(alice, control, clock):
    control.settle("threads", read_lag_seconds=5)
    first = posted(alice, "one")
    wish = {"media_type": "TEXT", "text": "two", "reply_to_id": first}
    assert refusal(alice.post("/me/threads", **wish)) == (24, 4279009)
    assert alice.get("/me/threads").json() == {"data": []}
    clock.now += 6
    assert container(alice, **wish)
    assert len(alice.get("/me/threads").json()["data"]) == 1


def test_auto_publish_publishes_with_the_create_call(alice, control):
    post_id = container(alice, media_type="TEXT", text="at once", auto_publish_text="true")
    assert [entry["id"] for entry in control.books()] == [post_id]
    assert alice.fields(post_id, "text")["text"] == "at once"


def test_a_container_expires_after_a_day(alice, control, clock):
    made = container(alice, media_type="TEXT", text="late")
    clock.now += DAY
    assert state(alice, made) == ("EXPIRED", None)
    assert refusal(publish(alice, made)) == (24, 4279009)
    assert control.books() == []


def test_containers_are_ones_own(login, alice, control):
    made = container(alice, media_type="TEXT", text="mine")
    bob = login.connect("bob")
    assert refusal(publish(bob, made)) == (24, 4279009)
    assert refusal(bob.get(f"/{made}", fields="status")) == (100, 33)
    assert refusal(bob.post("/me/threads_publish")) == (100, None)
    assert refusal(bob.post(f"/{alice.get('/me').json()['id']}/threads", media_type="TEXT", text="a")) == (100, 33)
    assert control.books() == []


def test_quotas_of_posts_replies_and_deletions(alice, control, clock):
    control.settle("threads", post_limit=2, reply_limit=1, delete_limit=1)
    first, second = posted(alice, "one"), posted(alice, "two")
    assert refusal(publish(alice, container(alice, media_type="TEXT", text="three"))) == (613, None)
    posted(alice, "reply", reply_to_id=first)
    assert refusal(publish(alice, container(alice, media_type="TEXT", text="again", reply_to_id=first))) == (613, None)
    assert alice.call("DELETE", f"/{second}").json() == {"success": True, "deleted_id": second}
    assert refusal(alice.call("DELETE", f"/{first}")) == (613, None)
    wanted = "quota_usage,config,reply_quota_usage,reply_config,delete_quota_usage,delete_config"
    [limit] = alice.get("/me/threads_publishing_limit", fields=wanted).json()["data"]
    assert limit["config"] == {"quota_total": 2, "quota_duration": DAY}
    assert (limit["quota_usage"], limit["reply_quota_usage"], limit["delete_quota_usage"]) == (2, 1, 1)
    clock.now += DAY + 1
    assert posted(alice, "the next day")


def test_only_ones_own_posts_are_deleted(login, alice, control):
    post_id = posted(alice, "mine")
    assert refusal(login.connect("bob").call("DELETE", f"/{post_id}")) == (100, 33)
    less = login.connect(deny_scopes="threads_delete")
    assert refusal(less.call("DELETE", f"/{post_id}")) == (10, None)
    alice.call("DELETE", f"/{post_id}")
    assert refusal(alice.get(f"/{post_id}")) == (100, 33)


def test_a_repost_is_a_post(login, alice, control):
    post_id = posted(login.connect("bob"), "bob's")
    again = alice.made(f"/{post_id}/repost")
    assert alice.fields(again, "media_type,reposted_post")["reposted_post"] == {"id": post_id}
    assert [entry["account"] for entry in control.books()] == ["bob", "alice"]
    assert refusal(alice.get(f"/{again}/insights", metric="views")) == (100, 33)


def test_the_list_is_bounded_by_time_and_paged(alice, clock):
    ids = []
    for number in range(4):
        ids.append(posted(alice, f"post {number}"))
        clock.now += 100
    answer = alice.get("/me/threads", fields="id,text", limit=3, since=int(clock.now) - 310).json()
    assert [each["id"] for each in answer["data"]] == ids[:0:-1]
    assert "next" not in answer["paging"]
    page = alice.get("/me/threads", limit=1, after=answer["paging"]["cursors"]["before"]).json()["data"]
    assert [each["id"] for each in page] == [ids[2]]
    both = alice.get("/me/threads", after="x", before="y")
    assert refusal(both) == (100, None)
    assert refusal(alice.get("/me/threads", after="%%%")) == (100, None)


def test_mentions_search_and_look_up(login, alice):
    bob = login.connect("bob")
    heard = posted(bob, "dear @alice, news about tea #Tea")
    posted(bob, "nothing")
    assert [each["id"] for each in alice.get("/me/mentions").json()["data"]] == [heard]
    assert [each["id"] for each in alice.get("/keyword_search", q="news").json()["data"]] == [heard]
    assert [each["id"] for each in alice.get("/keyword_search", q="tea", search_mode="TAG").json()["data"]] == [heard]
    assert login.connect(deny_scopes="threads_keyword_search").get("/keyword_search", q="news").json() == {"data": []}
    assert refusal(alice.get("/keyword_search", q="a", since=1_688_540_399)) == (100, None)
    assert alice.get("/profile_lookup", username="bob").json()["username"] == "bob"


def test_a_reply_is_hidden_by_whom_it_was_given_to(login, alice):
    post_id = posted(alice, "post")
    reply = posted(login.connect("bob"), "rude", reply_to_id=post_id)
    assert refusal(login.connect("bob").post(f"/{reply}/manage_reply", hide="true")) == (100, 33)
    assert alice.post(f"/{reply}/manage_reply", hide="true").json() == {"success": True}
    assert alice.fields(reply, "hide_status")["hide_status"] == "HIDDEN"


def test_insights(alice, control):
    post_id = posted(alice, "post")
    control.call("POST", "metrics", json={"platform": "threads", "id": post_id, "metrics": {"views": 9, "likes": 2}})
    shown = alice.get(f"/{post_id}/insights", metric="views,likes,replies,reposts,quotes,shares").json()["data"]
    assert {each["name"]: each["values"][0]["value"] for each in shown}["views"] == 9
    assert shown[0]["period"] == "lifetime"
    assert refusal(alice.get(f"/{post_id}/insights", metric="views,impressions")) == (100, None)
    profile = alice.get("/me/threads_insights", metric="views,likes,followers_count").json()["data"]
    assert profile[0]["values"][0]["value"] == 9
    assert [each["total_value"]["value"] for each in profile[1:]] == [2, 0]
    assert refusal(alice.get("/me/threads_insights", metric="views", since=1_712_991_599)) == (100, None)


@pytest.mark.parametrize("said", ["4279013", "100/4279013", "100/2207051", "190/463", "10", "2"])
def test_every_refusal_can_be_asked_for(alice, control, said):
    made = container(alice, media_type="TEXT", text="a")
    control.settle("threads", refuse_publish=said)
    code, _, subcode = said.partition("/")
    assert refusal(publish(alice, made)) == (int(code), int(subcode) if subcode else None)
    assert state(alice, made)[0] == "FINISHED"
    control.settle("threads", refuse_publish="")
    assert publish(alice, made).status_code == 200


def test_a_container_can_be_made_to_fail(alice, control):
    control.settle("threads", container_error="UNKNOWN")
    made = container(alice, media_type="TEXT", text="a")
    control.settle("threads", container_error="")
    assert state(alice, made) == ("ERROR", "UNKNOWN")
    assert json.dumps(control.books()) == "[]"


def test_reposts_and_what_publishes_itself_are_publishing_calls(alice, control):
    post_id = posted(alice)
    control.fault("threads", "accept_500")
    assert container(alice, media_type="TEXT", text="only made")
    assert alice.post(f"/{post_id}/repost").status_code == 500
    control.fault("threads", "accept_500")
    assert alice.post("/me/threads", media_type="TEXT", text="at once", auto_publish_text="true").status_code == 500
    assert control.contents("threads") == ["hello", "", "at once"]
