"""TikTok's JSON, as far as OCMA reads it, and what OCMA keeps of it between two calls."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

import httpx2
from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from ocma.platforms.answers import Answers
from ocma.platforms.connector import Profile, Published

Shape = TypeVar("Shape", bound=BaseModel)
Item = TypeVar("Item", bound=BaseModel)
SITE = "https://www.tiktok.com"


class Entity(BaseModel):
    model_config = ConfigDict(coerce_numbers_to_str=True)


class Envelope(BaseModel, Generic[Shape]):
    data: Shape


class User(Entity):
    open_id: str = Field(min_length=1)
    display_name: str = ""
    username: str | None = None
    avatar_url: str | None = None
    profile_deep_link: str | None = None
    follower_count: int | None = None
    following_count: int | None = None
    video_count: int | None = None

    @property
    def profile(self) -> Profile:
        return Profile(
            id=self.open_id,
            name=self.display_name or self.username or self.open_id,
            handle=self.username or self.display_name or self.open_id,
            url=f"{SITE}/@{self.username}" if self.username else self.profile_deep_link,
            avatar_url=self.avatar_url,
            followers=self.follower_count,
            following=self.following_count,
            posts=self.video_count,
        )


class Me(Entity):
    user: User


class Tally(Entity):
    """An account's figures."""

    user: dict[str, Any] = {}


class Creator(Entity):
    """What the account's owner lets others do. An empty list of levels says nothing."""

    privacy_level_options: list[str] = []
    max_video_post_duration_sec: float | None = None


class Opened(Entity):
    publish_id: str = Field(min_length=1)


class OpenedUpload(Opened):
    upload_url: str = Field(min_length=1)


class Status(Entity):
    status: str
    fail_reason: str | None = None
    uploaded_bytes: int | None = None
    # Spelled so, and not certain to stay so.
    post_ids: list[str] | None = Field(
        default=None, validation_alias=AliasChoices("publicaly_available_post_id", "publicly_available_post_id")
    )

    @property
    def post_id(self) -> str | None:
        return next(iter(self.post_ids or ()), None)


class Video(Entity):
    id: str
    share_url: str | None = None
    create_time: float | None = None
    title: str | None = None
    video_description: str | None = None

    @property
    def at(self) -> datetime | None:
        return datetime.fromtimestamp(self.create_time, UTC) if self.create_time else None

    def published(self, handle: str) -> Published:
        """`handle`: whose it is."""
        return Published(self.id, self.share_url or url_of(handle, self.id), self.at)


class Counted(Video):
    """With the figures that were asked for."""

    model_config = ConfigDict(extra="allow")

    @property
    def figures(self) -> dict[str, Any]:
        return self.model_extra or {}


class Page(Entity, Generic[Item]):
    videos: list[Item] = []
    cursor: int | None = None
    has_more: bool = False


Videos = Page[Video]


@dataclass(frozen=True, slots=True)
class Session:
    """An upload that was begun, as one string: the step's result."""

    publish_id: str
    upload_url: str

    def __str__(self) -> str:
        return f"{self.publish_id} {self.upload_url}"

    @classmethod
    def of(cls, text: str) -> "Session":
        publish_id, _, upload_url = text.partition(" ")
        return cls(publish_id, upload_url)


@dataclass(frozen=True, slots=True)
class Ticket:
    """Something that was accepted, as one string. `until`, in Unix time: how long its public id is worth waiting for."""

    publish_id: str
    until: float

    def __str__(self) -> str:
        return f"{self.publish_id} {self.until:.0f}"

    @classmethod
    def of(cls, text: str) -> "Ticket":
        publish_id, _, until = text.partition(" ")
        return cls(publish_id, float(until or 0))


def url_of(handle: str, post_id: str) -> str:
    return f"{SITE}/@{handle.lstrip('@')}/video/{post_id}"


def read(response: httpx2.Response, shape: type[Shape]) -> Shape:
    """The answer's `data`. Raises PlatformUnavailable for a 2xx that is not what TikTok documents."""
    return Answers("tiktok", "TikTok's").read(response, Envelope[shape]).data
