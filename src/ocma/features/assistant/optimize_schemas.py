"""The JSON of better versions of a draft. What is not known is null; docs/howto/writing.md says how each part is made."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from ocma.features.assistant.calls import Objective
from ocma.features.assistant.source_schemas import SourceView
from ocma.features.schema import Counted, Input, Schema

Content = Annotated[str, StringConstraints(min_length=1, max_length=100_000, pattern=r"\S")]
Platform = Annotated[str, StringConstraints(min_length=1, max_length=40)]
Line = Annotated[str, StringConstraints(max_length=200)]
Tone = Annotated[str, StringConstraints(max_length=100)]
Language = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z]{2,3}([-_][A-Za-z0-9]{2,8})*$", max_length=35)]
Percentage = Annotated[int | None, Field(ge=0, le=100)]


class OptimizeWish(Input):
    """`maxLength` holds besides the platform's limit. `accountId`: whose history counts. `versions`: how many others."""

    content: Content
    platform: Platform
    objective: Objective = "engagement"
    target_audience: Line | None = None
    content_type: Line | None = Field(default=None, description="A kind of post that the platform has, such as reel.")
    tone: Tone | None = None
    include_hashtags: bool = True
    max_length: Annotated[int, Field(ge=1, le=100_000), Counted] | None = None
    versions: Annotated[int, Field(ge=1, le=5), Counted] = 3
    account_id: UUID | None = None
    language: Language | None = None


class ImprovementView(Schema):
    """A difference between the draft and its optimized version, and why. `factor`, `effect`: what the predictor measures of it,
    in the account's usual spreads; null where it has no basis, or knows no such factor.
    """

    type: str
    change: str
    reason: str
    factor: str | None
    effect: float | None


class Specifics(Schema):
    """What there is of each in the optimized version; tags without #, names without @."""

    hashtags: list[str]
    mentions: list[str]
    emoji: list[str]
    call_to_action: str | None


class Expected(Schema):
    """`engagementIncrease`: percent more than for the draft, by the same predictor, between `low` and `high`; null where it has
    no basis. Of reach nobody predicts anything: null. `confidenceScore`: the predictions' lower one.
    """

    engagement_increase: float | None
    low: float | None
    high: float | None
    reach_increase: None = None
    confidence_score: float | None
    basis: Literal["account", "global"] | None


class Predicted(Schema):
    """`score`: in the account's usual spreads from its usual post. `expected` lies between `low` and `high`, in `unit`."""

    score: float
    expected: float | None
    low: float | None
    high: float | None
    unit: Literal["interactions", "timesUsual"] | None
    confidence: float | None
    basis: Literal["account", "global", "none"]


class VersionView(Schema):
    """`tone` null: as the author wrote. `predicted` null: the predictor has no basis."""

    title: str
    content: str
    focus: str
    tone: str | None
    predicted: Predicted | None
    source: Literal["model", "local"]


class Keyword(Schema):
    keyword: str
    score: float


class Seo(Schema):
    """Of the optimized version. `readabilityScore`: higher is easier; `sentimentScore`: 50 is neutral."""

    keywords: list[Keyword]
    readability_score: Percentage
    sentiment_score: Percentage


class Optimization(Schema):
    """`improvements` empty: the draft is best as it is. `notes`: what was asked for and could not be done, and why."""

    original_content: str
    optimized_content: str
    improvements: list[ImprovementView]
    platform_specific_optimizations: Specifics
    expected_improvements: Expected | None
    predicted: Predicted | None
    alternative_versions: list[VersionView]
    seo_optimizations: Seo
    notes: list[str]
    sources: dict[str, SourceView]


class OptimizationAnswer(Schema):
    """Nothing was written or sent."""

    success: Literal[True] = True
    optimized_at: datetime
    platform: str
    optimization: Optimization
