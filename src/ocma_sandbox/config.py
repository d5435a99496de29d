import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

Clock = Callable[[], float]
"""Seconds since the epoch."""


@dataclass(frozen=True)
class Config:
    """What a sandbox is started with.

    `state` is a file or a folder; None keeps everything in memory. `settings` overrides platform settings:
    platform key → setting name → value. `seed` makes the faults that come by probability repeatable.
    """

    state: Path | None = None
    settings: Mapping[str, Mapping[str, object]] = field(default_factory=dict[str, Mapping[str, object]])
    clock: Clock = time.time
    seed: int | None = None
