"""The pages of docs/platforms are their manifests' words, with hand-written ones around them."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from ocma.entrypoints.cli.platform_pages import fill
from ocma.platforms.manifest import Manifest
from ocma.platforms.metrics import LIKES, NOTHING, SHARES, VIEWS, WATCH_TIME, Break, Measure, Measuring
from ocma.platforms.registry import manifests
from unit.platforms.manifests import manifest

MEASURES = (
    Measure(LIKES, "like_count", keeps=timedelta(days=30)),
    Measure(SHARES, "reposts", also=("retweets",), kinds=("REEL", "STORY")),
    Measure(WATCH_TIME, "minutes", of="account", kind="delta", factor=60),
    Measure(VIEWS, "by_country", of="account", split=True, breaks=(Break(date(2025, 3, 31), "replays count, too"),)),
)


def measuring(**more) -> Manifest:
    return replace(manifest(), measuring=Measuring(MEASURES, at_once=100, **more))


def section(page: str) -> str:
    return page.partition("## What is measured\n")[2]


def test_a_platform_that_measures_nothing_has_no_table():
    page = fill("# Pigeon\n", replace(manifest(), measuring=NOTHING))
    assert "## What a post may be" in page
    assert "measured" not in page


def test_each_measure_is_a_row():
    rows = [line for line in section(fill("# Pigeon\n", measuring())).splitlines() if line.startswith("|")]
    assert rows[0].startswith("| figure | ")
    assert rows[2:6] == [
        "| `likes` | `like_count` | post | total, up to 30 days after posting |",
        "| `shares` | `reposts`, `retweets` | post (`REEL`, `STORY`) | total |",
        "| `watchTime` (seconds) | `minutes` | account | delta |",
        "| `views` | `by_country` | account | total, in groups |",
    ]
    assert rows[6:] == [
        "| what | how much |",
        "|---|---|",
        "| posts at once | 100 |",
        "| `by_country` since 2025-03-31 | replays count, too |",
    ]


@pytest.mark.parametrize(
    ("more", "row"),
    [
        ({"late": timedelta(hours=36)}, "| figures are late | by up to 36 hours |"),
        (
            {"days": timedelta(days=730), "zone": "Europe/Berlin"},
            "| figures of single days | of the last 730 days (Europe/Berlin) |",
        ),
        ({"keeps": timedelta(days=730)}, "| figures of a post | up to 730 days after posting |"),
        ({"reads": 0.005}, "| a look costs | $0.005 for a post |"),
        ({"reads": 0.005, "reads_account": 0.01}, "| a look costs | $0.005 for a post, $0.01 for the account |"),
    ],
)
def test_what_asking_takes_is_told_where_it_takes_something(more, row):
    assert row in section(fill("", measuring(**more))).splitlines()
    assert row not in section(fill("", measuring())).splitlines()


def test_words_around_the_tables_stay_and_filling_twice_is_filling_once():
    page = fill("# Pigeon\n\nBy hand.\n", measuring())
    page = page.replace("## What is measured\n", "By hand, between.\n\n## What is measured\n") + "\nBy hand, after.\n"
    again = fill(page, measuring(late=timedelta(hours=1)))
    assert [again.count(each) for each in ("By hand.", "By hand, between.", "By hand, after.", "| figure |")] == [1, 1, 1, 1]
    assert fill(again, measuring(late=timedelta(hours=1))) == again
    assert fill(again, measuring()) == page


def test_a_break_of_posts_and_of_the_account_is_told_once():
    both = (replace(MEASURES[3], of="post"), MEASURES[3])
    page = fill("", replace(manifest(), measuring=Measuring(both)))
    assert page.count("replays count, too") == 1


def test_what_is_measured_no_more_leaves_no_table():
    page = fill(fill("", measuring()), replace(manifest(), measuring=NOTHING))
    assert "like_count" not in page


@pytest.mark.parametrize("each", [each for each in manifests() if each.measuring.measures], ids=lambda each: each.key)
def test_no_measure_is_left_out(each):
    rows = section(fill("", each)).splitlines()
    assert all(any(f"`{one.metric.key}`" in row and f"`{one.name}`" in row for row in rows) for one in each.measuring.measures)
