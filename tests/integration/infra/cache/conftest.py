"""A Redis that tests may stop, and caches as processes of their own would have them."""

import asyncio

import pytest

from integration.publishing.gates.cast import Server
from ocma.ids import new_id
from ocma.infra.cache import Cache
from ocma.infra.line import Line
from ocma.infra.redis import connect

CALM = 20.0  # seconds that Redis has where its slowness is not what is tested: the machine may be busy
ROOM = 10_000_000


class Hands:
    """A clock that stands still until it is moved."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


class Source:
    """What answers are computed from. `version` is what it would say now."""

    def __init__(self, seconds=0.0):
        self.computed, self.version, self.seconds = 0, 1, seconds

    async def __call__(self):
        self.computed += 1
        found = self.version
        await asyncio.sleep(self.seconds)
        return None if found is None else b"version %d" % found


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    found = Server.start(tmp_path_factory.mktemp("cache") / "data")
    yield found
    found.stop()


@pytest.fixture
async def process(server):
    """Makes a cache with connections and a memory of its own."""
    opened = []

    def new(url=None, patience=CALM, again=0.2, room=ROOM, **more):
        redis = connect(url or server.url)
        cache = Cache(redis, room, line=Line(redis, "cache", patience=patience, again=again), **more)
        opened.append((cache, redis))
        return cache

    yield new
    for cache, redis in opened:
        await cache.close()
        await redis.aclose()


@pytest.fixture
def workspace():
    return new_id()


@pytest.fixture
def source():
    return Source()


@pytest.fixture
def slow():
    return Source(0.3)


@pytest.fixture
def hands():
    return Hands()


def told(cache, result):
    """How often, for whatever use."""
    answers = next(each for each in cache.gauges.collect() if each.name == "ocma_cache_answers")
    return sum(each.value for each in answers.samples if each.labels["result"] == result)
