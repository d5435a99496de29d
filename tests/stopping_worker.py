"""A real worker that dies by SIGKILL when the first publication reaches the stage named on the command line."""

import asyncio
import os
import signal
import sys
from dataclasses import replace

from ocma.bootstrap import Resources
from ocma.entrypoints.worker.process import run
from ocma.entrypoints.worker.worker import work


async def die(stage: str) -> None:
    if stage == sys.argv[1]:
        os.kill(os.getpid(), signal.SIGKILL)


async def body(resources: Resources, stop: asyncio.Event) -> None:
    await work(resources, stop, replace(resources.press(), reached=die))


if __name__ == "__main__":
    run("worker", body)
