"""YouTube's JSON, as far as OCMA reads it. Counts are strings there, and fields that are hidden are left out."""

from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
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
