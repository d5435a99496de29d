from datetime import UTC, datetime

import pytest

from ocma.platforms.check import check
from ocma.platforms.content import Content, Media, Part
from ocma.platforms.youtube import YouTube
from ocma.platforms.youtube.refusal import until_midnight


async def nothing():
    yield b""


def film(**more):
    return Media("m", "video", more.pop("mime_type", "video/mp4"), more.pop("size", 1000), nothing, **more)


def rules(text, *media, title="Title", comment=None, **options):
    parts = (Part(text, media), *([Part(comment, role="comment")] if comment else []))
    chosen = {"title": title} if title else {}
    return [each.code.removeprefix("youtube.") for each in check(Content(parts, chosen | options), YouTube.manifest)]


def test_a_post_is_one_video_with_a_title():
    assert rules("", film()) == []
    assert rules("Text") == ["media.missing"]
    assert rules("", film(), film()) == ["media.videos"]
    assert rules("", film(), title=None) == ["option.missing"]
    assert rules("", Media("m", "image", "image/png", 1, nothing)) == ["media.images"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a" * 5000, []),
        ("a" * 5001, ["text.length", "text.bytes"]),
        ("é" * 2500, []),
        ("é" * 2501, ["text.bytes"]),
        ("a < b", ["text.forbidden"]),
    ],
)
def test_descriptions_are_counted_in_bytes(text, expected):
    assert rules(text, film()) == expected


def test_options():
    assert rules("", film(), title="é" * 100, tags=["a"], privacyStatus="unlisted", embeddable=True) == []
    assert rules("", film(), title="é" * 101) == ["option.value"]
    assert rules("", film(), title="<b>") == ["option.value"]
    assert rules("", film(), tags=["a" * 250, "b" * 251]) == ["option.value"]
    assert rules("", film(), privacyStatus="secret") == ["option.value"]


def test_files():
    assert rules("", film(duration=43_200.0)) == []
    assert rules("", film(duration=43_201.0)) == ["media.duration"]
    assert rules("", film(mime_type="video/ogg")) == ["media.type"]


def test_a_first_comment():
    assert rules("", film(), comment="a" * 10_000) == []
    assert rules("", film(), comment="a" * 10_001) == ["text.length"]


@pytest.mark.parametrize(
    ("now", "hours"),
    [
        (datetime(2026, 11, 22, 8, 0, tzinfo=UTC), 24),
        (datetime(2026, 11, 22, 7, 59, 59, tzinfo=UTC), 1 / 3600),
        (datetime(2026, 11, 1, 7, 0, tzinfo=UTC), 25),  # clocks go back there that night
        (datetime(2027, 3, 14, 8, 0, tzinfo=UTC), 23),
    ],
)
def test_midnight_in_california(now, hours):
    assert until_midnight(now) == pytest.approx(max(hours * 3600, 1))
