"""The JSON of experiments. Its meaning is in docs/howto/experiments.md."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from ocma.features.posts.schemas import LinkInput, Name, Text, ThreadPart
from ocma.features.publishing.schemas import State, When
from ocma.features.schema import Counted, Input, Schema

KEY = r"^[a-z][A-Za-z0-9]{0,19}$"
MOST_POSTS = 1000
MOST_ACCOUNTS = 50

ExperimentState = Literal["draft", "running", "decided", "stopped"]
Key = Annotated[str, StringConstraints(pattern=KEY)]
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Every = Annotated[float, Field(ge=0.25, le=336, description="Hours between two posts of an account in a round.")]
StartsAt = Annotated[When, Field(description="Of each account's first post in the round; an instant, or wall time in UTC.")]


class Wording(Input):
    """What a variant posts. `options` are the platform's own (GET /api/social/platforms lists them)."""

    content: Text
    media_ids: list[UUID] = Field(default_factory=list[UUID], max_length=20)
    thread: list[Text | ThreadPart] = Field(default_factory=list[Text | ThreadPart], max_length=100)
    first_comment: Text | None = None
    link: LinkInput | None = None
    options: dict[Name, Any] = Field(default_factory=dict[str, Any], max_length=50)


class NewVariant(Wording):
    key: Key


_SOMEWHERE: dict[str, Any] = {
    "anyOf": [{"required": [name], "properties": {name: {"minItems": 1}}} for name in ("platforms", "accountIds")]
}


class NewExperiment(Input):
    """The first variant is what the others are compared with. `hours`: after a post was published its figure is taken.

    `platforms`: every active account of each; `accountIds`: exactly these.
    """

    model_config = ConfigDict(json_schema_extra=_SOMEWHERE)

    name: Title
    account_ids: list[UUID] = Field(default_factory=list[UUID], max_length=MOST_ACCOUNTS)
    platforms: list[Name] = Field(default_factory=list[str], max_length=50, validate_default=True)
    metric: Annotated[str, StringConstraints(min_length=1, max_length=64)] = Field(
        default="interactions",
        description="A platforms' metric, or `interactions`, or `engagement`: these in percent of reach.",
    )
    hours: Annotated[int, Field(ge=1, le=720), Counted] = 24
    variants: list[NewVariant] = Field(min_length=2, max_length=5)
    alpha: float = Field(default=0.05, ge=0.001, le=0.2, description="The most that a false winner may be likely.")
    max_posts: Annotated[int, Field(ge=2, le=MOST_POSTS), Counted] = 400

    @field_validator("platforms")
    @classmethod
    def somewhere(cls, platforms: list[str], info: ValidationInfo) -> list[str]:
        if not (platforms or info.data.get("account_ids", True)):
            raise PydanticCustomError("missing", "Name at least one platform in `platforms` or account in `accountIds`.")
        return platforms


class Start(Input):
    """Plans the first round, with the variants' own texts."""

    starts_at: StartsAt = "now"
    every_hours: Every = 24.0


class NewRound(Start):
    """`variants`: new texts, by the keys of all variants: each another instance of what the variant stands for."""

    variants: dict[Name, Wording] = Field(min_length=2, max_length=5)


class LiftView(Schema):
    """A variant against the first one: their ratio of 1 + figure, within blocks; `blocks`: those in which both are known.

    `low` to `high` hold at all times, however often somebody looks; null: not bounded on that side.
    """

    blocks: int
    estimate: float | None
    low: float | None
    high: float | None


class VariantView(Schema):
    """`posts`: planned; `counted`: of these, with a figure, whose mean and median these are.

    `p`: how likely at most it would ever have come so far without being better than every other; `eValue`: the evidence itself.
    """

    key: str
    content: str
    posts: int
    counted: int
    mean: float | None
    median: float | None
    lift: LiftView | None
    p: float
    e_value: float


class PostView(Schema):
    """`status` of the publication. `value`: its figure `hours` after it was published; null: `why`.

    `why`: `waiting`, `notPublished` (failed or cancelled), `gone` (deleted there), `notMeasured` (nobody could read it in time),
    `over` (the experiment was, before it was known).
    """

    round: int
    block: int
    place: int
    variant: str
    account_id: UUID
    platform: str
    job_id: UUID | None
    publication_id: UUID | None
    scheduled_at: datetime
    status: State
    published_at: datetime | None
    value: float | None
    measured_at: datetime | None
    why: Literal["waiting", "notPublished", "gone", "notMeasured", "over"] | None


class DecisionView(Schema):
    """`winner` null: none was shown to be the best before `maxPosts` was reached, which does not say that they are alike."""

    winner: str | None
    reason: Literal["better", "maxPosts"]
    p: float | None
    blocks: int


class ExperimentBrief(Schema):
    id: UUID | None
    name: str
    state: ExperimentState
    metric: str
    hours: int
    account_ids: list[UUID]
    alpha: float
    max_posts: int
    seed: int
    decision: DecisionView | None
    created_by: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


class ExperimentView(ExperimentBrief):
    """`blocks`: those that count, with two variants at least; fewer than `fewestBlocks` cannot name a winner.

    `allocation`: which variant goes where and when. `dryRun` true: everything was checked, nothing was written.
    """

    blocks: int
    fewest_blocks: int
    variants: list[VariantView]
    allocation: list[PostView]
    warnings: list[str]
    dry_run: bool = False
