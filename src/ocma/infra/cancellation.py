"""Libraries that forget, once in a while, that their caller was cancelled: asyncio.wait_for of Python 3.11, pyreqwest.

Who waits for such a caller to end, waits for ever.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

AGAIN = 1.0  # seconds until whoever has not ended is told again

Result = TypeVar("Result")


def count_cancellations() -> int:
    """Of the current task. More after an await than before it: what was awaited has returned although it was cancelled."""
    task = asyncio.current_task()
    return task.cancelling() if task else 0


async def end(task: "asyncio.Task[Any] | None") -> None:
    """Cancelled, and waited for; again and again, because a cancellation may be forgotten."""
    while task is not None and not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=AGAIN)
    if task is not None:
        await asyncio.gather(task, return_exceptions=True)  # looked at, whatever it ended with


async def insist(work: Coroutine[Any, Any, Result]) -> Result:
    """What `work` gives. Who is cancelled meanwhile, by Ctrl-C for example, ends it and does not hope that one word is enough."""
    task = asyncio.create_task(work)
    try:
        await asyncio.wait([task])
    except asyncio.CancelledError:
        await end(task)
        raise
    return task.result()
