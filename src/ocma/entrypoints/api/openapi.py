"""The description at /openapi.json: what the framework finds, and what holds for every route."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from ocma.entrypoints.api.idempotency import HEADER, PATTERN
from ocma.entrypoints.api.problems import MEDIA_TYPE
from ocma.entrypoints.api.schemas import Problem
from ocma.entrypoints.api.turnstile import kind_of

_REFERENCE = {"$ref": "#/components/schemas/Problem"}
_CONTENT = {MEDIA_TYPE: {"schema": _REFERENCE}}
_MEANINGS = {
    400: "The request cannot be read.",
    401: "Who is calling is not known.",
    403: "A scope or membership is missing.",
    404: "There is no such thing.",
    409: "Not possible in the present state.",
    413: "The body is too large.",
    422: "Something in the request is not valid; `errors` says what and where.",
    429: "Too many requests; see Retry-After.",
    500: "A mistake of ours.",
    502: "A platform failed.",
    503: "Something of ours is down; see Retry-After.",
}


def failures(meanings: Mapping[int, str]) -> dict[int | str, dict[str, Any]]:
    """Statuses that a route may answer with a problem, and what they mean there."""
    return {status: {"description": text, "content": _CONTENT} for status, text in meanings.items()}


RESPONSES = failures(_MEANINGS)
_KEY_PARAMETER = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "For 24 hours the same request with the same key gets the first answer again.",
    "schema": {"type": "string", "pattern": PATTERN, "maxLength": 255},
}
_WRITES = ("post", "put", "patch", "delete")
_HEADERS = {
    "RateLimit-Policy": ("The limit that this request counts under, and its window in seconds.", '"read";q=3000;w=60'),
    "RateLimit": (
        "Requests left under it, and the seconds until the window ends. Not there where limits are off.",
        '"read";r=2999;t=60',
    ),
    "Retry-After": ("Seconds to wait.", "42"),
}
_LIMITED = {name: {"$ref": f"#/components/headers/{name}"} for name in ("RateLimit-Policy", "RateLimit")}
_REFUSED = {**_LIMITED, "Retry-After": {"$ref": "#/components/headers/Retry-After"}}


def install(app: FastAPI) -> None:
    """Replaces the app's own description, made once."""

    def describe() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _describe(app)
        return app.openapi_schema

    app.openapi = describe


def _describe(app: FastAPI) -> dict[str, Any]:
    schema = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    _add_problem(schema)
    schema["components"]["headers"] = {
        name: {"description": text, "schema": {"type": "string"}, "example": example}
        for name, (text, example) in _HEADERS.items()
    }
    for operations in schema["paths"].values():
        for method, operation in operations.items():
            for parameter in operation.get("parameters", []):
                _take_null(parameter["schema"])
            if method in _WRITES and operation.get("security"):
                _add_key(operation)
            _add_limits(operation, method)
    return schema


def _add_problem(schema: dict[str, Any]) -> None:
    problem = Problem.model_json_schema(by_alias=True, ref_template="#/components/schemas/{model}", mode="serialization")
    schemas = schema.setdefault("components", {}).setdefault("schemas", {})
    schemas.update(problem.pop("$defs", {}))
    schemas["Problem"] = problem


def _add_limits(operation: dict[str, Any], method: str) -> None:
    responses: dict[str, dict[str, Any]] = operation["responses"]
    if kind_of(operation["operationId"], {method.upper()}) is None:
        del responses["429"]
        return
    for status, response in responses.items():
        response["headers"] = {**response.get("headers", {}), **(_REFUSED if status == "429" else _LIMITED)}


def _take_null(schema: dict[str, Any]) -> None:
    """A parameter can be left out, but nothing in a URL or header is null."""
    kinds = [each for each in schema.get("anyOf", []) if each != {"type": "null"}]
    if len(kinds) == 1:
        del schema["anyOf"]
        schema.update(kinds[0])


def _add_key(operation: dict[str, Any]) -> None:
    parameters = operation.setdefault("parameters", [])
    others = [each for each in parameters if each["name"].lower() != HEADER.lower()]
    operation["parameters"] = [*others, _KEY_PARAMETER]
