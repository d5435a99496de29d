"""What an app's quotas have left, read from the very books that workers keep."""

import pytest

from ocma.features.publishing.allowance import fetch_left, own_places, windows
from ocma.features.publishing.breaker import since_key

QUOTAS = {"OCMA_X_QUOTAS": "publish:app=5/1h,publish:account=3/15m"}


@pytest.fixture
def of_app(opened):
    """X's one window that all accounts share."""
    environment = {**opened.environment, **QUOTAS}
    (window,) = [each for each in windows(environment, own_places(environment)) if each.place.platform == "x"]
    return window


async def book(redis, window, *ages):
    """Calls made so many seconds ago, as admit.lua writes them down."""
    seconds, micros = await redis.time()
    now = seconds * 1000 + micros // 1000
    since = await redis.get(since_key("x")) or str(now - 100_000).encode()
    await redis.set(since_key("x"), since)
    await redis.delete(window.key(""))
    await redis.rpush(window.key(""), *[now - int(age * 1000) for age in ages], b"since " + since)


async def test_books_that_just_began_know_nothing(opened, of_app):
    assert await fetch_left(opened.redis, [of_app]) == {}


async def test_an_old_book_without_calls_has_all_of_it(opened, of_app):
    seconds, _ = await opened.redis.time()
    await opened.redis.set(since_key("x"), (seconds - 3601) * 1000)
    assert await fetch_left(opened.redis, [of_app]) == {of_app: 5}


@pytest.mark.parametrize(("ages", "left"), [([0], 4), ([1, 2, 3], 2), ([1, 2, 3599, 3601, 9000], 2), ([4000], 5), ([0] * 5, 0)])
async def test_calls_count_until_they_leave_the_window(opened, of_app, ages, left):
    await book(opened.redis, of_app, *ages)
    assert await fetch_left(opened.redis, [of_app]) == {of_app: left}


async def test_a_list_of_older_books_is_not_believed(opened, of_app):
    await book(opened.redis, of_app, 1)
    seconds, _ = await opened.redis.time()
    await opened.redis.set(since_key("x"), seconds * 1000)
    assert await fetch_left(opened.redis, [of_app]) == {}


async def test_it_is_what_a_worker_has_written(opened, company, hand):
    (window,) = [each for each in windows(opened.environment, own_places(opened.environment)) if each.place.platform == "x"]
    account = await company.connect("x", "countedon")
    await hand.rounds(await company.schedule("first", account), "completed")  # whoever asks first fills the books
    before = (await fetch_left(opened.redis, [window]))[window]
    for number in range(2):
        await hand.rounds(await company.schedule(f"{number}", account), "completed")
    assert await fetch_left(opened.redis, [window]) == {window: before - 2}
    assert before < window.quota.calls
