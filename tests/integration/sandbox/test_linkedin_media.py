"""LinkedIn's images, documents and videos: sent, processed, and attached to posts."""

import pytest

from integration.sandbox.linkedin_walk import MEMBER, PDF, VIDEO, LinkedInApp, encoded
from integration.sandbox.walks import MP4, picture

SILENT = "Accessing this image resource is forbidden. Please check your permissions for this resource"


@pytest.fixture
def app(url):
    return LinkedInApp(url)


@pytest.fixture
def alice(app):
    return app.connect("alice")


@pytest.fixture
def at_once(control):
    control.settle("linkedin", processing_seconds=0)


def media(urn, **more):
    return {"media": {"id": urn, **more}}


def test_an_image_is_announced_sent_processed_and_attached(alice, control, clock):
    control.settle("linkedin", processing_seconds=10)
    value = alice.initialize("images").json()["value"]
    urn = value["image"]
    assert urn.startswith("urn:li:image:")
    assert value["uploadUrlExpiresAt"] == int((clock.now + 86400) * 1000)
    assert alice.status(urn).json() == {"id": urn, "owner": alice.urn, "status": "WAITING_UPLOAD"}
    assert alice.post("too early", content=media(urn)).json()["code"] == "MEDIA_ASSET_WAITING_UPLOAD"
    sent = alice.put(value["uploadUrl"], picture())
    assert (sent.status_code, sent.content) == (201, b"")
    assert alice.status(urn).json()["status"] == "PROCESSING"
    clock.now += 10
    assert alice.status(urn).json()["status"] == "AVAILABLE"
    post = alice.posted("look", content=media(urn, altText="A blue field"))
    (entry,) = control.books()
    assert post.startswith("urn:li:share:")
    shown = [{name: item[name] for name in ("id", "altText", "mimeType", "category", "size")} for item in entry["media"]]
    assert shown == [{"id": urn, "altText": "A blue field", "mimeType": "image/png", "category": "image", "size": len(picture())}]


def test_a_post_made_while_its_image_is_processed_is_accepted_and_vanishes(alice, control, clock):
    control.settle("linkedin", processing_seconds=10)
    urn = alice.upload(picture())
    post = alice.posted("hasty", content=media(urn))
    assert [entry["deleted"] for entry in control.books()] == [False]
    clock.now += 10
    assert [(entry["id"], entry["deleted"]) for entry in control.books()] == [(post, True)]
    assert alice.post("patient", content=media(urn)).status_code == 201


def test_it_may_stay_when_the_processing_ends_well_but_not_when_it_fails(alice, control, clock):
    control.settle("linkedin", processing_seconds=10, early_posts_vanish=False)
    alice.posted("good", content=media(alice.upload(picture())))
    alice.posted("broken", content=media(alice.upload(b"no picture at all")))
    clock.now += 10
    assert [(entry["content"], entry["deleted"]) for entry in control.books()] == [("good", False), ("broken", True)]


@pytest.mark.parametrize("content", [b"not a picture at all", MP4, picture("WEBP"), b"RIFF"])
def test_what_is_no_picture_fails_in_its_processing(alice, at_once, content):
    urn = alice.upload(content)
    assert alice.status(urn).json()["status"] == "PROCESSING_FAILED"
    assert alice.post("a", content=media(urn)).json()["code"] == "MEDIA_ASSET_PROCESSING_FAILED"


def test_a_picture_has_a_most_of_pixels(alice, control, at_once):
    control.settle("linkedin", image_pixels=48)
    assert alice.status(alice.upload(picture(size=(8, 6)))).json()["status"] == "PROCESSING_FAILED"
    assert alice.status(alice.upload(picture(size=(8, 5)))).json()["status"] == "AVAILABLE"


def test_sending_again_is_safe(alice, control, at_once):
    value = alice.initialize("images").json()["value"]
    assert [alice.put(value["uploadUrl"], picture()).status_code for _ in range(2)] == [201, 201]
    assert alice.status(value["image"]).json()["status"] == "AVAILABLE"


def test_an_upload_address_ends_and_needs_the_token(alice, control, clock):
    value = alice.initialize("images").json()["value"]
    assert alice.put(value["uploadUrl"], picture(), token=False).json()["code"] == "EMPTY_ACCESS_TOKEN"
    control.settle("linkedin", image_upload_needs_token=False)
    assert alice.put(value["uploadUrl"], picture(), token=False).status_code == 201
    assert alice.put(value["uploadUrl"], b"").status_code == 400
    assert alice.put(value["uploadUrl"] + "x", picture()).status_code == 404
    clock.now += 86400
    assert alice.put(value["uploadUrl"], picture()).json()["code"] == "EXPIRED_UPLOAD_URL"


def test_a_member_only_token_cannot_ask_how_an_image_does(app, at_once):
    user = app.connect("bob", MEMBER)
    image, document = user.upload(picture()), user.upload(PDF, "documents")
    refused = user.status(image)
    assert (refused.status_code, refused.json()["message"]) == (403, SILENT)
    assert user.status(document).status_code == 403
    video = user.begin_video()
    assert user.status(video["video"]).json()["status"] == "WAITING_UPLOAD"
    assert user.post("blind", content=media(image)).status_code == 201


def test_media_belong_to_their_author(app, alice, at_once):
    page = alice.pages[0]
    mine, pages_own = alice.upload(picture()), alice.upload(picture(), owner=page)
    assert alice.post("a", page, content=media(mine)).json()["code"] == "INVALID_IMAGE_ID"
    assert alice.post("a", page, content=media(pages_own)).status_code == 201
    bob = app.connect("bob")
    assert bob.post("a", content=media(mine)).status_code == 400
    assert bob.status(mine).status_code == 403
    assert bob.initialize("images", page).status_code == 403
    assert alice.initialize("images", "urn:li:share:1").json()["code"] == "INVALID_URN_TYPE"


def test_uploading_as_a_page_needs_its_scope(app, alice, control):
    page = alice.pages[0]
    control.settle("linkedin", scope_change_revokes=False)
    refused = app.connect("alice", MEMBER).initialize("images", page)
    assert refused.json()["message"] == "Organization permissions must be used when using organization as owner"


def test_several_images_make_one_post_in_their_order(alice, at_once, control):
    urns = [alice.upload(picture(size=(8, side))) for side in range(1, 4)]
    images = [{"id": urn, "altText": f"number {at}"} for at, urn in enumerate(urns)]
    alice.posted("three", content={"multiImage": {"images": images}})
    assert [(item["id"], item["altText"]) for item in control.books()[0]["media"]] == [
        (urn, f"number {at}") for at, urn in enumerate(urns)
    ]


def test_two_to_twenty_images_and_nothing_else(alice, at_once, control):
    urns = [alice.upload(picture(size=(8, side))) for side in range(1, 22)]
    video = ready_video(alice)

    def several(*chosen):
        return alice.post("many", content={"multiImage": {"images": [{"id": urn} for urn in chosen]}})

    assert [several(*urns[:1]).status_code, several(*urns).status_code] == [422, 422]
    assert several(urns[0], urns[0]).status_code == 400
    assert several(urns[0], video).json()["code"] == "INVALID_URN_TYPE"
    assert several(urns[0], "urn:li:image:1").json()["code"] == "INVALID_IMAGE_ID"
    assert control.books() == []
    assert several(*urns[:20]).status_code == 201
    assert len(control.books()[0]["media"]) == 20


def test_alt_text_has_a_limit(alice, at_once):
    urn = alice.upload(picture())
    assert alice.post("a", content=media(urn, altText="x" * 4087)).json()["code"] == "FIELD_LENGTH_TOO_LONG"
    assert alice.post("a", content=media(urn, altText="x" * 4086)).status_code == 201


def test_a_document_needs_a_title(alice, at_once, control):
    urn = alice.upload(PDF, "documents")
    assert urn.startswith("urn:li:document:")
    assert alice.post("read", content=media(urn)).json()["code"] == "MISSING_FIELD"
    assert alice.posted("read", content=media(urn, title="Report")).startswith("urn:li:ugcPost:")
    assert control.books()[0]["media"][0]["mimeType"] == "application/pdf"
    assert alice.status(alice.upload(picture(), "documents")).json()["status"] == "PROCESSING_FAILED"


def test_a_link_may_have_a_thumbnail(alice, at_once):
    urn, link = alice.upload(picture()), {"source": "https://example.com/", "title": "Example"}
    assert alice.post("a", content={"article": {**link, "thumbnail": "urn:li:image:1"}}).json()["code"] == "INVALID_IMAGE_ID"
    assert alice.post("a", content={"article": {**link, "thumbnail": urn}}).status_code == 201


def ready_video(user):
    value = user.begin_video()
    assert user.finalize(value, user.put_parts(value)).status_code == 200
    return value["video"]


def test_a_video_goes_in_parts_each_to_its_own_address(alice, control, clock):
    control.settle("linkedin", part_bytes=50_000, processing_seconds=5)
    value = alice.begin_video()
    ranges = [(part["firstByte"], part["lastByte"]) for part in value["uploadInstructions"]]
    assert ranges == [(0, 49_999), (50_000, len(VIDEO) - 1)]
    etags = alice.put_parts(value)
    assert all(etag.startswith("/ambry-video/signedId/") for etag in etags)
    assert alice.status(value["video"]).json()["status"] == "WAITING_UPLOAD"
    ended = alice.finalize(value, etags)
    assert (ended.status_code, ended.content) == (200, b"")
    assert alice.status(value["video"]).json()["status"] == "PROCESSING"
    clock.now += 5
    assert alice.status(value["video"]).json()["status"] == "AVAILABLE"
    assert alice.finalize(value, etags).status_code == 200, "finalizing again is safe"
    assert alice.status(value["video"]).json()["status"] == "AVAILABLE"
    assert alice.posted("watch", content=media(value["video"], title="Film")).startswith("urn:li:ugcPost:")
    (item,) = control.books()[0]["media"]
    assert (item["mimeType"], item["size"]) == ("video/mp4", len(VIDEO))


def test_a_video_is_finalized_with_all_its_parts_in_order(alice, app, control):
    control.settle("linkedin", part_bytes=50_000)
    value = alice.begin_video()
    first, second = value["uploadInstructions"]
    assert alice.put(first["uploadUrl"], VIDEO, token=False).status_code == 400, "a part has its own length"
    etags = alice.put_parts(value)
    for wrong in ([etags[0]], [etags[1], etags[0]], [*etags, "more"], ["a", "b"]):
        assert alice.finalize(value, wrong).json()["code"] == "INVALID_VALUE_FOR_FIELD"
    assert alice.finalize(value, etags, uploadToken="other").status_code == 400
    assert alice.finalize(value, etags, video="urn:li:video:1").status_code == 404
    assert app.connect("bob").finalize(value, etags).status_code == 403
    again = alice.put(second["uploadUrl"], VIDEO[50_000:], token=False)
    assert again.headers["etag"] == etags[1], "the same part again is the same part"
    assert alice.finalize(value, etags).status_code == 200


def test_a_part_that_never_came_is_missed(alice, control):
    control.settle("linkedin", part_bytes=50_000)
    value = alice.begin_video()
    part = value["uploadInstructions"][0]
    etag = alice.put(part["uploadUrl"], VIDEO[:50_000]).headers["etag"]
    assert alice.finalize(value, [etag, ""]).status_code == 400


@pytest.mark.parametrize(
    "wish",
    [
        {"fileSizeBytes": 75 * 1024 - 1},
        {"fileSizeBytes": 500 * 1024 * 1024 + 1},
        {"fileSizeBytes": 100_000, "uploadCaptions": True},
    ],
)
def test_a_video_that_cannot_be_is_refused_at_once(alice, wish):
    assert alice.initialize("videos", **wish).json()["code"] == "INVALID_VALUE_FOR_FIELD"


@pytest.mark.parametrize(("path", "status"), [("/rest/videos", 400), ("/rest/images?action=finalizeUpload", 400)])
def test_an_action_is_named(alice, path, status):
    wish = {"initializeUploadRequest": {"owner": alice.urn, "fileSizeBytes": 100_000}}
    assert alice.call("POST", path, json=wish).status_code == status


def test_a_broken_video_fails_in_its_processing(alice, at_once, control):
    content = b"no video" * 10_000
    value = alice.begin_video(content)
    assert alice.finalize(value, alice.put_parts(value, content)).status_code == 200
    shown = alice.status(value["video"]).json()
    assert (shown["status"], shown["processingFailureReason"]) == ("PROCESSING_FAILED", "unsupported file format")
    control.settle("linkedin", processing_fails=True)
    assert alice.status(ready_video(alice)).json()["status"] == "PROCESSING_FAILED"


def test_a_kind_is_asked_for_at_its_own_address(alice, at_once):
    urn = alice.upload(picture())
    assert alice.get(f"/rest/documents/{encoded(urn)}").json()["code"] == "INVALID_URN_TYPE"
    assert alice.get(f"/rest/images/{encoded('urn:li:image:1')}").status_code == 404


def test_a_reset_forgets_uploads(alice, control):
    value = alice.initialize("images").json()["value"]
    control.call("POST", "reset")
    assert alice.put(value["uploadUrl"], picture()).status_code == 404
