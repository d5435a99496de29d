"""JSON as it comes in: what is let through can be stored, and nothing breaks the reader."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocma.entrypoints.api.incoming import read_json
from ocma.errors import Invalid

# Half characters and NUL among the rest, as a program would escape them.
TEXTS = st.text(st.characters(categories=("Cs", "Cc", "Ll", "So")), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


def texts(value):
    if isinstance(value, str):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from texts(each)
    if isinstance(value, dict):
        for each in value:
            yield from texts(each)


def is_storable(text):
    try:
        return "\x00" not in text.encode().decode()
    except UnicodeEncodeError:
        return False


@given(VALUES)
def test_what_is_let_through_can_be_stored_and_is_what_was_sent(value):
    sent = json.dumps(value).encode()
    # json.dumps joins two halves that stand side by side: what the text says is what counts
    said = json.loads(sent)
    try:
        found = read_json(sent)
    except Invalid as refused:
        odd = any(not is_storable(text) for text in texts(said))
        assert odd or "twice" in refused.detail
        assert refused.issues
    else:
        assert found == said
        assert all(is_storable(text) for text in texts(found))


@given(st.binary(max_size=200) | st.text(st.sampled_from('{}[]",:\\u0d8dn1-.eE \x00é'), max_size=60).map(str.encode))
def test_nothing_breaks_the_reader(body):
    with suppress(Invalid, json.JSONDecodeError):
        read_json(body)


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 100_000, b"1" * 10_000, b"-" + b"9" * 10_000])
def test_depth_and_length_have_an_end(body):
    with pytest.raises(Invalid) as refused:
        read_json(body)
    assert refused.value.rule == "invalidJson"


def test_every_bad_place_is_named():
    with pytest.raises(Invalid) as refused:
        read_json(rb'{"a": ["x", "\u0000"], "b": {"c": "\ud800"}, "d\udc00": 1}')
    assert {issue.path for issue in refused.value.issues} >= {"a.1", "b.c"}
    assert len(refused.value.issues) == 3
