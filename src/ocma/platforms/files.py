"""Are these files acceptable to a platform? What is not known of a file is not held against it."""

from collections.abc import Iterator
from dataclasses import dataclass

from ocma.errors import Issue
from ocma.platforms.content import Media, Part
from ocma.platforms.manifest import Manifest
from ocma.platforms.rules import Frame, MediaRules, Range


@dataclass(frozen=True, slots=True)
class Breach:
    """`mends`: a rendition keeps the rule (renditions are never larger than their source, longer or cut)."""

    rule: str
    message: str
    remediation: str
    mends: bool = False


def check_files(part: Part, rules: MediaRules, manifest: Manifest, path: str, *, renders: bool = False) -> Iterator[Issue]:
    """`renders`: without what a rendition will mend."""
    for found in _together(part, rules, manifest.name):
        yield manifest.issue(path, found.rule, found.message, found.remediation)
    for position, media in enumerate(part.media):
        for found in _file(media, rules):
            if not (renders and found.mends):
                yield manifest.issue(f"{path}.media.{position}", found.rule, found.message, found.remediation)


def _together(part: Part, rules: MediaRules, name: str) -> Iterator[Breach]:
    kinds = [media.kind for media in part.media]
    if rules.required and not kinds:
        yield Breach("media.missing", "a post needs media.", "Attach a file.")
    allowed = {"image": rules.images, "gif": rules.gifs, "video": rules.videos, "document": rules.documents}
    for kind, most in allowed.items():
        if kinds.count(kind) > most:
            remediation = "Remove some." if most else f"{name} takes no {kind} here."
            yield Breach(f"media.{kind}s", f"{kinds.count(kind)} × {kind}; at most {most}.", remediation)
    if len(set(kinds)) > 1 and not rules.mixed:
        yield Breach("media.mixed", "different kinds of media in one post.", "Keep one kind.")
    if rules.most is not None and len(kinds) > rules.most:
        yield Breach("media.most", f"{len(kinds)} files; at most {rules.most}.", "Remove some.")
    if kinds and len(kinds) < rules.least:
        yield Breach("media.least", f"{len(kinds)} files; at least {rules.least}.", "Add some.")


def _file(media: Media, rules: MediaRules) -> Iterator[Breach]:
    yield from _form(media, rules)
    if media.kind == "image":
        yield from _frame(media, rules.image_frame)
    if media.kind == "video":
        yield from _film(media, rules)
    if media.alt_text and 0 < rules.alt_text < len(media.alt_text):
        message = f"alternative text of {len(media.alt_text)} characters; at most {rules.alt_text}."
        yield Breach("media.altText", message, "Shorten it.")
    if rules.fetches and media.url is None:
        message = "the platform fetches files itself, and this server has no public address."
        yield Breach("media.address", message, "The operator sets OCMA_PUBLIC_URL to an https address that others reach.")


def _form(media: Media, rules: MediaRules) -> Iterator[Breach]:
    limit, types = {
        "image": (rules.image_bytes, rules.image_types),
        "gif": (rules.gif_bytes, rules.image_types),
        "video": (rules.video.bytes, rules.video.types),
        "document": (rules.document_bytes, rules.document_types),
    }[media.kind]
    mends = media.kind in {"image", "video"}
    if media.size > limit:
        yield Breach("media.size", f"{media.size} bytes; at most {limit}.", "Make the file smaller.", mends)
    if media.mime_type not in types:
        message, remediation = f"{media.mime_type} is not accepted.", f"Convert it to one of {', '.join(types)}."
        yield Breach("media.type", message, remediation, mends)


def _frame(media: Media, frame: Frame) -> Iterator[Breach]:
    """What is too large is mended; never what is too small or has another shape."""
    width, height = media.width, media.height
    ratio = width / height if width and height else None
    pixels = width * height if width and height else None
    sizes: tuple[tuple[str, float | None, Range], ...]
    sizes = (("width", width, frame.width), ("height", height, frame.height), ("pixels", pixels, frame.pixels))
    for name, value, bounds in sizes:
        if side := _outside(value, bounds):
            message = f"{name} {value:g}; {_within(bounds)}."
            yield Breach(f"media.{name}", message, f"Make it {'smaller' if side > 0 else 'larger'}.", mends=side > 0)
    if side := _outside(ratio and round(ratio, 3), frame.ratio):
        message = f"{width} × {height} is {ratio:.3g} times as wide as high; {_within(frame.ratio)}."
        yield Breach("media.ratio", message, f"Crop it to be {'narrower' if side > 0 else 'wider'}.")


def _film(media: Media, rules: MediaRules) -> Iterator[Breach]:
    video = rules.video
    yield from _frame(media, video.frame)
    if side := _outside(media.duration, video.seconds):
        message = f"{media.duration:g} seconds; {_within(video.seconds)}."
        yield Breach("media.duration", message, "Cut it." if side > 0 else "Make it longer.")
    if side := _outside(media.frame_rate and round(media.frame_rate, 2), video.frame_rate):
        message = f"{media.frame_rate:.4g} pictures a second; {_within(video.frame_rate)}."
        yield Breach("media.frameRate", message, "Convert it.", mends=side > 0)
    for name, codec, known in (
        ("video", media.video_codec, video.video_codecs),
        ("audio", media.audio_codec, video.audio_codecs),
    ):
        if codec and known and codec not in known:
            remediation = f"Convert it to one of {', '.join(known)}."
            yield Breach(f"media.{name}Codec", f"{name} in {codec} is not accepted.", remediation, mends=True)


def _outside(value: float | None, bounds: Range) -> int:
    """-1: too little; 1: too much; 0: within, or not known."""
    least, most = bounds
    if value is None:
        return 0
    return -1 if least is not None and value < least else 1 if most is not None and value > most else 0


def _within(bounds: Range) -> str:
    least, most = bounds
    if least is None or most is None:
        return f"at most {most:g}" if least is None else f"at least {least:g}"
    return f"{least:g} to {most:g}"
