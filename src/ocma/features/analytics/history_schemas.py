"""The JSON of time series."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from ocma.features.schema import Schema

Granularity = Literal["hour", "day", "week"]


class Bucket(Schema):
    """An hour, a day or a week (from Monday) in UTC that begins at `at`.

    `value`: where a total stood at its end; of a delta what came in it; of a rate its newest. `growth`: what came in it, as far
    as is known. `unplaced`: what came since the last reading before it, over buckets in which nobody looked, so that nobody
    knows when. `samples`: readings in it. `gap`: there is none, and so nothing is known.
    """

    at: datetime
    value: float | None
    growth: float | None
    unplaced: float | None
    min: float | None
    max: float | None
    samples: int
    gap: bool


class BreakView(Schema):
    """Since `at` the platform counts something else under the same name: figures before and after do not compare."""

    at: date
    about: str


class Series(Schema):
    """`name`: the platform's own. Figures under another name are another series, even where the metric is the same."""

    name: str
    kind: Literal["total", "delta", "rate", "custom"]
    breaks: list[BreakView]
    buckets: list[Bucket]


class History(Schema):
    """`series` is empty where nothing of this metric was ever read.

    `from`, `to`: as they were asked for; buckets are whole, so the first may begin before. `post`: an `id` of a report's post.
    """

    success: Literal[True] = True
    account_id: UUID
    platform: str
    post: UUID | None
    metric: str
    group: str
    unit: str
    granularity: Granularity
    start: datetime = Field(serialization_alias="from")
    end: datetime = Field(serialization_alias="to")
    series: list[Series]
