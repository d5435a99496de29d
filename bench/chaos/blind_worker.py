"""A worker with a mistake: it takes no answer for a no, and sends again. For showing that the verdict notices (--blind)."""

from typing import Any

from ocma.entrypoints.worker.worker import main
from ocma.platforms.connector import Access, Processing, Published, Publishes
from ocma.platforms.content import Outgoing
from ocma.platforms.errors import OutcomeUnknown, PlatformUnavailable
from ocma.platforms.registry import connectors


def blind(connector: Any) -> None:
    publish = connector.publish

    async def careless(access: Access, outgoing: Outgoing) -> Published | Processing:
        try:
            return await publish(access, outgoing)
        except OutcomeUnknown as error:
            raise PlatformUnavailable("No answer is taken for a no.", platform=connector.manifest.key) from error

    connector.publish = careless


if __name__ == "__main__":
    for each in connectors().values():
        if isinstance(each, Publishes):
            blind(each)
    main()
