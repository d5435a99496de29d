"""That the judge of the other tests here can find somebody guilty."""

import httpx2
import pytest

from contract.facebook.description import GRAPH
from contract.facebook.host import API, Host, facebook
from contract.graph.wire import Broken


def post(edge, **form):
    return httpx2.Request("POST", f"{API}/v26.0/1/{edge}", data=form), "Page", edge


def get(node, edge, **query):
    return httpx2.Request("GET", f"{API}/v26.0/1", params=query), node, edge


@pytest.mark.parametrize(
    "asked",
    [
        post("feed", text="Hello"),
        post("feed", published="yes"),
        post("feed", attached_media="31"),
        post("statuses", message="Hello"),
        post("video_reels", video_id="1"),
        post("video_reels", upload_phase="transfer"),
        post("video_reels", upload_phase="finish", video_state="LIVE"),
        post("videos", upload_phase="start", file_size="10 MB"),
        post("photo_stories", photo="1"),
        get("Page", "published_posts", fields="id,text"),
        get("Page", "published_posts", query="x"),
        get("AdVideo", "#get", fields="id,state"),
        get("Page", "stories", fields="id"),
        get("User", "pages"),
    ],
    ids=str,
)
def test_finds_what_is_wrong_with_a_request(asked):
    request, node, edge = asked
    request.read()
    with pytest.raises(Broken):
        GRAPH.check(request, node, edge)


async def test_the_host_wants_the_proof_and_the_version():
    access = Host().access()
    for settings, app in (({"version": "v20.0"}, access.app), (access.settings, None)):
        with pytest.raises((AssertionError, KeyError)):
            await facebook().identify(
                type(access)(access.client, profile_id="me", token="page-token", app=app, settings=settings)
            )
