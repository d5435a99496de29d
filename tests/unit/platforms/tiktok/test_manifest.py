import pytest

from ocma.platforms.check import check
from ocma.platforms.content import Content, Media, Part
from ocma.platforms.tiktok import TikTok

MANIFEST = TikTok.manifest


async def nothing():
    yield b""


def file(kind="video", mime_type="video/mp4", size=1000, *, url=None, **more):
    return Media("m", kind, mime_type, size, nothing, url=url, **more)


def photo(mime_type="image/jpeg", **more):
    return file("image", mime_type, url=lambda: "https://media.example/m", **more)


def rules(text, *media, privacy="SELF_ONLY", **options):
    chosen = {"privacy_level": privacy} if privacy else {}
    return [issue.code.removeprefix("tiktok.") for issue in check(Content((Part(text, media),), chosen | options), MANIFEST)]


def test_a_post_is_a_video_or_photos():
    assert rules("Hello", file()) == []
    assert rules("Hello", photo()) == []
    assert rules("Hello") == ["media.missing"]
    assert rules("Hello", photo(), file(url=lambda: "https://media.example/v")) == ["media.mixed"]
    assert rules("", file(), file()) == ["media.videos"]
    assert rules("", *[photo()] * 35) == []
    assert rules("", *[photo()] * 36) == ["media.images"]


@pytest.mark.parametrize(
    ("text", "media", "expected"),
    [
        ("a" * 2200, file(), []),
        ("a" * 2201, file(), ["text.length"]),
        ("😀" * 1100, file(), []),
        ("😀" * 1100 + "a", file(), ["text.length"]),
        ("a" * 4000, photo(), []),
        ("a" * 4001, photo(), ["text.length"]),
    ],
)
def test_text_is_counted_in_utf_16(text, media, expected):
    assert rules(text, media) == expected


@pytest.mark.parametrize(
    ("media", "expected"),
    [
        (photo("image/png"), ["media.type"]),
        (photo(size=20_000_001), ["media.size"]),
        (photo(width=1080, height=1920), []),
        (photo(width=2000, height=1000), ["media.width"]),
        (file("image", "image/jpeg"), ["media.address"]),
        (file(mime_type="video/x-msvideo"), ["media.type"]),
        (file(duration=601.0), ["media.duration"]),
        (file(frame_rate=15.0), ["media.frameRate"]),
        (file(width=300, height=640), ["media.width"]),
        (file(video_codec="mpeg4"), ["media.videoCodec"]),
    ],
)
def test_files(media, expected):
    assert rules("", media) == expected


def test_privacy_has_to_be_chosen():
    assert rules("Hello", file(), privacy=None) == ["option.missing"]
    assert rules("Hello", file(), privacy="EVERYONE") == ["option.value"]


def test_options():
    assert rules("", photo(), title="😀" * 45, photo_cover_index=0, auto_add_music=True) == []
    assert rules("", photo(), title="😀" * 46) == ["option.value"]
    assert rules("", file(), disable_duet="yes") == ["option.value"]
    assert rules("", file(), music=True) == ["option.unknown"]
