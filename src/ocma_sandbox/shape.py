"""A closed check of JSON bodies: the part of JSON Schema that the platforms' published schemas use.

Objects refuse unknown keys unless they say `"open": True`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]

_TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
}


@dataclass(frozen=True)
class Issue:
    """`path` is written like $.media.media_ids[0]; `message` begins with it."""

    path: str
    message: str
    value: Any


def check(schema: Schema, value: Any, path: str = "$") -> Iterator[Issue]:
    if not _is_type(schema["type"], value):
        yield Issue(path, f"{path}: {_type_name(value)} found, {schema['type']} expected", value)
    elif schema["type"] == "object":
        yield from _object(schema, value, path)
    elif schema["type"] == "array":
        yield from _array(schema, value, path)
    else:
        yield from _scalar(schema, value, path)


def _is_type(name: str, value: Any) -> bool:
    return isinstance(value, _TYPES[name]) and (name == "boolean" or not isinstance(value, bool))


def _type_name(value: Any) -> str:
    if value is None:
        return "null"
    return next((name for name in _TYPES if _is_type(name, value)), type(value).__name__)


def _object(schema: Schema, value: dict[str, Any], path: str) -> Iterator[Issue]:
    properties: Mapping[str, Schema] = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            yield Issue(f"{path}.{name}", f"{path}.{name}: is missing but it is required", None)
    for name, item in value.items():
        inner = f"{path}.{name}"
        if name in properties:
            yield from check(properties[name], item, inner)
        elif not schema.get("open"):
            what = "is not defined in the schema and the schema does not allow additional properties"
            yield Issue(inner, f"{inner}: {what}", item)


def _array(schema: Schema, value: list[Any], path: str) -> Iterator[Issue]:
    low, high = schema.get("minItems", 0), schema.get("maxItems")
    if len(value) < low:
        yield Issue(path, f"{path}: there must be a minimum of {low} items in the array", value)
    if high is not None and len(value) > high:
        yield Issue(path, f"{path}: there must be a maximum of {high} items in the array", value)
    for index, item in enumerate(value):
        yield from check(schema["items"], item, f"{path}[{index}]")


def _scalar(schema: Schema, value: Any, path: str) -> Iterator[Issue]:
    if "enum" in schema and value not in schema["enum"]:
        yield Issue(path, f"{path}: does not have a value in the enumeration [{', '.join(schema['enum'])}]", value)
    if "pattern" in schema and not re.fullmatch(schema["pattern"].strip("^$"), value):
        yield Issue(path, f"{path}: does not match the regex pattern {schema['pattern']}", value)
    yield from _bounds(schema, value, path)


def _bounds(schema: Schema, value: Any, path: str) -> Iterator[Issue]:
    if isinstance(value, str):
        low, high, size, unit = schema.get("minLength"), schema.get("maxLength"), len(value), "characters long"
    else:
        low, high, size, unit = schema.get("minimum"), schema.get("maximum"), value, ""
    if low is not None and size < low:
        yield Issue(path, f"{path}: must have a minimum value of {low} {unit}".rstrip(), value)
    if high is not None and size > high:
        yield Issue(path, f"{path}: must have a maximum value of {high} {unit}".rstrip(), value)
