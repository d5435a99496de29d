"""The JSON of AT Protocol servers, as far as OCMA reads it, and the addresses of records."""

import base64
import hashlib
import json
import re
from datetime import UTC, datetime
from typing import Annotated, Any, NamedTuple

import httpx2
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from ocma.platforms.answers import Answers
from ocma.platforms.connector import Profile, Published

POST = "app.bsky.feed.post"
HANDLE = r"(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
DID = re.compile(r"did:(?:plc:[a-z2-7]{24}|web:[a-zA-Z0-9.-]{1,253}(?:%3A\d{1,5})?)")
RECORD = re.compile(
    r"at://(?P<repo>did:[a-z]+:[a-zA-Z0-9._:%-]+)/(?P<collection>[a-zA-Z0-9.-]+)/(?P<rkey>[a-zA-Z0-9._~:-]{1,512})"
)
SORTABLE = "234567abcdefghijklmnopqrstuvwxyz"  # base 32, in the order of the letters
FIRST, LAST = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000 << 10 for year in (2023, 2026))
ANSWERS = Answers("bluesky", "The server's", "Nothing, if it passes; if it stays, ask the server's administrator.")
read = ANSWERS.read


def _instant(value: Any) -> Any:
    """Authors write what they like there."""
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


class Strong(BaseModel):
    """A record in the very version that is meant."""

    uri: str = Field(min_length=1, max_length=2000)
    cid: str = Field(min_length=1, max_length=200)


class Made(BaseModel):
    uri: str = Field(max_length=2000, pattern=RECORD.pattern)


class Value(BaseModel):
    createdAt: Annotated[datetime | None, BeforeValidator(_instant)] = None  # noqa: N815 - their name


class Record(Made):
    value: Value = Value()


class Resolved(BaseModel):
    did: str


class Uploaded(BaseModel):
    """`blob` goes into a record as it is."""

    blob: dict[str, Any]


class Actor(BaseModel):
    """A profile or, with less in it, a session."""

    did: str = Field(pattern="^did:")
    handle: str
    displayName: str | None = None  # noqa: N815 - their name
    avatar: str | None = None
    followersCount: int | None = None  # noqa: N815 - their name
    followsCount: int | None = None  # noqa: N815 - their name
    postsCount: int | None = None  # noqa: N815 - their name

    def profile(self, web: str, pds: str) -> Profile:
        """`web`: where people read posts; `pds`: the account's own server."""
        return Profile(
            id=self.did,
            name=self.displayName or self.handle,
            handle=self.handle,
            url=f"{web}/profile/{self.did}",
            avatar_url=self.avatar,
            followers=self.followersCount,
            following=self.followsCount,
            posts=self.postsCount,
            host=httpx2.URL(pds).netloc.decode(),
        )


class Address(NamedTuple):
    repo: str
    rkey: str


class Author(BaseModel):
    did: str


class Written(Value):
    text: str = ""


class Reason(BaseModel):
    """Why a post stands in a feed: it was reposted, then; or it is pinned there."""

    indexedAt: Annotated[datetime | None, BeforeValidator(_instant)] = None  # noqa: N815 - their name


class View(BaseModel):
    """A post as an AppView shows it; `model_extra` has the rest, with its figures."""

    model_config = ConfigDict(extra="allow")

    uri: str = Field(max_length=2000)
    author: Author
    record: Written = Written()
    indexedAt: Annotated[datetime | None, BeforeValidator(_instant)] = None  # noqa: N815 - their name

    @property
    def at(self) -> datetime | None:
        """When it was posted: authors date it as they like, but not later than when it was seen. Feeds are in this order."""
        return min((each for each in (self.record.createdAt, self.indexedAt) if each), default=None)


class Entry(BaseModel):
    post: View
    reason: Reason | None = None


class Views(BaseModel):
    posts: list[View]


class Feed(BaseModel):
    feed: list[Entry]
    cursor: str | None = None


def record_key(key: str) -> str:
    """A TID made of our own key alone, so that a post has one place in its repository, however often it is sent.

    Its time is none: 56 bits of a hash, at some moment of the past, since a reader may distrust what is to come.
    """
    number = FIRST + int.from_bytes(hashlib.sha256(key.encode()).digest(), "big") % (LAST - FIRST)
    return "".join(SORTABLE[number >> shift & 31] for shift in range(60, -1, -5))


def at_uri(did: str, rkey: str) -> str:
    return f"at://{did}/{POST}/{rkey}"


def address(uri: str) -> Address | None:
    """None: it is not a post's."""
    found = RECORD.fullmatch(uri)
    return Address(found["repo"], found["rkey"]) if found and found["collection"] == POST else None


def published(uri: str, web: str, at: datetime | None) -> Published:
    """`web`: where people read posts. A DID in its address stays when the handle changes."""
    where = address(uri)
    return Published(uri, where and f"{web}/profile/{where.repo}/post/{where.rkey}", at)


def expiry(token: str) -> datetime | None:
    """When a session's token ends. It is the server's own and only read: None where it is not what is usual."""
    try:
        body = token.split(".")[1]
        return datetime.fromtimestamp(json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))["exp"], UTC)
    except (ValueError, TypeError, KeyError, IndexError, OverflowError):
        return None
