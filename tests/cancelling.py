"""What is cancelled at some instant, and whether it ended."""

import asyncio
import random

LIMIT = 8.0  # seconds; what goes on goes on for ever


async def went_on(doing, within):
    """Cancels it within so many seconds. True: it had not ended long after."""
    task = asyncio.ensure_future(doing)
    await asyncio.sleep(random.uniform(0, within))
    task.cancel()
    await asyncio.wait({task}, timeout=LIMIT)
    await asyncio.sleep(0.1)  # when the machine stood still, the limit and the end come in one moment
    waiting = not task.done()
    while not task.done():
        task.cancel()
        await asyncio.sleep(0.005)
    return waiting


async def count_going_on(one, times, at_once=20):
    """`one`: tells of one that was cancelled if it went on. No more are tried once some did: each takes LIMIT."""
    found = 0
    for _ in range(times // at_once):
        found += sum(await asyncio.gather(*(one() for _ in range(at_once))))
        if found:
            break
    return found
