from io import BytesIO

import pytest
from PIL import Image

from ocma_sandbox.sniff import Sniffed, sniff


def image(kind, **options):
    buffer = BytesIO()
    Image.new("RGB", (37, 19), "teal").save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("kind", "options", "mime_type"),
    [
        ("PNG", {}, "image/png"),
        ("JPEG", {}, "image/jpeg"),
        ("JPEG", {"progressive": True, "exif": b"Exif\x00\x00" + b"x" * 300}, "image/jpeg"),
        ("GIF", {}, "image/gif"),
        ("WEBP", {}, "image/webp"),
        ("WEBP", {"lossless": True}, "image/webp"),
        ("WEBP", {"exif": b"Exif\x00\x00MM\x00*" + b"\x00" * 8}, "image/webp"),
    ],
)
def test_images_that_pillow_writes_are_known_with_their_size(kind, options, mime_type):
    assert sniff(image(kind, **options)) == Sniffed(mime_type, 37, 19)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
@pytest.mark.parametrize("length", [0, 3, 8, 12, 17])
def test_an_image_that_is_cut_off_is_nothing(kind, length):
    assert sniff(image(kind)[:length]) is None or kind == "GIF"


@pytest.mark.parametrize("content", [b"", b"hello, world", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\xff\xd8\xff" * 9])
def test_what_is_no_medium_is_nothing(content):
    assert sniff(content) is None


@pytest.mark.parametrize(
    ("content", "mime_type"),
    [
        (b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2", "video/mp4"),
        (b"\x00\x00\x00\x14ftypqt  \x00\x00\x02\x00qt  ", "video/quicktime"),
        (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01", "video/webm"),
        (b"RIFF\x24\x08\x00\x00WAVEfmt ", "audio/wav"),
    ],
)
def test_videos_and_sound_are_known(content, mime_type):
    assert sniff(content) == Sniffed(mime_type)
