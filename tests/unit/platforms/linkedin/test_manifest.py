import pytest

from ocma.platforms.check import check
from ocma.platforms.configuration import endpoints, find_app
from ocma.platforms.connector import Connector, Publishes
from ocma.platforms.content import Content, Link, Media, Part, Poll
from ocma.platforms.linkedin import LinkedIn
from ocma.platforms.registry import get_connector

MANIFEST = LinkedIn.manifest
DAY = 86_400


def media(kind, mime_type, size=100_000, **more):
    return Media("m", kind, mime_type, size, lambda: None, **more)


def rules(*files, text="Text", options=None, poll=None, link=None, comment=None):
    parts = [Part(text, files, poll=poll, link=link)] + ([Part(comment, role="comment")] if comment else [])
    return [issue.code.removeprefix("linkedin.") for issue in check(Content(tuple(parts), options or {}), MANIFEST)]


def test_it_is_found_by_its_key_with_its_abilities():
    connector = get_connector("linkedin")
    assert isinstance(connector, LinkedIn)
    assert isinstance(connector, Connector)
    assert isinstance(connector, Publishes)


def test_its_addresses_and_settings_are_the_operators():
    where = endpoints(MANIFEST, {})
    assert (where.api_url, where.auth_url) == ("https://api.linkedin.com", "https://www.linkedin.com")
    assert where.settings == {
        "version": "202609",
        "scopes": "openid profile email w_member_social",
        "ugc_entity": "ugc",
    }
    own = {"OCMA_LINKEDIN_VERSION": "202703", "OCMA_LINKEDIN_UPLOAD_URL": "http://127.0.0.1:1/"}
    where = endpoints(MANIFEST, own)
    assert (where.settings["version"], where.urls) == ("202703", {"upload": "http://127.0.0.1:1"})
    app = find_app(MANIFEST, {"LINKEDIN_CLIENT_ID": "a", "LINKEDIN_CLIENT_SECRET": "b"})
    assert (app.client_id, app.client_secret) == ("a", "b")


@pytest.mark.parametrize(
    ("granted", "missing"),
    [
        (["w_member_social"], ()),
        (["w_organization_social"], ()),
        (["openid", "profile"], ("w_member_social|w_organization_social",)),
    ],
)
def test_posting_as_oneself_or_as_a_page(granted, missing):
    assert MANIFEST.oauth.missing("publish", granted) == missing


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ([media("image", "image/jpeg")] * 20, []),
        ([media("image", "image/jpeg")] * 21, ["media.images"]),
        ([media("image", "image/webp")], ["media.type"]),
        ([media("image", "image/png", width=6013, height=6013)], ["media.pixels"]),
        ([media("image", "image/png", alt_text="x" * 4087)], ["media.altText"]),
        ([media("gif", "image/gif")], []),
        ([media("video", "video/mp4", 500 * 1024 * 1024, duration=1800, width=240, height=100)], []),
        ([media("video", "video/mp4", 500 * 1024 * 1024 + 1)], ["media.size"]),
        ([media("video", "video/quicktime")], ["media.type"]),
        ([media("video", "video/mp4", duration=2.9)], ["media.duration"]),
        ([media("video", "video/mp4", width=250, height=100)], ["media.ratio"]),
        ([media("video", "video/mp4"), media("image", "image/png")], ["media.mixed"]),
        ([media("document", "application/pdf", 100 * 1024 * 1024)], []),
        ([media("document", "application/pdf")] * 2, ["media.documents"]),
        ([media("document", "text/plain")], ["media.type"]),
    ],
)
def test_files(files, expected):
    assert rules(*files) == expected


def test_texts():
    assert rules(text="x" * 3000) == []
    assert rules(text="x" * 3001) == ["text.length"]
    assert rules(comment="x" * 1250) == []
    assert rules(comment="x" * 1251) == ["text.length"]
    assert rules(text="") == ["text.empty"]


def test_polls():
    assert rules(poll=Poll(("Tea", "Coffee"), 3 * DAY, question="x" * 140)) == []
    assert rules(poll=Poll(("Tea", "Coffee"), 2 * DAY)) == ["poll.seconds"]
    assert rules(poll=Poll(("Tea", "x" * 31), DAY)) == ["poll.option"]
    assert rules(poll=Poll(tuple("abcde"), DAY)) == ["poll.options"]


def test_links_need_a_title():
    assert rules(link=Link("https://example.com", "Title", "More")) == []
    assert rules(link=Link("https://example.com")) == ["link.title"]


def test_options():
    assert rules(options={"visibility": "CONNECTIONS", "reshare_disabled": True, "title": "Report"}) == []
    assert rules(options={"visibility": "FRIENDS", "x": 1}) == ["option.value", "option.unknown"]
