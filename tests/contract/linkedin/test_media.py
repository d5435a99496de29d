"""Files: initializeUpload, the bytes, finalizeUpload, and the wait until a post may carry them."""

import httpx2
import pytest

from contract.linkedin.host import MEMBER, PAGE, Host, answer, file, refused
from ocma.platforms.content import Content, Part
from ocma.platforms.errors import ContentRejected, NotReady, PermissionMissing, PlatformUnavailable, PreparationLost
from ocma.platforms.linkedin import LinkedIn

WHOLE = "https://www.linkedin.com/dms-uploads/whole/C4E10/uploaded-image/0?ca=vector_feedshare"
PART = "https://www.linkedin.com/dms-uploads/part/C4E10/{}?ca=vector_ads"
IMAGE, DOCUMENT, VIDEO = "urn:li:image:C4E10AQFoyyAjHPMQuQ", "urn:li:document:D4E10AQ", "urn:li:video:C5F10AQGKQg_6y2a4sQ"
PNG = file(content=b"\x89PN" * 1000)


class Naps(list):
    async def __call__(self, seconds):
        self.append(seconds)


def opened(urn=IMAGE, kind="image", url=WHOLE):
    return answer(body={"value": {"uploadUrlExpiresAt": 1650567510704, "uploadUrl": url, kind: urn}})


def status(word):
    return answer(body={"id": "x", "owner": MEMBER, "status": word, "downloadUrl": "https://media.licdn.com/x"})


def film(pieces, size=None):
    """A video's answer: so many bytes for each piece, in no order."""
    firsts = [sum(pieces[:number]) for number in range(len(pieces))]
    each = [
        {"uploadUrl": PART.format(number), "firstByte": first, "lastByte": first + pieces[number] - 1}
        for number, first in enumerate(firsts)
    ]
    value = {"uploadUrlsExpireAt": 1633234000000, "video": VIDEO, "uploadToken": "", "uploadInstructions": each[::-1]}
    return answer(body={"value": value})


def steps(*files, naps=None):
    return LinkedIn(sleep=naps if naps is not None else Naps()).steps(Content((Part("hi", files),)))


async def run(host, *files, author=MEMBER, naps=None):
    """What is stored of every step, by its key."""
    done = {}
    for step in steps(*files, naps=naps):
        done[step.key] = await step.run(host.access(author), dict(done))
    return done


def test_uploads_come_before_waits_part_by_part():
    parts = (Part("one", (PNG, PNG)), Part("two"), Part("three", (PNG,)))
    listed = LinkedIn().steps(Content(parts))
    expected = ["media:0:0", "media:0:1", "ready:0:0", "ready:0:1", "media:2:0", "ready:2:0"]
    assert [step.key for step in listed] == expected
    assert all(0 < step.keeps.total_seconds() <= 86_400 for step in listed)
    assert LinkedIn().steps(Content((Part("text alone"),))) == []


async def test_an_image_goes_in_one_request_with_the_token():
    host = Host(opened(), answer(201), status("AVAILABLE"))
    assert await run(host, PNG, author=PAGE) == {"media:0:0": IMAGE, "ready:0:0": "AVAILABLE"}
    assert host.asked == [
        "POST /rest/images?action=initializeUpload",
        f"PUT {httpx2.URL(WHOLE).raw_path.decode()}",
        "GET /rest/images/urn%3Ali%3Aimage%3AC4E10AQFoyyAjHPMQuQ",
    ]
    assert host.body(0) == {"initializeUploadRequest": {"owner": PAGE}}
    put = host.requests[1]
    assert put.content == b"\x89PN" * 1000
    assert (put.headers["content-length"], "transfer-encoding" in put.headers) == ("3000", False)


async def test_the_token_goes_to_the_platforms_own_address_only():
    answered = []

    async def anywhere(request):
        answered.append(request)
        return opened(url="https://elsewhere.example/up") if request.method == "POST" else answer(201)

    linkedin, access = LinkedIn(), Host().access()
    access.client._transport = httpx2.MockTransport(anywhere)
    await linkedin.steps(Content((Part("hi", (PNG,)),)))[0].run(access, {})
    assert [each.headers.get("authorization") for each in answered] == ["Bearer t0ken", None]


async def test_a_document():
    host = Host(opened(DOCUMENT, "document"), answer(201), status("AVAILABLE"))
    assert (await run(host, file("document", "application/pdf", b"%PDF")))["media:0:0"] == DOCUMENT
    assert host.asked[0] == "POST /rest/documents?action=initializeUpload"
    assert host.asked[2].startswith("GET /rest/documents/")


async def test_a_gif_is_an_image():
    host = Host(opened(), answer(201), status("AVAILABLE"))
    await run(host, file("gif", "image/gif", b"GIF89a"))
    assert host.asked[0].startswith("POST /rest/images")


async def test_a_video_goes_in_the_pieces_that_are_asked_for():
    content = bytes(range(256)) * 10
    tags = [answer(200, etag=tag) for tag in ('"/ambry-video/1"', "/ambry-video/2", "t3")]
    host = Host(film([1500, 1000, 60]), *tags, answer(200), status("AVAILABLE"))
    done = await run(host, file("video", "video/mp4", content))
    assert done == {"media:0:0": VIDEO, "ready:0:0": "AVAILABLE"}
    opening = {"owner": MEMBER, "fileSizeBytes": 2560, "uploadCaptions": False, "uploadThumbnail": False}
    assert host.body(0) == {"initializeUploadRequest": opening}
    puts = host.requests[1:4]
    assert [each.url.path for each in puts] == [f"/dms-uploads/part/C4E10/{number}" for number in range(3)]
    assert [len(each.content) for each in puts] == [1500, 1000, 60]
    assert b"".join(each.content for each in puts) == content
    final = {"video": VIDEO, "uploadToken": "", "uploadedPartIds": ["/ambry-video/1", "/ambry-video/2", "t3"]}
    assert host.body(4) == {"finalizeUploadRequest": final}


@pytest.mark.parametrize("pieces", [[], [1000], [2000, 1000], [2561]])
async def test_pieces_that_are_not_the_file_are_not_sent(pieces):
    host = Host(film(pieces))
    with pytest.raises(PlatformUnavailable):
        await run(host, file("video", "video/mp4", bytes(2560)))
    assert len(host.requests) == 1


async def test_a_piece_that_is_not_acknowledged_is_no_upload():
    with pytest.raises(PlatformUnavailable):
        await run(Host(film([2560]), answer(200)), file("video", "video/mp4", bytes(2560)))


async def test_a_file_that_changed_is_not_finished():
    other = file("video", "video/mp4", bytes(2560))
    host = Host(film([1000, 1560]), answer(200, etag="1"))
    with pytest.raises(PreparationLost):
        await run(host, type(other)(**{**_fields(other), "open": file(content=bytes(1500)).open}))
    assert len(host.requests) == 2


def _fields(media):
    return {name: getattr(media, name) for name in ("id", "kind", "mime_type", "size")}


async def test_waits_until_the_file_is_available():
    naps = Naps()
    host = Host(opened(), answer(201), status("WAITING_UPLOAD"), status("PROCESSING"), status("AVAILABLE"))
    assert (await run(host, PNG, naps=naps))["ready:0:0"] == "AVAILABLE"
    assert naps == [0, 1, 2]


async def test_comes_back_for_what_takes_long():
    host = Host(opened(), answer(201), *[status("PROCESSING")] * 4)
    with pytest.raises(NotReady) as caught:
        await run(host, PNG)
    assert caught.value.retry_after


async def test_a_file_that_linkedin_cannot_process():
    with pytest.raises(ContentRejected) as caught:
        await run(Host(opened(), answer(201), status("PROCESSING_FAILED")), PNG)
    assert caught.value.rule == "mediaProcessingFailed"
    assert caught.value.remediation


@pytest.mark.parametrize("last", [[status("WAITING_UPLOAD")] * 4, [refused(404, "NOT_FOUND")] * 4], ids=["waiting", "404"])
async def test_a_file_that_did_not_arrive_is_uploaded_anew(last):
    with pytest.raises(PreparationLost) as caught:
        await run(Host(opened(), answer(201), *last), PNG)
    assert caught.value.steps == {"media:0:0"}


async def test_a_member_may_not_look_and_waits_once_for_all_images():
    naps, hidden = Naps(), refused(403, "ACCESS_DENIED", "Not enough permissions to access: partnerApiImages.GET")
    host = Host(*[opened(), answer(201)] * 3, *[hidden] * 3)
    done = await run(host, PNG, PNG, PNG, naps=naps)
    assert [done[f"ready:0:{place}"] for place in range(3)] == ["HIDDEN"] * 3
    assert naps == [0, 3, 0, 0, 0, 0]


async def test_what_was_waited_for_before_an_upload_anew_does_not_count():
    naps = Naps()
    stale = {"media:0:0": IMAGE, "ready:0:0": "HIDDEN"}
    await steps(PNG, naps=naps)[1].run(Host(refused(403, "ACCESS_DENIED")).access(), stale)
    assert naps == [0, 3]


async def test_a_video_that_may_not_be_looked_at_is_waited_for_longer():
    naps = Naps()
    host = Host(film([4]), answer(200, etag="1"), answer(200), refused(403, "ACCESS_DENIED"))
    await run(host, file("video", "video/mp4", b"film"), naps=naps)
    assert naps == [0, 60]


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (refused(400, "INVALID_VALUE_FOR_FIELD"), ContentRejected),
        (refused(403, "ACCESS_DENIED"), PermissionMissing),
        (answer(500), PlatformUnavailable),
        (httpx2.ReadTimeout("slow"), PlatformUnavailable),
        (answer(200, b"<html>"), PlatformUnavailable),
        (answer(200, {"value": {}}), PlatformUnavailable),
        (answer(200, {"value": {"image": IMAGE}}), PlatformUnavailable),
    ],
    ids=repr,
)
async def test_an_upload_that_fails_may_be_repeated(response, error):
    with pytest.raises(error):
        await run(Host(response), PNG)


async def test_an_upload_address_that_is_over_is_asked_for_anew():
    with pytest.raises(PlatformUnavailable):
        await run(Host(opened(), refused(400, "EXPIRED_UPLOAD_URL")), PNG)
