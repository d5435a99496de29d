"""X's JSON in the two vocabularies it may speak.

Specification 2.167 (August 2026) renamed tweets to posts in parameters and fields; which of the two the live host speaks is not
confirmed. So answers are read under both names, and a read whose parameters were not understood is asked in the other.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from pydantic import AliasChoices, AwareDatetime, BaseModel, ConfigDict, Field

from ocma.platforms.answers import Answers
from ocma.platforms.connector import Access

NOT_FOUND = "/problems/resource-not-found"
read = Answers("x", "X's").read
Answered = TypeVar("Answered", bound="Answer")


@dataclass(frozen=True, slots=True)
class Dialect:
    """`fields` is the parameter that names a post's fields; `whole` the query that brings all that settling needs."""

    fields: str
    whole: Mapping[str, str]

    def brief(self) -> dict[str, str]:
        """The query for no more than when a post went live."""
        return self.having(("created_at", "id", "text"))

    def having(self, names: Iterable[str]) -> dict[str, str]:
        """The query for the fields of these names."""
        return {self.fields: ",".join(names)}


POSTS = Dialect(
    "post.fields",
    {
        "post.fields": "attachments,conversation_id,created_at,entities,id,text",
        "expansions": "attachments.poll_ids,referenced_posts",
        "poll.fields": "id,options",
    },
)
TWEETS = Dialect(
    "tweet.fields",
    {
        "tweet.fields": "attachments,conversation_id,created_at,entities,id,referenced_tweets,text",
        "expansions": "attachments.poll_ids",
        "poll.fields": "id,options",
    },
)


class Link(BaseModel):
    url: str = ""
    expanded_url: str | None = None
    display_url: str | None = None
    media_key: str | None = None


class Entities(BaseModel):
    urls: list[Link] | None = None


class Attachments(BaseModel):
    media_keys: list[str] | None = None
    poll_ids: list[str] | None = None


class PollOption(BaseModel):
    label: str
    position: int = 0


class LivePoll(BaseModel):
    id: str
    options: list[PollOption] | None = None

    @property
    def labels(self) -> list[str]:
        return [each.label for each in sorted(self.options or (), key=lambda each: each.position)]


class Includes(BaseModel):
    polls: list[LivePoll] | None = None


class Reference(BaseModel):
    type: str
    id: str


class Post(BaseModel):
    """A post as read back. None is unknown."""

    id: str
    text: str | None = None
    created_at: AwareDatetime | None = None
    conversation_id: str | None = None
    entities: Entities | None = None
    attachments: Attachments | None = None
    references: list[Reference] | None = Field(
        default=None, validation_alias=AliasChoices("referenced_posts", "referenced_tweets")
    )

    @property
    def reply_to(self) -> str | None:
        return next((each.id for each in self.references or () if each.type == "replied_to"), None)

    @property
    def links(self) -> list[Link]:
        return (self.entities and self.entities.urls) or []

    @property
    def media_keys(self) -> set[str]:
        listed = (self.attachments and self.attachments.media_keys) or []
        return set(listed) or {each.media_key for each in self.links if each.media_key}

    @property
    def poll_ids(self) -> list[str]:
        return (self.attachments and self.attachments.poll_ids) or []


class Meta(BaseModel):
    result_count: int | None = None
    next_token: str | None = None


class Counted(Post):
    """With its figures in `model_extra`."""

    model_config = ConfigDict(extra="allow")


class Answer(BaseModel):
    """A read of posts. X may give part of what was asked, and tell what is missing in `errors`."""

    errors: list[Any] | None = None

    @property
    def posts(self) -> Sequence[Post]:
        return []

    @property
    def is_blind(self) -> bool:
        """Posts without any time: X did not understand which fields were asked for."""
        return bool(self.posts) and all(post.created_at is None for post in self.posts)


class Page(Answer):
    """Some of a timeline, newest first. X leaves `data` out when there is nothing; `meta` then says that it is so."""

    data: list[Post] | None = None
    includes: Includes | None = None
    meta: Meta = Meta()

    @property
    def posts(self) -> list[Post]:
        return self.data or []

    @property
    def polls(self) -> dict[str, LivePoll]:
        return {each.id: each for each in (self.includes and self.includes.polls) or ()}

    @property
    def is_complete(self) -> bool:
        """Does it hold every post that X counts on it?"""
        held_back = any(isinstance(each, dict) and each.get("section") == "data" for each in self.errors or ())
        return self.meta.result_count in (None, len(self.posts)) and not held_back


class Batch(Answer):
    """Posts by their ids, and in a timeline."""

    data: list[Counted] | None = None
    meta: Meta = Meta()

    @property
    def posts(self) -> list[Counted]:
        return self.data or []

    @property
    def missing(self) -> set[str]:
        """Ids of posts that X says it does not have."""
        told = (each for each in self.errors or () if isinstance(each, dict))
        return {str(each.get("resource_id") or each.get("value")) for each in told if str(each.get("type")).endswith(NOT_FOUND)}


class Single(Answer):
    data: Post | None = None

    @property
    def posts(self) -> list[Post]:
        return [self.data] if self.data else []


class Counts(BaseModel):
    followers_count: int | None = None
    following_count: int | None = None
    posts: int | None = Field(default=None, validation_alias=AliasChoices("post_count", "tweet_count"))


class User(BaseModel):
    id: str
    name: str
    username: str
    profile_image_url: str | None = None
    public_metrics: Counts | None = None


class Me(BaseModel):
    data: User | None = None


class Myself(BaseModel):
    """As X has it."""

    data: dict[str, Any] | None = None


class Processing(BaseModel):
    state: str = ""
    check_after_secs: float | None = None


class Upload(BaseModel):
    id: str
    processing_info: Processing | None = None


class Uploaded(BaseModel):
    data: Upload


class Identified(BaseModel):
    id: str


class Created(BaseModel):
    data: Identified | None = None


class Deletion(BaseModel):
    deleted: bool = False


class Deleted(BaseModel):
    data: Deletion | None = None

    @property
    def is_done(self) -> bool:
        return self.data is not None and self.data.deleted


def pages(since: datetime, token: str | None) -> dict[str, str]:
    """The query for a page of a timeline."""
    query = {"start_time": f"{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}", "max_results": "100"}
    return {**query, "pagination_token": token} if token else query


def url(access: Access, post_id: str) -> str:
    return f"https://x.com/{access.handle.lstrip('@') or 'i'}/status/{post_id}"
