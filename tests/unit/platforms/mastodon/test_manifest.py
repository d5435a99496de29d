import pytest

from ocma.platforms.check import check
from ocma.platforms.configuration import endpoints, find_app
from ocma.platforms.connector import Connector, Publishes, Registers
from ocma.platforms.content import Content, Media, Part, Poll
from ocma.platforms.mastodon import Mastodon
from ocma.platforms.registry import get_connector

MANIFEST = Mastodon.manifest


def media(kind: str, mime_type: str, size: int = 1000, alt_text: str | None = None) -> Media:
    return Media("m", kind, mime_type, size, lambda: None, alt_text=alt_text)


def rules(*files: Media, options: dict | None = None) -> list[str]:
    return [issue.code for issue in check(Content((Part("Text", files),), options or {}), MANIFEST)]


def test_it_is_found_by_its_key_with_its_abilities():
    connector = get_connector("mastodon")
    assert isinstance(connector, Mastodon)
    assert isinstance(connector, Connector)
    assert isinstance(connector, Publishes)
    assert isinstance(connector, Registers)


def test_every_server_is_its_own_platform_and_needs_no_configured_app():
    where = endpoints(MANIFEST, {}, "social.example")
    assert (where.api_url, where.auth_url, where.chosen) == ("https://social.example", "https://social.example", False)
    assert find_app(MANIFEST, {}) is None


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ([media("image", "image/jpeg")] * 4, []),
        ([media("image", "image/jpeg")] * 5, ["mastodon.media.images"]),
        ([media("video", "video/mp4", 99_000_000)], []),
        ([media("video", "video/mp4")] * 2, ["mastodon.media.videos"]),
        ([media("image", "image/png"), media("video", "video/mp4")], ["mastodon.media.mixed"]),
        ([media("image", "image/tiff")], ["mastodon.media.type"]),
        ([media("image", "image/png", 16_777_217)], ["mastodon.media.size"]),
        ([media("gif", "image/gif", 16_777_216)], []),
        ([media("image", "image/png", alt_text="x" * 1501)], ["mastodon.media.altText"]),
    ],
)
def test_files_are_held_to_mastodons_defaults(files, expected):
    assert rules(*files) == expected


def test_options_are_mastodons_own():
    assert rules(options={"visibility": "direct", "sensitive": True, "spoiler_text": "x", "language": "de"}) == []
    assert rules(options={"visibility": "friends", "poll": {}}) == ["mastodon.option.value", "mastodon.option.unknown"]


@pytest.mark.parametrize(
    ("poll", "expected"),
    [
        (Poll(("a", "b"), 300, multiple=True), []),
        (Poll(("a" * 50, "b", "c", "d"), 2_629_746), []),
        (Poll(("a",), 300), ["mastodon.poll.options"]),
        (Poll(tuple("abcde"), 300), ["mastodon.poll.options"]),
        (Poll(("a" * 51, "b"), 300), ["mastodon.poll.option"]),
        (Poll(("a", "a"), 300), ["mastodon.poll.same"]),
        (Poll(("a", "b"), 299), ["mastodon.poll.seconds"]),
        (Poll(("a", "b"), 2_629_747), ["mastodon.poll.seconds"]),
        (Poll(("a", "b"), 300, question="c"), ["mastodon.poll.question"]),
    ],
)
def test_polls_are_held_to_mastodons_defaults(poll, expected):
    assert [issue.code for issue in check(Content((Part("Text", poll=poll),)), MANIFEST)] == expected


def test_a_poll_needs_a_text_and_takes_no_files():
    poll = Poll(("a", "b"), 300)
    assert [issue.code for issue in check(Content((Part(" ", poll=poll),)), MANIFEST)] == ["mastodon.poll.text"]
    both = Part("Text", (media("image", "image/png"),), poll=poll)
    assert [issue.code for issue in check(Content((both,)), MANIFEST)] == ["mastodon.poll.media"]
