"""The first bytes decide."""

import pytest

from ocma.features.media.sniff import sniff


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "image/png"),
        (b"GIF87a....", "image/gif"),
        (b"GIF89a....", "image/gif"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00", "video/mp4"),
        (b"\x00\x00\x00\x14ftypqt  \x00\x00", "video/quicktime"),
        (b"\x00\x00\x00\x08wide\x00\x00", "video/quicktime"),
        (b"\x1aE\xdf\xa3\x01\x00\x00\x00\x00\x00\x00\x1fB\x82\x84webm", "video/webm"),
        (b"\x1aE\xdf\xa3\x01\x00\x00\x00\x00\x00\x00\x1fB\x82\x88matroska", "video/x-matroska"),
        (b"%PDF-1.7\n", "application/pdf"),
    ],
)
def test_what_is_known(head, expected):
    assert sniff(head).mime_type == expected


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"<svg onload=alert(1)>",
        b"<!DOCTYPE html>",
        b"#EXTM3U\nfile:///etc/passwd",
        b"RIFF\x10\x00\x00\x00AVI LIST",
        b"\x00\x00\x00\x20ftypheic\x00\x00",
        b"\x00\x00\x00\x20ftypM4A \x00\x00",
        b"PK\x03\x04",
        b"MZ\x90\x00",
        b"ftypisom",
    ],
)
def test_what_is_not(head):
    assert sniff(head) is None
