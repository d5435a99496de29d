"""`fields=id,picture{url},comments.summary(true).limit(0)`: what a request wants to see of a node."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ocma_sandbox.graph import errors

Json = dict[str, Any]

_NAME = re.compile(r"[A-Za-z_0-9]+")
_ARGUMENT = re.compile(r"\.([a-z_]+)\(([^()]*)\)")
MAX_DEPTH = 6


@dataclass(frozen=True)
class Field:
    name: str
    arguments: Mapping[str, str] = field(default_factory=dict[str, str])
    inner: Sequence["Field"] = ()


View = Mapping[str, Callable[[Field], Any]]
"""A node's fields: each makes its value, None leaves it out, as the Graph API leaves out what is empty."""


def parse(text: str | None) -> list[Field]:
    if not text:
        return []
    found, rest = _fields(text.replace(" ", ""), 0)
    if rest:
        raise _syntax(rest)
    return found


def _syntax(rest: str) -> Exception:
    return errors.refuse(2500, f'Syntax error "Expected end of string instead of {rest[:1]!r}." in the fields parameter')


def _fields(text: str, depth: int) -> tuple[list[Field], str]:
    if depth > MAX_DEPTH:
        raise errors.refuse(2500, "The fields parameter is nested too deeply")
    found: list[Field] = []
    while True:
        one, text = _one(text, depth)
        found.append(one)
        if not text.startswith(","):
            return found, text
        text = text[1:]


def _one(text: str, depth: int) -> tuple[Field, str]:
    name = _NAME.match(text)
    if name is None:
        raise _syntax(text)
    text, arguments, inner = text[name.end() :], dict[str, str](), list[Field]()
    while match := _ARGUMENT.match(text):
        arguments[match[1]] = match[2]
        text = text[match.end() :]
    if text.startswith("{"):
        inner, text = _fields(text[1:], depth + 1)
        if not text.startswith("}"):
            raise _syntax(text)
        text = text[1:]
    return Field(name[0], arguments, inner), text


def show(node: str, view: View, wanted: Sequence[Field], otherwise: Sequence[str] = ("id",)) -> Json:
    """The node as asked for; `id` comes always. A name that the node does not have fails the whole request."""
    asked = list(wanted) or [Field(name) for name in otherwise]
    for one in asked:
        if one.name not in view:
            raise errors.invalid(f"Tried accessing nonexisting field ({one.name}) on node type ({node})")
    names = {one.name for one in asked}
    ordered = asked if "id" in names or "id" not in view else [*asked, Field("id")]
    values = {one.name: view[one.name](one) for one in ordered}
    return {name: value for name, value in values.items() if value is not None}


def empty(*names: str) -> View:
    """Fields that the node has and that have no value here."""
    return dict.fromkeys(names, _nothing)


def _nothing(_field: Field) -> None:
    return None


def summary(asked: Field, count: int) -> Json:
    """An edge asked for as a field with `.summary(true).limit(0)`: its number and none of its elements."""
    shown: Json = {"data": []}
    if asked.arguments.get("summary") in {"true", "1", "total_count"}:
        shown["summary"] = {"total_count": count}
    return shown
