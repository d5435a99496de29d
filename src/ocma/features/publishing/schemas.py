"""The JSON of jobs and publications."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationInfo,
    WithJsonSchema,
    WrapValidator,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from ocma.features.posts.schemas import LinkInput, Name, PollInput, Text, ThreadPart, Url, Variant, Writing
from ocma.features.publishing.holds import REMEDIES, Hold
from ocma.features.publishing.jobs import Job, JobStatus
from ocma.features.publishing.models import Attempt, Event, Publication
from ocma.features.publishing.plan import Planned
from ocma.features.schema import Counted, Input, Schema, Time, Whole, given, without_null

State = Literal["scheduled", "publishing", "unknown", "published", "failed", "cancelled"]
_TIME: TypeAdapter[datetime] = TypeAdapter(Time)


def _when(value: object, _: object) -> object:
    """By hand, so that a mistake is told of `scheduledAt` and not of each way to read it."""
    return value if value == "now" else _TIME.validate_python(value)


_WHEN = {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "string", "const": "now"}]}
When = Annotated[datetime | Literal["now"], WrapValidator(_when), WithJsonSchema(_WHEN)]
Tries = Annotated[int, Field(ge=1, le=20), Counted]


class Details(Input):
    """Kept with the post; hashtags and mentions are not added to the text."""

    hashtags: list[Annotated[str, StringConstraints(max_length=200)]] = Field(default_factory=list[str], max_length=100)
    mentions: list[Annotated[str, StringConstraints(max_length=200)]] = Field(default_factory=list[str], max_length=100)
    location: str | None = Field(default=None, max_length=300)


# What `somewhere` checks, as /openapi.json tells it.
_SOMEWHERE: dict[str, Any] = {
    "anyOf": [{"required": [name], "properties": {name: {"minItems": 1}}} for name in ("platforms", "accountIds")]
}


class Schedule(Writing):
    """`platforms`: every active account of each; `accountIds`: exactly these. `thread` are the parts after `content`.

    `options` are given to every platform, so each has to know them; a platform's own belong into its variant.
    `scheduledAt` with an offset is an instant; without one it is wall time in `timezone`; in the past it means now.
    `onUnknown`: what to do when a platform did not say whether it took the post (default: the workspace's policy).
    """

    model_config = ConfigDict(json_schema_extra=_SOMEWHERE)

    account_ids: list[UUID] = Field(default_factory=list[UUID], max_length=200)
    platforms: list[Name] = Field(default_factory=list[str], max_length=50, validate_default=True)
    scheduled_at: When
    timezone: str | None = Field(default=None, min_length=1, max_length=64)
    metadata: Details = Details()
    max_attempts: Tries | None = None
    on_unknown: Literal["settle", "hold"] | None = None

    @field_validator("platforms")
    @classmethod
    def somewhere(cls, platforms: list[str], info: ValidationInfo) -> list[str]:
        if not (platforms or info.data.get("account_ids", True)):
            raise PydanticCustomError("missing", "Name at least one platform in `platforms` or account in `accountIds`.")
        return platforms


def _without_null(schema: dict[str, Any]) -> None:
    """But for what null takes away."""
    properties = schema["properties"]
    without_null({"properties": {name: each for name, each in properties.items() if name not in _REMOVABLE}})
    for name in _REMOVABLE:
        properties[name].pop("default", None)


_REMOVABLE = ("firstComment", "poll", "link")


class JobChange(Input):
    """What is left out stays as it is. `scheduledAt` without an offset is wall time in `timezone`, or in the post's own.

    `timezone` alone moves the same wall time into another zone. `mediaIds` and `mediaUrls` together replace all files of the
    first part; `thread`, `variants` and `options` replace all of theirs; `firstComment`, `poll` or `link` null takes it away.
    """

    model_config = ConfigDict(json_schema_extra=_without_null)

    content: Text | None = None
    scheduled_at: When | None = None
    timezone: str | None = Field(default=None, min_length=1, max_length=64)
    media_ids: list[UUID] | None = Field(default=None, max_length=20)
    media_urls: list[Url] | None = Field(default=None, max_length=20)
    variants: dict[Name, Variant] | None = Field(default=None, max_length=50)
    thread: list[Text | ThreadPart] | None = Field(default=None, max_length=100)
    first_comment: Text | None = None
    poll: PollInput | None = None
    link: LinkInput | None = None
    options: dict[Name, Any] | None = Field(default=None, max_length=50)
    metadata: Details | None = None
    max_attempts: Tries | None = None
    on_unknown: Literal["settle", "hold"] | None = None

    _given = field_validator(
        "content",
        "scheduled_at",
        "timezone",
        "media_ids",
        "media_urls",
        "variants",
        "thread",
        "options",
        "metadata",
        "max_attempts",
        "on_unknown",
    )(given)


class PublicationBrief(Schema):
    id: UUID
    platform: str
    account_id: UUID
    status: State
    scheduled_at: datetime


class Scheduled(Schema):
    """`jobId` and `postId` are the same. `dryRun` true: everything was checked, nothing was written."""

    success: bool = True
    job_id: UUID | None
    post_id: UUID | None
    status: JobStatus
    scheduled_at: datetime
    publications: list[PublicationBrief]
    warnings: list[str]
    dry_run: bool = False


class AttemptView(Schema):
    """One publishing call: `status` unknown = sent without an answer; absent = looked for, proven not to be there."""

    number: int
    part: int
    status: Literal["sending", "processing", "published", "refused", "unknown", "absent"]
    started_at: datetime
    finished_at: datetime | None
    post_id: str | None
    url: str | None
    error: dict[str, Any] | None


class PublicationView(Schema):
    """`success` null while it is not over; `postId` is the platform's; `nextAt` when OCMA acts next (null: a person has to).

    `hold`: what keeps a scheduled one, now or when it is due: its `account` is not usable, its `workspace` is paused, or it is
    too `late` to go out unasked. `remediation`: what a person can do about it, or about what failed.
    """

    id: UUID
    platform: str
    account_id: UUID
    status: State
    success: bool | None
    hold: Hold | None
    remediation: str | None
    scheduled_at: datetime
    next_at: datetime | None
    published_at: datetime | None
    post_id: str | None
    url: str | None
    parts: list[dict[str, Any]]
    error: dict[str, Any] | None
    attempts: list[AttemptView]


class JobView(Schema):
    job_id: UUID
    post_id: UUID
    status: JobStatus
    content: str
    scheduled_at: datetime
    wall_time: str
    timezone: str
    metadata: dict[str, Any]
    created_by: str
    created_at: datetime
    publications: list[PublicationView]


class Changed(JobView):
    """`dryRun` true: this is what the job would be; everything was checked, nothing was written."""

    warnings: list[str]
    dry_run: bool = False


class TimelineEntry(Schema):
    """A change of state, or a call that publishes and what the platform said to it."""

    at: datetime
    publication_id: UUID | None
    what: str
    attempt: int | None
    part: int | None = None
    detail: dict[str, Any]


class Timeline(Schema):
    data: list[TimelineEntry]


class Resolve(Input):
    """When it is `published`: the platform's id of the live post (`postId`), or its `url`."""

    outcome: Literal["published", "notPublished"]
    post_id: str | None = Field(default=None, min_length=1, max_length=300)
    url: str | None = Field(default=None, max_length=2000)


# What `something` checks, as /openapi.json tells it.
_SOMETHING: dict[str, Any] = {"anyOf": [{"required": [name]} for name in ("platform", "accountId", "code", "ids")]}


def _something_named(schema: dict[str, Any]) -> None:
    without_null(schema)
    schema |= _SOMETHING


class Requeue(Input):
    """Dead letters that match everything given. `code`: of the error, or its kind."""

    model_config = ConfigDict(json_schema_extra=_something_named)

    platform: Name | None = None
    account_id: UUID | None = None
    code: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    ids: list[UUID] | None = Field(default=None, min_length=1, max_length=1000)
    limit: Whole = Field(default=1000, ge=1, le=1000)

    _given = field_validator("platform", "account_id", "code", "ids")(given)

    @model_validator(mode="after")
    def something(self) -> "Requeue":
        if not self.model_fields_set - {"limit"}:
            raise ValueError("say which: `platform`, `accountId`, `code` or `ids`")
        return self


class Requeued(Schema):
    """`remaining`: what matches and is still dead. `skipped`: ids that were named and are no dead letters (any more)."""

    requeued: int
    remaining: int
    skipped: list[UUID]
    dry_run: bool = False


def scheduled(planned: Planned, names: Mapping[str, str], *, dry_run: bool = False) -> Scheduled:
    """`names`: what the caller called each platform."""
    post = planned.post
    return Scheduled(
        job_id=None if dry_run else post.id,
        post_id=None if dry_run else post.id,
        status="pending",
        scheduled_at=post.scheduled_at,
        publications=[_brief(each, names) for each in planned.publications],
        warnings=planned.warnings,
        dry_run=dry_run,
    )


def _brief(publication: Publication, names: Mapping[str, str]) -> PublicationBrief:
    return PublicationBrief(
        id=publication.id,
        platform=names.get(publication.platform, publication.platform),
        account_id=publication.account_id,
        status=publication.state,  # pyright: ignore[reportArgumentType] - the table's CHECK holds it to State
        scheduled_at=publication.scheduled_at,
    )


def job_view(job: Job) -> JobView:
    post = job.post
    return JobView(
        job_id=post.id,
        post_id=post.id,
        status=job.status,
        content=post.content["parts"][0]["text"],
        scheduled_at=post.scheduled_at,
        wall_time=post.wall_time.isoformat(),
        timezone=post.timezone,
        metadata=post.details,
        created_by=post.created_by,
        created_at=post.created_at,
        publications=[publication_view(each, job.attempts, job.holds.get(each.id)) for each in job.publications],
    )


def changed(job: Job, warnings: list[str], *, dry_run: bool = False) -> Changed:
    return Changed(**job_view(job).model_dump(), warnings=warnings, dry_run=dry_run)


def publication_view(publication: Publication, attempts: list[Attempt], hold: Hold | None = None) -> PublicationView:
    state = publication.state
    return PublicationView(
        id=publication.id,
        platform=publication.platform,
        account_id=publication.account_id,
        status=state,  # pyright: ignore[reportArgumentType] - the table's CHECK holds it to State
        success={"published": True, "failed": False, "cancelled": False}.get(state),
        hold=hold,
        remediation=_remediation(publication, hold),
        scheduled_at=publication.scheduled_at,
        next_at=None if hold else publication.due_at,
        published_at=publication.published_at,
        post_id=publication.platform_post_id,
        url=publication.url,
        parts=publication.progress.get("parts", []),
        error=publication.error,
        attempts=[_attempt(each) for each in attempts if each.publication_id == publication.id],
    )


def _remediation(publication: Publication, hold: Hold | None) -> str | None:
    if hold:
        return REMEDIES[hold]
    told = (publication.error or {}).get("remediation")
    if publication.state == "failed":
        return told or "Look at `error`, put right what it names, then POST /api/queue/dead/{publicationId}/requeue."
    return told


def _attempt(attempt: Attempt) -> AttemptView:
    return AttemptView(
        number=attempt.attempt,
        part=attempt.part,
        status=attempt.state,  # pyright: ignore[reportArgumentType] - the table's CHECK holds it
        started_at=attempt.started_at,
        finished_at=attempt.finished_at,
        post_id=attempt.platform_post_id,
        url=attempt.url,
        error=attempt.error,
    )


def timeline(job: Job, events: list[Event]) -> Timeline:
    """Changes of state and publishing calls in one order."""
    entries = [_change(each) for each in events]
    for each in job.attempts:
        entries.append(_call(each, each.started_at, "sending", {}))
        if each.finished_at:
            told = {"postId": each.platform_post_id, "url": each.url, "error": each.error}
            detail = {key: value for key, value in told.items() if value is not None}
            entries.append(_call(each, each.finished_at, each.state, detail))
    return Timeline(data=sorted(entries, key=lambda each: each.at))


def _change(event: Event) -> TimelineEntry:
    number = event.data.get("attempt")
    return TimelineEntry(at=event.at, publication_id=event.publication_id, what=event.kind, attempt=number, detail=event.data)


def _call(attempt: Attempt, at: datetime, state: str, detail: dict[str, Any]) -> TimelineEntry:
    return TimelineEntry(
        at=at,
        publication_id=attempt.publication_id,
        what=f"attempt.{state}",
        attempt=attempt.attempt,
        part=attempt.part,
        detail=detail,
    )
