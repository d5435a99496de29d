"""From what a request says to what a platform gets: kept as JSON between the two."""

import json

import pytest

from ocma.errors import Invalid, NotFound
from ocma.features.posts.content import content, variants
from ocma.features.posts.schemas import Writing
from ocma.features.posts.variants import for_platform, laid_over, media_ids
from ocma.features.publishing.schemas import JobChange
from ocma.features.scheduling.content import changed
from ocma.ids import new_id
from ocma.platforms.content import Content, Link, Part, Poll

POLL = {"options": ["a", "b"], "seconds": 60, "multiple": True}
LINK = {"url": "https://example.org", "title": "Title"}
A, B, C = (str(new_id()) for _ in range(3))


def kept(body):
    """As the database gives it back."""
    wanted = Writing.model_validate({"content": "one", **body})
    return json.loads(json.dumps([content(wanted, []), variants(wanted.variants)]))


def given(body, platform="x"):
    return for_platform(*kept(body), platform, {}, lambda medium: medium)


def test_plain_words():
    assert given({}) == Content((Part("one"),), {})


def test_all_there_is():
    body = {"poll": POLL, "link": LINK, "options": {"kind": "feed"}, "firstComment": "last"}
    body["thread"] = ["two", {"content": "three", "poll": POLL, "link": LINK}]
    poll, link = Poll(("a", "b"), 60, multiple=True), Link("https://example.org", "Title")
    assert given(body) == Content(
        (
            Part("one", poll=poll, link=link),
            Part("two"),
            Part("three", poll=poll, link=link),
            Part("last", role="comment"),
        ),
        {"kind": "feed"},
    )


@pytest.mark.parametrize(
    ("variant", "expected"),
    [
        ({}, [("one", True), ("two", False), ("comment", False)]),
        ({"content": "other"}, [("other", True), ("two", False), ("comment", False)]),
        ({"poll": None}, [("one", False), ("two", False), ("comment", False)]),
        ({"firstComment": None}, [("one", True), ("two", False)]),
        ({"firstComment": "other"}, [("one", True), ("two", False), ("other", False)]),
        ({"thread": []}, [("one", True), ("comment", False)]),
        ({"thread": None}, [("one", True), ("two", False), ("comment", False)]),
        ({"thread": ["2", {"content": "3", "poll": POLL}]}, [("one", True), ("2", False), ("3", True), ("comment", False)]),
        ({"thread": [], "firstComment": None, "poll": None}, [("one", False)]),
    ],
)
def test_what_a_variant_changes_and_takes_away(variant, expected):
    body = {"poll": POLL, "thread": ["two"], "firstComment": "comment", "variants": {"twitter": variant}}
    assert [(part.text, part.poll is not None) for part in given(body).parts] == expected
    assert [part.text for part in given(body, "mastodon").parts] == ["one", "two", "comment"]


def test_options_of_all_and_of_one():
    body = {"options": {"a": 1, "b": 1}, "variants": {"x": {"options": {"b": 2}}}}
    assert given(body).options == {"a": 1, "b": 2}
    assert given(body, "mastodon").options == {"a": 1, "b": 1}


def test_every_file_that_is_named_anywhere_is_known():
    body = {"mediaIds": [A], "thread": [{"content": "t", "mediaIds": [B]}]}
    body["variants"] = {"x": {"thread": [{"content": "t", "mediaIds": [C]}]}}
    assert {str(each) for each in media_ids(*kept(body))} == {A, B, C}
    with pytest.raises(NotFound):
        given(body)


def test_two_variants_for_one_platform_are_one_too_many():
    with pytest.raises(Invalid) as refused:
        kept({"variants": {"x": {}, "twitter": {}}})
    assert refused.value.issues[0].path == "variants.twitter"


def edited(body, change):
    before, others = kept(body)
    after = changed(before, JobChange.model_validate(change), [])
    return laid_over(json.loads(json.dumps(after)), others, "x"), after["options"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, ["one", "poll", "two", "comment"]),
        ({"content": "other"}, ["other", "poll", "two", "comment"]),
        ({"poll": None}, ["one", "two", "comment"]),
        ({"link": LINK}, ["one", "poll", "link", "two", "comment"]),
        ({"thread": []}, ["one", "poll", "comment"]),
        ({"firstComment": None}, ["one", "poll", "two"]),
        ({"firstComment": "other"}, ["one", "poll", "two", "other"]),
    ],
)
def test_an_edit_changes_what_it_names(change, expected):
    parts, options = edited({"poll": POLL, "thread": ["two"], "firstComment": "comment", "options": {"a": 1}}, change)
    found = []
    for part in parts:
        found += [part["text"], *(name for name in ("poll", "link") if part.get(name))]
    assert (found, options) == (expected, {"a": 1})


def test_an_edit_may_change_the_options_or_another_poll():
    assert edited({"options": {"a": 1}}, {"options": {}})[1] == {}
    (part,), _ = edited({"poll": POLL}, {"poll": {"options": ["c", "d"]}})
    assert part["poll"] == {"options": ["c", "d"], "seconds": 86400, "multiple": False}


def test_nothing_but_what_can_be_taken_away_is_null():
    for name in ("options", "thread", "content"):
        with pytest.raises(ValueError, match="null"):
            JobChange.model_validate({name: None})
