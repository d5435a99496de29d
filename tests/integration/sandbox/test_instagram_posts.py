"""Instagram: containers, their states and one publication, quotas, comments, and every refusal of the fact sheet."""

import pytest

from integration.sandbox.graph_walks import instagram_login, linked_login, media_server, refusal
from integration.sandbox.movies import box, movie
from integration.sandbox.walks import MP4, picture

DAY = 86400


@pytest.fixture
def login(url):
    return instagram_login(url)


@pytest.fixture
def alice(login):
    user = login.connect("alice")
    user.id = user.fields("me", "user_id")["user_id"]
    return user


@pytest.fixture(params=["own", "facebook"])
def either(request, url):
    """Instagram's own login with its account, and Facebook's with the account behind the page."""
    if request.param == "own":
        return request.getfixturevalue("alice")
    page = linked_login(url).page()
    page.id = page.fields("me", "instagram_business_account")["instagram_business_account"]["id"]
    return page


@pytest.fixture
def files():
    with media_server() as server:
        yield server


@pytest.fixture
def jpeg(files):
    return files.put("/a.jpg", picture("JPEG", (40, 40)))


def container(user, **form):
    return user.made(f"/{user.id}/media", **form)


def publish(user, container_id):
    return user.post(f"/{user.id}/media_publish", creation_id=container_id)


def published(user, clock, **form):
    made = container(user, **form)
    clock.now += 2
    response = publish(user, made)
    assert response.status_code == 200, response.text
    return response.json()["id"]


def state(user, container_id):
    shown = user.fields(container_id, "status_code,status")
    return shown["status_code"], shown["status"]


def test_an_image_in_three_steps_with_both_logins(either, control, clock, jpeg, files):
    made = container(either, image_url=jpeg, caption="look", alt_text="a field")
    assert state(either, made)[0] == "IN_PROGRESS"
    assert refusal(publish(either, made)) == (9007, 2207027)
    clock.now += 2
    assert state(either, made)[0] == "FINISHED"
    assert control.books() == []
    media_id = publish(either, made).json()["id"]
    assert state(either, made)[0] == "PUBLISHED"
    [entry] = control.books()
    assert (entry["account"], entry["accountId"], entry["id"]) == ("alice", either.id, media_id)
    assert media_id != made
    assert entry["content"] == "look"
    [medium] = entry["media"]
    assert (medium["altText"], medium["mimeType"], medium["width"]) == ("a field", "image/jpeg", 40)
    shown = either.fields(media_id, "permalink,shortcode,timestamp,caption,media_type,media_product_type,alt_text,username")
    assert shown["timestamp"] == "2026-09-21T14:13:22+0000"
    assert (shown["media_type"], shown["media_product_type"], shown["alt_text"]) == ("IMAGE", "FEED", "a field")
    assert shown["shortcode"] in shown["permalink"]
    assert "look" in either.http.get(shown["permalink"]).text
    assert "facebookexternalhit" in files.asked[0][1]


def test_a_container_is_published_once(alice, control, clock, jpeg):
    made = container(alice, image_url=jpeg)
    clock.now += 2
    assert publish(alice, made).status_code == 200
    assert refusal(publish(alice, made)) == (9007, 2207027)
    control.settle("instagram", republish_error="24/2207006")
    assert refusal(publish(alice, made)) == (24, 2207006)
    assert len(control.books()) == 1


def test_a_container_expires_and_is_ones_own(login, alice, control, clock, jpeg):
    made = container(alice, image_url=jpeg)
    clock.now += 2
    bob = login.connect("bob")
    bob.id = "me"
    assert refusal(publish(bob, made)) == (24, 2207008)
    assert refusal(bob.get(f"/{made}", fields="status_code")) == (100, 33)
    clock.now += DAY
    assert state(alice, made)[0] == "EXPIRED"
    assert refusal(publish(alice, made)) == (-2, 2207020)
    assert refusal(publish(alice, "404")) == (24, 2207008)
    assert refusal(alice.post("/me/media_publish")) == (100, None)
    assert control.books() == []


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (picture("PNG", (40, 40)), (36001, 2207005)),
        (b"no picture", (36001, 2207005)),
        (picture("JPEG", (40, 40)) + bytes(8 * 1024 * 1024), (36000, 2207004)),
        (picture("JPEG", (200, 100)), (36003, 2207009)),
        (picture("JPEG", (100, 130)), (36003, 2207009)),
    ],
)
def test_images_are_sniffed_and_measured(alice, files, content, expected):
    assert refusal(alice.post("/me/media", image_url=files.put("/x.jpg", content))) == expected


@pytest.mark.parametrize("size", [(191, 100), (80, 100)])
def test_the_outermost_ratios_are_taken(alice, files, size):
    assert container(alice, image_url=files.put("/x.jpg", picture("JPEG", size)))


@pytest.mark.parametrize("answer", [(403, {}, b""), (302, {"Location": "/a.jpg"}, b""), (200, {}, b"")])
def test_an_image_that_cannot_be_fetched_is_refused(alice, files, answer):
    files.put("/a.jpg", picture("JPEG", (40, 40)))
    files.answers["/x.jpg"] = answer
    assert refusal(alice.post("/me/media", image_url=f"{files.url}/x.jpg")) == (9004, 2207052)


def test_a_slow_server_is_a_timeout(alice, control, files):
    control.settle("instagram", fetch_seconds=0.3)
    files.slow |= {"/x.jpg"}
    assert refusal(alice.post("/me/media", image_url=files.put("/x.jpg", picture("JPEG", (40, 40))))) == (-2, 2207003)


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({}, (100, 2207023)),
        ({"media_type": "GIF", "image_url": "http://127.0.0.1:9/a"}, (100, 2207023)),
        ({"media_type": "VIDEO", "video_url": "http://127.0.0.1:9/a"}, (100, 2207067)),
        ({"media_type": "REELS", "caption": "a"}, (100, None)),
        ({"media_type": "REELS", "is_carousel_item": "true", "video_url": "http://127.0.0.1:9/a"}, (100, 2207023)),
        ({"media_type": "STORIES"}, (100, None)),
        ({"media_type": "STORIES", "image_url": "http://127.0.0.1:9/a", "video_url": "http://127.0.0.1:9/a"}, (100, None)),
        ({"image_url": "http://127.0.0.1:9/a", "caption": "x" * 2201}, (36004, 2207010)),
        ({"image_url": "http://127.0.0.1:9/a", "caption": "#tag " * 31}, (100, 2207040)),
        ({"image_url": "http://127.0.0.1:9/a", "caption": "@you " * 21}, (100, 2207040)),
        ({"image_url": "http://127.0.0.1:9/a", "alt_text": "x" * 1001}, (100, None)),
        ({"media_type": "REELS", "video_url": "http://127.0.0.1:9/a", "alt_text": "a"}, (100, None)),
        ({"image_url": "http://127.0.0.1:9/a", "collaborators": ["a", "b", "c", "d"]}, (100, 2207037)),
        ({"media_type": "CAROUSEL"}, (100, 2207028)),
        ({"media_type": "CAROUSEL", "children": "1"}, (100, 2207028)),
        ({"media_type": "CAROUSEL", "children": ",".join(map(str, range(11)))}, (100, 2207028)),
    ],
)
def test_what_cannot_be_a_container_is_refused(alice, form, expected):
    assert refusal(alice.post("/me/media", **form)) == expected


def test_a_carousel_of_images_and_a_video(alice, control, clock, files, jpeg):
    items = [container(alice, image_url=jpeg, is_carousel_item="true", alt_text=f"alt {number}") for number in range(2)]
    video = files.put("/v.mp4", movie(5))
    items.append(container(alice, media_type="VIDEO", video_url=video, is_carousel_item="true"))
    wish = {"media_type": "CAROUSEL", "children": ",".join(items), "caption": "three"}
    assert refusal(alice.post("/me/media", **wish)) == (9007, 2207027)
    clock.now += 2
    assert refusal(publish(alice, items[0])) == (100, 2207023)
    media_id = published(alice, clock, **wish)
    [entry] = control.books()
    assert [medium["altText"] for medium in entry["media"]] == ["alt 0", "alt 1", None]
    shown = alice.fields(media_id, "media_type,children{id,media_type}")
    assert shown["media_type"] == "CAROUSEL_ALBUM"
    assert [child["media_type"] for child in shown["children"]["data"]] == ["IMAGE", "IMAGE", "VIDEO"]
    assert alice.get(f"/{media_id}/children", fields="id,media_type").json() == shown["children"]
    single = container(alice, image_url=jpeg)
    clock.now += 2
    refused = alice.post("/me/media", media_type="CAROUSEL", children=f"{items[0]},{single}")
    assert refusal(refused) == (100, 2207028), "a container of its own is no item"


def test_a_reel_and_what_is_wrong_with_others(alice, control, clock, files):
    form = {"media_type": "REELS", "caption": "reel", "share_to_feed": "true", "thumb_offset": "1000"}
    media_id = published(alice, clock, video_url=files.put("/v.mp4", movie(10)), **form)
    shown = alice.fields(media_id, "media_type,media_product_type,permalink")
    assert (shown["media_type"], shown["media_product_type"]) == ("VIDEO", "REELS")
    assert "/reel/" in shown["permalink"]
    late = alice.post("/me/media", media_type="REELS", video_url=files.put("/v.mp4", movie(10)), thumb_offset="10001")
    assert refusal(late) == (1, 2207057)
    bad = {"short": movie(2), "long": movie(901), "wide": movie(10, (2000, 1000)), "none": b"no film"}
    bad["samples first"] = movie(10)[:20] + box(b"mdat", bytes(100)) + movie(10)[20:]
    for name, content in bad.items():
        made = container(alice, media_type="REELS", video_url=files.put("/x.mp4", content))
        clock.now += 2
        assert state(alice, made)[0] == "ERROR", name
        assert "2207026" in state(alice, made)[1]
        assert refusal(publish(alice, made)) == (-1, 2207032)
    assert control.contents("instagram") == ["reel"]


def test_a_video_that_cannot_be_fetched_fails_in_its_container(alice, control, clock, files):
    made = container(alice, media_type="REELS", video_url=f"{files.url}/none.mp4")
    clock.now += 2
    assert state(alice, made) == ("ERROR", "Error: Media upload has failed with error code 2207052")
    control.settle("instagram", fetch_seconds=0.3)
    files.slow.add("/v.mp4")
    made = container(alice, media_type="REELS", video_url=files.put("/v.mp4", movie(5)))
    clock.now += 2
    assert "2207003" in state(alice, made)[1]


def test_stories_of_both_kinds(alice, control, clock, files):
    tall = files.put("/tall.jpg", picture("JPEG", (90, 160)))
    first = published(alice, clock, media_type="STORIES", image_url=tall)
    second = published(alice, clock, media_type="STORIES", video_url=files.put("/v.mp4", movie(20)))
    assert [each["id"] for each in alice.get("/me/stories").json()["data"]] == [second, first]
    assert alice.get("/me/media").json() == {"data": []}
    assert alice.fields(first, "media_product_type")["media_product_type"] == "STORY"
    made = container(alice, media_type="STORIES", video_url=files.put("/v.mp4", movie(61)))
    clock.now += DAY
    assert alice.get("/me/stories").json() == {"data": []}
    assert len(control.books()) == 2
    assert state(alice, made)[0] == "EXPIRED"


def test_a_reel_uploaded_in_pieces(either, control, clock):
    content = movie(10, total=3000)
    answer = either.post(f"/{either.id}/media", media_type="REELS", upload_type="resumable", caption="sent").json()
    made, uri = answer["id"], answer["uri"]
    assert uri.endswith(f"/ig-api-upload/v26.0/{made}")
    token = {"Authorization": f"OAuth {either.token}"}
    assert state(either, made)[0] == "IN_PROGRESS"
    broken = either.http.post(uri, content=content[:1000], headers={**token, "offset": "0", "file_size": "3000"})
    assert broken.status_code == 400
    assert either.http.get(uri, headers=token).json()["offset"] == 1000
    rest = either.http.post(uri, content=content[1000:], headers={**token, "offset": "1000", "file_size": "3000"})
    assert rest.json()["success"] is True
    again = either.http.post(uri, content=content, headers={**token, "offset": "0", "file_size": "3000"})
    assert again.status_code == 404
    assert refusal(publish(either, made)) == (9007, 2207027)
    clock.now += 2
    assert publish(either, made).status_code == 200
    [entry] = control.books()
    assert (entry["content"], entry["media"][0]["size"]) == ("sent", 3000)


def test_the_upload_host_fetches_by_address(alice, control, clock, files):
    answer = alice.post("/me/media", media_type="REELS", upload_type="resumable").json()
    header = {"Authorization": f"OAuth {alice.token}", "file_url": files.put("/v.mp4", MP4)}
    assert alice.http.post(answer["uri"], headers=header).status_code == 200
    clock.now += 2
    assert publish(alice, answer["id"]).status_code == 200
    assert len(control.books()) == 1


def test_the_daily_quota_counts_a_carousel_once_and_comments_not(alice, control, clock, jpeg):
    control.settle("instagram", publish_limit=2)
    items = [container(alice, image_url=jpeg, is_carousel_item="true") for _ in range(2)]
    clock.now += 2
    media_id = published(alice, clock, media_type="CAROUSEL", children=",".join(items))
    alice.made(f"/{media_id}/comments", message="first")
    [limit] = alice.get("/me/content_publishing_limit", fields="quota_usage,config").json()["data"]
    assert limit == {"quota_usage": 1, "config": {"quota_total": 2, "quota_duration": DAY}}
    published(alice, clock, image_url=jpeg)
    made = container(alice, image_url=jpeg)
    clock.now += 2
    assert refusal(publish(alice, made)) == (9, 2207042)
    assert state(alice, made)[0] == "FINISHED"
    clock.now += DAY - 3
    assert publish(alice, made).status_code == 200


def test_containers_have_a_quota_too(alice, control, jpeg):
    control.settle("instagram", container_limit=2)
    for _ in range(2):
        container(alice, image_url=jpeg)
    assert refusal(alice.post("/me/media", image_url=jpeg)) == (9, 2207042)


def test_comments_and_replies(either, control, clock, jpeg):
    media_id = published(either, clock, image_url=jpeg)
    comment = either.made(f"/{media_id}/comments", message="first")
    reply = either.made(f"/{comment}/replies", message="below")
    assert [(entry["content"], entry["replyTo"]) for entry in control.books()[1:]] == [("first", media_id), ("below", comment)]
    wanted = "id,text,username,timestamp,like_count,replies{id,text}"
    [shown] = either.get(f"/{media_id}/comments", fields=wanted).json()["data"]
    assert (shown["id"], shown["text"], shown["username"]) == (comment, "first", "alice")
    assert shown["replies"]["data"] == [{"id": reply, "text": "below"}]
    assert either.fields(media_id, "comments_count")["comments_count"] == 1
    assert either.post(f"/{comment}", hide="true").json() == {"success": True}
    assert either.fields(comment, "hidden")["hidden"] is True
    assert either.call("DELETE", f"/{comment}").json() == {"success": True}
    assert either.get(f"/{media_id}/comments").json() == {"data": []}
    assert refusal(either.post(f"/{media_id}/comments", message="#tag " * 31)) == (100, 2207040)
    assert refusal(either.post(f"/{media_id}/comments")) == (100, None)
    assert either.post(f"/{media_id}", comment_enabled="false").json() == {"success": True}
    assert refusal(either.post(f"/{media_id}/comments", message="closed")) == (100, None)


def test_only_facebook_login_deletes_media(url, alice, control, clock, jpeg):
    media_id = published(alice, clock, image_url=jpeg)
    assert refusal(alice.call("DELETE", f"/{media_id}")) == (100, 33)
    page = linked_login(url).page()
    control.settle("instagram", deletes=False)
    assert refusal(page.call("DELETE", f"/{media_id}")) == (100, 33)
    control.settle("instagram", deletes=True)
    assert page.call("DELETE", f"/{media_id}").json() == {"success": True}
    assert refusal(alice.get(f"/{media_id}", fields="caption")) == (100, 33)
    assert control.books()[0]["deleted"] is True


def test_a_mention_is_answered(login, alice, control, clock, jpeg):
    bob = login.connect("bob")
    bob.id = "me"
    media_id = published(bob, clock, image_url=jpeg, caption="with @alice", user_tags=[{"username": "alice", "x": 0.5, "y": 0.5}])
    assert alice.made("/me/mentions", media_id=media_id, message="thanks")
    assert control.books()[-1]["replyTo"] == media_id
    assert [each["id"] for each in alice.get("/me/tags").json()["data"]] == [media_id]
    other = published(bob, clock, image_url=jpeg, caption="alone")
    assert refusal(alice.post("/me/mentions", media_id=other, message="no")) == (100, 33)


def test_the_list_of_media_is_newest_first_bounded_and_lagging(alice, control, clock, jpeg):
    ids = [published(alice, clock, image_url=jpeg, caption=f"post {number}") for number in range(3)]
    answer = alice.get(f"/{alice.id}/media", fields="id,caption,timestamp,permalink", limit=2).json()
    assert [each["id"] for each in answer["data"]] == [ids[2], ids[1]]
    after = answer["paging"]["cursors"]["after"]
    assert [each["id"] for each in alice.get("/me/media", after=after).json()["data"]] == [ids[0]]
    assert [each["id"] for each in alice.get("/me/media", since=int(clock.now)).json()["data"]] == [ids[2]]
    control.settle("instagram", read_lag_seconds=1)
    assert [each["id"] for each in alice.get("/me/media").json()["data"]] == [ids[1], ids[0]]


def test_insights_know_the_kind_of_medium(alice, control, clock, files, jpeg):
    feed = published(alice, clock, image_url=jpeg)
    story = published(alice, clock, media_type="STORIES", image_url=jpeg)
    control.call("POST", "metrics", json={"platform": "instagram", "id": feed, "metrics": {"views": 5, "saved": 1}})
    shown = alice.get(f"/{feed}/insights", metric="views,reach,saved").json()["data"]
    assert [each["values"][0]["value"] for each in shown] == [5, 0, 1]
    for media_id, metric in (
        (feed, "impressions"),
        (feed, "navigation"),
        (story, "saved"),
        (feed, "views,plays"),
        (feed, "total_views"),
    ):
        assert refusal(alice.get(f"/{media_id}/insights", metric=metric)) == (100, None)
    account = {"metric": "views,saves", "period": "day"}
    assert refusal(alice.get(f"/{alice.id}/insights", **account)) == (100, None)
    shown = alice.get(f"/{alice.id}/insights", **account, metric_type="total_value").json()["data"]
    assert shown[0]["total_value"] == {"value": 5}


@pytest.mark.parametrize("said", ["4/2207051", "25/2207050", "-1/2207001", "24/2207008", "-1/2207053", "190/460", "2", "100/33"])
def test_every_refusal_can_be_asked_for(alice, control, clock, jpeg, said):
    made = container(alice, image_url=jpeg)
    clock.now += 2
    control.settle("instagram", refuse_publish=said)
    code, _, subcode = said.partition("/")
    assert refusal(publish(alice, made)) == (int(code), int(subcode) if subcode else None)
    assert state(alice, made)[0] == "FINISHED"
    control.settle("instagram", refuse_publish="")
    assert publish(alice, made).status_code == 200
    assert len(control.books()) == 1


def test_a_container_can_be_made_to_fail(alice, control, clock, jpeg):
    control.settle("instagram", container_error="2207053")
    made = container(alice, image_url=jpeg)
    control.settle("instagram", container_error="")
    clock.now += 2
    assert state(alice, made) == ("ERROR", "Error: Media upload has failed with error code 2207053")


def test_comments_and_replies_are_publishing_calls_and_containers_are_not(alice, control, clock, jpeg):
    media_id = published(alice, clock, image_url=jpeg)
    control.fault("instagram", "accept_500")
    assert container(alice, image_url=jpeg)
    assert alice.post(f"/{media_id}/comments", message="comment").status_code == 500
    control.fault("instagram", "accept_500")
    comment = control.books()[-1]["id"]
    assert alice.post(f"/{comment}/replies", message="reply").status_code == 500
    assert control.contents("instagram")[1:] == ["comment", "reply"]
