"""The side of a third party's platform: one entry point, and the sandbox serves it, its books and its faults."""

import os
import subprocess
import sys

import httpx2
import pytest

import pigeon
from integration.sandbox.walks import Control
from ocma.platforms.connector import Access, Published
from ocma.platforms.content import Outgoing, Part
from ocma.platforms.errors import ContentRejected, OutcomeUnknown
from ocma.platforms.registry import connectors

NINE = ["x", "mastodon", "linkedin", "tiktok", "youtube", "bluesky", "facebook", "instagram", "threads"]
LETTER = Outgoing(Part("Coo."), 0, "key")


@pytest.fixture
def folder(tmp_path):
    return pigeon.install(tmp_path)


@pytest.fixture
def url(folder):
    command = [sys.executable, "-m", "ocma_sandbox", "--set", "pigeon.lofts=north,east"]
    process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(folder)}, stdout=subprocess.PIPE, text=True)
    try:
        yield process.stdout.readline().split()[1]
    finally:
        process.kill()
        process.communicate(timeout=10)


@pytest.fixture
def connector(folder, monkeypatch):
    monkeypatch.syspath_prepend(folder)
    connectors.cache_clear()
    yield connectors()["pigeon"]
    connectors.cache_clear()
    sys.modules.pop("pigeon_post", None)


def access(url, loft):
    return Access(httpx2.AsyncClient(base_url=f"{url}/pigeon", timeout=30), settings={"loft": loft})


def test_it_is_served_after_ours(url):
    assert httpx2.get(f"{url}/_control/health", timeout=30).json()["platforms"] == [*NINE, "pigeon"]


async def test_its_connector_publishes_there_and_the_books_show_it(url, connector):
    assert await connector.publish(access(url, "east"), LETTER) == Published("1")
    assert Control(url).contents("pigeon") == ["Coo."]


async def test_it_refuses_by_its_own_settings(url, connector):
    with pytest.raises(ContentRejected) as caught:
        await connector.publish(access(url, "south"), LETTER)

    assert (caught.value.rule, caught.value.status) == ("refused", 422)
    assert Control(url).contents("pigeon") == []


async def test_faults_strike_it_like_the_others(url, connector):
    Control(url).fault("pigeon", "accept_500", count=1)

    with pytest.raises(OutcomeUnknown):
        await connector.publish(access(url, "east"), LETTER)
    assert Control(url).contents("pigeon") == ["Coo."]
