"""A process of its own that delivers webhooks until it is killed. Argument: how long its claims last, in seconds."""

import asyncio
import sys
from datetime import timedelta

from ocma.bootstrap import resources
from ocma.features.notifications import courier
from ocma.features.notifications.courier import Courier


async def main() -> None:
    lease = timedelta(seconds=float(sys.argv[1]))
    async with resources() as found:
        hosts = found.settings.trusted_hosts
        carrying = Courier(found.database, found.vault, found.outbound, found.clock, hosts, lease=lease, patience=0.001)
        await courier.run(carrying, asyncio.Event())


asyncio.run(main())
