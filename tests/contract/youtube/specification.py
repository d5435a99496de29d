"""Google's own description of the API, and whether a request keeps to it. It names no required body fields and no lengths."""

import json
from pathlib import Path
from typing import Any

import httpx2
import jsonschema_rs

DATA = Path(__file__).with_name("data")
DOCUMENT = json.loads((DATA / "discovery-20261104.json").read_text("utf-8"))
API = "www.googleapis.com"
UPLOAD = "/upload/youtube/v3/videos"


class Broken(AssertionError):
    """A request or an answer that the description does not allow."""


def recorded(name: str) -> dict[str, Any]:
    return json.loads((DATA / f"{name}.json").read_text("utf-8"))


def method(request: httpx2.Request) -> dict[str, Any]:
    path = request.url.path
    for resource in DOCUMENT["resources"].values():
        for each in resource["methods"].values():
            uploads = {each.get("mediaUpload", {}).get("protocols", {}).get("simple", {}).get("path")}
            if each["httpMethod"] == request.method and path in ({"/" + each["path"]} if uploads == {None} else uploads):
                return each
    raise Broken(f"there is no {request.method} {path}")


def check(request: httpx2.Request) -> None:
    known = method(request)
    demand(request.url.host == API, f"sent to {request.url.host}")
    demand(request.headers.get("authorization") == "Bearer ya29.token", "the token is missing")
    parameters = known["parameters"] | (DOCUMENT["parameters"] if request.url.path == UPLOAD else {})
    _check_query(request, parameters)
    if "request" in known:
        demand(request.headers["content-type"].startswith("application/json"), "content type")
        validate(json.loads(request.content), known["request"], strict=True)
    else:
        demand(request.content == b"", "this takes no body")
    if request.url.path == UPLOAD:
        _check_announcement(request, known["mediaUpload"])


def check_answer(request: httpx2.Request, response: httpx2.Response) -> None:
    known = method(request)
    if request.url.path != UPLOAD and "response" in known:
        validate(response.json(), known["response"], strict=False)


def scopes(request: httpx2.Request) -> set[str]:
    return set(method(request)["scopes"])


def _check_query(request: httpx2.Request, parameters: dict[str, Any]) -> None:
    given = dict(request.url.params)
    demand(not (unknown := set(given) - set(parameters)), f"unknown parameters {unknown}")
    missing = {name for name, each in parameters.items() if each.get("required")} - set(given)
    demand(not missing, f"missing parameters {missing}")
    for name, value in given.items():
        rule = parameters[name]
        demand(value in rule.get("enum", [value]), f"{name}={value}")
        demand(rule["type"] != "boolean" or value in {"true", "false"}, f"{name}={value}")
        demand(rule["type"] != "integer" or int(rule["minimum"]) <= int(value) <= int(rule["maximum"]), f"{name}={value}")


def _check_announcement(request: httpx2.Request, media: dict[str, Any]) -> None:
    demand(request.url.params["uploadType"] == "resumable", "uploadType")
    kind = request.headers["x-upload-content-type"]
    demand(kind.startswith("video/") or kind == "application/octet-stream", f"{kind} is not one of {media['accept']}")
    demand(0 < int(request.headers["x-upload-content-length"]) <= int(media["maxSize"]), "x-upload-content-length")


def validate(value: Any, schema: dict[str, Any], *, strict: bool) -> None:
    """`strict`: keys that are not in the description are mistakes."""
    whole = _json_schema({"allOf": [schema], "schemas": DOCUMENT["schemas"]}, strict=strict)
    for error in jsonschema_rs.Draft7Validator(whole).iter_errors(value):
        raise Broken(f"{value!r}: {error.message}")


def _json_schema(value: Any, *, strict: bool) -> Any:
    """Google's dialect of JSON Schema draft 3 in draft 7: references by name, `any`, `required` on a property."""
    if isinstance(value, list):
        return [_json_schema(each, strict=strict) for each in value]
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("$ref"), str):
        return {"$ref": f"#/schemas/{value['$ref']}"}
    made = {
        key: _json_schema(each, strict=strict)
        for key, each in value.items()
        if key not in {"id", "format", "required", "default"} or isinstance(each, dict)
    }
    if made.get("type") == "any":
        del made["type"]
    if strict and made.get("type") == "object" and "properties" in made:
        made.setdefault("additionalProperties", False)
    return made


def demand(holds: bool, what: str) -> None:
    if not holds:
        raise Broken(what)
