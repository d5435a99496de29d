"""Are these options ones that a platform knows, with values it takes?"""

from collections.abc import Iterator, Mapping
from typing import Any

from ocma.errors import Issue
from ocma.platforms.manifest import Manifest
from ocma.platforms.rules import Choice, Rule, Text, Whole, Words

PLAIN = Text(500)


def check_options(options: Mapping[str, Any], manifest: Manifest, path: str) -> Iterator[Issue]:
    for name in manifest.required:
        if options.get(name) is None:
            where = f"{path}.options.{name}"
            yield manifest.issue(where, "option.missing", f"{name} has to be chosen.", _say(name, manifest.options.get(name)))
    for name, value in options.items():
        where = f"{path}.options.{name}"
        if name not in manifest.options:
            known = ", ".join(manifest.options) or "none"
            yield manifest.issue(where, "option.unknown", f"no option {name!r}.", f"Known: {known}.")
        elif not _is_allowed(value, manifest.options[name]):
            message = _say(name, manifest.options[name])
            yield manifest.issue(
                where, "option.value", message, "Choose one of them." if _is_choice(manifest, name) else "Change it."
            )


def _is_choice(manifest: Manifest, name: str) -> bool:
    return isinstance(manifest.options[name], tuple)


def _is_allowed(value: object, rule: Choice | Rule | None) -> bool:
    match rule:
        case tuple():
            return any(type(value) is type(each) and value == each for each in rule)
        case Whole():
            return type(value) is int and rule.least <= value <= rule.most
        case Words():
            return isinstance(value, list) and _are_words(value, rule)
        case _:
            return isinstance(value, str) and _is_text(value, rule or PLAIN)


def _are_words(value: list[object], rule: Words) -> bool:
    texts = [each for each in value if isinstance(each, str) and 0 < len(each) <= rule.length and "\0" not in each]
    whole = rule.total is None or sum(map(len, texts)) <= rule.total
    return len(texts) == len(value) <= rule.most and whole


def _is_text(value: str, rule: Text) -> bool:
    short = rule.measure(value) <= rule.limit and (rule.bytes is None or len(value.encode("utf-8", "replace")) <= rule.bytes)
    return short and not set(value) & {*rule.forbidden, "\0"}


def _say(name: str, rule: Choice | Rule | None) -> str:
    match rule:
        case tuple():
            return f"{name} is one of {', '.join(str(each) for each in rule)}."
        case Whole():
            return f"{name} is a whole number from {rule.least} to {rule.most}."
        case Words():
            together = f", together {rule.total}" if rule.total else ""
            return f"{name} is a list of at most {rule.most} texts of at most {rule.length} characters{together}."
        case _:
            text = rule or PLAIN
            without = f" without {' '.join(text.forbidden)}" if text.forbidden else ""
            return f"{name} is a text of at most {text.limit} {text.unit}{without}."
