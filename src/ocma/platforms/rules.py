"""What a platform asks of a post: lengths, files, polls, links, options. platforms/check.py holds a draft to it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import regex

# A character as readers see it. Of a run of flags, \X counts at each one all that are before it.
GRAPHEME = r"(?:\p{Regional_Indicator}{2}[\p{GCB=Extend}\p{GCB=SpacingMark}\u200d]*+|\X)"
GRAPHEMES = regex.compile(GRAPHEME)

Range: TypeAlias = tuple[float | None, float | None]
ANY: Range = (None, None)
MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Tags:
    """Most hashtags and mentions of a text. More hashtags than `heeded`, a first comment's included, are taken and do no good."""

    hashtags: int | None = None
    mentions: int | None = None
    heeded: int | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """`measure` counts as the platform counts, against `limit`; `bytes` is a limit besides, in UTF-8.

    `required`: a part without files, poll and link needs some; `forbidden`: characters that may not be in it.
    """

    limit: int
    measure: Callable[[str], int] = len
    unit: str = "characters"
    required: bool = True
    bytes: int | None = None
    forbidden: str = ""
    tags: Tags = Tags()


@dataclass(frozen=True, slots=True)
class Frame:
    """Least and most, both included, of a picture's size in pixels and of its width divided by its height."""

    width: Range = ANY
    height: Range = ANY
    ratio: Range = ANY
    pixels: Range = ANY


@dataclass(frozen=True, slots=True)
class VideoRules:
    """`seconds` and `frame_rate` are ranges; codecs as ffmpeg names them (h264, hevc, vp9, aac, …), empty: any.

    `header_first`: an MP4's header (`moov`) has to stand before its samples; cameras and encoders put it last.
    """

    types: tuple[str, ...] = ("video/mp4",)
    bytes: int = 512 * MEGABYTE
    seconds: Range = ANY
    frame_rate: Range = ANY
    frame: Frame = Frame()
    video_codecs: tuple[str, ...] = ()
    audio_codecs: tuple[str, ...] = ()
    header_first: bool = False


@dataclass(frozen=True, slots=True)
class MediaRules:
    """How many of a kind, and what each file may be. Sizes in bytes; `alt_text` in characters, 0: there is none.

    `mixed`: kinds together in one part. `least`, `most`: files of a part, together (`most` None: as the kinds say). `fetches`:
    the platform fetches the files itself, so they need a public address.
    """

    images: int = 0
    image_types: tuple[str, ...] = ("image/jpeg", "image/png", "image/gif", "image/webp")
    image_bytes: int = 5 * MEGABYTE
    image_frame: Frame = Frame()
    gifs: int = 0
    gif_bytes: int = 15 * MEGABYTE
    videos: int = 0
    video: VideoRules = VideoRules()
    documents: int = 0
    document_types: tuple[str, ...] = ("application/pdf",)
    document_bytes: int = 100 * MEGABYTE
    mixed: bool = False
    alt_text: int = 1000
    required: bool = False
    least: int = 0
    most: int | None = None
    fetches: bool = False


@dataclass(frozen=True, slots=True)
class PollRules:
    """`durations`: the only ones there are, in seconds (empty: any within `seconds` that is whole `steps`, also in seconds).

    `with_media`: files beside it. `question`: its most characters; None: the text is the question. `multiple`: several answers
    may be allowed. `text`: there has to be some beside it.
    """

    options: tuple[int, int] = (2, 4)
    option_length: int = 50
    seconds: tuple[int, int] = (300, 30 * 86400)
    durations: tuple[int, ...] = ()
    question: int | None = None
    multiple: bool = False
    with_media: bool = False
    steps: int = 1
    text: bool = False


@dataclass(frozen=True, slots=True)
class LinkRules:
    """`title`, `description`: most characters (None: the platform takes them from the page, and ours are refused)."""

    title: int | None = None
    title_required: bool = False
    description: int | None = None
    with_media: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """What differs for one kind of post; None: as everywhere."""

    text: Text | None = None
    media: MediaRules | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """An option that is a list of short texts, such as tags: how many, how long each, and all together."""

    most: int
    length: int = 100
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Whole:
    """An option that is a whole number."""

    least: int
    most: int


Choice: TypeAlias = tuple[str | bool, ...]
Rule: TypeAlias = Text | Words | Whole
