"""A pydantic model as the JSON schema that servers hold an answer to: the part that all of them know, the rest told in words."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from pydantic import BaseModel

KEPT = ("type", "description", "enum", "const", "$ref")
TOLD = {
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "pattern": "matches {}",
    "format": "a {}",
}


class Loose(Exception):
    """It cannot be said strictly, e.g. because keys are free."""


@lru_cache(maxsize=64)
def schema_of(shape: type[BaseModel]) -> tuple[Mapping[str, Any], bool]:
    """And whether a server can be asked to hold to it strictly."""
    whole = shape.model_json_schema()
    try:
        return _strict(whole), True
    except Loose:
        return whole, False


def _strict(node: Mapping[str, Any]) -> dict[str, Any]:
    if "$ref" in node:
        return {"$ref": node["$ref"]}  # nothing may stand beside it
    if len(node.get("allOf", ())) == 1:
        return _strict({**node["allOf"][0], **{key: value for key, value in node.items() if key != "allOf"}})
    if "prefixItems" in node or "allOf" in node:
        raise Loose
    found = {key: node[key] for key in KEPT if key in node}
    if bounds := [TOLD[key].format(node[key]) for key in TOLD if key in node]:
        found["description"] = " ".join(filter(None, (node.get("description"), f"({', '.join(bounds)})")))
    if variants := node.get("anyOf") or node.get("oneOf"):
        found["anyOf"] = [_strict(each) for each in variants]
    if "items" in node:
        found["items"] = _strict(node["items"])
    if node.get("type") == "object":
        found |= _object(node)
    if "$defs" in node:
        found["$defs"] = {name: _strict(each) for name, each in node["$defs"].items()}
    return found


def _object(node: Mapping[str, Any]) -> dict[str, Any]:
    """All keys are named, and all are given; what may be left out may be null."""
    if isinstance(node.get("additionalProperties", False), dict) or "properties" not in node:
        raise Loose
    properties = {name: _strict(each) for name, each in node["properties"].items()}
    return {"properties": properties, "required": list(properties), "additionalProperties": False}
