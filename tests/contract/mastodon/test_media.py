"""POST /api/v2/media and GET /api/v1/media/:id."""

from datetime import timedelta
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP

import httpx2
import pytest

from contract.mastodon.server import Server, answered
from ocma.platforms.content import Content, Media, Part, media_step, part_step
from ocma.platforms.errors import ContentRejected, NotReady, PlatformUnavailable, ReauthorizationRequired, Throttled
from ocma.platforms.mastodon import Mastodon

BYTES = bytes(range(256)) * 40 + b"\r\n--"
ALT = 'Zwei Zeilen:\n„Größe“ & "mehr" 🦣'
READY = answered(200, {"id": "22348641", "type": "image", "url": "https://files.example/a.png", "description": ALT})
ACCEPTED = answered(202, {"id": "22348641", "type": "video", "url": None})
POST, GET = ("POST", "/api/v2/media"), ("GET", "/api/v1/media/22348641")


def media(mime_type: str = "image/png", size: int = len(BYTES), alt_text: str | None = ALT) -> Media:
    kind = "gif" if mime_type == "image/gif" else "video" if mime_type.startswith("video") else "image"

    async def chunks():
        for start in range(0, len(BYTES), 1000):
            yield BYTES[start : start + 1000]

    return Media("0194", kind, mime_type, size, chunks, alt_text=alt_text)


class Naps:
    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


async def run(server: Server, file: Media, sleep: Naps | None = None) -> dict[str, str]:
    """All steps, each with what those before it stored, as far as they come."""
    stored: dict[str, str] = {}
    for step in Mastodon(sleep=sleep or Naps()).steps(Content((Part("Text", (file,)),))):
        stored[step.key] = await step.run(server.access, dict(stored))
    return stored


def parts(request: httpx2.Request) -> dict[str, Message]:
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    form = BytesParser(policy=HTTP).parsebytes(head + request.content)
    assert form.get_content_type() == "multipart/form-data"
    assert not form.defects
    return {str(each.get_param("name", header="content-disposition")): each for each in form.iter_parts()}


async def test_a_file_is_sent_as_a_form_of_known_length_with_its_description():
    server = Server().on(*POST, READY)
    assert await run(server, media()) == {media_step(0, 0): "22348641"}
    (request,) = server.requests
    assert int(request.headers["content-length"]) == len(request.content)
    assert "transfer-encoding" not in request.headers
    sent = parts(request)
    assert set(sent) == {"file", "description"}
    assert sent["description"].get_payload(decode=True).decode().replace("\r\n", "\n") == ALT
    assert sent["file"].get_payload(decode=True) == BYTES
    assert sent["file"].get_content_type() == "image/png"
    assert sent["file"].get_filename() == "file.png"


async def test_no_description_is_sent_where_there_is_none():
    server = Server().on(*POST, READY)
    await run(server, media(alt_text=None))
    assert set(parts(server.requests[0])) == {"file"}


async def test_each_file_of_each_part_is_a_step_that_keeps_for_less_than_a_day():
    content = Content((Part("a", (media(), media())), Part("b"), Part("c", (media(),))))
    steps = Mastodon().steps(content)
    assert [step.key for step in steps] == [media_step(0, 0), media_step(0, 1), media_step(2, 0)]
    assert all(timedelta(hours=12) < step.keeps < timedelta(hours=24) for step in steps)


@pytest.mark.parametrize("mime_type", ["video/mp4", "image/gif"])
async def test_the_wait_for_what_moves_is_a_step_of_its_own(mime_type):
    steps = Mastodon().steps(Content((Part("a"), Part("b", (media(mime_type),)))))
    assert [step.key for step in steps] == [media_step(1, 0), part_step("ready", 1, 0)]
    assert steps[1].keeps == steps[0].keeps


async def test_a_video_the_server_works_through_is_waited_for():
    server, naps = Server().on(*POST, ACCEPTED).on(*GET, answered(206), answered(206), READY), Naps()
    assert await run(server, media("video/mp4"), naps) == {media_step(0, 0): "22348641", part_step("ready", 0, 0): "22348641"}
    assert server.made() == ["POST /api/v2/media", *["GET /api/v1/media/22348641"] * 3]
    assert len(naps.seconds) == 3
    assert naps.seconds == sorted(naps.seconds)


async def test_a_video_that_takes_long_is_come_back_to_and_not_uploaded_again():
    server, naps = Server().on(*POST, ACCEPTED).on(*GET, answered(206)), Naps()
    upload, ready = Mastodon(sleep=naps).steps(Content((Part("Text", (media("video/mp4"),)),)))
    stored = {upload.key: await upload.run(server.access, {})}
    with pytest.raises(NotReady) as waiting:
        await ready.run(server.access, stored)
    assert waiting.value.rule == "mediaProcessing"
    assert 5 < waiting.value.retry_after < 60
    assert 5 < sum(naps.seconds) < 30
    assert server.made().count("POST /api/v2/media") == 1
    server.on(*GET, READY)
    assert await ready.run(server.access, stored) == "22348641"
    assert server.made().count("POST /api/v2/media") == 1


async def test_waiting_for_an_image_has_an_end_and_what_was_uploaded_is_kept():
    server, naps = Server().on(*POST, ACCEPTED).on(*GET, answered(206)), Naps()
    assert await run(server, media(), naps) == {media_step(0, 0): "22348641"}
    assert 5 < sum(naps.seconds) < 30


async def test_an_image_that_is_ready_is_not_asked_about():
    server = Server().on(*POST, READY)
    await run(server, media())
    assert server.made() == ["POST /api/v2/media"]


async def test_a_server_that_cannot_be_asked_about_a_file_is_not_waited_for():
    """404: not ours, already attached, or (snac) a question it does not know. It never means that the file is gone."""
    server = Server().on(*POST, ACCEPTED).on(*GET, httpx2.Response(404))
    assert (await run(server, media("video/mp4")))[media_step(0, 0)] == "22348641"
    assert len(server.requests) == 2


@pytest.mark.parametrize("mime_type", ["video/mp4", "image/png"])
async def test_a_file_that_the_server_fails_on_is_refused(mime_type):
    server = Server().on(*POST, ACCEPTED).on(*GET, answered(206), answered(422, {"error": "Fehler beim Verarbeiten"}))
    with pytest.raises(ContentRejected) as refused:
        await run(server, media(mime_type))
    assert refused.value.rule == "mediaProcessingFailed"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (answered(401, {"error": "x"}), ReauthorizationRequired),
        (answered(413, {"error": "x"}), ContentRejected),
        (answered(422, {"error": "Validation failed: File content type is invalid"}), ContentRejected),
        (answered(429, {"error": "x"}), Throttled),
        (httpx2.Response(500), PlatformUnavailable),
        (httpx2.ReadTimeout("slow"), PlatformUnavailable),
        (answered(200, {"no": "id"}), PlatformUnavailable),
    ],
)
async def test_a_refused_upload_is_explained(answer, expected):
    with pytest.raises(expected):
        await run(Server().on(*POST, answer), media())


@pytest.mark.parametrize("size", [len(BYTES) - 1, len(BYTES) + 1])
async def test_a_stored_file_of_another_size_than_recorded_is_not_sent_as_if_it_were_whole(size):
    with pytest.raises(PlatformUnavailable):
        await run(Server().on(*POST, READY), media(size=size))
