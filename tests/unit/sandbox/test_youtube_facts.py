"""What the sandbox accepts and answers against facts read from YouTube's own discovery document."""

import json
from pathlib import Path

import pytest

from ocma_sandbox.youtube import CALLS, bodies, comments, films, sessions, videos
from ocma_sandbox.youtube.calls import SYSTEM

FACTS = json.loads((Path(__file__).parent / "data" / "youtube_facts.json").read_text())
SCHEMAS = {"VideoSnippet": bodies.SNIPPET, "VideoStatus": bodies.STATUS, "Video": bodies.VIDEO}


def addresses(fact):
    """Where a method is called: those that take a file have two addresses."""
    paths = [fact["upload"]["simple"], fact["upload"]["resumable"]] if "upload" in fact else ["/" + fact["path"]]
    return {(fact["httpMethod"], path) for path in paths}


CASES = [(call, fact) for call in CALLS for fact in FACTS["methods"].values() if (call.method, call.path) in addresses(fact)]


def test_every_call_is_a_described_method():
    assert len(CASES) == len(CALLS)


@pytest.mark.parametrize(("call", "fact"), CASES, ids=[f"{call.method} {call.path}" for call, _ in CASES])
def test_a_call_takes_what_is_described(call, fact):
    assert set(call.scopes) == set(fact["scopes"])
    assert {*call.required, *call.optional} <= set(fact["parameters"])
    # some methods describe nothing as required, and refuse a request without a part all the same
    assert set(call.required) >= set(fact["required"])


def test_the_parameters_of_every_google_api():
    assert set(FACTS["system"]) == SYSTEM


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_bodies_have_the_described_names_types_and_values(name):
    described = FACTS["schemas"][name]
    for key, schema in SCHEMAS[name]["properties"].items():
        assert described[key]["type"] == schema["type"]
        if "enum" in schema:
            assert described[key]["enum"] == sorted(schema["enum"])


@pytest.mark.parametrize("name", ["VideoSnippet", "VideoStatus"])
def test_nothing_that_is_described_is_unknown(name):
    assert FACTS["schemas"][name].keys() == SCHEMAS[name]["properties"].keys()


def test_uploads_may_be_as_large_as_described():
    limits = {name: int(FACTS["methods"][name]["upload"]["maxSize"]) for name in ("videos.insert", "thumbnails.set")}
    assert limits == {"videos.insert": sessions.MOST, "thumbnails.set": videos.MAX_THUMBNAIL}


def test_parts_are_parts_of_a_video():
    assert {*films.PARTS} <= FACTS["schemas"]["Video"].keys()


def test_moderation_states_are_described():
    assert {*comments.MODERATION} <= {*FACTS["schemas"]["CommentSnippet"]["moderationStatus"]["enum"]}
