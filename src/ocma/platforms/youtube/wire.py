"""YouTube's JSON, as far as OCMA reads it. Counts are strings there, and fields that are hidden are left out."""

from datetime import date, datetime
from typing import Annotated, Any, Generic, Self, TypeVar

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)
from pydantic.alias_generators import to_camel

from ocma.platforms.answers import Answers
from ocma.platforms.connector import Profile

Shape = TypeVar("Shape", bound=BaseModel)
ANSWERS = Answers("youtube", "YouTube's")
read, unreadable = ANSWERS.read, ANSWERS.unreadable


def _or_none(value: Any, reader: ValidatorFunctionWrapHandler) -> Any:
    try:
        return reader(value)
    except ValidationError:
        return None


Instant = Annotated[AwareDatetime | None, WrapValidator(_or_none)]
Count = Annotated[int | None, WrapValidator(_or_none)]


class Entity(BaseModel):
    model_config = ConfigDict(coerce_numbers_to_str=True, alias_generator=to_camel, validate_by_alias=True)


class Thumbnail(Entity):
    url: str | None = None


class ChannelSnippet(Entity):
    title: str = ""
    custom_url: str | None = None
    thumbnails: dict[str, Thumbnail] = {}


class ChannelCounts(Entity):
    subscriber_count: Count = None
    video_count: Count = None
    hidden_subscriber_count: bool = False


class Channel(Entity):
    id: str
    snippet: ChannelSnippet = ChannelSnippet()
    statistics: ChannelCounts = ChannelCounts()

    @property
    def profile(self) -> Profile:
        snippet, counts = self.snippet, self.statistics
        pictures = [each.url for each in snippet.thumbnails.values() if each.url]
        return Profile(
            id=self.id,
            name=snippet.title or self.id,
            handle=snippet.custom_url or self.id,
            url=f"https://www.youtube.com/channel/{self.id}",
            avatar_url=pictures[0] if pictures else None,
            followers=None if counts.hidden_subscriber_count else counts.subscriber_count,
            posts=counts.video_count,
        )


class Tally(Entity):
    """Counts, as strings, by their names; what is hidden is left out."""

    id: str
    statistics: dict[str, Any] = {}


class Playlists(Entity):
    uploads: str | None = None


class ChannelDetails(Entity):
    related_playlists: Playlists = Playlists()


class Own(Tally):
    """The channel, as far as its figures and its list of videos go."""

    content_details: ChannelDetails = ChannelDetails()

    @property
    def uploads(self) -> str | None:
        return self.content_details.related_playlists.uploads


class UploadSnippet(Entity):
    title: str = ""
    description: str = ""
    published_at: Instant = None


class UploadDetails(Entity):
    video_id: str
    video_published_at: Instant = None


class UploadStatus(Entity):
    privacy_status: str | None = None


class Upload(Entity):
    """A video in the list of a channel's uploads."""

    snippet: UploadSnippet = UploadSnippet()
    content_details: UploadDetails
    status: UploadStatus = UploadStatus()

    @property
    def id(self) -> str:
        return self.content_details.video_id

    @property
    def text(self) -> str:
        return "\n\n".join(filter(None, (self.snippet.title, self.snippet.description)))

    @property
    def at(self) -> datetime | None:
        """When it was published."""
        return self.content_details.video_published_at

    @property
    def added(self) -> datetime | None:
        return self.snippet.published_at

    @property
    def is_shown(self) -> bool:
        return self.status.privacy_status != "private"


class Header(Entity):
    name: str


class Report(Entity):
    """A table: what its columns are called, and rows, which are left out where there are none."""

    column_headers: list[Header] = []
    rows: list[list[Any]] | None = None

    @property
    def records(self) -> list[dict[str, Any]]:
        """By the columns' names; a day is a date. Raises ValueError where the table does not fit together."""
        names = [each.name for each in self.column_headers]
        return [_dated(dict(zip(names, row, strict=True))) for row in self.rows or ()]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        _ = self.records
        return self


def _dated(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"day": date.fromisoformat(str(row["day"]))} if "day" in row else row


class VideoSnippet(Entity):
    published_at: Instant = None


class VideoStatus(Entity):
    privacy_status: str | None = None
    upload_status: str | None = None
    failure_reason: str | None = None
    rejection_reason: str | None = None


class Video(Entity):
    id: str = Field(min_length=1)
    snippet: VideoSnippet = VideoSnippet()
    status: VideoStatus = VideoStatus()


class Author(Entity):
    value: str | None = None


class CommentSnippet(Entity):
    text_original: str | None = None
    text_display: str | None = None
    author_channel_id: Author = Author()
    published_at: Instant = None


class Comment(Entity):
    id: str = Field(min_length=1)
    snippet: CommentSnippet = CommentSnippet()

    @property
    def at(self) -> datetime | None:
        return self.snippet.published_at

    @property
    def author(self) -> str | None:
        return self.snippet.author_channel_id.value

    @property
    def texts(self) -> set[str]:
        return {each.strip() for each in (self.snippet.text_original, self.snippet.text_display) if each}


class ThreadSnippet(Entity):
    top_level_comment: Comment


class Thread(Entity):
    id: str = Field(min_length=1)
    snippet: ThreadSnippet | None = None


class Listed(Entity, Generic[Shape]):
    """Some of what was asked for; `items` may be left out."""

    items: list[Shape] = []
    next_page_token: str | None = None


def url_of(video_id: str, comment_id: str | None = None) -> str:
    return f"https://www.youtube.com/watch?v={video_id}" + (f"&lc={comment_id}" if comment_id else "")
