"""What is to be published, before any platform has seen it."""

import hashlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

MediaKind = Literal["image", "gif", "video"]


@dataclass(frozen=True, slots=True)
class Media:
    """One file to send along. `size` in bytes, `width` and `height` in pixels; `open` yields its bytes in chunks."""

    id: str
    kind: MediaKind
    mime_type: str
    size: int
    open: Callable[[], AsyncIterator[bytes]] = field(compare=False, repr=False)
    width: int | None = None
    height: int | None = None
    alt_text: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    text: str
    media: tuple[Media, ...] = ()


@dataclass(frozen=True, slots=True)
class Content:
    """An ordinary post has one part, a thread several, in order. `options` are the platform's own (see its manifest)."""

    parts: tuple[Part, ...]
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])


def media_step(part: int, position: int) -> str:
    """The step key under which the upload of a part's n-th file is remembered."""
    return f"media:{part}:{position}"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One publishing call: one part, with everything prepared for it.

    `prepared` maps step keys to the platform's ids. `reply_to` is the platform's id of the part before. `key` is the same each
    time this very content is sent for this publication and differs for any other, so it serves as an idempotency key.
    `first_sent_at` is when it may have gone out for the first time (None before that): nothing older can be it. `others` are
    ids of live posts of this account that are known to be something else, however alike.
    """

    part: Part
    index: int
    key: str
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    prepared: Mapping[str, str] = field(default_factory=dict[str, str])
    reply_to: str | None = None
    first_sent_at: datetime | None = None
    others: frozenset[str] = frozenset()

    @property
    def media_ids(self) -> list[str]:
        """The platform's ids of this part's files, in order."""
        return [self.prepared[media_step(self.index, position)] for position in range(len(self.part.media))]


def fingerprint(part: Part, options: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of what a reader would see: text, files, options."""
    digest = hashlib.sha256(part.text.encode())
    for media in part.media:
        digest.update(f"\0{media.id}\0{media.alt_text or ''}".encode())
    for name in sorted(options):
        digest.update(f"\0{name}={options[name]!r}".encode())
    return digest.hexdigest()
