"""Parameters as Mastodon takes them: JSON, form or multipart, with Rails' names (`poll[options][]`)."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from ocma_sandbox.mastodon import errors
from ocma_sandbox.platform import Refused

Json = dict[str, Any]

_KEY = re.compile(r"\[([^\]]*)\]")
_TRUE = frozenset({"true", "1", "t", "on", "yes"})


async def read(request: Request) -> Json:
    """The body's parameters over the query's."""
    return {**nested(request.query_params.multi_items()), **await _body(request)}


async def _body(request: Request) -> Json:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        return _json(await request.body())
    if kind == "multipart/form-data":
        try:
            return nested((await request.form()).multi_items())
        except HTTPException as error:
            raise Refused(errors.error(400, error.detail)) from None
    return nested(parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True))


def _json(raw: bytes) -> Json:
    try:
        body = json.loads(raw or b"{}")
    except ValueError:
        raise Refused(errors.error(400, "Error occurred while parsing request parameters")) from None
    if not isinstance(body, dict):
        raise Refused(errors.error(400, "Error occurred while parsing request parameters"))
    return body


def nested(pairs: Iterable[tuple[str, str | UploadFile]]) -> Json:
    """a[]=1&a[]=2 is a list, a[b]=1 a mapping, and both may be combined once."""
    found: Json = {}
    for name, value in pairs:
        head, keys = name.partition("[")[0], _KEY.findall(name)
        _put(found, [head, *keys], value)
    return found


def _put(into: Json, keys: list[str], value: object) -> None:
    head, *rest = keys
    if not rest:
        into[head] = value
    elif rest[0] == "":
        held = into.setdefault(head, [])
        if isinstance(held, list):
            held.append(value)
    else:
        inner = into.setdefault(head, {})
        if isinstance(inner, dict):
            _put(inner, rest, value)


def text(params: Mapping[str, Any], name: str) -> str | None:
    """None when it is absent or empty."""
    value = params.get(name)
    return None if value is None or value == "" or isinstance(value, list | dict | UploadFile) else str(value)


def flag(params: Mapping[str, Any], name: str) -> bool:
    return str(params.get(name, "")).lower() in _TRUE


def listed(params: Mapping[str, Any], name: str) -> list[str]:
    value = params.get(name)
    if isinstance(value, dict):  # a[0]=1&a[1]=2
        value = list(value.values())
    items = value if isinstance(value, list) else [] if value in (None, "") else [value]
    return [str(item) for item in items]


def number(params: Mapping[str, Any], name: str, otherwise: int) -> int:
    value = str(params.get(name, ""))
    return int(value[:18]) if value.isascii() and value.isdecimal() else otherwise
