"""Posts, photos, stories, comments of a page: what is accepted and how, and every refusal of the fact sheet."""

import json

import pytest

from integration.sandbox.graph_walks import FACEBOOK_SCOPES, FacebookLogin, media_server, refusal
from integration.sandbox.walks import picture

DAY = 86400


@pytest.fixture
def login(url):
    return FacebookLogin(url)


@pytest.fixture
def page(login):
    return login.page()


@pytest.fixture
def files():
    with media_server() as server:
        yield server


def photo(page, content=None, **form):
    return page.call("POST", f"/{page.id}/photos", data=form, files={"source": ("a.jpg", content or picture("JPEG"))})


def unpublished(page, number):
    return photo(page, picture("JPEG", (20 + number, 10)), published="false", alt_text_custom=f"alt {number}").json()["id"]


def test_a_text_is_booked_once_and_can_be_read_back(page, control):
    post_id = page.made(f"/{page.id}/feed", message="Grüße 👋")
    assert post_id.startswith(f"{page.id}_")
    [entry] = control.books()
    assert (entry["platform"], entry["account"], entry["accountId"]) == ("facebook", "alice", page.id)
    assert (entry["id"], entry["content"], entry["media"]) == (post_id, "Grüße 👋", [])
    shown = page.fields(post_id, "id,message,created_time,permalink_url,is_published,from,status_type")
    assert shown["message"] == "Grüße 👋"
    assert shown["created_time"] == "2026-09-21T14:13:20+0000"
    assert shown["is_published"] is True
    assert "Grüße" in page.http.get(shown["permalink_url"]).text


def test_the_parameters_may_be_in_the_address_or_json(page, control):
    assert page.call("POST", f"/{page.id}/feed", params={"message": "address"}).status_code == 200
    assert page.call("POST", f"/{page.id}/feed", json={"message": "json"}).status_code == 200
    assert control.contents("facebook") == ["address", "json"]


def test_a_link_is_kept_beside_the_text(page):
    post_id = page.made(f"/{page.id}/feed", message="read", link="https://example.org/a")
    [attachment] = page.fields(post_id, "attachments")["attachments"]["data"]
    assert (attachment["type"], attachment["url"]) == ("share", "https://example.org/a")
    assert page.made(f"/{page.id}/feed", link="https://example.org/only")


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({}, (100, None)),
        ({"message": "   "}, (100, None)),
        ({"message": "x" * 63_207}, (100, None)),
        ({"message": "a", "link": "no address"}, (100, 2061006)),
        ({"message": "a", "link": "https://www.facebook.com/somebody"}, (100, 1609008)),
        ({"message": "a", "published": "maybe"}, (100, None)),
        ({"message": "a", "attached_media": [{"media_fbid": "404"}]}, (100, None)),
        ({"message": "a", "attached_media": ["404"]}, (100, None)),
        ({"message": "a", "attached_media": "[broken"}, (100, None)),
        ({"message": "a", "attached_media": [{"media_fbid": str(number)} for number in range(11)]}, (100, None)),
    ],
)
def test_what_cannot_be_posted_is_refused_and_not_booked(page, control, form, expected):
    assert refusal(page.post(f"/{page.id}/feed", **form)) == expected
    assert control.books() == []


def test_a_message_of_the_full_length_is_taken(page):
    assert page.made(f"/{page.id}/feed", message="x" * 63_206)


def test_the_same_text_twice_running_is_506(page, control):
    first = page.made(f"/{page.id}/feed", message="same")
    assert refusal(page.post(f"/{page.id}/feed", message="same")) == (506, None)
    page.made(f"/{page.id}/feed", message="other")
    again = page.made(f"/{page.id}/feed", message="same")
    assert first != again
    page.call("DELETE", f"/{again}")
    assert refusal(page.post(f"/{page.id}/feed", message="other")) == (506, None)
    control.settle("facebook", duplicates_refused=False)
    assert page.made(f"/{page.id}/feed", message="other")


def test_another_page_may_say_the_same(login, control):
    first, second = login.pages(login.connect())
    for each in (first, second):
        each.made(f"/{each.id}/feed", message="same")
    assert [entry["account"] for entry in control.books()] == ["alice", "alice_2"]


def test_one_photo_is_a_post_of_its_own(page, control):
    answer = photo(page, message="look", alt_text_custom="a blue field").json()
    assert answer["post_id"] == f"{page.id}_{answer['id']}"
    [entry] = control.books()
    assert (entry["id"], entry["content"]) == (answer["post_id"], "look")
    [medium] = entry["media"]
    assert (medium["altText"], medium["mimeType"], medium["width"], medium["height"]) == ("a blue field", "image/jpeg", 8, 6)
    shown = page.fields(answer["post_id"], "attachments{target{id}}")
    assert shown["attachments"]["data"][0]["target"]["id"] == answer["id"]
    assert page.fields(answer["id"], "alt_text_custom,page_story_id")["page_story_id"] == answer["post_id"]


def test_a_photo_can_be_fetched_by_address(page, control, files):
    url = files.put("/a.png", picture("PNG", (30, 20)))
    assert page.post(f"/{page.id}/photos", url=url, caption="fetched").json()["post_id"]
    [entry] = control.books()
    assert (entry["content"], entry["media"][0]["width"]) == ("fetched", 30)
    [(path, agent)] = files.asked
    assert path == "/a.png"
    assert "facebookexternalhit" in agent


@pytest.mark.parametrize(
    "answer",
    [(404, {}, b"no"), (302, {"Location": "/else.png"}, b""), (200, {}, b""), (200, {"Content-Length": "900"}, b"short")],
)
def test_an_address_that_gives_no_file_is_refused(page, control, files, answer):
    files.answers["/a.png"] = answer
    files.put("/else.png", picture())
    assert refusal(page.post(f"/{page.id}/photos", url=f"{files.url}/a.png")) == (100, 2061006)
    assert control.books() == []


def test_an_address_must_be_one_and_be_quick(page, control, files):
    files.slow.add("/a.png")
    control.settle("facebook", fetch_seconds=0.3)
    assert refusal(page.post(f"/{page.id}/photos", url=files.put("/a.png", picture()))) == (100, 2061006)
    assert refusal(page.post(f"/{page.id}/photos", url="file:///etc/hostname")) == (100, 2061006)
    control.settle("facebook", https_only=True)
    assert refusal(page.post(f"/{page.id}/photos", url=files.put("/b.png", picture()))) == (100, 2061006)
    assert "/b.png" not in [path for path, _agent in files.asked]


def test_photos_are_sniffed_and_weighed(page, control):
    assert refusal(photo(page, b"no picture at all")) == (324, 2069019)
    assert refusal(photo(page, picture("WEBP"))) == (324, 2069019)
    assert refusal(page.post(f"/{page.id}/photos", message="no file")) == (324, 2069019)
    assert refusal(photo(page, picture("JPEG") + b"\0" * 4 * 1024 * 1024)) == (100, 1366046)
    for kind in ("GIF", "PNG", "BMP", "TIFF"):
        assert photo(page, picture(kind), message=kind).status_code == 200
    assert control.contents("facebook") == ["GIF", "PNG", "BMP", "TIFF"]


@pytest.mark.parametrize("style", ["json", "indexed"])
def test_several_photos_are_uploaded_unpublished_and_attached_in_order(page, control, style):
    ids = [unpublished(page, number) for number in range(3)]
    assert control.books() == []
    wanted = [{"media_fbid": each} for each in ids[::-1]]
    indexed = {f"attached_media[{place}]": json.dumps(each) for place, each in enumerate(wanted)}
    form = {"attached_media": wanted} if style == "json" else indexed
    post_id = page.made(f"/{page.id}/feed", message="album", **form)
    [entry] = control.books()
    assert entry["id"] == post_id
    assert [medium["altText"] for medium in entry["media"]] == ["alt 2", "alt 1", "alt 0"]
    [album] = page.fields(post_id, "attachments{subattachments,target{id}}")["attachments"]["data"]
    assert [each["target"]["id"] for each in album["subattachments"]["data"]] == ids[::-1]


def test_photos_that_were_posted_are_not_posted_again(page, control):
    photo_id = unpublished(page, 1)
    wanted = [{"media_fbid": photo_id}]
    page.made(f"/{page.id}/feed", message="first", attached_media=wanted)
    assert refusal(page.post(f"/{page.id}/feed", message="second", attached_media=wanted)) == (100, 1366051)
    assert refusal(page.post(f"/{page.id}/photo_stories", photo_id=photo_id)) == (100, 1366051)
    assert len(control.books()) == 1


def test_another_pages_photo_cannot_be_attached(login, control):
    first, second = login.pages(login.connect())
    wanted = [{"media_fbid": unpublished(first, 1)}]
    assert refusal(second.post(f"/{second.id}/feed", message="not mine", attached_media=wanted)) == (100, None)
    assert control.books() == []


def test_a_photo_story_is_made_of_an_unpublished_photo(page, control):
    answer = page.post(f"/{page.id}/photo_stories", photo_id=unpublished(page, 1)).json()
    assert answer["success"] is True
    [entry] = control.books()
    assert entry["media"][0]["altText"] == "alt 1"
    [story] = page.get(f"/{page.id}/stories").json()["data"]
    assert (story["post_id"], story["status"], story["media_type"]) == (answer["post_id"], "PUBLISHED", "photo")
    assert page.get(f"/{page.id}/published_posts").json() == {"data": []}
    assert refusal(page.post(f"/{page.id}/photo_stories", photo_id="404")) == (100, 33)


def test_comments_and_replies_are_booked_with_what_they_answer(page, control, files):
    post_id = page.made(f"/{page.id}/feed", message="post")
    comment_id = page.made(f"/{post_id}/comments", message="first!")
    reply_id = page.made(f"/{comment_id}/comments", attachment_url=files.put("/c.png", picture()))
    booked = {entry["id"]: entry for entry in control.books()}
    assert booked[comment_id]["replyTo"] == post_id
    assert booked[reply_id]["replyTo"] == comment_id
    assert len(booked[reply_id]["media"]) == 1
    top = page.get(f"/{post_id}/comments", fields="id,message,from").json()["data"]
    assert [(each["id"], each["message"]) for each in top] == [(comment_id, "first!")]
    assert [each["id"] for each in page.get(f"/{post_id}/comments", filter="stream").json()["data"]] == [reply_id, comment_id]
    assert page.fields(post_id, "comments.summary(true).limit(0)")["comments"]["summary"]["total_count"] == 2
    assert page.fields(reply_id, "parent")["parent"] == {"id": comment_id}


def test_comments_are_refused_too(login, page, control):
    post_id = page.made(f"/{page.id}/feed", message="post")
    assert refusal(page.post(f"/{post_id}/comments")) == (100, None)
    assert refusal(page.post(f"/{post_id}/comments", message="x" * 8_001)) == (100, None)
    assert refusal(page.post(f"/{page.id}_404/comments", message="to nothing")) == (100, 33)
    less = login.page(scope=FACEBOOK_SCOPES.replace("pages_manage_engagement,", ""))
    assert refusal(less.post(f"/{post_id}/comments", message="no scope")) == (200, None)
    control.settle("facebook", page_tasks="CREATE_CONTENT")
    assert refusal(page.post(f"/{post_id}/comments", message="no task")) == (200, None)
    assert len(control.books()) == 1


def test_who_may_publish(login, page, control):
    user = login.connect()
    assert refusal(user.post(f"/{page.id}/feed", message="as a user")) == (210, None)
    other = login.page("bob")
    assert refusal(other.post(f"/{page.id}/feed", message="not my page")) == (100, 33)
    less = login.page(scope="pages_show_list,pages_read_engagement")
    assert refusal(less.post(f"/{page.id}/feed", message="no scope")) == (200, None)
    control.settle("facebook", page_tasks="ANALYZE,MODERATE")
    assert refusal(page.post(f"/{page.id}/feed", message="no task")) == (200, None)
    control.settle("facebook", page_tasks="PROFILE_PLUS_CREATE_CONTENT")
    assert page.made(f"/{page.id}/feed", message="as a new page")
    assert control.contents("facebook") == ["as a new page"]


def test_a_post_is_changed_and_deleted(page, control):
    post_id = page.made(f"/{page.id}/feed", message="before")
    assert page.post(f"/{post_id}", message="after").json() == {"success": True}
    assert page.fields(post_id, "message")["message"] == "after"
    assert page.call("DELETE", f"/{post_id}").json() == {"success": True}
    assert refusal(page.get(f"/{post_id}")) == (100, 33)
    assert refusal(page.call("DELETE", f"/{post_id}")) == (100, 33)
    [entry] = control.books()
    assert (entry["content"], entry["deleted"]) == ("after", True)


def test_a_schedule_is_kept_listed_and_run(page, control, clock):
    due = int(clock.now) + 3600
    post_id = page.made(f"/{page.id}/feed", message="later", published="false", scheduled_publish_time=due)
    assert control.books() == []
    [waiting] = page.get(f"/{page.id}/scheduled_posts", fields="id,scheduled_publish_time,is_published").json()["data"]
    assert waiting == {"id": post_id, "scheduled_publish_time": due, "is_published": False}
    clock.now = due + 1
    assert [(entry["id"], entry["content"]) for entry in control.books()] == [(post_id, "later")]
    assert page.get(f"/{page.id}/scheduled_posts").json() == {"data": []}
    assert page.fields(post_id, "created_time")["created_time"] == "2026-09-21T15:13:20+0000"


@pytest.mark.parametrize("ahead", [599, 30 * DAY + 60, -5])
def test_a_schedule_has_bounds(page, clock, ahead):
    given = {"message": "a", "published": "false", "scheduled_publish_time": int(clock.now + ahead)}
    assert refusal(page.post(f"/{page.id}/feed", **given)) == (100, None)
    assert refusal(page.post(f"/{page.id}/feed", **{**given, "published": "true"})) == (100, None)


def test_what_waits_can_be_taken_back(page, control, clock):
    post_id = page.made(f"/{page.id}/feed", message="a", published="false", scheduled_publish_time=int(clock.now + 700))
    page.call("DELETE", f"/{post_id}")
    clock.now += 800
    assert control.books() == []


def test_the_list_of_posts_is_newest_first_bounded_and_lagging(page, control, clock):
    ids = []
    for number in range(5):
        ids.append(page.made(f"/{page.id}/feed", message=f"post {number}"))
        clock.now += 60
    answer = page.get(f"/{page.id}/published_posts", fields="id,message", limit=2).json()
    assert [post["id"] for post in answer["data"]] == [ids[4], ids[3]]
    following = page.http.get(answer["paging"]["next"], headers={"Authorization": f"Bearer {page.token}"}).json()
    assert [post["id"] for post in following["data"]] == [ids[2], ids[1]]
    since = int(clock.now) - 130
    assert [post["id"] for post in page.get(f"/{page.id}/feed", since=since).json()["data"]] == [ids[4], ids[3]]
    until = page.get(f"/{page.id}/posts", until="2026-09-21T14:13:30+00:00").json()["data"]
    assert [post["id"] for post in until] == [ids[0]]
    control.settle("facebook", read_lag_seconds=90)
    assert [post["id"] for post in page.get(f"/{page.id}/feed", limit=1).json()["data"]] == [ids[3]]
    assert refusal(page.get(f"/{ids[4]}")) == (100, 33)


def test_counting_needs_a_scope_of_its_own(login, page, control):
    post_id = page.made(f"/{page.id}/feed", message="post")
    control.call("POST", "metrics", json={"platform": "facebook", "id": post_id, "metrics": {"reactions": 4, "shares": 2}})
    shown = page.fields(post_id, "shares,comments.summary(true).limit(0),reactions.summary(true).limit(0)")
    assert shown["shares"] == {"count": 2}
    assert shown["reactions"] == {"data": [], "summary": {"total_count": 4}}
    less = login.page(scope="pages_show_list,pages_manage_posts,pages_read_engagement")
    assert refusal(less.get(f"/{post_id}", fields="reactions.summary(true).limit(0)")) == (10, None)


def test_insights_are_what_was_set_and_one_dead_name_fails_all(page, control):
    post_id = page.made(f"/{page.id}/feed", message="post")
    metrics = {"post_media_view": 31, "likes": 3}
    control.call("POST", "metrics", json={"platform": "facebook", "id": post_id, "metrics": metrics})
    shown = page.get(f"/{post_id}/insights", metric="post_media_view,post_reactions_by_type_total").json()["data"]
    assert [(each["name"], each["values"][0]["value"]) for each in shown] == [
        ("post_media_view", 31),
        ("post_reactions_by_type_total", {"like": 3}),
    ]
    for dead in ("post_impressions", "post_engaged_users"):
        assert refusal(page.get(f"/{post_id}/insights", metric=f"post_media_view,{dead}")) == (100, None)
    control.call("POST", "accounts", json={"platform": "facebook", "account": "alice", "followers": 12})
    shown = page.get(f"/{page.id}/insights", metric="page_follows,page_media_view", period="day").json()["data"]
    assert [each["values"][0]["value"] for each in shown] == [12, 31]
    assert refusal(page.get(f"/{page.id}/insights", metric="page_fans")) == (100, None)


@pytest.mark.parametrize("said", ["368", "368/1390008", "200", "190/459", "1", "2", "100/33", "506", "100/1404078"])
def test_every_refusal_can_be_asked_for(page, control, said):
    control.settle("facebook", refuse_publish=said)
    code, _, subcode = said.partition("/")
    refused = page.post(f"/{page.id}/feed", message="refused")
    assert refusal(refused) == (int(code), int(subcode) if subcode else None)
    assert refused.json()["error"]["is_transient"] is (said in {"1", "2"})
    assert control.books() == []
    control.settle("facebook", refuse_publish="")
    assert page.made(f"/{page.id}/feed", message="refused")


def test_every_call_that_makes_something_live_is_a_publishing_call(page, control, clock):
    post_id = page.made(f"/{page.id}/feed", message="post")
    story = unpublished(page, 1)
    calls = {
        "photo": lambda: photo(page, message="photo"),
        "story": lambda: page.post(f"/{page.id}/photo_stories", photo_id=story),
        "comment": lambda: page.post(f"/{post_id}/comments", message="comment"),
    }
    for number, (name, call) in enumerate(calls.items()):
        control.fault("facebook", "accept_500")
        later = {"message": "later", "published": "false", "scheduled_publish_time": int(clock.now + 700 + number)}
        assert page.post(f"/{page.id}/feed", **later).status_code == 200, "what is only kept is not accepted"
        assert call().status_code == 500, name
        assert len(control.books()) == 2 + number
