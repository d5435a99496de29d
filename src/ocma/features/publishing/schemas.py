"""The JSON of jobs and publications."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from ocma.features.publishing.jobs import Job, JobStatus
from ocma.features.publishing.models import Attempt, Event, Publication
from ocma.features.publishing.plan import Planned
from ocma.features.schema import Input, Schema, Time, Whole

State = Literal["scheduled", "publishing", "unknown", "published", "failed", "cancelled"]
Text = Annotated[str, StringConstraints(max_length=100_000)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=40)]
Url = Annotated[str, StringConstraints(min_length=1, max_length=2000)]


class ThreadPart(Input):
    content: Text
    media_ids: list[UUID] = Field(default_factory=list[UUID], max_length=20)


class Variant(Input):
    """What differs on one platform; `options` are the platform's own (GET /api/social/platforms lists them)."""

    content: Text | None = None
    media_ids: list[UUID] | None = Field(default=None, max_length=20)
    options: dict[Name, Any] = Field(default_factory=dict[str, Any], max_length=50)


class Details(Input):
    """Kept with the post; hashtags and mentions are not added to the text."""

    hashtags: list[Annotated[str, StringConstraints(max_length=200)]] = Field(default_factory=list[str], max_length=100)
    mentions: list[Annotated[str, StringConstraints(max_length=200)]] = Field(default_factory=list[str], max_length=100)
    location: str | None = Field(default=None, max_length=300)


# What `somewhere` checks, as /openapi.json tells it.
_SOMEWHERE: dict[str, Any] = {
    "anyOf": [{"required": [name], "properties": {name: {"minItems": 1}}} for name in ("platforms", "accountIds")]
}


class Schedule(Input):
    """`platforms`: every active account of each; `accountIds`: exactly these. `thread` are the parts after `content`.

    `scheduledAt` with an offset is an instant; without one it is wall time in `timezone`; in the past it means now.
    `onUnknown`: what to do when a platform did not say whether it took the post (default: the workspace's policy).
    """

    model_config = ConfigDict(json_schema_extra=_SOMEWHERE)

    content: Text
    account_ids: list[UUID] = Field(default_factory=list[UUID], max_length=200)
    platforms: list[Name] = Field(default_factory=list[str], max_length=50, validate_default=True)
    scheduled_at: Time | Literal["now"]
    timezone: str | None = Field(default=None, min_length=1, max_length=64)
    media_ids: list[UUID] = Field(default_factory=list[UUID], max_length=20)
    media_urls: list[Url] = Field(default_factory=list[str], max_length=20)
    variants: dict[Name, Variant] = Field(default_factory=dict[str, Variant], max_length=50)
    thread: list[Text | ThreadPart] = Field(default_factory=list[Text | ThreadPart], max_length=100)
    first_comment: Text | None = None
    metadata: Details = Details()
    max_attempts: Whole | None = Field(default=None, ge=1, le=20)
    on_unknown: Literal["settle", "hold"] | None = None

    @field_validator("platforms")
    @classmethod
    def somewhere(cls, platforms: list[str], info: ValidationInfo) -> list[str]:
        if not (platforms or info.data.get("account_ids", True)):
            raise PydanticCustomError("missing", "Name at least one platform in `platforms` or account in `accountIds`.")
        return platforms


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
    """`success` null while it is not over; `postId` is the platform's; `nextAt` when OCMA acts next (null: a person has to)."""

    id: UUID
    platform: str
    account_id: UUID
    status: State
    success: bool | None
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
        publications=[publication_view(each, job.attempts) for each in job.publications],
    )


def publication_view(publication: Publication, attempts: list[Attempt]) -> PublicationView:
    state = publication.state
    return PublicationView(
        id=publication.id,
        platform=publication.platform,
        account_id=publication.account_id,
        status=state,  # pyright: ignore[reportArgumentType] - the table's CHECK holds it to State
        success={"published": True, "failed": False, "cancelled": False}.get(state),
        scheduled_at=publication.scheduled_at,
        next_at=publication.due_at,
        published_at=publication.published_at,
        post_id=publication.platform_post_id,
        url=publication.url,
        parts=publication.progress.get("parts", []),
        error=publication.error,
        attempts=[_attempt(each) for each in attempts if each.publication_id == publication.id],
    )


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
