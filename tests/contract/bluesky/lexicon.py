"""AT Protocol's own description of its calls and records, and whether a request, an answer or a record keeps to it."""

import json
import re
from pathlib import Path
from typing import Any

import httpx2
import regex

LEXICONS = json.loads((Path(__file__).parent / "data" / "lexicons.json").read_text("utf-8"))
# As the specifications of these strings have them; a datetime as strict as its "preferred" form.
FORMATS = {
    "did": r"did:[a-z]+:[a-zA-Z0-9._:%-]*[a-zA-Z0-9._-]",
    "handle": r"([a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?",
    "nsid": r"[a-zA-Z]([a-zA-Z0-9-]{0,62})?(\.[a-zA-Z0-9-]{1,63})+\.[a-zA-Z][a-zA-Z0-9]{0,62}",
    "record-key": r"(?!\.\.?$)[a-zA-Z0-9._:~-]{1,512}",
    "tid": r"[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}",
    "cid": r"[a-zA-Z0-9+=]{8,256}",
    "uri": r"[a-z][a-z.-]{0,80}:\S+",
    "at-uri": r"at://did:[a-z]+:[a-zA-Z0-9._:%-]+/[a-zA-Z0-9.-]+/[a-zA-Z0-9._:~-]{1,512}",
    "datetime": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,20}Z",
    "language": r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*",
}
FORMATS["at-identifier"] = f"(?:{FORMATS['did']}|{FORMATS['handle']})"


class Broken(AssertionError):
    """Something that the lexicon does not allow."""


def check_request(request: httpx2.Request) -> None:
    name = request.url.path.removeprefix("/xrpc/")
    if name not in LEXICONS:
        raise Broken(f"no lexicon of {name}")
    main = LEXICONS[name]["main"]
    if {"query": "GET", "procedure": "POST"}[main["type"]] != request.method:
        raise Broken(f"{name} is a {main['type']}")
    typed = main.get("parameters", {"type": "params", "properties": {}})
    own = {"did", "name"} if name == "app.bsky.video.uploadVideo" else set()  # the service takes them, its lexicon is silent
    given = {key: request.url.params.get_list(key) for key in request.url.params if key not in own}
    _object({key: _typed(values, typed["properties"].get(key, {})) for key, values in given.items()}, typed, name, name)
    _check_body(name, main.get("input"), request)


def _check_body(name: str, taken: dict[str, Any] | None, request: httpx2.Request) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0]
    if taken is None:
        if request.content:
            raise Broken(f"{name} takes no body")
    elif "schema" not in taken:
        if taken["encoding"] not in {"*/*", kind} or request.headers.get("content-length") != str(len(request.content)):
            raise Broken(f"{name}: not {kind} of untold length")
    elif kind != taken["encoding"]:
        raise Broken(f"{name} does not take {kind!r}")
    else:
        body = json.loads(request.content)
        validate(body, taken["schema"], name, name)
        if name == "com.atproto.repo.createRecord":
            check_record(body["collection"], body["rkey"], body["record"])


def check_answer(request: httpx2.Request, response: httpx2.Response) -> None:
    name = request.url.path.removeprefix("/xrpc/")
    told = LEXICONS[name]["main"].get("output")
    if told is not None:
        validate(response.json(), told["schema"], name, name, closed=False)


def check_record(collection: str, rkey: str, record: dict[str, Any]) -> None:
    main = LEXICONS[collection]["main"]
    if record.get("$type") != collection:
        raise Broken(f"the record is no {collection}")
    _string(rkey, {"format": main["key"]}, "rkey")
    validate(record, main["record"], collection, collection)


def validate(value: Any, schema: dict[str, Any], where: str, path: str, *, closed: bool = True) -> None:
    """`closed`: keys that the lexicon does not name are mistakes, though AT Protocol lets them pass."""
    kind = schema["type"]
    if kind in {"object", "params"}:
        _object(value, schema, where, path, closed=closed)
    elif kind == "array":
        _array(value, schema, where, path, closed=closed)
    elif kind in {"ref", "union"}:
        home, found = _find(schema["ref"] if kind == "ref" else _chosen(value, schema, where, path), where)
        validate(value, found, home, path, closed=closed)
    else:
        PLAIN[kind](value, schema, path)


def _array(value: Any, schema: dict[str, Any], where: str, path: str, *, closed: bool) -> None:
    if not isinstance(value, list) or len(value) > schema.get("maxLength", len(value)):
        raise Broken(f"{path}: {value!r}")
    for index, each in enumerate(value):
        validate(each, schema["items"], where, f"{path}.{index}", closed=closed)


def _chosen(value: Any, schema: dict[str, Any], where: str, path: str) -> str:
    refs = {_absolute(each, where) for each in schema["refs"]}
    if value.get("$type") not in refs:
        raise Broken(f"{path}: {value.get('$type')!r} is none of {refs}")
    return value["$type"]


def _object(value: Any, schema: dict[str, Any], where: str, path: str, *, closed: bool = True) -> None:
    known = schema.get("properties", {})
    if not isinstance(value, dict) or (missing := set(schema.get("required", ())) - set(value)):
        raise Broken(f"{path}: {value!r} lacks {missing if isinstance(value, dict) else ''}")
    for key, each in value.items():
        if key in known:
            validate(each, known[key], where, f"{path}.{key}", closed=closed)
        elif closed and key != "$type":
            raise Broken(f"{path}: unknown {key!r}")


def _string(value: Any, schema: dict[str, Any], path: str) -> None:
    if not isinstance(value, str) or len(value.encode()) > schema.get("maxLength", 1 << 20):
        raise Broken(f"{path}: {value!r}")
    if "maxGraphemes" in schema and len(regex.findall(r"\X", value)) > schema["maxGraphemes"]:
        raise Broken(f"{path}: too many graphemes")
    if "format" in schema and not re.fullmatch(FORMATS[schema["format"]], value):
        raise Broken(f"{path}: {value!r} is no {schema['format']}")


def _integer(value: Any, schema: dict[str, Any], path: str) -> None:
    if type(value) is not int or not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        raise Broken(f"{path}: {value!r}")


def _boolean(value: Any, _schema: dict[str, Any], path: str) -> None:
    if type(value) is not bool:
        raise Broken(f"{path}: {value!r}")


def _unknown(value: Any, _schema: dict[str, Any], path: str) -> None:
    if not isinstance(value, dict):
        raise Broken(f"{path}: {value!r}")


def _blob(value: Any, schema: dict[str, Any], path: str) -> None:
    accepted = [each.replace("*", "") for each in schema.get("accept", [""])]
    fits = isinstance(value, dict) and set(value) == {"$type", "ref", "mimeType", "size"} and value["$type"] == "blob"
    if not fits or not any(value["mimeType"].startswith(each) for each in accepted):
        raise Broken(f"{path}: {value!r}")
    if value["size"] > schema.get("maxSize", value["size"]) or set(value["ref"]) != {"$link"}:
        raise Broken(f"{path}: {value!r}")


PLAIN = {"string": _string, "integer": _integer, "boolean": _boolean, "blob": _blob, "unknown": _unknown}


def _absolute(ref: str, where: str) -> str:
    return where + ref if ref.startswith("#") else ref


def _find(ref: str, where: str) -> tuple[str, dict[str, Any]]:
    name, _, part = _absolute(ref, where).partition("#")
    return name, LEXICONS[name][part or "main"]


def _typed(values: list[str], schema: dict[str, Any]) -> Any:
    if schema.get("type") == "array" or len(values) > 1:
        return values
    return int(values[0]) if schema.get("type") == "integer" else values[0]
