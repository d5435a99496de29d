"""Usage headers, in percent, as the common tongue has limits."""

import json
from datetime import UTC, datetime

import pytest

from ocma.platforms.limits import Spent, spent
from ocma.platforms.meta.usage import LIMITS, account_wait, app_wait, holds

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def app(**used):
    return {"x-app-usage": json.dumps(used)}


def business(*used):
    return {"x-business-use-case-usage": json.dumps({"1755": [{"type": "pages", **each} for each in used]})}


@pytest.mark.parametrize(
    ("used", "seconds"),
    [
        ({"call_count": 79, "total_time": 10}, 0),
        ({"call_count": 1, "total_cputime": 80}, 30),
        ({"total_time": 100}, 300),
        ({}, 0),
        ({"call_count": "lots"}, 0),
    ],
)
def test_the_highest_of_three_percentages_counts(used, seconds):
    assert app_wait(app(**used)) == seconds


def test_minutes_that_are_told_count_more_than_percentages():
    headers = business({"call_count": 20}, {"call_count": 100, "estimated_time_to_regain_access": 10})
    assert (account_wait(headers), app_wait(headers)) == (600, 0)


@pytest.mark.parametrize("text", ["", "null", "[]", "{", '"x"', '{"1": 2}', '{"1": [2, null]}', "[" * 50_000])
def test_a_header_that_is_something_else_says_nothing(text):
    assert holds({"x-app-usage": text, "x-business-use-case-usage": text}, NOW) == {}


def test_app_and_account_are_told_apart():
    assert spent(LIMITS, holds(app(call_count=100), NOW), NOW) == [Spent("app", 300)]
    assert spent(LIMITS, holds(business({"call_count": 90}), NOW), NOW) == [Spent("account", 30)]
    assert len(spent(LIMITS, holds({**app(call_count=80), **business({"call_count": 80})}, NOW), NOW)) == 2
