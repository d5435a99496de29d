"""The JSON of an analysis. Every number has a basis that is told; what is not known is null."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from ocma.features.assistant.optimize_schemas import Language
from ocma.features.assistant.source_schemas import SourceView
from ocma.features.schema import Counted, Input, Schema

Content = Annotated[str, StringConstraints(min_length=1, max_length=100_000, pattern=r"\S")]
Platform = Annotated[str, StringConstraints(min_length=1, max_length=40)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
Count = Annotated[int | None, Field(ge=0, le=10**12), Counted]
Percentage = Annotated[int | None, Field(ge=0, le=100)]


class Measured(Input):
    """What the post has reached so far, if it is out already."""

    impressions: Count = None
    engagement: Count = Field(default=None, description="Interactions, as a count.")
    reach: Count = None


class AnalysisWish(Input):
    """`accountId`: whose history counts; without it the workspace's only account of that platform, if there is just one."""

    content: Content
    platform: Platform
    content_type: Line = Field(default="post", description="post, photo, video or link; anything else is read as post.")
    target_audience: Line | None = None
    metrics: Measured | None = None
    account_id: UUID | None = None
    language: Language | None = None


class Sentiment(Schema):
    """`confidence`: the chance, by the calibrated local model, that `sentiment` is right; `emotions`: the strongest first.

    Null: the local model knows no language but English.
    """

    sentiment: Literal["positive", "negative", "neutral"] | None
    confidence: Annotated[float | None, Field(ge=0, le=1)]
    emotions: list[str]


class PlatformFit(Schema):
    """`optimalLength`: in characters, where it was measured; `optimalLengthBasis` says on what."""

    score: Percentage
    recommendations: list[str]
    optimal_length: int | None
    optimal_length_basis: str | None
    hashtag_suggestions: list[str]


class FactorView(Schema):
    """How much one thing about the draft moves the prediction, in the account's usual spreads (1: as far as one in six gets)."""

    name: str
    effect: float
    detail: str


class PredictionView(Schema):
    """`expectedEngagement`, `low` and `high` (four of five posts lie between) are in `unit`: `interactions`, or `timesUsual` of
    an account of which nothing is known. `basis`: the account's own history, posts of other accounts, or nothing at all.
    """

    expected_engagement: float | None
    low: float | None
    high: float | None
    unit: Literal["interactions", "timesUsual"] | None
    confidence: Annotated[float | None, Field(ge=0, le=1)]
    factors: list[str]
    effects: list[FactorView]
    basis: Literal["account", "global", "none"]
    posts: int


class Audience(Schema):
    """`primaryDemographic`: as the platform tells of the account's followers, else as the language model reads the draft."""

    primary_demographic: str | None
    interests: list[str]
    optimal_posting_time: str | None


class Suggestion(Schema):
    """`factor`: what was measured, and `effect` by how much in the account's usual spreads, where that is known."""

    text: str
    factor: str
    effect: float | None
    source: Literal["model", "local"]


class CheckView(Schema):
    """A rule of the platform: `error` refuses the post, `warning` does not help it, `info` is of files yet to come."""

    rule: str
    severity: Literal["error", "warning", "info"]
    message: str


class ScorePart(Schema):
    """Of `contentScore`: the mean of the parts by their weights, which are OCMA's convention; unknown parts do not count."""

    part: str
    score: Annotated[int, Field(ge=0, le=100)]
    weight: int


class Analysis(Schema):
    content_score: Percentage
    score_parts: list[ScorePart]
    language: str | None
    sentiment_analysis: Sentiment
    readability_score: Percentage
    readability_basis: str | None
    seo_score: Percentage
    keywords: list[str]
    platform_optimization: PlatformFit
    engagement_prediction: PredictionView
    audience_insights: Audience
    improvement_suggestions: list[str]
    suggestions: list[Suggestion]
    competitor_insights: None = None
    checks: list[CheckView]
    sources: dict[str, SourceView]


class AnalysisAnswer(Schema):
    """`cached`: it was made for somebody of this workspace who asked the same before, at `analyzedAt`."""

    cached: bool = False
    success: bool = True
    analyzed_at: datetime
    platform: str
    account_id: UUID | None
    analysis: Analysis
