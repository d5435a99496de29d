"""A real worker that dies by SIGKILL when so many publications have reached the stage named on the command line; none goes further.

Arguments: the stage, how many publications, and which time of each: a thread comes to `send` once for every part.
"""

import asyncio
import os
import signal
import sys
from collections import Counter
from dataclasses import replace
from typing import Any

from ocma.bootstrap import Resources
from ocma.entrypoints.worker.process import run
from ocma.entrypoints.worker.worker import work


class Stop:
    """For `Press.reached`. Every publication of another account is worked in a task of its own."""

    def __init__(self, stage: str, publications: int, time: int) -> None:
        self._stage, self._left, self._time = stage, publications, time
        self._times = Counter[Any]()

    async def __call__(self, stage: str) -> None:
        if stage != self._stage:
            return
        task = asyncio.current_task()
        self._times[task] += 1
        if self._times[task] < self._time:
            return
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        await asyncio.Event().wait()


async def body(resources: Resources, stop: asyncio.Event) -> None:
    await work(resources, stop, replace(resources.press(), reached=Stop(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))


if __name__ == "__main__":
    run("worker", body)
