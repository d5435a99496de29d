"""What may be posted, as the check tells it, and what kind of post it is."""

import pytest

from ocma.platforms.check import check
from ocma.platforms.content import Content, Media, Part
from ocma.platforms.instagram import Instagram

MANIFEST = Instagram.manifest


async def nothing():
    yield b""


def image(width=1080, height=1080, **more):
    given = {"mime_type": "image/jpeg", "size": 1, "url": lambda: "https://files.example/a", **more}
    return Media("a", "image", open=nothing, width=width, height=height, **given)


def video(**more):
    given = {"mime_type": "video/mp4", "size": 1, "duration": 20.0, "width": 1080, "height": 1920, **more}
    return Media("v", "video", open=nothing, url=lambda: "https://files.example/v", **given)


def rules(*media, text="", **options):
    return {each.code.removeprefix("instagram.") for each in check(Content((Part(text, media),), options), MANIFEST)}


def test_what_is_accepted():
    assert rules(image(), text="x" * 2200) == set()
    assert rules(image(1080, 1350), image(1080, 566), video()) == set()
    assert rules(video(duration=900.0), share_to_feed=True, thumb_offset=100) == set()
    assert rules(image(1080, 1920), kind="story") == set()
    assert rules(image(), collaborators=["a", "b", "c"]) == set()


@pytest.mark.parametrize(
    ("media", "options", "rule"),
    [
        ((), {"text": "only text"}, "media.missing"),
        ((image(),), {"text": "x" * 2201}, "text.length"),
        ((image(),) * 11, {}, "media.most"),
        ((image(mime_type="image/png"),), {}, "media.type"),
        ((image(size=9_000_000),), {}, "media.size"),
        ((image(1080, 1920),), {}, "media.ratio"),
        ((image(1000, 500),), {}, "media.ratio"),
        ((image(300, 300),), {}, "media.width"),
        ((image(url=None),), {}, "media.address"),
        ((video(duration=901.0),), {}, "media.duration"),
        ((video(duration=2.0),), {}, "media.duration"),
        ((video(duration=61.0),), {"kind": "story"}, "media.duration"),
        ((image(), image()), {"kind": "story"}, "media.most"),
        ((image(),), {"kind": "story", "text": "x"}, "text.length"),
        ((image(),), {"kind": "reel"}, "media.images"),
        ((image(),), {"collaborators": ["a", "b", "c", "d"]}, "option.value"),
    ],
)
def test_what_is_refused(media, options, rule):
    assert rule in rules(*media, **options)


def test_a_single_video_is_a_reel_and_among_others_it_is_not():
    def kind(*media, **options):
        return MANIFEST.kind_of(Content((Part("", media),), options))

    assert (kind(video()), kind(video(), image()), kind(image()), kind(video(), kind="story")) == (
        "reel",
        "post",
        "post",
        "story",
    )


@pytest.mark.parametrize("prefix", ["instagram_business", "instagram"])
def test_either_logins_scopes_will_do(prefix):
    granted = (f"{prefix}_basic", f"{prefix}_content_publish")
    assert MANIFEST.oauth.missing("publish", granted) == ()
    assert MANIFEST.oauth.missing("publish", granted[:1])
    assert MANIFEST.oauth.missing("reply", granted)
