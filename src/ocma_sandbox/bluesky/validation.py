"""Data against a lexicon: the first thing that is wrong, in the words of the reference PDS."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import regex
from starlette.datastructures import QueryParams

from ocma_sandbox.bluesky import lexicons
from ocma_sandbox.bluesky.lexicons import Schema
from ocma_sandbox.bluesky.syntax import FORMATS, RAW_CID, is_tid

Json = dict[str, Any]

_GRAPHEME = regex.compile(r"\X")
_SHOWN_KEYS = 2
SAFE_INTEGER = 2**53


class Invalid(Exception):
    """Does not conform; the message says what is wrong and where."""


@dataclass(frozen=True)
class Place:
    """`path` as in $.record.text; `home` is the lexicon in which short references are at home."""

    path: str
    home: str

    def at(self, step: str | int) -> "Place":
        return Place(f"{self.path}[{step}]" if isinstance(step, int) else f"{self.path}.{step}", self.home)

    def wrong(self, message: str) -> Invalid:
        return Invalid(f"{message} at {self.path}" if self.path.startswith("$") else message)


def check_record(collection: str, value: Json, path: str) -> bool:
    """False: nothing known about such records. Raises `Invalid`."""
    schema = lexicons.find(collection)
    if schema is None or schema["type"] != "record":
        return False
    if value["$type"] != collection:
        raise Invalid(f"Invalid $type: expected {collection}, got {value['$type']}")
    try:
        check(schema["record"], value, Place(path, collection))
    except Invalid as error:
        raise Invalid(f"Invalid {collection} record: {error}") from None
    return True


def check_record_key(collection: str, rkey: str) -> None:
    schema = lexicons.find(collection)
    if schema and schema.get("key") == "tid" and not is_tid(rkey):
        raise Invalid(f'Invalid record key for {collection}: Invalid TID string (got "{rkey}") at $')


def read_params(nsid: str, query: QueryParams) -> Json:
    """A query's parameters, as their types say and with defaults; unknown ones are ignored. Raises `Invalid`."""
    schema: Schema = lexicons.get(nsid).get("parameters", {"properties": {}})
    try:
        given = {name: _from_query(query, name, inner) for name, inner in schema["properties"].items()}
        check({**schema, "type": "object"}, {name: value for name, value in given.items() if value is not None}, Place("", nsid))
    except Invalid as error:
        raise Invalid(f"Invalid {nsid} params: {error}") from None
    return given


def _from_query(query: QueryParams, name: str, schema: Schema) -> Any:
    """Text that is no number or truth value stays text, and is then of the wrong type."""
    if schema["type"] == "array":
        return query.getlist(name) or None
    text = query.get(name)
    if text is None:
        return schema.get("default")
    if schema["type"] == "integer" and text.removeprefix("-").isdecimal() and text.isascii():
        return int(text[:18])
    return {"true": True, "false": False}.get(text, text) if schema["type"] == "boolean" else text


def check(schema: Schema, value: Any, place: Place) -> None:
    _CHECKS[schema["type"]](schema, value, place)


def shown(value: Any) -> str:
    """Short, as a refusal quotes it."""
    if isinstance(value, dict):
        names = [f"{json.dumps(name)}: ..." for name in list(value)[:_SHOWN_KEYS]]
        return "{" + ", ".join([*names, *(["..."] if len(value) > _SHOWN_KEYS else [])]) + "}"
    if isinstance(value, list):
        return "[...]" if value else "[]"
    return json.dumps(value, ensure_ascii=False)


def _expect(kind: str, value: Any, place: Place, *, fits: bool) -> None:
    if not fits:
        raise place.wrong(f"Expected {kind} value type (got {shown(value)})")


def _within(what: str, size: int, schema: Schema, names: tuple[str, str], place: Place) -> None:
    low, high = schema.get(names[0]), schema.get(names[1])
    if low is not None and size < low:
        raise place.wrong(f"{what} too small (minimum {low}, got {size})")
    if high is not None and size > high:
        raise place.wrong(f"{what} too big (maximum {high}, got {size})")


def _object(schema: Schema, value: Any, place: Place) -> None:
    _expect("object", value, place, fits=isinstance(value, dict))
    required, nullable = schema.get("required", ()), schema.get("nullable", ())
    for name, inner in schema.get("properties", {}).items():
        if name in value and not (value[name] is None and name in nullable):
            check(inner, value[name], place.at(name))
        elif name in required and name not in value:
            raise place.wrong(f'Missing required key "{name}"')


def _array(schema: Schema, value: Any, place: Place) -> None:
    _expect("array", value, place, fits=isinstance(value, list))
    _within("array", len(value), schema, ("minLength", "maxLength"), place)
    for index, item in enumerate(value):
        check(schema["items"], item, place.at(index))


def _string(schema: Schema, value: Any, place: Place) -> None:
    _expect("string", value, place, fits=isinstance(value, str))
    _within("string", len(value.encode("utf-8", "surrogatepass")), schema, ("minLength", "maxLength"), place)
    if "maxGraphemes" in schema or "minGraphemes" in schema:
        _within("grapheme", len(_GRAPHEME.findall(value)), schema, ("minGraphemes", "maxGraphemes"), place)
    name, is_such = FORMATS.get(schema.get("format", ""), ("", None))
    if is_such and not is_such(value):
        raise place.wrong(f"Invalid {name} (got {shown(value)})")


def _integer(schema: Schema, value: Any, place: Place) -> None:
    _expect("integer", value, place, fits=isinstance(value, int) and not isinstance(value, bool))
    _within("integer", value, schema, ("minimum", "maximum"), place)


def _boolean(_schema: Schema, value: Any, place: Place) -> None:
    _expect("boolean", value, place, fits=isinstance(value, bool))


def _blob(schema: Schema, value: Any, place: Place) -> None:
    _expect("blob", value, place, fits=is_blob(value))
    accept: list[str] = schema.get("accept", ["*/*"])
    if not any(accepts(pattern, value["mimeType"]) for pattern in accept):
        wanted = ", ".join(f'"{pattern}"' for pattern in accept)
        raise place.at("mimeType").wrong(f'Expected {wanted} (got "{value["mimeType"]}")')
    _within("blob", value["size"], schema, ("minSize", "maxSize"), place)


def is_blob(value: Any) -> bool:
    if not isinstance(value, dict) or value.get("$type") != "blob":
        return False
    ref, size = value.get("ref"), value.get("size")
    has_ref = isinstance(ref, dict) and isinstance(ref.get("$link"), str) and RAW_CID.fullmatch(ref["$link"]) is not None
    has_size = isinstance(size, int) and not isinstance(size, bool) and size >= 0
    return has_ref and has_size and isinstance(value.get("mimeType"), str)


def accepts(pattern: str, mime_type: str) -> bool:
    """`image/*` takes every image."""
    return pattern in {"*/*", mime_type} or (pattern.endswith("/*") and mime_type.startswith(pattern[:-1]))


def _ref(schema: Schema, value: Any, place: Place) -> None:
    home, definition = lexicons.resolve(schema["ref"], place.home)
    check(definition, value, Place(place.path, home))


def _union(schema: Schema, value: Any, place: Place) -> None:
    """An open union takes objects of types that it does not know."""
    has_type = isinstance(value, dict) and "$type" in value
    _expect('an object which includes the "$type" property', value, place, fits=has_type)
    _expect("string", value["$type"], place.at("$type"), fits=isinstance(value["$type"], str))
    known = {lexicons.full_name(ref, place.home): ref for ref in schema["refs"]}
    kind = value["$type"].removesuffix("#main")
    if kind in known:
        _ref({"ref": known[kind]}, value, place)
    elif schema.get("closed"):
        *most, last = [f'"{name}"' for name in known]
        raise place.at("$type").wrong(f'Expected one of {", ".join(most)} or {last} (got "{kind}")')


def _unknown(_schema: Schema, value: Any, place: Place) -> None:
    _expect("object", value, place, fits=isinstance(value, dict))
    _check_data(value, place)


def _check_data(value: Any, place: Place) -> None:
    """The data model has no floats, and no whole numbers that JavaScript cannot hold."""
    if isinstance(value, dict):
        for name, item in value.items():
            _check_data(item, place.at(name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check_data(item, place.at(index))
    elif isinstance(value, float) or (isinstance(value, int) and abs(value) >= SAFE_INTEGER):
        _expect("one of null, boolean, integer, string, cid, bytes, array or object", value, place, fits=False)


_CHECKS: Mapping[str, Callable[[Schema, Any, Place], None]] = {
    "object": _object,
    "array": _array,
    "string": _string,
    "integer": _integer,
    "boolean": _boolean,
    "blob": _blob,
    "ref": _ref,
    "union": _union,
    "unknown": _unknown,
}
