"""Libraries that forget, once in a while, that their caller was cancelled: asyncio.wait_for of Python 3.11, pyreqwest.

Who waits for such a caller to end, waits for ever.
"""

import asyncio


def count_cancellations() -> int:
    """Of the current task. More after an await than before it: what was awaited has returned although it was cancelled."""
    task = asyncio.current_task()
    return task.cancelling() if task else 0
