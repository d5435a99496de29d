import pytest

from ocma.platforms.check import check
from ocma.platforms.configuration import endpoints, variables
from ocma.platforms.content import Content, Link, Media, Part
from ocma.platforms.facebook import Facebook

MANIFEST = Facebook.manifest


async def nothing():
    yield b""


def image(**more):
    return Media(**{"id": "m", "kind": "image", "mime_type": "image/jpeg", "size": 1000, "open": nothing, **more})


def video(**more):
    upright = {"width": 1080, "height": 1920, "duration": 30.0, "frame_rate": 30.0}
    return image(**{"kind": "video", "mime_type": "video/mp4", **upright, **more})


def rules(*parts, **options):
    return [issue.code.removeprefix("facebook.") for issue in check(Content(parts, options), MANIFEST)]


def test_who_and_where():
    assert variables(MANIFEST) == {
        "OCMA_FACEBOOK_API_URL": "https://graph.facebook.com",
        "OCMA_FACEBOOK_AUTH_URL": "https://www.facebook.com",
        "OCMA_FACEBOOK_UPLOAD_URL": "https://rupload.facebook.com",
        "OCMA_FACEBOOK_VERSION": "v26.0",
        "OCMA_FACEBOOK_CONFIG_ID": "",
        "OCMA_FACEBOOK_QUOTAS": "off",
    }
    sandbox = endpoints(MANIFEST, {"OCMA_SANDBOX_URL": "http://127.0.0.1:1"})
    assert {sandbox.api_url, sandbox.auth_url, *sandbox.urls.values()} == {"http://127.0.0.1:1/facebook"}


def test_a_page_token_is_not_renewed():
    assert (MANIFEST.oauth.refreshes, MANIFEST.oauth.pkce) == (False, None)


@pytest.mark.parametrize(
    "part",
    [
        Part("x" * 63_206),
        Part("", tuple(image() for _ in range(10))),
        Part("", (video(width=1920, height=1080, duration=4 * 3600.0),)),
        Part("", (), link=Link("https://ocma.example")),
    ],
    ids=["text", "photos", "video", "link"],
)
def test_what_a_post_may_be(part):
    assert rules(part) == rules(part, kind="post") == []


def test_what_a_post_may_not_be():
    assert rules(Part("x" * 63_207)) == ["text.length"]
    assert len(rules(Part("", tuple(image() for _ in range(11))))) == 1
    assert len(rules(Part("", (image(), video())))) == 1
    assert len(rules(Part("", (image(size=5 * 1024 * 1024),)))) == 1
    assert rules(Part("", (image(),), link=Link("https://ocma.example"))) == ["link.media"]
    assert rules(Part("", link=Link("https://ocma.example", title="T"))) == ["link.title"]
    assert rules(Part("One"), Part("Two")) == ["thread.length"]
    assert rules(Part("x"), kind="event") == ["option.value"]


def test_a_first_comment():
    assert rules(Part("Hi"), Part("x" * 8000, role="comment")) == []
    assert rules(Part("Hi"), Part("x" * 8001, role="comment")) == ["text.length"]


def test_reels():
    assert rules(Part("Hi", (video(),)), kind="reel") == []
    for other in (video(duration=91.0), video(width=1920, height=1080), video(width=270, height=480), video(frame_rate=15.0)):
        assert rules(Part("Hi", (other,)), kind="reel")
    assert rules(Part("Hi", (image(),)), kind="reel")
    assert rules(Part("Hi"), kind="reel")


def test_stories():
    assert rules(Part("", (video(),)), kind="story") == rules(Part("", (image(),)), kind="story") == []
    assert rules(Part("Hi", (image(),)), kind="story") == ["text.length"]
    for files in ((), (image(), image()), (video(duration=61.0),)):
        assert rules(Part("", files), kind="story")
