"""Rest.li's query syntax, read from the raw query: brackets and commas that are percent-encoded are no syntax."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

from starlette.requests import Request

from ocma_sandbox.linkedin import problems

Json = dict[str, Any]

MOST, DEEPEST = 100, 4


def raw(request: Request, name: str) -> str | None:
    """The parameter as it stands in the address, still encoded."""
    pairs = request.scope["query_string"].decode("latin-1").split("&")
    return next((value for key, _, value in (pair.partition("=") for pair in pairs) if unquote(key) == name), None)


def listed(request: Request, name: str) -> list[str] | None:
    """List(a,b); None when it was not asked for."""
    value = raw(request, name)
    if value is None:
        return None
    if not (value.startswith("List(") and value.endswith(")")):
        raise problems.bad_query()
    return [unquote(item) for item in value[5:-1].split(",") if item]


def record(request: Request, name: str) -> tuple[str, str]:
    """(key:value) with one key."""
    value = raw(request, name) or ""
    key, colon, inner = value[1:-1].partition(":")
    if not (value.startswith("(") and value.endswith(")") and colon):
        raise problems.bad_query()
    return key, unquote(inner)


def parsed(request: Request, name: str) -> Json | None:
    """(key:value,key:(key:value)), however deep; None when it was not asked for."""
    value = raw(request, name)
    if value is None:
        return None
    found, rest = _record(value, DEEPEST)
    if rest:
        raise problems.bad_query()
    return found


def _record(value: str, depth: int) -> tuple[Json, str]:
    """The record that the text begins with, and what comes after it."""
    found: Json = {}
    if not value.startswith("(") or not depth:
        raise problems.bad_query()
    value = value[1:]
    while True:
        key, colon, value = value.partition(":")
        if not (colon and key.isidentifier()) or key in found:
            raise problems.bad_query()
        found[key], value = _record(value, depth - 1) if value.startswith("(") else _plain(value)
        mark, value = value[:1], value[1:]
        if mark == ")":
            return found, value
        if mark != ",":
            raise problems.bad_query()


def _plain(value: str) -> tuple[str, str]:
    end = next((place for place, each in enumerate(value) if each in ",()"), len(value))
    return unquote(value[:end]), value[end:]


def text(request: Request, name: str) -> str:
    value = request.query_params.get(name)
    if not value:
        raise problems.bad_query()
    return value


def finder(request: Request, *known: str) -> str:
    """The `q` of a finder."""
    name = text(request, "q")
    if name not in known:
        raise problems.bad_query()
    return name


def window(request: Request) -> tuple[int, int]:
    """Where a page starts, and how much it holds."""
    start, count = (_number(request, name, otherwise) for name, otherwise in (("start", 0), ("count", 10)))
    if count > MOST:
        raise problems.bad_query()
    return start, count


def _number(request: Request, name: str, otherwise: int) -> int:
    value = request.query_params.get(name)
    if value is None:
        return otherwise
    if not (value.isascii() and value.isdecimal()) or len(value) > 9:
        raise problems.bad_query()
    return int(value)


def whole(request: Request, elements: Sequence[Json]) -> Json:
    """All of it, unless a page is asked for."""
    if "count" in request.query_params:
        return page(request, elements)
    return {"paging": {"start": 0, "count": len(elements), "total": len(elements), "links": []}, "elements": list(elements)}


def page(request: Request, elements: Sequence[Json], total: int | None = None) -> Json:
    """One page of what was found, from the first on; `total`, when there is more than `elements`."""
    start, count = window(request)
    paging = {"start": start, "count": count, "total": len(elements) if total is None else total, "links": []}
    return {"paging": paging, "elements": list(elements[start : start + count])}
