import pytest

from ocma.platforms.bluesky import Bluesky
from ocma.platforms.check import check
from ocma.platforms.configuration import endpoints, find_app
from ocma.platforms.connector import Announces, Publishes
from ocma.platforms.content import Content, Link, Media, Part
from ocma.platforms.registry import get_connector

MANIFEST = Bluesky.manifest


def media(kind: str = "image", mime_type: str = "image/png", size: int = 1000, **more) -> Media:
    return Media("m", kind, mime_type, size, lambda: None, width=10, height=10, **more)


def rules(*parts: Part, **options) -> list[str]:
    return [issue.code for issue in check(Content(parts, options), MANIFEST)]


def test_it_is_found_by_its_key_and_aliases():
    connector = get_connector("bsky")
    assert connector is get_connector("bluesky")
    assert isinstance(connector, Bluesky)
    assert isinstance(connector, Publishes)
    assert isinstance(connector, Announces)


def test_accounts_are_at_bsky_social_unless_they_say_otherwise():
    assert endpoints(MANIFEST, {}).api_url == "https://bsky.social"
    where = endpoints(MANIFEST, {}, "pds.example")
    assert (where.api_url, where.chosen, where.urls["plc"]) == ("https://pds.example", False, "https://plc.directory")
    assert find_app(MANIFEST, {}) is None


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (Part("x" * 300), []),
        (Part("x" * 301), ["bluesky.text.length"]),
        (Part("👨‍👩‍👧‍👦" * 120), []),
        (Part("👨‍👩‍👧‍👦" * 121), ["bluesky.text.bytes"]),
        (Part(""), ["bluesky.text.empty"]),
        (Part("", (media(),)), []),
        (Part("x", (media(),) * 10), []),
        (Part("x", (media(),) * 11), ["bluesky.media.images"]),
        (Part("x", (media(size=2_000_001),)), ["bluesky.media.size"]),
        (Part("x", (media("video", "video/mp4", 300_000_000, duration=180),)), []),
        (Part("x", (media("video", "video/mp4", duration=181),)), ["bluesky.media.duration"]),
        (Part("x", (media("gif", "image/gif"),)), ["bluesky.media.gifs", "bluesky.media.type"]),
        (Part("x", (media(), media("video", "video/mp4"))), ["bluesky.media.mixed"]),
        (Part("", link=Link("https://example.com", "Titel")), []),
        (Part("", link=Link("https://example.com")), ["bluesky.link.title"]),
        (Part("x", (media(),), link=Link("https://example.com", "Titel")), ["bluesky.link.media"]),
    ],
)
def test_posts_are_held_to_the_lexicon(part, expected):
    assert rules(part) == expected


def test_options_are_lists():
    assert rules(Part("x"), langs=["de", "en"], tags=["a"], labels=["nudity"]) == []
    assert rules(Part("x"), langs=["de", "en", "fr", "it"], lang="de") == ["bluesky.option.value", "bluesky.option.unknown"]
