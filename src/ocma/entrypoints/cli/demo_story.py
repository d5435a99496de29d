"""What the demo posts: every way in which a post can be scheduled, each text different from every earlier run's."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ocma.entrypoints.cli.demo_media import FILM, PICTURES, File
from ocma.entrypoints.cli.demo_platform import Platform


@dataclass(frozen=True, slots=True)
class Draft:
    """`delay` None: now. More than one part: a thread. `files` are the first part's; `instead` those of one platform, by key."""

    title: str
    platforms: Sequence[Platform]
    parts: Sequence[str]
    delay: timedelta | None = None
    files: Sequence[File] = ()
    instead: Mapping[str, Sequence[File]] = field(default_factory=dict[str, Sequence[File]])

    def files_on(self, platform: Platform) -> Sequence[File]:
        return self.instead.get(platform.key, self.files)


@dataclass(frozen=True, slots=True)
class Piece:
    """What must stand on a platform's books, once: one part of a draft on one platform. `files`: kind and alternative text."""

    platform: str
    text: str
    files: Sequence[tuple[str, str | None]] = ()


def drafts(stamp: str, platforms: Sequence[Platform]) -> list[Draft]:
    """Those that have somewhere to go. `stamp` is in every text: platforms refuse a text that is live already."""

    def on(*keys: str) -> list[Platform]:
        return [each for each in platforms if each.key in keys]

    def text(words: str) -> list[str]:
        return [f"{words} ({stamp})"]

    films = {each.key: [FILM] for each in platforms if each.prefers_video}
    thread = [f"{number}/3 · {words} ({stamp})" for number, words in enumerate(_THREAD, 1)]
    carousel = on("instagram", "facebook", "linkedin", "threads")
    story = [
        Draft("on every platform", platforms, text(f"One request, {len(platforms)} platforms."), None, PICTURES[:1], films),
        Draft("a carousel", carousel, text("Three pictures, each with its own alternative text."), None, PICTURES),
        Draft("a video", on("x", "bluesky"), text("A film, drawn a moment ago."), None, [FILM]),
        Draft("a post, now", on("x"), text("Hello from OCMA: written and sent at once.")),
        Draft("a thread of three", on("x", "bluesky"), thread, timedelta(seconds=5)),
        Draft("in 10 seconds", on("mastodon"), text("Scheduled ten seconds ahead."), timedelta(seconds=10)),
    ]
    return [each for each in story if each.platforms]


_THREAD = (
    "Before OCMA sends anything, it writes down that it will.",
    "No answer? It asks the platform instead of sending again.",
    "So a post is never lost and never published twice.",
)


def pieces(draft: Draft, platform: Platform) -> Iterator[Piece]:
    files = [(each.kind, each.alt_text if platform.has_alt_text else None) for each in draft.files_on(platform)]
    above = f"{draft.title}\n\n" if platform.has_titles else ""
    for index, text in enumerate(draft.parts):
        yield Piece(platform.key, above + text, files if index == 0 else ())


def stamp(now: datetime) -> str:
    return f"{now:%Y-%m-%d %H:%M:%S} UTC"
