"""What a platform can be asked to do, and for each ability posts that show it. The table is in docs/platforms/README.md."""

import struct
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import films
from ocma.platforms.manifest import Manifest

SHORTS = frozenset({"youtube"})  # a video becomes one by its shape: there is nothing to say, and no kind in the manifest

# The abilities that a manifest tells of, in the order of the table.
TOLD: Mapping[str, Callable[[Manifest], bool]] = {
    "text": lambda it: not it.media.required,
    "image": lambda it: it.media.images > 0,
    "images": lambda it: it.media.images > 1,
    "GIF": lambda it: it.media.gifs > 0,
    "video": lambda it: it.media.videos > 0,
    "reel": lambda it: "reel" in it.kinds or it.key in SHORTS,
    "story": lambda it: "story" in it.kinds,
    "document": lambda it: it.media.documents > 0,
    "link": lambda it: it.link is not None,
    "thread": lambda it: it.thread > 1,
    "comment": lambda it: it.comment is not None,
    "poll": lambda it: it.poll is not None,
}
ABILITIES = ("connect", *TOLD, "delete")
KINDS = frozenset({"reel", "story", "photo", "video"})  # the two last are TikTok's images and video

# What a platform has and OCMA does not do yet, with what it is. Everything else that OCMA does not do, the platform has not.
NOT_YET = {
    ("threads", "GIF"): "gif_attachment: one of GIPHY's or Tenor's, by its id",
}
# Who deletes nothing for apps.
UNDELETABLE = frozenset({"tiktok"})


def has(manifest: Manifest, ability: str) -> bool:
    """Does OCMA say that it can do this there?"""
    if ability == "delete":
        return manifest.key not in UNDELETABLE
    return ability == "connect" or TOLD[ability](manifest)


LEAST = 80_000  # bytes that LinkedIn wants of a video at least, and some more
REMADE = frozenset({"usual video"})  # where it is used, the platform does not take it as it is


@cache
def file(name: str) -> bytes:
    """Of the names in Case.files. All but REMADE are taken as they are."""
    return _MAKERS[name]()


def mime_type(name: str) -> str:
    known = {"gif": "image/gif", "document": "application/pdf", "video": "video/mp4", "upright": "video/mp4"}
    return known.get(name.rsplit(maxsplit=1)[-1], "image/jpeg")


def _film(**how: Any) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return films.film(Path(folder) / "film.mp4", seconds=3.2, rate=24, **how).read_bytes()


_FREE = struct.pack(">I4s", LEAST, b"free").ljust(LEAST, b"\0")  # room at the end of a film, which says nothing
_PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
_MAKERS: Mapping[str, Callable[[], bytes]] = {
    **{f"image-{width}": lambda width=width: films.picture("JPEG", (width, 400)) for width in (400, 410, 420, 430, 440)},
    "gif": films.gif,
    "video": lambda: _film(size=(400, 360), flags="+faststart") + _FREE,
    "upright": lambda: _film(size=(540, 960), flags="+faststart"),
    "usual video": lambda: _film(size=(480, 360)),  # its header comes last
    "document": lambda: _PDF,
}


ILLUSTRATION = "image-430"


@dataclass(frozen=True)
class Case:
    """One post. `how`: what sets it apart from another of the same ability. `files` are the first part's, by name.

    `more`: of the request. `parts`: how many posts it becomes, each below the one before; with `illustrated` the second one has
    an image, ILLUSTRATION. `is_silent`: it takes no text. `shows`: words that the platform has on its books besides. `login`:
    settings to connect with.
    """

    platform: str
    ability: str
    files: tuple[str, ...] = ()
    how: str = ""
    options: Mapping[str, Any] = field(default_factory=dict[str, Any], hash=False)
    more: Mapping[str, Any] = field(default_factory=dict[str, Any], hash=False)
    parts: int = 1
    illustrated: bool = False
    is_silent: bool = False
    shows: tuple[str, ...] = ()
    login: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return "-".join(filter(None, (self.platform, self.ability, self.how)))

    def texts(self, mark: str) -> list[str]:
        """None is a part of another."""
        return [f"{self}: {mark}, {number} of {self.parts}." for number in range(1, self.parts + 1)]

    def words(self, texts: list[str]) -> dict[str, Any]:
        """Of the request: what is said, and where."""
        first, *others = ["" if self.is_silent else each for each in texts]
        if self.ability == "comment":
            return {"content": first, "firstComment": others[0]}
        return {"content": first, "thread": others}


IMAGE, THREE, FIVE = (
    ("image-400",),
    ("image-420", "image-400", "image-410"),
    tuple(f"image-{400 + 10 * each}" for each in range(5)),
)
VIDEO, UPRIGHT = ("video",), ("upright",)
BY_FACEBOOK = (("OCMA_INSTAGRAM_LOGIN", "facebook"),)
PUBLIC = {"privacy_level": "PUBLIC_TO_EVERYONE"}
TITLE = {"title": "Abilities"}
ADDRESS = "https://example.org/abilities"
ANSWERS = ("Tea", "Coffee", "Neither")


def _link(**words: str) -> dict[str, Any]:
    return {"more": {"link": {"url": ADDRESS, **words}}, "shows": (ADDRESS, *words.values())}


def _poll(**more: Any) -> dict[str, Any]:
    return {"more": {"poll": {"options": ANSWERS, "seconds": 86_400, **more}}, "shows": ANSWERS}


def _kind(name: str) -> dict[str, Any]:
    return {"options": {"kind": name}}


THREAD: dict[str, Any] = {"parts": 3, "illustrated": True}
COMMENT: dict[str, Any] = {"parts": 2}
STORY = {**_kind("story"), "is_silent": True}

CASES = (
    Case("x", "connect"),
    Case("x", "text"),
    Case("x", "image", IMAGE),
    Case("x", "images", THREE),
    Case("x", "GIF", ("gif",)),
    Case("x", "video", VIDEO),
    Case("x", "thread", **THREAD),
    Case("x", "comment", **COMMENT),
    Case("x", "poll", **_poll()),
    Case("x", "delete"),
    Case("mastodon", "connect"),
    Case("mastodon", "text"),
    Case("mastodon", "image", IMAGE),
    Case("mastodon", "images", THREE),
    Case("mastodon", "GIF", ("gif",)),
    Case("mastodon", "video", VIDEO),
    Case("mastodon", "thread", **THREAD),
    Case("mastodon", "comment", **COMMENT),
    Case("mastodon", "poll", **_poll(multiple=True)),
    Case("mastodon", "delete"),
    Case("bluesky", "connect"),
    Case("bluesky", "text"),
    Case("bluesky", "image", IMAGE),
    Case("bluesky", "images", THREE),
    Case("bluesky", "images", FIVE, how="gallery"),
    Case("bluesky", "video", VIDEO),
    Case("bluesky", "link", **_link(title="A title", description="A description")),
    Case("bluesky", "thread", **THREAD),
    Case("bluesky", "comment", **COMMENT),
    Case("bluesky", "delete"),
    Case("linkedin", "connect"),
    Case("linkedin", "text"),
    Case("linkedin", "image", IMAGE),
    Case("linkedin", "images", THREE),
    Case("linkedin", "GIF", ("gif",)),
    Case("linkedin", "video", VIDEO),
    Case("linkedin", "document", ("document",), options=TITLE, shows=("Abilities",)),
    Case("linkedin", "link", **_link(title="A title")),
    Case("linkedin", "comment", **COMMENT),
    Case("linkedin", "poll", **_poll(question="What will it be?")),
    Case("linkedin", "delete"),
    Case("facebook", "connect"),
    Case("facebook", "text"),
    Case("facebook", "image", IMAGE),
    Case("facebook", "images", THREE),
    Case("facebook", "video", VIDEO),
    Case("facebook", "reel", UPRIGHT, **_kind("reel"), shows=("reel",)),
    Case("facebook", "story", IMAGE, **STORY, shows=("story",)),
    Case("facebook", "story", UPRIGHT, how="video", **STORY, shows=("story",)),
    Case("facebook", "link", **_link()),
    Case("facebook", "comment", **COMMENT),
    Case("facebook", "delete"),
    Case("instagram", "connect"),
    Case("instagram", "connect", how="facebook", login=BY_FACEBOOK),
    Case("instagram", "image", IMAGE),
    Case("instagram", "images", ("image-420", "video", "image-400")),
    Case("instagram", "video", VIDEO),
    Case("instagram", "video", ("usual video",), how="usual"),
    Case("instagram", "reel", UPRIGHT, **_kind("reel"), shows=("REELS",)),
    Case("instagram", "story", IMAGE, **STORY, shows=("STORY",)),
    Case("instagram", "story", UPRIGHT, how="video", **STORY, shows=("STORY",)),
    Case("instagram", "comment", IMAGE, **COMMENT),
    Case("instagram", "delete", IMAGE, login=BY_FACEBOOK),
    Case("threads", "connect"),
    Case("threads", "text"),
    Case("threads", "image", IMAGE),
    Case("threads", "images", ("image-420", "video", "image-400")),
    Case("threads", "video", VIDEO),
    Case("threads", "link", **_link()),
    Case("threads", "thread", **THREAD),
    Case("threads", "comment", **COMMENT),
    Case("threads", "poll", **_poll()),
    Case("threads", "delete"),
    Case("tiktok", "connect"),
    Case("tiktok", "image", IMAGE, options=PUBLIC),
    Case("tiktok", "images", THREE, options=PUBLIC),
    Case("tiktok", "video", VIDEO, options=PUBLIC),
    Case("youtube", "connect"),
    Case("youtube", "video", VIDEO, options=TITLE, shows=("public",)),
    Case("youtube", "reel", UPRIGHT, options=TITLE, shows=("public", "short")),
    Case("youtube", "comment", VIDEO, options=TITLE, **COMMENT),
    Case("youtube", "delete", VIDEO, options=TITLE),
)
