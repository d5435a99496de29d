"""A clock of OCMA's that stands where it was put."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest


@dataclass
class Clock:
    """`at` None: it goes by real time."""

    at: datetime | None = None

    def __call__(self) -> datetime:
        return self.at or datetime.now(UTC)


@contextmanager
def everywhere(clock: Clock) -> Iterator[None]:
    """Connectors have `utcnow` for a clock: they live as long as the process, and take no other."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ocma.clock.datetime", SimpleNamespace(now=lambda _zone: clock()))
        yield
