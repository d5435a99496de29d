"""How what forgets that it was cancelled is ended."""

import asyncio

import pytest

from ocma.infra import cancellation
from ocma.infra.cancellation import end, insist


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(cancellation, "AGAIN", 0.05)


@pytest.fixture
def deaf():
    """A task hears only the third cancellation."""

    async def deaf(heard):
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                heard.append("told")
                if len(heard) == 3:
                    raise

    return deaf


async def test_who_swallows_a_cancellation_is_told_again(deaf):
    heard = []
    task = asyncio.create_task(deaf(heard))
    await asyncio.sleep(0)
    await asyncio.wait_for(end(task), 30)
    assert (task.cancelled(), len(heard)) == (True, 3)


async def test_who_is_cancelled_while_waiting_ends_what_is_deaf(deaf):
    heard = []
    task = asyncio.create_task(insist(deaf(heard)))
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.wait([task], timeout=30)
    assert (task.cancelled(), len(heard)) == (True, 3)


async def test_what_comes_of_it_is_given_and_raised():
    async def wrong():
        raise ValueError("no")

    assert await insist(asyncio.sleep(0, "done")) == "done"
    with pytest.raises(ValueError, match="no"):
        await insist(wrong())


async def test_what_failed_before_is_no_error_of_whoever_ends_it():
    async def fails():
        raise ValueError("no")

    task = asyncio.create_task(fails())
    await asyncio.sleep(0)
    await end(task)
    await end(None)
    assert isinstance(task.exception(), ValueError)
