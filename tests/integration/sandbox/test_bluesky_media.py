import pytest

from integration.sandbox.bluesky_walks import PNG, REPO, VIDEO, BlueskyApp
from integration.sandbox.walks import MP4, picture

EMBED = "app.bsky.embed."
RATIO = {"width": 4, "height": 3}


@pytest.fixture
def app(url, clock):
    return BlueskyApp(url, clock)


@pytest.fixture
def alice(app):
    return app.login("alice")


def images(*items):
    return {"$type": EMBED + "images", "images": list(items)}


def gallery(*items):
    return {"$type": EMBED + "gallery", "items": [{"$type": EMBED + "gallery#image", **item} for item in items]}


def described(entry):
    return [(item["category"], item["mimeType"], item["altText"], item["width"], item["height"]) for item in entry["media"]]


def test_a_blob_is_what_its_bytes_are(alice):
    """Names as a real PDS gave them."""
    text = {"ref": {"$link": "bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq"}, "mimeType": "text/plain", "size": 5}
    assert alice.blob(b"hello", "text/plain") == {"$type": "blob", **text}
    assert alice.blob(b"", "image/png")["ref"]["$link"] == "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"
    assert alice.blob(PNG, "image/jpeg")["mimeType"] == "image/png", "the bytes count"
    assert alice.blob(b"hello", "image/png")["mimeType"] == "image/png", "what nobody recognises is believed"
    assert alice.upload(PNG, "").json()["message"] == "Request encoding (Content-Type) required but not provided"


def test_a_blob_may_be_of_a_certain_size(alice, control):
    control.settle("bluesky", blob_limit=2_000_000)
    assert alice.upload(b"x" * 2_000_000, "text/plain").status_code == 200
    for content in (b"x" * 2_000_001, iter([b"x" * 1_500_000] * 2)):
        response = alice.upload(content, "text/plain")
        assert (response.status_code, response.json()["error"]) == (413, "PayloadTooLarge")


def test_blobs_are_few_a_day(alice, control):
    control.settle("bluesky", rate_factor=0.003)  # 3 blobs, and 9 requests in 5 minutes
    answers = [alice.upload(PNG, "image/png") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[0].headers["ratelimit-policy"] == "3;w=86400"


def test_images_are_published_with_their_descriptions(app, alice, control):
    first, second = alice.blob(picture(size=(8, 6))), alice.blob(picture("JPEG", (5, 7)), "image/jpeg")
    post = alice.posted(embed=images({"image": first, "alt": "one", "aspectRatio": RATIO}, {"image": second, "alt": ""}))
    (entry,) = control.books()
    assert described(entry) == [("image", "image/png", "one", 8, 6), ("image", "image/jpeg", None, 5, 7)]
    assert [item["size"] for item in entry["media"]] == [first["size"], second["size"]]
    (view,) = app.get("app.bsky.feed.getPosts", uris=post["uri"]).json()["posts"]
    assert view["embed"]["$type"] == EMBED + "images#view"
    shown = app.http.get(view["embed"]["images"][0]["fullsize"])
    assert (shown.headers["content-type"], shown.content) == ("image/png", picture(size=(8, 6)))


def test_many_images_are_a_gallery(app, alice, control):
    item = {"image": alice.blob(), "alt": "a", "aspectRatio": RATIO}
    uri = alice.posted(embed=gallery(*[item] * 10))["uri"]
    assert len(control.books()[0]["media"]) == 10
    (view,) = app.get("app.bsky.feed.getPosts", uris=uri).json()["posts"]
    assert len(view["embed"]["items"]) == 10


def test_a_link_card_has_its_picture(app, alice, control):
    card = {"uri": "https://a.b/c", "title": "T", "description": "D"}
    bare = alice.posted(embed={"$type": EMBED + "external", "external": card})["uri"]
    thumbed = {**card, "thumb": alice.blob()}
    uri = alice.posted(embed={"$type": EMBED + "external", "external": thumbed})["uri"]
    assert [entry["media"] == [] for entry in control.books()] == [True, False]
    views = app.get("app.bsky.feed.getPosts", uris=[bare, uri]).json()["posts"]
    assert views[0]["embed"]["external"] == card
    assert app.http.get(views[1]["embed"]["external"]["thumb"]).content == PNG


def test_a_quote_may_have_media(app, alice, control):
    quoted = alice.posted("first")
    record = {"$type": EMBED + "record", "record": {"uri": quoted["uri"], "cid": quoted["cid"]}}
    plain = alice.posted("second", embed=record)["uri"]
    both = {"$type": EMBED + "recordWithMedia", "record": record, "media": images({"image": alice.blob(), "alt": "x"})}
    rich = alice.posted("third", embed=both)["uri"]
    views = app.get("app.bsky.feed.getPosts", uris=[plain, rich]).json()["posts"]
    assert views[0]["embed"]["record"]["value"]["text"] == "first"
    assert views[1]["embed"]["record"]["record"]["uri"] == quoted["uri"]
    assert views[1]["embed"]["media"]["$type"] == EMBED + "images#view"
    assert described(control.books()[2])[0][2] == "x"


@pytest.mark.parametrize(
    ("embed", "said"),
    [
        (lambda blob: images({"image": blob}), 'Missing required key "alt" at $.record.embed.images[0]'),
        (
            lambda blob: images(*[{"image": blob, "alt": "a"}] * 5),
            "array too big (maximum 4, got 5) at $.record.embed.images",
        ),
        (
            lambda blob: images({"image": blob, "alt": "a", "aspectRatio": {"width": 0, "height": 1}}),
            "integer too small (minimum 1, got 0) at $.record.embed.images[0].aspectRatio.width",
        ),
        (
            lambda blob: images({"image": {**blob, "size": 2_000_001}, "alt": "a"}),
            "blob too big (maximum 2000000, got 2000001) at $.record.embed.images[0].image",
        ),
        (
            lambda blob: images({"image": {**blob, "mimeType": "text/plain"}, "alt": "a"}),
            'Expected "image/*" (got "text/plain") at $.record.embed.images[0].image.mimeType',
        ),
        (
            lambda blob: images({"image": {"cid": blob["ref"]["$link"], "mimeType": "image/png"}, "alt": "a"}),
            'Expected blob value type (got {"cid": ..., "mimeType": ...}) at $.record.embed.images[0].image',
        ),
        (
            lambda blob: images({"image": {"$type": "blob", "mimeType": "image/png", "size": 5}, "alt": "a"}),
            'Expected blob value type (got {"$type": ..., "mimeType": ..., ...}) at $.record.embed.images[0].image',
        ),
        (
            lambda blob: gallery({"image": blob, "alt": "a"}),
            'Missing required key "aspectRatio" at $.record.embed.items[0]',
        ),
        (
            lambda blob: gallery(*[{"image": blob, "alt": "a", "aspectRatio": RATIO}] * 21),
            "array too big (maximum 20, got 21) at $.record.embed.items",
        ),
        (
            lambda blob: {"$type": EMBED + "video", "video": blob},
            'Expected "video/mp4" (got "image/png") at $.record.embed.video.mimeType',
        ),
        (
            lambda blob: {
                "$type": EMBED + "external",
                "external": {"uri": "a:b", "title": "", "description": "", "thumb": {**blob, "size": 1_000_001}},
            },
            "blob too big (maximum 1000000, got 1000001) at $.record.embed.external.thumb",
        ),
    ],
)
def test_wrong_media_are_refused(alice, control, embed, said):
    response = alice.post(embed=embed(alice.blob()))
    assert response.json() == {"error": "InvalidRequest", "message": f"Invalid app.bsky.feed.post record: {said}"}
    assert control.books() == []


def test_a_reference_must_say_what_was_uploaded(app, alice, control):
    blob = alice.blob()
    foreign = app.login("bob").blob(picture(size=(3, 3)))
    cases = {
        "InvalidMimeType": {**blob, "mimeType": "image/jpeg"},
        "InvalidSize": {**blob, "size": 5},
        "BlobNotFound": foreign,
    }
    for error, said in cases.items():
        response = alice.post(embed=images({"image": said, "alt": "a"}))
        assert (response.status_code, response.json()["error"]) == (400, error)
    assert control.books() == []


def test_a_blob_waits_for_its_record_only_so_long(alice, clock):
    used, waiting = alice.blob(picture(size=(3, 3))), alice.blob(picture(size=(4, 4)))
    assert alice.post(embed=images({"image": used, "alt": ""})).status_code == 200
    clock.now += 3600
    assert alice.post(embed=images({"image": used, "alt": ""})).status_code == 200
    assert alice.post(embed=images({"image": waiting, "alt": ""})).json()["error"] == "BlobNotFound"
    assert alice.blob(picture(size=(4, 4))) == waiting
    assert alice.post(embed=images({"image": waiting, "alt": ""})).status_code == 200


def pds_did(app):
    return app.get("com.atproto.server.describeServer").json()["did"]


def video_token(alice, method=REPO + "uploadBlob", audience=None, **params):
    return {"Authorization": f"Bearer {alice.service_auth(audience or pds_did(alice.app), method, **params)}"}


def send(alice, content=MP4, headers=None, **params):
    url = f"{alice.app.base}/xrpc/{VIDEO}uploadVideo"
    named = {"did": alice.did, "name": "a.mp4", **params}
    return alice.app.http.post(
        url, params=named, content=content, headers={"Content-Type": "video/mp4", **(headers or video_token(alice))}
    )


def status(alice, job_id):
    return alice.app.get(VIDEO + "getJobStatus", jobId=job_id).json()["jobStatus"]


def test_a_video_is_processed_and_published(alice, control, clock):
    begun = send(alice).json()
    assert (begun["state"], begun["did"]) == ("JOB_STATE_CREATED", alice.did)
    clock.now += 0.6
    assert status(alice, begun["jobId"])["state"] == "JOB_STATE_SCANNING"
    clock.now += 0.4
    done = status(alice, begun["jobId"])
    assert (done["state"], done["blob"]["mimeType"], done["blob"]["size"]) == ("JOB_STATE_COMPLETED", "video/mp4", len(MP4))
    vtt = alice.blob(b"WEBVTT\n", "text/vtt")
    embed = {"$type": EMBED + "video", "video": done["blob"], "alt": "film", "captions": [{"lang": "en", "file": vtt}]}
    uri = alice.posted(embed=embed)["uri"]
    (entry,) = control.books()
    assert [(item["category"], item["altText"]) for item in entry["media"]] == [("video", "film"), ("captions", "en")]
    (view,) = alice.app.get("app.bsky.feed.getPosts", uris=uri).json()["posts"]
    assert view["embed"]["cid"] == done["blob"]["ref"]["$link"]


def test_a_video_is_no_blob_before_it_is_processed(alice, clock):
    job = send(alice).json()["jobId"]
    clock.now += 1
    blob = status(alice, job)["blob"]
    clock.now -= 0.5
    assert alice.post(embed={"$type": EMBED + "video", "video": blob}).json()["error"] == "BlobNotFound"


def test_a_long_video_comes_back_as_it_was(alice, clock):
    content = MP4 + bytes(range(256)) * 10_000
    job = send(alice, content).json()["jobId"]
    clock.now += 1
    link = status(alice, job)["blob"]["ref"]["$link"]
    found = alice.app.http.get(f"{alice.app.base}/xrpc/com.atproto.sync.getBlob", params={"did": alice.did, "cid": link})
    assert found.content == content
    assert alice.app.http.get(found.url, params={"did": alice.did, "cid": "b" * 59}).json()["error"] == "BlobNotFound"


def test_the_same_video_is_not_processed_twice(alice, clock):
    first = send(alice).json()["jobId"]
    clock.now += 1
    again = send(alice)
    assert (again.status_code, again.json()["error"]) == (409, "already_exists")
    assert (again.json()["jobId"], again.json()["blob"]) == (first, status(alice, first)["blob"])


def test_the_answer_may_be_wrapped(alice, control):
    control.settle("bluesky", video_wraps=True)
    assert send(alice).json()["jobStatus"]["state"] == "JOB_STATE_CREATED"


@pytest.mark.parametrize(
    ("content", "settings", "code"),
    [
        (PNG, {}, "validation_failure"),
        (MP4, {"video_fails": "encoding_failure"}, "encoding_failure"),
        (MP4, {"video_blob_limit": 1000}, "pds_upload_unsupported_blob_size"),
    ],
)
def test_a_processing_may_fail(alice, control, clock, content, settings, code):
    control.settle("bluesky", **settings)
    job = send(alice, content).json()["jobId"]
    assert "failureCode" not in status(alice, job)
    clock.now += 1
    failed = status(alice, job)
    assert (failed["state"], failed["failureCode"]) == ("JOB_STATE_FAILED", code)
    assert "blob" not in failed
    control.settle("bluesky", video_fails="", video_blob_limit=300_000_000)
    assert send(alice, content).status_code == 200, "a failed video may be tried again"


@pytest.mark.parametrize(
    ("grant", "error"),
    [
        ({"audience": "did:web:bsky.social"}, "BadJwtAudience"),
        ({"method": VIDEO + "uploadVideo"}, "BadJwtLexiconMethod"),
        ({"audience": "did:web:video.bsky.app", "method": VIDEO + "uploadVideo"}, "BadJwtAudience"),
    ],
)
def test_a_token_for_something_else_is_refused(alice, grant, error):
    response = send(alice, headers=video_token(alice, **grant))
    assert (response.status_code, response.json()["error"]) == (401, error)


def test_the_video_service_takes_service_tokens_only(alice, app, clock):
    assert send(alice, headers={"Authorization": f"Bearer {alice.token}"}).json()["error"] == "BadJwt"
    assert send(alice, headers={"Authorization": ""}).json()["error"] == "AuthMissing"
    headers = video_token(alice)
    clock.now += 60
    assert send(alice, headers=headers).json()["error"] == "JwtExpired"
    bare_host = video_token(alice, audience="did:web:127.0.0.1")
    assert send(alice, headers=bare_host).status_code == 200
    bob = app.login("bob")
    assert send(bob, did=alice.did).json()["error"] == "UploadForbidden"


@pytest.mark.parametrize("audience", [None, "did:web:video.bsky.app"])
def test_the_service_goes_by_its_usual_name_and_by_that_of_its_address(alice, audience):
    limits = VIDEO + "getUploadLimits"
    token = video_token(alice, method=limits, audience=audience)
    assert alice.app.http.get(f"{alice.app.base}/xrpc/{limits}", headers=token).json()["canUpload"] is True


def test_a_day_has_its_limits(alice, control, clock):
    limits = VIDEO + "getUploadLimits"
    own = video_token(alice, method=limits, audience="did:web:video.bsky.app")

    def left():
        return alice.app.http.get(f"{alice.app.base}/xrpc/{limits}", headers=own).json()

    control.settle("bluesky", video_daily_count=2, video_daily_bytes=10_000)
    assert left() == {"canUpload": True, "remainingDailyVideos": 2, "remainingDailyBytes": 10_000}
    assert send(alice, MP4 + b"1").status_code == 200
    assert left()["remainingDailyBytes"] == 10_000 - len(MP4) - 1
    assert send(alice, MP4 + b"0" * 10_000).json()["error"] == "VideoTooLarge"
    assert send(alice, MP4 + b"2").status_code == 200
    assert left()["error"] == "daily_limit_exceeded"
    assert send(alice, MP4 + b"3").json()["error"] == "DailyLimitExceeded"
    control.settle("bluesky", email_confirmed=False)
    assert (left()["canUpload"], left()["error"]) == (False, "unconfirmed_email")
    assert send(alice, MP4 + b"3").json()["error"] == "UploadForbidden"
    control.settle("bluesky", email_confirmed=True)
    clock.now += 86400
    assert send(alice.app.login("alice"), MP4 + b"3").status_code == 200


def parts_call(alice, method, name, **options):
    headers = {**video_token(alice, method=VIDEO + name, audience="did:web:video.bsky.app"), **options.pop("headers", {})}
    return alice.app.http.request(method, f"{alice.app.base}/xrpc/{VIDEO}{name}", headers=headers, **options)


def begin(alice, size, **more):
    return parts_call(alice, "POST", "startUpload", json={"sizeBytes": size, "mimeType": "video/mp4", **more})


def send_part(alice, job, number, content):
    params = {"jobId": job, "partNumber": number}
    typed = {"Content-Type": "application/octet-stream"}
    return parts_call(alice, "POST", "uploadPart", params=params, content=content, headers=typed)


def finish(alice, job):
    return parts_call(alice, "POST", "finishUpload", json={"jobId": job})


def test_a_video_may_come_in_parts(alice, control, clock):
    control.settle("bluesky", video_part_bytes=2000)
    begun = begin(alice, len(MP4)).json()
    job, count = begun["jobId"], begun["partCount"]
    assert (begun["partSizeBytes"], count) == (2000, 3)
    parts = [MP4[at : at + 2000] for at in range(0, len(MP4), 2000)]
    for number in (3, 1, 1):
        sent = send_part(alice, job, number, parts[number - 1]).json()
        assert sent == {"partNumber": number, "sizeBytes": len(parts[number - 1])}
    missing = finish(alice, job)
    assert (missing.status_code, missing.json()) == (400, {"error": "MissingParts", "message": "Missing parts: 2"})
    assert parts_call(alice, "GET", "getUploadStatus", params={"jobId": job}).json()["receivedParts"] == [1, 3]
    send_part(alice, job, 2, parts[1])
    done = finish(alice, job).json()
    assert finish(alice, job).json() == done
    clock.now += 1
    blob = status(alice, done["completedJobId"])["blob"]
    found = alice.app.http.get(
        f"{alice.app.base}/xrpc/com.atproto.sync.getBlob", params={"did": alice.did, "cid": blob["ref"]["$link"]}
    )
    assert found.content == MP4
    assert alice.post(embed={"$type": EMBED + "video", "video": blob}).status_code == 200
    told = parts_call(alice, "GET", "getUploadStatus", params={"jobId": job}).json()
    assert (told["state"], told["completedJobId"]) == ("completed", done["completedJobId"])
    assert send_part(alice, job, 1, parts[0]).json()["error"] == "UploadAlreadyCompleted"
    twin = begin(alice, len(MP4)).json()["jobId"]
    for number, part in enumerate(parts, 1):
        send_part(alice, twin, number, part)
    assert finish(alice, twin).json()["completedJobId"] == done["completedJobId"]


def test_wrong_parts_are_refused(alice, app, control, clock):
    control.settle("bluesky", video_part_bytes=2000, video_open_uploads=2)
    job = begin(alice, 3000).json()["jobId"]
    assert send_part(alice, job, 3, b"x").json()["error"] == "InvalidPartNumber"
    assert send_part(alice, job, 2, b"x" * 999).json()["error"] == "PartSizeMismatch"
    assert send_part(alice, "other", 1, b"x").json()["error"] == "UploadNotFound"
    assert send_part(app.login("bob"), job, 1, b"x" * 2000).json()["error"] == "UploadNotFound"
    assert begin(alice, 10, mimeType="video/webm").json()["error"] == "UnsupportedContentType"
    assert begin(alice, 300_000_001).json()["error"] == "VideoTooLarge"
    other = begin(alice, 10).json()["jobId"]
    assert begin(alice, 10).json()["error"] == "TooManyOpenUploads"
    assert parts_call(alice, "POST", "abortUpload", json={"jobId": other}).json() == {"state": "aborted"}
    assert send_part(alice, other, 1, b"x" * 10).json()["error"] == "UploadAborted"
    clock.now += 86400
    alice = app.login("alice")
    assert finish(alice, job).json()["error"] == "UploadExpired"
    assert parts_call(alice, "POST", "abortUpload", json={"jobId": job}).json() == {"state": "expired"}


def test_a_video_needs_the_right_to_ask_for_the_token(app):
    user = app.connect(scope="atproto blob:video/mp4")
    refused = user.get("com.atproto.server.getServiceAuth", aud=pds_did(app), lxm=REPO + "uploadBlob")
    assert (refused.status_code, refused.json()["error"]) == (403, "ScopeMissingError")
    assert send(app.connect()).status_code == 200


def test_a_service_token_outlives_the_tokens_it_was_asked_with(app):
    user = app.connect()
    headers = video_token(user)
    assert app.refresh(user.tokens["refresh_token"]).status_code == 200
    assert send(user, headers=headers).status_code == 200
