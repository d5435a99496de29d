"""The count in this process, for when Redis is down; the one in Redis: tests/integration/api/test_auth.py."""

import pytest
from redis.asyncio import Redis

from ocma.errors import QuotaExceeded
from ocma.features.workspaces.login_limit import REMEMBERED, TRIES, WINDOW, LoginLimit
from ocma.infra.line import Line


@pytest.fixture
async def down():
    """A Redis that refuses connections: nothing listens on port 1."""
    redis = Redis(host="127.0.0.1", port=1)
    line = Line(redis, "test")
    yield line
    await line.close()
    await redis.aclose()


class Hands:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def hands():
    return Hands()


@pytest.fixture
def limit(hands):
    return LoginLimit(hands)


async def take(limit, redis, times, email="a@example.com", address="10.0.0.1"):
    for _ in range(times):
        await limit.take(redis, email, address)


async def test_the_door_is_not_wide_open_without_redis(limit, down):
    await take(limit, down, TRIES)
    with pytest.raises(QuotaExceeded) as caught:
        await take(limit, down, 1)
    assert 0 < caught.value.retry_after <= WINDOW


async def test_it_opens_again_after_the_window(limit, down, hands):
    await take(limit, down, TRIES)
    hands.now += WINDOW - 1
    with pytest.raises(QuotaExceeded):
        await take(limit, down, 1)
    hands.now += 2
    await take(limit, down, TRIES)


async def test_others_are_not_concerned(limit, down):
    await take(limit, down, TRIES)
    await take(limit, down, TRIES, email="b@example.com")
    await take(limit, down, TRIES, address="10.0.0.2")


async def test_the_spelling_of_the_email_is_no_way_around(limit, down):
    await take(limit, down, TRIES)
    with pytest.raises(QuotaExceeded):
        await take(limit, down, 1, email="A@EXAMPLE.COM")


async def test_a_success_clears_the_count(limit, down):
    await take(limit, down, TRIES)
    await limit.forget(down, "a@example.com", "10.0.0.1")
    await take(limit, down, TRIES)


async def test_memory_is_bounded(limit, down):
    for number in range(REMEMBERED + 50):
        limit._take_here(str(number))
    assert len(limit._here) == REMEMBERED
