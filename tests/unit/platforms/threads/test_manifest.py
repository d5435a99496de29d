"""What may be posted, as the check tells it."""

import pytest

from ocma.platforms.check import check
from ocma.platforms.content import Content, Link, Media, Part, Poll
from ocma.platforms.threads import Threads

MANIFEST = Threads.manifest


async def nothing():
    yield b""


def image(width=1080, height=1080, **more):
    given = {"mime_type": "image/jpeg", "size": 1, "url": lambda: "https://files.example/a", **more}
    return Media("a", "image", open=nothing, width=width, height=height, **given)


def rules(*parts, **options):
    return {each.code.removeprefix("threads.") for each in check(Content(parts, options), MANIFEST)}


def test_what_is_accepted():
    assert rules(Part("x" * 500)) == set()
    assert rules(Part("", (image(),) * 20)) == set()
    assert rules(Part("Which?", poll=Poll(("a", "b"), 86_400))) == set()
    assert rules(Part("Look", link=Link("https://example.org"))) == set()
    assert rules(*[Part("x")] * 5, Part("y", role="comment")) == set()
    assert rules(Part("x"), topic_tag="cats", reply_control="everyone") == set()


@pytest.mark.parametrize(
    ("part", "options", "rule"),
    [
        (Part("x" * 501), {}, "text.length"),
        (Part("😀" * 126), {}, "text.length"),
        (Part(" "), {}, "text.empty"),
        (Part("", (image(),) * 21), {}, "media.images"),
        (Part("", (image(width=300),)), {}, "media.width"),
        (Part("", (image(mime_type="image/webp"),)), {}, "media.type"),
        (Part("", (image(url=None),)), {}, "media.address"),
        (Part("x", poll=Poll(("a", "b"), 3600)), {}, "poll.seconds"),
        (Part("x", poll=Poll(tuple("abcde"), 86_400)), {}, "poll.options"),
        (Part("x", (image(),), poll=Poll(("a", "b"), 86_400)), {}, "poll.media"),
        (Part("x", (image(),), link=Link("https://example.org")), {}, "link.media"),
        (Part("x"), {"topic_tag": "a.b"}, "option.value"),
        (Part("x"), {"reply_control": "nobody"}, "option.value"),
    ],
)
def test_what_is_refused(part, options, rule):
    assert rule in rules(part, **options)


def test_publishing_needs_its_scopes():
    assert MANIFEST.oauth.missing("publish", ("threads_basic",)) == ("threads_content_publish",)
    assert MANIFEST.oauth.missing("publish", MANIFEST.oauth.scopes) == ()
