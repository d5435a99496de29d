"""What LinkedIn's pages say of each request, and whether one keeps to it."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import httpx2
import jsonschema_rs

DATA = Path(__file__).with_name("data")


class Broken(AssertionError):
    """A request that LinkedIn's pages do not allow."""


@cache
def facts() -> list[dict[str, Any]]:
    return json.loads((DATA / "requests.json").read_text())["requests"]


def check(request: httpx2.Request) -> None:
    """Raises Broken."""
    near = [each for each in facts() if _is_meant(each, request)]
    if not near:
        raise Broken(f"There is no {request.method} {request.url}")
    reasons = [_reason(each, request) for each in near]
    if all(reasons):
        raise Broken(f"{request.method} {request.url}: {reasons}")


def _is_meant(fact: dict[str, Any], request: httpx2.Request) -> bool:
    path = request.url.raw_path.decode().partition("?")[0]
    right = (fact["method"], fact["host"]) == (request.method, request.url.host)
    return right and re.fullmatch(fact["path"], path) is not None


def _reason(fact: dict[str, Any], request: httpx2.Request) -> str | None:
    query = dict(pair.split("=", 1) for pair in request.url.query.decode().split("&") if pair)
    if query.keys() != fact["query"].keys() or any(not re.fullmatch(fact["query"][name], query[name]) for name in query):
        return f"query {query}"
    return _headers(fact, request) or _body(fact, request)


def _headers(fact: dict[str, Any], request: httpx2.Request) -> str | None:
    headers = request.headers
    if (headers.get("authorization") == "Bearer t0ken") is not fact["auth"]:
        return "token"
    versioned = (
        re.fullmatch(r"\d{6}", headers.get("linkedin-version", "")) and headers.get("x-restli-protocol-version") == "2.0.0"
    )
    if fact["versioned"] != bool(versioned) or (not fact["versioned"] and "linkedin-version" in headers):
        return "version"
    wrong = [name for name, value in fact["headers"].items() if headers.get(name) != value]
    return f"headers {wrong}" if wrong else None


def _body(fact: dict[str, Any], request: httpx2.Request) -> str | None:
    if fact["body"] is None:
        return "body" if request.method != "PUT" and request.content else None
    if headers_type(request) != "application/json":
        return "content type"
    try:
        jsonschema_rs.validate(fact["body"], json.loads(request.content))
    except jsonschema_rs.ValidationError as error:
        return str(error)
    return None


def headers_type(request: httpx2.Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0]
