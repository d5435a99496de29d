"""The JSON of reports. Its meaning is in docs/howto/metrics.md."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from ocma.features.schema import Instant, Schema

Rate = Annotated[
    float | None,
    Field(description="Interactions in percent of reach, else of impressions; null where one of them is not known, or is 0."),
]
Impressions = Annotated[int | None, Field(description="The platform's impressions, else its views.")]
Reach = Annotated[int | None, Field(description="Different people who saw a post; of several posts the sum: some count twice.")]
Interactions = Annotated[
    int | None,
    Field(description="Likes, comments, shares, quotes, sends and saves, those that the platform gives; else its own sum."),
]
Values = Annotated[dict[str, float | None], Field(description="Of each custom metric that was asked for, by its key.")]


class PostFigures(Schema):
    """The newest there are; null is what the platform does not give. `engagement` is a rate, all others are counts."""

    impressions: Impressions
    engagement: Rate
    clicks: int | None
    shares: int | None
    saves: int | None
    comments: int | None
    likes: int | None
    reach: Reach
    views: int | None
    quotes: int | None
    sends: int | None
    interactions: Interactions


class PostReport(Schema):
    """`content` null: not known. `measuredAt`: when the newest of its figures was read; null: none was yet.

    `goneAt`: when the platform said that it is no longer there. `publicationId`: of what OCMA published.
    """

    id: UUID
    platform: str
    account_id: UUID
    platform_post_id: str
    publication_id: UUID | None
    content: str | None
    url: str | None
    created_at: Instant
    measured_at: Instant | None
    gone_at: Instant | None
    metrics: PostFigures
    custom: Values


class Known(Schema):
    """Of how many of `totalPosts` each figure is known; the totals are those of these posts."""

    impressions: int
    engagement: int
    reach: int
    engagement_rate: int


class CustomTotal(Schema):
    """`value`: the formula over the sums of its metrics, over the `known` posts that have all of them."""

    value: float | None
    unit: str
    known: int


class Totals(Schema):
    """`avgEngagementRate`: all interactions by all reach (else impressions), so a post weighs as much as it was seen.

    A total is null where nothing is known. `asOf`: when the figures were read.
    """

    total_posts: int
    total_impressions: Impressions
    total_engagement: Interactions
    total_reach: Reach
    avg_engagement_rate: Rate
    known: Known
    custom: dict[str, CustomTotal]


class PlatformReport(Totals):
    """`topPost`: with the most interactions. `recentPosts`: newest first, at most `limit`."""

    platform: str
    top_post: PostReport | None
    recent_posts: list[PostReport]


class Metrics(Totals):
    """`topPosts`: at most five, with the most interactions."""

    platform_breakdown: list[PlatformReport]
    top_posts: list[PostReport]


class AsOf(Schema):
    """Between which moments the newest figures of the posts were read; null: none is measured yet."""

    oldest: Instant | None
    newest: Instant | None
    measured: int = Field(description="Posts that have been measured.")


class TroubleView(Schema):
    """An account whose figures are old or missing, and why; what is known of it is in the answer all the same.

    `code`: `needsReauthorization`, `restricted`, `permissionMissing`, `budgetSpent`, `notMeasuredYet`, `newPosts` (published
    since the last look), `notMeasurable`, or what else kept OCMA from reading.
    """

    platform: str
    account_id: UUID
    code: str
    detail: str


class Report(Schema):
    """Of posts that were published between `from` and `to`, with their newest figures.

    `fetchedAt`: when this answer was made; `cached`: an answer made before is given again.
    """

    success: Literal[True] = True
    time_range: str = Field(description="`7d`, `30d`, `90d`, or `custom` for `from` and `to`.")
    start: datetime = Field(serialization_alias="from")
    end: datetime = Field(serialization_alias="to")
    fetched_at: datetime
    as_of: AsOf
    metrics: Metrics
    errors: list[TroubleView]
    uncounted: SkipJsonSchema[list[UUID]] = Field(exclude=True)  # accounts; not told: whoever made the report mends it


class ReportAnswer(Report):
    cached: bool
