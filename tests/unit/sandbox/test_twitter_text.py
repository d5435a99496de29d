import json
import time
from pathlib import Path

import pytest

from ocma_sandbox.x.length import is_valid, weigh
from ocma_sandbox.x.links import find_links

CASES = json.loads((Path(__file__).parent / "data" / "twitter_text.json").read_text())


def named(cases):
    return [pytest.param(case, id=f"{index}-{case['description'][:60]}") for index, case in enumerate(cases)]


@pytest.mark.parametrize("case", named(CASES["urls"]))
def test_links_are_those_of_the_conformance_suite(case):
    assert [link.url for link in find_links(case["text"])] == case["expected"]


@pytest.mark.parametrize("case", named(CASES["urls_with_indices"]))
def test_links_stand_where_the_conformance_suite_says(case):
    found = [{"url": link.url, "indices": [link.start, link.end]} for link in find_links(case["text"])]
    assert found == case["expected"]


@pytest.mark.parametrize("case", named(CASES["weights"]))
def test_weights_are_those_of_the_conformance_suite(case):
    assert (weigh(case["text"]), is_valid(case["text"])) == (case["weightedLength"], case["valid"])


@pytest.mark.parametrize(
    ("text", "weight"),
    [("© ®", 3), ("©️", 2), ("🇫🇷", 2), ("👍🏽", 2), ("❤️‍🔥", 2), ("日本", 4), ("1", 1), ("–", 1), ("example.com", 23), ("", 0)],
)
def test_weights_beyond_the_suite(text, weight):
    assert weigh(text) == weight


@pytest.mark.parametrize("piece", ["a.", "http://a.", "a-", "http://x.com/(", "http://x.com/?(", "あ", "x.com/", "xn--"])
def test_hostile_text_takes_no_long_time(piece):
    begun = time.process_time()
    find_links(piece * (10_000 // len(piece)))
    assert time.process_time() - begun < 5
