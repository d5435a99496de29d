import pytest

from ocma.platforms.check import check
from ocma.platforms.configuration import endpoints, variables
from ocma.platforms.content import Content, Media, Part, Poll
from ocma.platforms.x import X

MANIFEST = X.manifest


async def nothing():
    yield b""


def file(kind="image", mime_type="image/png", size=1000, alt_text=None):
    return Media(id="m", kind=kind, mime_type=mime_type, size=size, open=nothing, alt_text=alt_text)


def rules(*parts, **options):
    return [issue.code for issue in check(Content(parts, options), MANIFEST)]


def test_who_and_where():
    assert (MANIFEST.key, MANIFEST.aliases) == ("x", ("twitter",))
    assert variables(MANIFEST) == {
        "OCMA_X_API_URL": "https://api.x.com",
        "OCMA_X_AUTH_URL": "https://x.com",
        "OCMA_X_QUOTAS": "publish:account=100/15m,publish:app=10000/24h,media:account=500/15m",
    }
    assert endpoints(MANIFEST, {"OCMA_X_API_URL": "http://127.0.0.1:1/x/"}).api_url == "http://127.0.0.1:1/x"
    assert (MANIFEST.setup.client_id, MANIFEST.setup.client_secret) == ("TWITTER_CLIENT_ID", "TWITTER_CLIENT_SECRET")


def test_tokens():
    oauth = MANIFEST.oauth
    assert (oauth.authorize, oauth.token, oauth.revoke) == ("/i/oauth2/authorize", "/2/oauth2/token", "/2/oauth2/revoke")
    assert (oauth.pkce, oauth.refreshes, oauth.rotates, oauth.auth_method) == ("S256", True, True, "client_secret_basic")
    assert set(oauth.scopes) == {"tweet.read", "tweet.write", "users.read", "media.write", "offline.access"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a" * 280, []), ("a" * 281, ["x.text.length"]), ("字" * 140, []), ("字" * 141, ["x.text.length"]), (" ", ["x.text.empty"])],
)
def test_text(text, expected):
    assert rules(Part(text)) == expected


@pytest.mark.parametrize(
    ("media", "expected"),
    [
        ([file()] * 4, []),
        ([file()] * 5, ["x.media.images"]),
        ([file("gif", "image/gif", 15 * 1024 * 1024)], []),
        ([file("gif", "image/gif")] * 2, ["x.media.gifs"]),
        ([file("video", "video/mp4", 100_000_000)], []),
        ([file(), file("gif", "image/gif")], ["x.media.mixed"]),
        ([file(size=5 * 1024 * 1024 + 1)], ["x.media.size"]),
        ([file(mime_type="image/tiff")], ["x.media.type"]),
        ([file(alt_text="a" * 1001)], ["x.media.altText"]),
    ],
)
def test_media(media, expected):
    assert rules(Part("", tuple(media))) == expected


def test_options():
    assert rules(Part("hi"), reply_settings="following", made_with_ai=True, paid_partnership=False) == []
    assert rules(Part("hi"), reply_settings="everyone") == ["x.option.value"]
    assert rules(Part("hi"), made_with_ai="yes") == ["x.option.value"]
    assert rules(Part("hi"), nullcast=True) == ["x.option.unknown"]


def test_thread():
    assert rules(*[Part("hi")] * 25) == []
    assert rules(*[Part("hi")] * 26) == ["x.thread.length"]


@pytest.mark.parametrize(
    ("poll", "expected"),
    [
        (Poll(("a", "b"), 300), []),
        (Poll(("a" * 25, "b", "c", "d"), 604_800), []),
        (Poll(("a",), 300), ["x.poll.options"]),
        (Poll(tuple("abcde"), 300), ["x.poll.options"]),
        (Poll(("a" * 26, "b"), 300), ["x.poll.option"]),
        (Poll(("a", ""), 300), ["x.poll.option"]),
        (Poll(("a", "b"), 240), ["x.poll.seconds"]),
        (Poll(("a", "b"), 604_860), ["x.poll.seconds"]),
        (Poll(("a", "b"), 301), ["x.poll.seconds"]),
        (Poll(("a", "b"), 300, multiple=True), ["x.poll.multiple"]),
    ],
)
def test_polls(poll, expected):
    assert rules(Part("hi", poll=poll)) == expected


def test_a_poll_needs_a_text_and_takes_no_files():
    poll = Poll(("a", "b"), 300)
    assert rules(Part(" ", poll=poll)) == ["x.poll.text"]
    assert rules(Part("hi", (file(),), poll=poll)) == ["x.poll.media"]
