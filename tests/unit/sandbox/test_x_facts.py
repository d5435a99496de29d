"""What the sandbox accepts against facts read from X's own description."""

import json
from pathlib import Path

import pytest

from ocma_sandbox.x import CALLS, analytics, schemas, view

FACTS = json.loads((Path(__file__).parent / "data" / "x_facts.json").read_text())

# The description marks nothing of an upload's beginning as required; the sandbox does, and says so.
STRICTER = {"INITIALIZE_UPLOAD": ["media_category", "media_type", "total_bytes"]}


def reduced(schema):
    if schema["type"] == "object":
        return {
            "type": "object",
            "required": sorted(schema.get("required", ())),
            "closed": not schema.get("open", False),
            "properties": {name: reduced(inner) for name, inner in sorted(schema["properties"].items())},
        }
    if schema["type"] == "array":
        bounds = {name: schema[name] for name in ("minItems", "maxItems") if schema.get(name)}
        return {"type": "array", "items": reduced(schema["items"]), **bounds}
    kept = ("type", "pattern", "minLength", "maxLength", "minimum", "maximum")
    facts = {name: schema[name] for name in kept if name in schema}
    return {**facts, **({"enum": sorted(schema["enum"])} if "enum" in schema else {})}


@pytest.mark.parametrize("name", sorted(FACTS["bodies"]))
def test_bodies_are_the_described_ones(name):
    described = FACTS["bodies"][name]
    if name in STRICTER:
        described = {**described, "required": STRICTER[name]}
    assert reduced(getattr(schemas, name)) == described


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call.method} {call.path}")
def test_scopes_are_the_described_ones(call):
    described = FACTS["scopes"][f"{call.method} {call.path.replace(':str', '')}"]
    assert sorted(call.scopes) == described


@pytest.mark.parametrize(
    ("parameter", "known"),
    [
        ("PostFieldsParameter", view.POST_FIELDS),
        ("TweetFieldsParameter", view.POST_FIELDS),
        ("UserFieldsParameter", view.USER_FIELDS),
        ("MediaFieldsParameter", view.MEDIA_FIELDS),
        ("AnalyticsFieldsParameter", analytics.FIELDS),
        ("PostExpansionsParameter", view.EXPANSIONS),
        ("TweetExpansionsParameter", view.EXPANSIONS),
    ],
)
def test_every_described_field_is_known(parameter, known):
    assert set(FACTS["parameters"][parameter]) <= known
