"""The list of event types: what it names, what the documents show of it, and what can be subscribed to."""

import re
from pathlib import Path

import pytest

from ocma.errors import Invalid
from ocma.features.notifications.catalogue import EVENTS, SUBSCRIBABLE, TESTED, check_subscription

PAGE = Path(__file__).parents[4] / "docs" / "howto" / "webhooks.md"
ROW = re.compile(r"^\| `([^`]+)` \| (.+?) \| (.*) \|$", re.MULTILINE)


def test_names_are_a_noun_and_what_became_of_it():
    assert all(re.fullmatch(r"[a-z]+\.[a-zA-Z]+", name) for name in EVENTS)
    assert all(each.when.endswith(".") and each.fields for each in EVENTS.values())


def test_the_page_shows_the_list():
    shown = {
        name: (when, re.findall(r"`([^`]+)`", fields)) for name, when, fields in ROW.findall(PAGE.read_text(encoding="utf-8"))
    }
    assert shown == {each.name: (each.when, list(each.fields)) for each in EVENTS.values()}


def test_everything_but_a_test_can_be_subscribed_to():
    assert check_subscription(["*", "publication.*", "publication.*"]) == ["*", "publication.*"]
    assert check_subscription(SUBSCRIBABLE) == list(SUBSCRIBABLE)
    assert TESTED not in SUBSCRIBABLE


@pytest.mark.parametrize("name", ["", "publication", "publication.", "PUBLICATION.published", "**", ".*", "x.*", TESTED])
def test_what_is_unknown_is_named(name):
    with pytest.raises(Invalid) as caught:
        check_subscription(["*", name])
    assert [each.path for each in caught.value.issues] == ["events.1"]
