from dataclasses import dataclass, field
from typing import Any

from ocma_sandbox.blobs import Blobs
from ocma_sandbox.faults import Faults
from ocma_sandbox.limits import Windows
from ocma_sandbox.store import Store
from ocma_sandbox.streams import Streams
from ocma_sandbox.watch import Watch


@dataclass(frozen=True)
class World:
    """What the platforms share. `settings` holds one settings object per platform key."""

    store: Store
    blobs: Blobs
    clock: Watch
    settings: dict[str, Any]
    faults: Faults
    windows: Windows
    streams: Streams = field(default_factory=Streams)

    def close(self) -> None:
        self.streams.close()
        self.store.close()
        self.blobs.close()
