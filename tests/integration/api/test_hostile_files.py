"""Files and forms that nobody means: a 4xx that says what is wrong and where."""

import io
import struct
import zlib

import pytest
from PIL import Image

from answers import refused
from ocma.entrypoints.api.incoming import JSON_LIMIT


def picture(size=(8, 8)):
    file = io.BytesIO()
    Image.new("RGB", size).save(file, "PNG")
    return file.getvalue()


def bomb():
    """A PNG of a few bytes that says it is 60,000 pixels wide and high."""
    header = b"IHDR" + struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"x",
        b"\x00" * 1000,
        b"<svg onload=alert(1)>",
        picture()[:40],
        picture()[:-20],
        bomb(),
        b"GIF89a",
        b"RIFF\xff\xff\xff\xffWEBP",
    ],
    ids=lambda content: repr(content[:12]) + str(len(content)),
)
async def test_files_that_are_no_picture(api, key, content):
    answer = await api.post("/api/media", headers=key, files={"file": ("../../a.png", content, "image/png")})
    assert (answer.status_code, refused(answer)) == (422, ["file"])


@pytest.mark.parametrize(("head", "limit"), [(picture(), "image_max_bytes"), (b"%PDF-1.7", "document_max_bytes")])
async def test_a_file_too_large_for_its_kind(api, key, settings, head, limit):
    content = head + b"x" * (getattr(settings, limit) + 1 - len(head))
    answer = await api.post("/api/media", headers=key, files={"file": ("a.mp4", content, "video/mp4")})
    assert refused(answer, "mediaTooLarge") == ["file"]


async def test_a_body_too_large_for_any_file(api, key, settings):
    headers = {
        **key,
        "Content-Type": "multipart/form-data; boundary=b",
        "Content-Length": str(settings.media_max_bytes + JSON_LIMIT),
    }
    assert refused(await api.post("/api/media", headers=headers, content=b"--b"), "tooLarge") == ["body"]


@pytest.mark.parametrize(
    ("kind", "body", "path"),
    [
        ("multipart/form-data", b"x", "body"),
        ("multipart/form-data; boundary=", b"--\r\n", "file"),
        ("multipart/form-data; boundary=b", b"", "file"),
        ("multipart/form-data; boundary=b", b"--b\r\nbroken", "file"),
        ("multipart/form-data; boundary=b; charset=nonsense", b"--b--\r\n", "file"),
        ("application/json", b'{"file": "x"}', "file"),
        ("text/plain", b"x", "file"),
        ("application/x-www-form-urlencoded", b"file=x", "file"),
    ],
)
async def test_forms_that_are_none(api, key, kind, body, path):
    found = refused(await api.post("/api/media", headers={**key, "Content-Type": kind}, content=body))
    assert found == [path]


@pytest.mark.parametrize("text", [b"x" * 10_001, b"a\x00b"])
async def test_descriptions_of_files(api, key, text):
    part = b'--b\r\nContent-Disposition: form-data; name="altText"\r\n\r\n' + text + b"\r\n"
    file = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n' + picture() + b"\r\n--b--\r\n"
    headers = {**key, "Content-Type": "multipart/form-data; boundary=b"}
    assert refused(await api.post("/api/media", headers=headers, content=part + file)) == ["altText"]


async def test_a_form_of_another_charset(api, key):
    part = b'--b\r\nContent-Disposition: form-data; name="altText"\r\n\r\nx\r\n'
    file = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n' + picture() + b"\r\n--b--\r\n"
    headers = {**key, "Content-Type": "multipart/form-data; boundary=b; charset=nonsense"}
    answer = await api.post("/api/media", headers=headers, content=part + file)
    assert answer.status_code == 201 or refused(answer) == ["body"]


async def test_a_thousand_fields_and_two_files(api, key):
    fields = b"".join(b'--b\r\nContent-Disposition: form-data; name="f%d"\r\n\r\nx\r\n' % number for number in range(2000))
    headers = {**key, "Content-Type": "multipart/form-data; boundary=b"}
    assert refused(await api.post("/api/media", headers=headers, content=fields + b"--b--\r\n")) in (["body"], ["file"])
