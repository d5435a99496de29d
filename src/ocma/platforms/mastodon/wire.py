"""Mastodon's JSON, as far as OCMA reads it. Ids are opaque strings, whatever a server makes them of."""

from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar
from urllib.parse import quote

import httpx2
from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from ocma.platforms.answers import reader
from ocma.platforms.connector import Access, Call, Published
from ocma.platforms.errors import ContentRejected, PermissionMissing, PlatformUnavailable

ME = "/api/v1/accounts/verify_credentials"
UNREADABLE = "answerUnreadable"
GONE = frozenset({404, 410})

Shape = TypeVar("Shape")


def _or_none(value: Any, reader: ValidatorFunctionWrapHandler) -> Any:
    try:
        return reader(value)
    except ValidationError:
        return None


# Some of these servers are their users' own, and not all of what JSON can say can be kept.
Id = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]+$")]
Link = Annotated[Annotated[str, Field(max_length=2000, pattern=r"^[^\x00]*$")] | None, WrapValidator(_or_none)]
Instant = Annotated[datetime, AfterValidator(lambda at: at if at.tzinfo else at.replace(tzinfo=UTC))]


class Entity(BaseModel):
    model_config = ConfigDict(coerce_numbers_to_str=True)


class Registration(Entity):
    client_id: Id
    client_secret: Id


class Source(Entity):
    privacy: str | None = None


class Account(Entity):
    id: Id
    username: str = ""
    acct: str = ""
    display_name: str | None = None
    url: str | None = None
    avatar: str | None = None
    followers_count: int | None = None
    following_count: int | None = None
    statuses_count: int | None = None
    source: Source | None = None


class Upload(Entity):
    id: Id


class Posted(Entity):
    """A live status: its id is all that must be understood, or a post that went out would not be known as such."""

    id: Id
    uri: Link = None
    url: Link = None
    created_at: Annotated[Instant | None, WrapValidator(_or_none)] = None


class Status(Posted):
    """`content` is HTML. `text`, what its author typed, comes from few servers, and from Mastodon only on deletion."""

    content: str | None = None
    text: str | None = None
    visibility: str | None = None
    in_reply_to_id: str | None = None
    media_attachments: list[Any] | None = None
    poll: Any = None
    reblog: Any = None
    account: Account | None = None


class Quoted(Entity):
    id: Id


class Quote(Entity):
    """The second name stands where only the id is told."""

    quoted_status: Annotated[Quoted | None, WrapValidator(_or_none)] = None
    quoted_status_id: str | None = None


class Said(Status):
    """A status as far as what it says, and to whom."""

    spoiler_text: str | None = None
    in_reply_to_account_id: str | None = None
    quote: Annotated[Quote | None, WrapValidator(_or_none)] = None


class Notification(Entity):
    id: Id
    type: str = ""
    created_at: Annotated[Instant | None, WrapValidator(_or_none)] = None
    account: Account | None = None
    status: Said | None = None


class PollOption(Entity):
    title: str


class LivePoll(Entity):
    options: Annotated[list[PollOption], Field(min_length=1)]
    multiple: bool | None = None


class StatusSource(Entity):
    text: str


class Versions(Entity):
    mastodon: int = 0


class PollLimits(Entity):
    """Seconds, and graphemes of an option; the second name is Pleroma's."""

    max_options: int | None = None
    option_length: int | None = Field(
        default=None, validation_alias=AliasChoices("max_characters_per_option", "max_option_chars")
    )
    min_expiration: int | None = None
    max_expiration: int | None = None


class Urls(Entity):
    """The second name is that of the first version of the instance's document."""

    streaming: Link = Field(default=None, validation_alias=AliasChoices("streaming", "streaming_api"))


class Configuration(Entity):
    polls: PollLimits | None = None
    urls: Annotated[Urls, WrapValidator(lambda value, reader: _or_none(value, reader) or Urls())] = Urls()


class Instance(Entity):
    """`poll_limits`: where Pleroma has them, without `configuration`. `urls`: the first version's."""

    api_versions: Versions = Versions()
    configuration: Configuration = Configuration()
    poll_limits: PollLimits | None = None
    urls: Annotated[Urls, WrapValidator(lambda value, reader: _or_none(value, reader) or Urls())] = Urls()

    @property
    def streaming(self) -> str | None:
        return self.configuration.urls.streaming or self.urls.streaming


def segment(opaque: str) -> str:
    """An id as part of a path."""
    return quote(opaque, safe="")


def published(status: Posted) -> Published:
    return Published(status.id, status.url or status.uri, status.created_at)


def read(response: httpx2.Response, shape: type[Shape]) -> Shape:
    """The body as `shape`. Raises PlatformUnavailable for a 2xx that is not what Mastodon documents."""
    try:
        return reader(shape).validate_json(response.content)
    except ValidationError:
        raise unreadable(response) from None  # not with the cause, which quotes the body


async def told(call: Call, access: Access, path: str, shape: type[Shape], **request: Any) -> Shape | None:
    """None where the server does not know this question, or answers it in its own way."""
    try:
        return read(await call(access, "GET", path, **request), shape)
    except (ContentRejected, PermissionMissing):
        return None
    except PlatformUnavailable as error:
        if error.rule == UNREADABLE:
            return None
        raise


def unreadable(response: httpx2.Response) -> PlatformUnavailable:
    return PlatformUnavailable(
        "The server's answer is not in Mastodon's documented form.",
        platform="mastodon",
        rule=UNREADABLE,
        status=response.status_code,
        remediation="Nothing, if it passes; if it stays, ask the server's administrator.",
    )


def handle(account: Account, host: str) -> str:
    """`user@server`: on its own server an account is called by its first half only."""
    name = account.acct or account.username
    server = host or (httpx2.URL(account.url).netloc.decode() if account.url else "")
    return name if "@" in name or not server else f"{name}@{server}"
