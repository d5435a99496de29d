import base64

import pytest

from integration.sandbox.walks import MP4, picture


def initialize(user, content, media_type="video/mp4", category="tweet_video"):
    body = {"media_type": media_type, "total_bytes": len(content), "media_category": category}
    return user.call("POST", "/2/media/upload/initialize", json=body)


def append(user, media_id, index, chunk):
    files, data = {"media": ("chunk", chunk)}, {"segment_index": str(index)}
    return user.call("POST", f"/2/media/upload/{media_id}/append", files=files, data=data)


def finalize(user, media_id):
    return user.call("POST", f"/2/media/upload/{media_id}/finalize")


def status(user, media_id):
    return user.get("/2/media/upload", command="STATUS", media_id=media_id)


def test_a_picture_is_attached_with_its_alt_text(alice, control):
    data = alice.upload(picture()).json()["data"]
    assert data["image"] == {"w": 8, "h": 6, "image_type": "image/png"}
    assert data["media_key"] == f"3_{data['id']}"
    assert "processing_info" not in data
    described = alice.call(
        "POST", "/2/media/metadata", json={"id": data["id"], "metadata": {"alt_text": {"text": "A blue field"}}}
    )
    assert described.json()["data"]["id"] == data["id"]
    post_id = alice.posted("look", media={"media_ids": [data["id"]]})
    (entry,) = control.books()
    assert [(item["id"], item["altText"], item["mimeType"]) for item in entry["media"]] == [
        (data["id"], "A blue field", "image/png")
    ]
    params = {"tweet.fields": "attachments,entities", "expansions": "attachments.media_keys", "media.fields": "alt_text"}
    shown = alice.get(f"/2/tweets/{post_id}", **params).json()
    assert shown["data"]["attachments"]["media_keys"] == [data["media_key"]]
    assert shown["includes"]["media"] == [{"media_key": data["media_key"], "type": "photo", "alt_text": "A blue field"}]
    link = shown["data"]["entities"]["urls"][0]
    assert shown["data"]["text"] == f"look {link['url']}"
    assert link["media_key"] == data["media_key"]


def test_alt_text_after_the_post_changes_nothing(alice, control):
    media_id = alice.upload(picture()).json()["data"]["id"]
    alice.posted("", media={"media_ids": [media_id]})
    alice.call("POST", "/2/media/metadata", json={"id": media_id, "metadata": {"alt_text": {"text": "late"}}})
    assert control.books()[0]["media"][0]["altText"] is None
    too_long = {"id": media_id, "metadata": {"alt_text": {"text": "x" * 1001}}}
    assert alice.call("POST", "/2/media/metadata", json=too_long).status_code == 400


def test_json_takes_base64(alice):
    body = {"media": base64.b64encode(picture("JPEG")).decode(), "media_category": "tweet_image"}
    assert alice.call("POST", "/2/media/upload", json=body).json()["data"]["image"]["image_type"] == "image/jpeg"
    assert alice.call("POST", "/2/media/upload", json={**body, "media": "§"}).status_code == 400
    assert alice.call("POST", "/2/media/upload", json={**body, "name": "a.jpg"}).status_code == 400


@pytest.mark.parametrize(
    ("content", "category"),
    [
        (b"not a picture at all", "tweet_image"),
        (b"", "tweet_image"),
        (MP4, "tweet_image"),
        (picture() + b"\x00" * (5 * 1024 * 1024), "tweet_image"),
        (picture(), "banner"),
    ],
)
def test_what_is_no_picture_is_refused(alice, content, category):
    assert alice.upload(content, category).status_code == 400


def test_four_pictures_or_one_moving_one(alice, control):
    control.settle("x", processing_seconds=0)
    pictures = [alice.upload(picture(size=(8, side))).json()["data"]["id"] for side in range(1, 6)]
    moving = alice.upload(picture("GIF"), "tweet_gif").json()["data"]["id"]
    assert alice.post(text="a", media={"media_ids": pictures}).status_code == 400
    assert alice.post(text="a", media={"media_ids": [pictures[0], moving]}).status_code == 400
    assert alice.post(text="a", media={"media_ids": [pictures[0]] * 2}).status_code == 400
    assert alice.post(text="a", media={"media_ids": pictures[:4]}).status_code == 201
    assert alice.post(text="b", media={"media_ids": [moving]}).status_code == 201


def test_anothers_and_expired_media_are_invalid(alice, x, clock):
    media_id = alice.upload(picture()).json()["data"]["id"]
    attached = {"media_ids": [media_id]}
    assert x.connect("bob").post(text="mine?", media=attached).status_code == 400
    clock.now += 86401
    fresh = x.connect("alice")
    refused = fresh.post(text="late", media=attached)
    assert (refused.status_code, refused.json()["errors"][0]["message"]) == (400, "Your media IDs are invalid.")
    assert status(fresh, media_id).status_code == 404


def test_chunks_become_a_video_that_is_processed(alice, clock, control):
    control.settle("x", processing_seconds=10)
    begun = initialize(alice, MP4).json()["data"]
    media_id = begun["id"]
    assert begun["expires_after_secs"] == 1_295_999
    assert append(alice, media_id, 1, MP4[3000:]).status_code == 200
    assert append(alice, media_id, 0, MP4[:3000]).status_code == 200
    ended = finalize(alice, media_id).json()["data"]
    assert ended["size"] == len(MP4)
    assert ended["processing_info"]["state"] == "pending"
    assert ended["processing_info"]["check_after_secs"] == 10
    attached = {"media_ids": [media_id]}
    assert alice.post(text="too early", media=attached).status_code == 400
    clock.now += 5
    halfway = status(alice, media_id).json()["data"]["processing_info"]
    assert (halfway["state"], halfway["progress_percent"]) == ("in_progress", 50)
    clock.now += 5
    assert status(alice, media_id).json()["data"]["processing_info"]["state"] == "succeeded"
    assert alice.post(text="now", media=attached).status_code == 201
    assert control.books()[0]["media"][0]["mimeType"] == "video/mp4"


def test_a_broken_video_fails_in_processing(alice, control):
    control.settle("x", processing_seconds=0)
    media_id = initialize(alice, b"no video").json()["data"]["id"]
    append(alice, media_id, 0, b"no video")
    assert finalize(alice, media_id).json()["data"]["processing_info"]["state"] == "failed"
    assert status(alice, media_id).json()["data"]["processing_info"]["error"]["name"] == "InvalidMedia"
    assert alice.post(text="a", media={"media_ids": [media_id]}).status_code == 400


def test_a_chunk_sent_twice_counts_once(alice):
    media_id = initialize(alice, MP4).json()["data"]["id"]
    for _ in range(2):
        append(alice, media_id, 0, MP4)
    assert finalize(alice, media_id).status_code == 200


def test_incomplete_uploads_are_refused(alice, x):
    gap, short, done = (initialize(alice, MP4).json()["data"]["id"] for _ in range(3))
    append(alice, gap, 0, MP4[:10])
    append(alice, gap, 2, MP4[10:])
    append(alice, short, 0, MP4[:10])
    append(alice, done, 0, MP4)
    assert finalize(alice, gap).status_code == 400
    assert finalize(alice, short).status_code == 400
    assert finalize(x.connect("bob"), done).status_code == 404
    assert finalize(alice, done).status_code == 200
    assert finalize(alice, done).status_code == 400
    assert append(alice, done, 1, b"more").status_code == 400
    assert append(alice, "77", 0, b"a").status_code == 404


@pytest.mark.parametrize("index", ["1000", "-1", "x", ""])
def test_a_segment_has_a_number_from_0_to_999(alice, index):
    media_id = initialize(alice, MP4).json()["data"]["id"]
    assert append(alice, media_id, index, b"a").status_code == 400


@pytest.mark.parametrize("left_out", ["media_type", "total_bytes", "media_category"])
def test_initialize_is_strict(alice, left_out):
    body = {"media_type": "video/mp4", "total_bytes": 10, "media_category": "tweet_video"}
    assert alice.call("POST", "/2/media/upload/initialize", json={**body, "name": "a.mp4"}).status_code == 400
    del body[left_out]
    assert alice.call("POST", "/2/media/upload/initialize", json=body).status_code == 400
