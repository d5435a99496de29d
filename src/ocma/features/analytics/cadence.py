"""How often a post is looked at, by its age, and when an account's turn comes."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from ocma.platforms.metrics import Measuring


@dataclass(frozen=True, slots=True)
class Stretch:
    """Until a post is so old it is looked at this often; None: for good. Its end is a look, too."""

    every: timedelta
    until: timedelta | None


CADENCE = (
    Stretch(timedelta(hours=1), timedelta(hours=24)),
    Stretch(timedelta(hours=6), timedelta(days=7)),
    Stretch(timedelta(days=1), timedelta(days=30)),
    Stretch(timedelta(days=7), timedelta(days=90)),
    Stretch(timedelta(days=30), None),
)
GRID = timedelta(minutes=10)  # an account's posts that are due within it are asked for together
MARGIN = timedelta(minutes=30)  # before a platform forgets a post's figures they are read a last time
EPOCH = datetime(2020, 1, 1, tzinfo=UTC)


def next_age(age: timedelta) -> timedelta:
    """The first step of the cadence after this age."""
    begun = timedelta(0)
    for stretch in CADENCE:
        if stretch.until is None or age < stretch.until:
            step = begun + stretch.every * (max(age - begun, timedelta(0)) // stretch.every + 1)
            return step if stretch.until is None else min(step, stretch.until)
        begun = stretch.until
    raise ValueError(age)  # the last stretch has no end


def next_look(published_at: datetime, now: datetime, measuring: Measuring) -> datetime | None:
    """When the post is to be looked at after `now`; None: its platform has figures of it no more.

    Not before the platform can have any.
    """
    age = max(now - published_at, timedelta(0))
    step = max(next_age(age), measuring.late)
    if measuring.keeps is not None and step > measuring.keeps - MARGIN:
        step = measuring.keeps - MARGIN
        if step <= age:
            return None
    return published_at + step


def first_look(published_at: datetime, now: datetime, measuring: Measuring) -> datetime | None:
    """Of a post that was not known until now: at once, unless it is too young or too old."""
    age = now - published_at
    if age < max(next_age(timedelta(0)), measuring.late):
        return next_look(published_at, now, measuring)
    return now if measuring.keeps is None or age < measuring.keeps else None


def on_grid(at: datetime, account_id: UUID, grid: timedelta = GRID) -> datetime:
    """The account's next own moment from `at` on: never early, at most a grid late, and seldom another account's."""
    phase = timedelta(seconds=account_id.int % int(grid.total_seconds()))
    left = (at - EPOCH - phase) % grid
    return at if not left else at + grid - left
