"""Is this draft acceptable to a platform? One pure function over the manifest; all issues at once."""

from collections.abc import Iterator
from typing import Any

from ocma.errors import Issue
from ocma.platforms.content import Content, Media, Part
from ocma.platforms.manifest import Manifest

OPTION_LENGTH = 500


def check(content: Content, manifest: Manifest, path: str = "content") -> list[Issue]:
    """Every rule of `manifest` that `content` breaks."""
    issues = list(_thread(content, manifest, path))
    for index, part in enumerate(content.parts):
        where = path if len(content.parts) == 1 else f"{path}.{index}"
        issues += [*_text(part, manifest, where), *_media(part, manifest, where)]
    return [*issues, *_options(content.options, manifest, path)]


def _issue(manifest: Manifest, path: str, rule: str, message: str, remediation: str) -> Issue:
    return Issue(path, f"{manifest.key}.{rule}", f"{manifest.name}: {message}", remediation, manifest.key)


def _thread(content: Content, manifest: Manifest, path: str) -> Iterator[Issue]:
    if len(content.parts) > manifest.thread:
        message = f"a thread of {len(content.parts)} parts; at most {manifest.thread}."
        yield _issue(manifest, path, "thread.length", message, "Merge or drop parts.")


def _text(part: Part, manifest: Manifest, path: str) -> Iterator[Issue]:
    rule = manifest.text
    if rule.required and not part.text.strip() and not part.media:
        yield _issue(manifest, path, "text.empty", "there is neither text nor media.", "Write something.")
    length = rule.measure(part.text)
    if length > rule.limit:
        message = f"{length} {rule.unit}; the limit is {rule.limit}."
        yield _issue(manifest, path, "text.length", message, f"Shorten it by {length - rule.limit}.")
    if "\0" in part.text:
        yield _issue(manifest, path, "text.null", "the text holds a NUL character.", "Remove it.")


def _media(part: Part, manifest: Manifest, path: str) -> Iterator[Issue]:
    rules, kinds = manifest.media, [media.kind for media in part.media]
    if rules.required and not kinds:
        yield _issue(manifest, path, "media.missing", "a post needs media.", "Attach a file.")
    for kind, most in (("image", rules.images), ("gif", rules.gifs), ("video", rules.videos)):
        if kinds.count(kind) > most:
            message = f"{kinds.count(kind)} × {kind}; at most {most}."
            yield _issue(
                manifest,
                path,
                f"media.{kind}s",
                message,
                "Remove some." if most else f"{manifest.name} takes no {kind} here.",
            )
    if len(set(kinds)) > 1 and not rules.mixed:
        yield _issue(manifest, path, "media.mixed", "different kinds of media in one post.", "Keep one kind.")
    for position, media in enumerate(part.media):
        yield from _file(media, manifest, f"{path}.media.{position}")


def _file(media: Media, manifest: Manifest, path: str) -> Iterator[Issue]:
    rules = manifest.media
    limit = rules.gif_bytes if media.kind == "gif" else rules.image_bytes
    if media.kind != "video" and media.size > limit:
        yield _issue(manifest, path, "media.size", f"{media.size} bytes; at most {limit}.", "Make the file smaller.")
    if media.kind != "video" and media.mime_type not in rules.image_types:
        allowed = ", ".join(rules.image_types)
        yield _issue(manifest, path, "media.type", f"{media.mime_type} is not accepted.", f"Convert it to one of {allowed}.")
    if media.alt_text and len(media.alt_text) > rules.alt_text:
        message = f"alternative text of {len(media.alt_text)} characters; at most {rules.alt_text}."
        yield _issue(manifest, path, "media.altText", message, "Shorten it.")


def _options(options: Any, manifest: Manifest, path: str) -> Iterator[Issue]:
    for name, value in options.items():
        if name not in manifest.options:
            known = ", ".join(manifest.options) or "none"
            yield _issue(manifest, f"{path}.options.{name}", "option.unknown", f"no option {name!r}.", f"Known: {known}.")
        elif (allowed := manifest.options[name]) is None and not (isinstance(value, str) and len(value) <= OPTION_LENGTH):
            message = f"{name} is a text of at most {OPTION_LENGTH} characters."
            yield _issue(manifest, f"{path}.options.{name}", "option.value", message, "Send a shorter text.")
        elif allowed and not any(type(value) is type(each) and value == each for each in allowed):
            message = f"{name} is one of {', '.join(str(each) for each in allowed)}."
            yield _issue(manifest, f"{path}.options.{name}", "option.value", message, "Choose one of them.")
