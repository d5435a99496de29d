"""LinkedIn's JSON, as far as OCMA reads it, and its URNs."""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import quote, unquote

import httpx2
from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from ocma.platforms.answers import Answers

Item = TypeVar("Item")
ANSWERS = Answers("linkedin", "LinkedIn's")
read, unreadable = ANSWERS.read, ANSWERS.unreadable

POST = re.compile(r"urn:li:(?:share|ugcPost|activity):\d+")
COMMENT = re.compile(r"urn:li:comment:\((?P<thread>urn:li:\w+:\d+),(?P<id>[^(),]+)\)")
EARLIEST, LATEST = datetime(2010, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def _instant(milliseconds: Any) -> Any:
    return milliseconds / 1000 if isinstance(milliseconds, int | float) else None


def _day(written: Any) -> Any:
    """Of `{day, month, year}`."""
    return (
        "-".join(str(written.get(name, "")).zfill(2) for name in ("year", "month", "day"))
        if isinstance(written, dict)
        else written
    )


def _metric(told: Any) -> Any:
    """A name; until 202605 an object, whose only value is the name."""
    return next(iter(told.values()), None) if isinstance(told, dict) else told


Instant = Annotated[datetime | None, BeforeValidator(_instant)]
Day = Annotated[date | None, BeforeValidator(_day)]


class Entity(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, coerce_numbers_to_str=True)


class Member(Entity):
    sub: str
    name: str | None = None
    picture: str | None = None


class Role(Entity):
    organization: str = Field(validation_alias=AliasChoices("organization", "organizationTarget"))
    role: str = ""
    state: str = "APPROVED"


class Organization(Entity):
    localized_name: str | None = None
    vanity_name: str | None = None


class Link(Entity):
    rel: str = ""


class Paging(Entity):
    links: list[Link] = []


class Page(Entity, Generic[Item]):
    paging: Paging = Paging()
    elements: list[Item]

    def is_last(self, count: int) -> bool:
        return not self.elements or (len(self.elements) < count and not self.has_next)

    @property
    def has_next(self) -> bool:
        return any(each.rel == "next" for each in self.paging.links)


class TimeRange(Entity):
    start: Instant = None
    end: Instant = None


class Counted(Entity):
    """Figures of a post, of a span of time or of all so far."""

    model_config = ConfigDict(extra="allow")

    share: str | None = None
    ugc_post: str | None = None
    time_range: TimeRange = TimeRange()

    @property
    def post(self) -> str:
        return self.share or self.ugc_post or ""

    @property
    def figures(self) -> dict[str, Any]:
        return self.model_extra or {}


class DateRange(Entity):
    start: Day = None


class Told(Entity):
    """One figure of a member's."""

    count: Any = None
    metric_type: Annotated[str | None, BeforeValidator(_metric)] = None
    date_range: DateRange = DateRange()


class Post(Entity):
    """None is unknown."""

    id: str
    commentary: str | None = None
    created_at: Instant = None
    last_modified_at: Instant = None
    lifecycle_state: str = "PUBLISHED"
    content: dict[str, Any] | None = None

    @property
    def is_live(self) -> bool:
        """One whose video LinkedIn still works on counts: it is there."""
        return self.lifecycle_state not in {"DRAFT", "PUBLISH_FAILED"}


class Created(Entity):
    time: Instant = None


class Message(Entity):
    text: str | None = None


class Comment(Entity):
    id: str = ""
    comment_urn: str | None = Field(default=None, validation_alias=AliasChoices("commentUrn", "$URN"))
    actor: str | None = None
    message: Message = Message()
    created: Created = Created()


class Instruction(Entity):
    upload_url: str
    first_byte: int
    last_byte: int


class Slot(Entity):
    """Where a file goes, and what it will be called."""

    urn: str = Field(validation_alias=AliasChoices("image", "document", "video"))
    upload_url: str = ""
    upload_token: str = ""
    upload_instructions: list[Instruction] = []


class Opened(Entity):
    value: Slot


class Asset(Entity):
    status: str = ""


def segment(urn: str) -> str:
    """A URN as part of a path or a query, where LinkedIn wants its colons encoded."""
    return quote(urn, safe="")


def created_urn(response: httpx2.Response, thread: str | None) -> str | None:
    """What an answer calls the post, or the comment on `thread`, that it made. None: it does not say."""
    told = unquote(response.headers.get("x-restli-id", ""))
    if thread is None:
        return told if POST.fullmatch(told) else None
    try:
        comment = Comment.model_validate_json(response.content)
    except ValidationError:
        comment = Comment()
    for urn in (comment.comment_urn or "", told):
        if COMMENT.fullmatch(urn):
            return urn
    number = told or comment.id
    return f"urn:li:comment:({thread},{number})" if number.isdecimal() else None


def made_at(urn: str) -> datetime | None:
    """When a post was made: its number begins with the milliseconds. None where that cannot be a time."""
    milliseconds = int(urn.rpartition(":")[2]) >> 22
    at = datetime.fromtimestamp(min(milliseconds / 1000, LATEST.timestamp()), UTC)
    return at if EARLIEST < at < LATEST else None


def url_of(urn: str) -> str:
    comment = COMMENT.fullmatch(urn)
    shown = f"{comment['thread']}/?commentUrn={segment(urn)}" if comment else f"{urn}/"
    return f"https://www.linkedin.com/feed/update/{shown}"
