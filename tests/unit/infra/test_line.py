"""How what waits for Redis is ended."""

import asyncio

import pytest

from ocma.infra import line


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(line, "AGAIN", 0.05)


async def test_who_swallows_a_cancellation_is_told_again():
    swallowed = 0

    async def deaf():
        nonlocal swallowed
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                swallowed += 1
                if swallowed == 3:
                    raise

    task = asyncio.create_task(deaf())
    await asyncio.sleep(0)
    await asyncio.wait_for(line.end(task), 30)
    assert (task.cancelled(), swallowed) == (True, 3)


async def test_what_failed_before_is_no_error_of_whoever_ends_it():
    async def fails():
        raise ValueError("no")

    task = asyncio.create_task(fails())
    await asyncio.sleep(0)
    await line.end(task)
    await line.end(None)
    assert isinstance(task.exception(), ValueError)
