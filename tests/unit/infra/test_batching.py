"""Group commit without a database: who is done with whom, and who pays for whose error."""

import asyncio

import pytest

from ocma.infra.batching import Batcher


class Work:
    """Doubles numbers, refuses negative ones, breaks at 13; remembers its batches."""

    def __init__(self):
        self.batches = []

    async def __call__(self, items):
        self.batches.append(list(items))
        await asyncio.sleep(0.01)
        if min(items) < 0:
            raise ValueError(min(items))
        if 13 in items:
            raise OSError
        return [each * 2 for each in items]


async def together(batcher, *items):
    return await asyncio.gather(*(batcher(each) for each in items), return_exceptions=True)


async def test_what_comes_together_is_done_once_and_in_order():
    work = Work()
    batcher = Batcher(work, 0.001)
    assert await together(batcher, 1, 2, 3) == [2, 4, 6]
    assert work.batches == [[1, 2, 3]]
    assert await batcher(4) == 8


async def test_who_comes_while_one_is_under_way_is_in_the_next():
    work = Work()
    batcher = Batcher(work, 0.001)
    first = asyncio.create_task(batcher(1))
    while not work.batches:
        await asyncio.sleep(0)
    assert await together(batcher, 2, 3) == [4, 6]
    assert await first == 2
    assert work.batches == [[1], [2, 3]]


async def test_a_batch_has_a_limit():
    work = Work()
    assert await together(Batcher(work, 0.001, most=2), 1, 2, 3) == [2, 4, 6]
    assert work.batches == [[1, 2], [3]]


async def test_an_error_of_its_own_is_nobody_elses():
    batcher = Batcher(Work(), 0.001, alone=(ValueError,))
    one, two, three = await together(batcher, 1, -2, 3)
    assert (one, three) == (2, 6)
    assert isinstance(two, ValueError)


async def test_any_other_error_is_everybodys_and_the_next_batch_is_fine():
    work = Work()
    batcher = Batcher(work, 0.001, alone=(ValueError,))
    assert [type(each) for each in await together(batcher, 1, 13)] == [OSError, OSError]
    assert await batcher(5) == 10
    assert work.batches == [[1, 13], [5]]


async def test_one_who_was_cancelled_takes_nobody_along():
    batcher = Batcher(Work(), 0.001)
    gone, stays = asyncio.create_task(batcher(1)), asyncio.create_task(batcher(2))
    await asyncio.sleep(0.005)
    gone.cancel()
    assert await stays == 4
    with pytest.raises(asyncio.CancelledError):
        await gone
