"""What everything about media works with, in one hand."""

from dataclasses import dataclass
from datetime import timedelta

from ocma.clock import Clock
from ocma.features.media.craft import Workshop
from ocma.features.media.intake import Limits
from ocma.features.media.links import Links
from ocma.infra.database import Database
from ocma.infra.storage import Storage


@dataclass(frozen=True, slots=True)
class Shelf:
    """Bytes in `storage`, facts in the database. `rest`: how long an upload in pieces may rest before it is forgotten."""

    database: Database
    storage: Storage
    workshop: Workshop
    links: Links
    clock: Clock
    limits: Limits
    rest: timedelta = timedelta(hours=24)
