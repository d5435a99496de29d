"""What is to be published, before any platform has seen it."""

import hashlib
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

MediaKind = Literal["image", "gif", "video", "document"]
Role = Literal["post", "comment"]
_SORTED = json.JSONEncoder(sort_keys=True, default=repr)


class Opens(Protocol):
    """A file's bytes from `start` on. What comes before is not read, be it on disk or in a bucket."""

    def __call__(self, start: int = 0, /) -> AsyncIterator[bytes]: ...


@dataclass(frozen=True, slots=True)
class Media:
    """One file to send along. `size` in bytes, `width` and `height` in pixels, `duration` in seconds, `frame_rate` per second.

    `open` yields its bytes in chunks, at each call anew. `url` makes an address at which anybody can fetch it for a while: for
    platforms that fetch. None is unknown, everywhere; of `url`: this server has no public address.
    """

    id: str
    kind: MediaKind
    mime_type: str
    size: int
    open: Opens = field(compare=False, repr=False)
    width: int | None = None
    height: int | None = None
    alt_text: str | None = None
    duration: float | None = None
    video_codec: str | None = None
    audio_codec: str | None = None
    frame_rate: float | None = None
    url: Callable[[], str] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Poll:
    """`seconds`: how long it is open. `question` where a platform wants one beside the text."""

    options: tuple[str, ...]
    seconds: int
    multiple: bool = False
    question: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A link shown as a card, not one in the text. Where a platform does not look at the page, title and description count."""

    url: str
    title: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One publishing call. A `comment` is said under the part before, by the same account: another call at most platforms."""

    text: str
    media: tuple[Media, ...] = ()
    role: Role = "post"
    poll: Poll | None = None
    link: Link | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """An ordinary post has one part, a thread several, in order; a first comment comes last.

    `options` are the platform's own (see its manifest); they belong to the whole. `kind` is one of them where a platform has
    several kinds of post.
    """

    parts: tuple[Part, ...]
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])


def media_step(part: int, position: int) -> str:
    """The step key under which the upload of a part's n-th file is remembered."""
    return f"media:{part}:{position}"


def part_step(kind: str, part: int, *rest: object) -> str:
    """The key of any other step of a part: `container:0`, `ready:0:3`. It is not run again once the part is live."""
    return ":".join((kind, str(part), *map(str, rest)))


def live_part(part: int) -> str:
    """Under which a step finds the platform's id of a part that is live. No step's key is like it: theirs begin with a word."""
    return f"{part}:live"


def step_part(key: str) -> int:
    """Which part a step prepares; beyond all of them for a key that names none."""
    name = key.split(":")[1:2]
    return int(name[0]) if name and name[0].isdecimal() else 1 << 30


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One publishing call: one part, with everything prepared for it.

    `prepared` maps step keys to what the steps returned. `reply_to` is the platform's id of the part before, `root` of the first
    one. `key` is the same each time this very content is sent for this publication and differs for any other, so it serves as an
    idempotency key; `fingerprint` is the content's. `first_sent_at` is when it may have gone out for the first time (None before
    that): nothing older can be it. `others` are ids of live posts of this account that are known to be something else, however
    alike.
    """

    part: Part
    index: int
    key: str
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    prepared: Mapping[str, str] = field(default_factory=dict[str, str])
    reply_to: str | None = None
    first_sent_at: datetime | None = None
    others: frozenset[str] = frozenset()
    root: str | None = None
    fingerprint: str = ""

    @property
    def media_ids(self) -> list[str]:
        """The platform's ids of this part's files, in order."""
        return [self.prepared[media_step(self.index, position)] for position in range(len(self.part.media))]


def fingerprint(part: Part, options: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of what a reader would see: text, files, poll, link, options."""
    seen = {
        "text": part.text,
        "media": [[media.id, media.alt_text or ""] for media in part.media],
        "role": part.role,
        "poll": part.poll and asdict(part.poll),
        "link": part.link and asdict(part.link),
        "options": dict(options),
    }
    return hashlib.sha256(_SORTED.encode(seen).encode()).hexdigest()
