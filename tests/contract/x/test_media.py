import json

import httpx2
import pytest

from contract.x.host import Host, answer
from contract.x.specification import OLD, multipart
from contract.x.wire import BOTH
from ocma.platforms.content import Content, Media, Part
from ocma.platforms.errors import ContentRejected, PlatformUnavailable
from ocma.platforms.x import X
from ocma.platforms.x.upload import PIECE

ID = "1880028106020515840"
both = pytest.mark.parametrize("specification", BOTH, ids=lambda each: each.version)


def file(content, kind="image", mime_type="image/png", alt_text=None):
    async def stream():
        for start in range(0, len(content), 100_000):  # does not divide a piece
            yield content[start : start + 100_000]

    return Media(id="m", kind=kind, mime_type=mime_type, size=len(content), open=stream, alt_text=alt_text)


def done(**more):
    return answer(body={"data": {"id": ID, "media_key": f"3_{ID}", **more}})


def described():
    return answer(body={"data": {"id": ID, "associated_metadata": {}}})


class Naps(list):
    async def __call__(self, seconds):
        self.append(seconds)


async def uploaded(host, media, naps=None):
    [step] = X(sleep=naps if naps is not None else Naps()).steps(Content((Part("hi", (media,)),)))
    return await step.run(host.access(), {})


def test_a_step_for_each_file_in_order():
    media = [file(b"x") for _ in range(3)]
    steps = X().steps(Content((Part("one", tuple(media[:2])), Part("two"), Part("three", (media[2],)))))
    assert [step.key for step in steps] == ["media:0:0", "media:0:1", "media:2:0"]
    assert all(0 < step.keeps.total_seconds() < 86_400 for step in steps)
    assert X().steps(Content((Part("text alone"),))) == []


@both
async def test_an_image_goes_in_one_request(specification):
    host = Host(done(expires_after_secs=86400, size=3), specification=specification, loose=specification is OLD)
    assert await uploaded(host, file(b"\x89PN")) == ID
    assert host.asked == ["POST /2/media/upload"]
    assert multipart(host.requests[0]) == [("media_category", b"tweet_image", False), ("media", b"\x89PN", True)]
    assert specification.scopes(host.requests[0]) <= set(X.manifest.oauth.scopes)


@both
async def test_alternative_text_is_set_before_the_file_counts_as_prepared(specification):
    host = Host(done(), described(), specification=specification, loose=specification is OLD)
    assert await uploaded(host, file(b"\x89PN", alt_text="A blue bird")) == ID
    assert host.asked == ["POST /2/media/upload", "POST /2/media/metadata"]
    assert json.loads(host.requests[1].content) == {"id": ID, "metadata": {"alt_text": {"text": "A blue bird"}}}


async def test_without_its_alternative_text_a_file_is_not_prepared():
    host = Host(done(), answer(503))
    with pytest.raises(PlatformUnavailable):
        await uploaded(host, file(b"\x89PN", alt_text="A blue bird"))


@both
@pytest.mark.parametrize(("kind", "mime_type"), [("gif", "image/gif"), ("video", "video/mp4"), ("video", "video/quicktime")])
async def test_moving_pictures_go_in_pieces(specification, kind, mime_type):
    content = bytes(range(256)) * (2 * PIECE // 256) + b"end"
    appended = [answer(body={"data": {"expires_at": 1}}) for _ in range(3)]
    host = Host(
        done(expires_after_secs=1295999), *appended, done(expires_after_secs=86400), specification=specification, loose=True
    )
    assert await uploaded(host, file(content, kind, mime_type)) == ID
    assert host.asked == [
        "POST /2/media/upload/initialize",
        *[f"POST /2/media/upload/{ID}/append"] * 3,
        f"POST /2/media/upload/{ID}/finalize",
    ]
    assert json.loads(host.requests[0].content) == {
        "media_type": mime_type,
        "total_bytes": len(content),
        "media_category": f"tweet_{kind}",
    }
    pieces = [{name: value for name, value, _ in multipart(request)} for request in host.requests[1:4]]
    assert [piece["segment_index"] for piece in pieces] == [b"0", b"1", b"2"]
    assert [len(piece["media"]) for piece in pieces] == [PIECE, PIECE, 3]
    assert b"".join(piece["media"] for piece in pieces) == content
    assert all(specification.scopes(request) <= set(X.manifest.oauth.scopes) for request in host.requests)


@both
async def test_waits_for_processing_as_long_as_x_suggests(specification):
    states = [
        done(processing_info={"state": "pending", "check_after_secs": 5}),
        done(processing_info={"state": "in_progress", "check_after_secs": 900, "progress_percent": 40}),
        done(processing_info={"state": "succeeded", "progress_percent": 100}),
    ]
    host, naps = (
        Host(done(), answer(body={"data": {}}), *states, described(), specification=specification, loose=specification is OLD),
        Naps(),
    )
    assert await uploaded(host, file(b"GIF89a", "gif", "image/gif", "Waving"), naps) == ID
    assert naps == [5, 10]
    assert host.asked[3:] == ["GET /2/media/upload"] * 2 + ["POST /2/media/metadata"]
    assert dict(host.requests[3].url.params) == {"command": "STATUS", "media_id": ID}


async def test_a_file_that_x_cannot_process():
    failed = done(processing_info={"state": "failed"})
    host = Host(done(), answer(body={"data": {}}), failed)
    with pytest.raises(ContentRejected) as caught:
        await uploaded(host, file(b"GIF89a", "gif", "image/gif"))
    assert caught.value.rule == "mediaProcessingFailed"
    assert "H.264" in caught.value.remediation


async def test_does_not_wait_for_ever():
    pending = [done(processing_info={"state": "pending"}) for _ in range(100)]
    host, naps = Host(done(), answer(body={"data": {}}), *pending), Naps()
    with pytest.raises(PlatformUnavailable):
        await uploaded(host, file(b"GIF89a", "gif", "image/gif"), naps)
    assert len(naps) == 60


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (answer(400, {"title": "Invalid Request"}), ContentRejected),
        (answer(500), PlatformUnavailable),
        (httpx2.ReadTimeout("slow"), PlatformUnavailable),
        (answer(200, b"<html>"), PlatformUnavailable),
        (answer(200, {"data": {}}), PlatformUnavailable),
    ],
)
async def test_an_upload_that_fails_may_be_repeated(response, error):
    with pytest.raises(error):
        await uploaded(Host(response, loose=True), file(b"\x89PN"))
