"""What TikTok's processing would say of a file, by its bytes; facts that a file does not tell are let pass."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ocma_sandbox import media, movie
from ocma_sandbox.incoming import digest
from ocma_sandbox.media import Media
from ocma_sandbox.movie import Movie
from ocma_sandbox.sniff import Sniffed, sniff
from ocma_sandbox.tiktok.calls import KEY

Json = dict[str, Any]

VIDEOS = frozenset({"video/mp4", "video/quicktime", "video/webm"})
PHOTOS = frozenset({"image/jpeg", "image/webp"})
MAX_PHOTO = 20 * 1024**2
PHOTO_SIDES = (1920, 1080)
VIDEO_SIDES = range(360, 4097)
HEAD = 256 * 1024


@dataclass(frozen=True)
class Verdict:
    """`wrong` is a fail_reason; `entry` is the file as it stands in the books."""

    wrong: str | None
    entry: Json


def of_video(path: Path, *, longest: float) -> Verdict:
    found, facts = _sniffed(path), movie.read(path)
    wrong = _wrong_video(found, facts, longest)
    shown = {"width": facts.width, "height": facts.height, "seconds": facts.seconds}
    return Verdict(wrong, {**_entry(path, found, "video"), **shown})


def _wrong_video(found: Sniffed | None, facts: Movie, longest: float) -> str | None:
    sides = [side for side in (facts.width, facts.height) if side is not None]
    checks = {
        "file_format_check_failed": found is not None and found.mime_type in VIDEOS,
        "duration_check_failed": facts.seconds is None or 0 < facts.seconds <= longest,
        "picture_size_check_failed": all(side in VIDEO_SIDES for side in sides),
        # 59.94 and the like are 60 to TikTok, and 23.976 is 23
        "frame_rate_check_failed": facts.frame_rate is None or 23 <= facts.frame_rate <= 60.5,
    }
    return next((reason for reason, fine in checks.items() if not fine), None)


def of_photo(path: Path) -> Verdict:
    found = _sniffed(path)
    sides = sorted(((found.width or 0), (found.height or 0)), reverse=True) if found else [0, 0]
    checks = {
        "file_format_check_failed": found is not None and found.mime_type in PHOTOS,
        "picture_size_check_failed": sides[0] <= PHOTO_SIDES[0] and sides[1] <= PHOTO_SIDES[1],
    }
    wrong = next((reason for reason, fine in checks.items() if not fine), None)
    return Verdict(wrong, _entry(path, found, "photo"))


def _sniffed(path: Path) -> Sniffed | None:
    with path.open("rb") as file:
        return sniff(file.read(HEAD))


def _entry(path: Path, found: Sniffed | None, category: str) -> Json:
    mime_type = found.mime_type if found else "application/octet-stream"
    sides = (found.width, found.height) if found else (None, None)
    item = Media(KEY, "", "", mime_type, category, 0, path.stat().st_size, digest(path), *sides)
    return media.entry(item)
