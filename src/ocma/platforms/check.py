"""Is this draft acceptable to a platform? One pure function over the manifest; all issues at once."""

from collections.abc import Iterator
from dataclasses import dataclass

from ocma.errors import Issue
from ocma.platforms.content import Content, Link, Part, Poll
from ocma.platforms.files import check_files
from ocma.platforms.manifest import Manifest
from ocma.platforms.options import check_options
from ocma.platforms.rules import LinkRules, PollRules, Tags, Text
from ocma.platforms.tags import count_hashtags, count_mentions


@dataclass(frozen=True, slots=True)
class Length:
    """How long a part's text is, as the platform counts."""

    part: int
    length: int
    limit: int
    unit: str


def check(content: Content, manifest: Manifest, path: str = "content", *, renders: bool = False) -> list[Issue]:
    """Every rule of `manifest` that `content` breaks. `renders`: without those that a rendition of the file will keep."""
    issues = list(_parts(content, manifest, path))
    for index, part in enumerate(content.parts):
        where = _path(content, index, path)
        text = _text_of(content, part, manifest)
        issues += [*_text(part, text, manifest, where), *_tags(part, text.tags, manifest, where)]
        if part.role == "post":
            issues += check_files(part, manifest.media_of(content), manifest, where, renders=renders)
        issues += [*_poll(part, manifest, where), *_link(part, manifest, where)]
    return [*issues, *check_options(content.options, manifest, path)]


def advise(content: Content, manifest: Manifest) -> list[str]:
    """What is taken, but does not do what its author hopes for."""
    heeded, count = manifest.text_of(content).tags.heeded, sum(count_hashtags(part.text) for part in content.parts)
    if heeded is None or count <= heeded:
        return []
    return [f"{manifest.name}: {count} hashtags; no more than {heeded} are said to count, the first comment's included."]


def measure(content: Content, manifest: Manifest) -> list[Length]:
    """Every part's text against its limit."""
    rules = [_text_of(content, part, manifest) for part in content.parts]
    return [
        Length(index, rule.measure(part.text), rule.limit, rule.unit)
        for index, (part, rule) in enumerate(zip(content.parts, rules, strict=True))
    ]


def _text_of(content: Content, part: Part, manifest: Manifest) -> Text:
    return manifest.comment or manifest.text if part.role == "comment" else manifest.text_of(content)


def _path(content: Content, index: int, path: str) -> str:
    if content.parts[index].role == "comment":
        return "firstComment" if path == "content" else f"{path}.firstComment"
    posts = [part for part in content.parts if part.role == "post"]
    return path if len(posts) == 1 else f"{path}.{index}"


def _parts(content: Content, manifest: Manifest, path: str) -> Iterator[Issue]:
    posts = [part for part in content.parts if part.role == "post"]
    if len(posts) > manifest.thread:
        message = f"a thread of {len(posts)} parts; at most {manifest.thread}."
        yield manifest.issue(path, "thread.length", message, "Merge or drop parts.")
    for index, part in enumerate(content.parts):
        if part.role == "comment" and manifest.comment is None:
            where = _path(content, index, path)
            yield manifest.issue(where, "comment.unsupported", "there is no first comment.", "Put it into the text.")
        if part.role == "comment" and part.media:
            where = _path(content, index, path)
            yield manifest.issue(where, "comment.media", "a first comment takes no files.", "Attach them to the post.")


def _text(part: Part, rule: Text, manifest: Manifest, path: str) -> Iterator[Issue]:
    if rule.required and not part.text.strip() and not (part.media or part.poll or part.link):
        yield manifest.issue(path, "text.empty", "there is neither text nor media.", "Write something.")
    length = rule.measure(part.text)
    if length > rule.limit:
        message = f"{length} {rule.unit}; the limit is {rule.limit}." if rule.limit else "this kind of post takes no text."
        remediation = f"Shorten it by {length - rule.limit}." if rule.limit else "Remove the text."
        yield manifest.issue(path, "text.length", message, remediation)
    if rule.bytes and (size := len(part.text.encode("utf-8", "replace"))) > rule.bytes:
        yield manifest.issue(path, "text.bytes", f"{size} bytes in UTF-8; the limit is {rule.bytes}.", "Shorten it.")
    if found := sorted(set(part.text) & set(rule.forbidden)):
        yield manifest.issue(path, "text.forbidden", f"{' '.join(found)} may not be in it.", "Remove it.")
    if "\0" in part.text:
        yield manifest.issue(path, "text.null", "the text holds a NUL character.", "Remove it.")


def _tags(part: Part, rule: Tags, manifest: Manifest, path: str) -> Iterator[Issue]:
    counted = ("hashtags", count_hashtags(part.text), rule.hashtags), ("mentions", count_mentions(part.text), rule.mentions)
    for name, count, most in counted:
        if most is not None and count > most:
            yield manifest.issue(path, f"text.{name}", f"{count} {name}; at most {most}.", f"Drop {count - most} of them.")


def _link(part: Part, manifest: Manifest, path: str) -> Iterator[Issue]:
    if part.link is None:
        return
    if manifest.link is None:
        message = "there are no links as cards."
        yield manifest.issue(f"{path}.link", "link.unsupported", message, "Put the address into the text.")
        return
    yield from _card(part.link, manifest.link, manifest, f"{path}.link")
    if part.media and not manifest.link.with_media:
        yield manifest.issue(f"{path}.link", "link.media", "a link and files in one post.", "Keep one of them.")
    if part.poll:
        yield manifest.issue(f"{path}.link", "link.poll", "a link and a poll in one post.", "Keep one of them.")


def _card(link: Link, rules: LinkRules, manifest: Manifest, path: str) -> Iterator[Issue]:
    if rules.title_required and not (link.title or "").strip():
        yield manifest.issue(f"{path}.title", "link.title", "a link needs a title.", "Give it one: the page is not looked at.")
    for name, text, most in (("title", link.title, rules.title), ("description", link.description, rules.description)):
        if text and most is None:
            message = f"the {name} comes from the page itself."
            yield manifest.issue(f"{path}.{name}", f"link.{name}", message, "Leave it out.")
        elif text and most is not None and len(text) > most:
            message = f"a {name} of {len(text)} characters; at most {most}."
            yield manifest.issue(f"{path}.{name}", f"link.{name}", message, "Shorten it.")


def _poll(part: Part, manifest: Manifest, path: str) -> Iterator[Issue]:
    if part.poll is None:
        return
    if manifest.poll is None:
        yield manifest.issue(f"{path}.poll", "poll.unsupported", "there are no polls.", "Leave it out there, by a variant.")
        return
    yield from _answers(part.poll, manifest.poll, manifest, f"{path}.poll")
    yield from _terms(part.poll, manifest.poll, manifest, f"{path}.poll")
    if part.media and not manifest.poll.with_media:
        yield manifest.issue(f"{path}.poll", "poll.media", "a poll and files in one post.", "Keep one of them.")
    if manifest.poll.text and not part.text.strip():
        yield manifest.issue(path, "poll.text", "a poll needs a text.", "Write what it asks.")


def _answers(poll: Poll, rules: PollRules, manifest: Manifest, path: str) -> Iterator[Issue]:
    least, most = rules.options
    if not least <= len(poll.options) <= most:
        message = f"a poll of {len(poll.options)} options; {least} to {most}."
        yield manifest.issue(f"{path}.options", "poll.options", message, "Add or drop some.")
    if len(set(poll.options)) < len(poll.options):
        yield manifest.issue(f"{path}.options", "poll.same", "two options are the same.", "Change one.")
    for index, option in enumerate(poll.options):
        if not option.strip() or len(option) > rules.option_length:
            message = f"an option has 1 to {rules.option_length} characters, not {len(option)}."
            yield manifest.issue(f"{path}.options.{index}", "poll.option", message, "Shorten it, or write something.")


def _terms(poll: Poll, rules: PollRules, manifest: Manifest, path: str) -> Iterator[Issue]:
    least, most = rules.seconds
    if rules.durations and poll.seconds not in rules.durations:
        allowed = ", ".join(map(str, rules.durations))
        yield manifest.issue(f"{path}.seconds", "poll.seconds", f"open for one of {allowed} seconds.", "Choose one of them.")
    elif not rules.durations and not least <= poll.seconds <= most:
        yield manifest.issue(f"{path}.seconds", "poll.seconds", f"open for {least} to {most} seconds.", "Change it.")
    elif poll.seconds % rules.steps:
        message = f"open for {poll.seconds} seconds; only multiples of {rules.steps} are possible."
        yield manifest.issue(f"{path}.seconds", "poll.seconds", message, "Round it.")
    if poll.multiple and not rules.multiple:
        yield manifest.issue(f"{path}.multiple", "poll.multiple", "one answer only.", "Leave `multiple` out.")
    if poll.question and (rules.question is None or len(poll.question) > rules.question):
        most_of_it = (
            "the text is the question." if rules.question is None else f"a question has at most {rules.question} characters."
        )
        yield manifest.issue(f"{path}.question", "poll.question", most_of_it, "Leave it out, or shorten it.")
