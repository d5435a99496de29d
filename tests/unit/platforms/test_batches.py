"""How many posts each platform takes in one question about figures, and that it is never asked about more."""

from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

import httpx2
import pytest

from ocma.errors import OcmaError
from ocma.platforms.configuration import endpoints
from ocma.platforms.connector import Access
from ocma.platforms.metrics import Target
from ocma.platforms.registry import get_connector, manifests

# platform -> most posts in one question; what a post of it is called; whose it is
MOST = {
    "x": (100, "19{:017}", "2"),  # GET /2/tweets: `ids`, 1 to 100
    "youtube": (50, "video{:06}", "UC1"),  # videos: `id`, a page of 50 at most
    "bluesky": (25, "at://did:plc:ocma/app.bsky.feed.post/3k{:011}", "did:plc:ocma"),  # app.bsky.feed.getPosts: `uris`, 25
    "mastodon": (20, "11{:016}", "1"),  # GET /api/v1/statuses: `id[]`, 20; more are refused
    "tiktok": (20, "74{:017}", "ocma"),  # /v2/video/query/: `video_ids`, 20
    "linkedin": (20, "urn:li:share:7{:018}", "urn:li:organization:1"),  # share statistics: a `List(…)`; the bound is ours
    "facebook": (1, "1_{:09}", "1"),  # insights are an edge of one object
    "instagram": (1, "18{:015}", "17"),
    "threads": (1, "18{:015}", "17"),
}


class Recorder:
    """A platform that is not well: it remembers what it was asked and answers nobody."""

    def __init__(self):
        self.asked = []

    def __call__(self, request):
        self.asked.append(unquote(str(request.url)) + request.content.decode())
        return httpx2.Response(503)


def test_every_platform_is_in_the_table():
    assert set(MOST) == {each.key for each in manifests()}


@pytest.mark.parametrize("platform", MOST)
async def test_no_question_is_about_more_posts_than_the_platform_takes(platform):
    connector, (most, name, profile_id) = get_connector(platform), MOST[platform]
    assert connector.manifest.measuring.at_once == most
    where, host, oauth = endpoints(connector.manifest, {}, "social.example"), Recorder(), connector.manifest.oauth
    scopes = {*oauth.scopes, *(scope for each in oauth.needs.values() for scope in each)}
    client = httpx2.AsyncClient(transport=httpx2.MockTransport(host), base_url=where.api_url)
    known = {"urls": where.urls, "settings": where.settings, "scopes": tuple(scopes)}
    access = Access(client, profile_id=profile_id, host="social.example", token="t0ken", **known)
    posts = [Target(name.format(number), datetime.now(UTC) - timedelta(days=5)) for number in range(most)]
    with pytest.raises(OcmaError):
        await connector.measure_posts(access, posts)
    named = [sum(each.id in text for each in posts) for text in host.asked]
    assert max(named) == most
