"""The bench measures what it says: a small burst runs whole, and its books would notice what must not be."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COUNT = 200
SMALL = f"burst floor product --publications {COUNT} --accounts 40 --workspaces 8 --concurrency 20 --limit 40"


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """What each system's run came to, by its kind."""
    path = tmp_path_factory.mktemp("bench") / "runs.json"
    command = [sys.executable, "-m", "bench.burst", *SMALL.split(), "--json", str(path)]
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=150)
    assert done.returncode == 0, done.stderr
    return {run["system"]["kind"]: run for run in json.loads(path.read_text(encoding="utf-8"))}


@pytest.fixture
def judge(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    from bench.burst.books import judge

    return judge


@pytest.mark.parametrize("kind", ["floor", "product"])
def test_every_post_is_on_both_books_once(runs, kind):
    found, run = runs[kind]["books"], runs[kind]

    assert (run["count"], found["lost"], found["doubled"], run["unrecorded"]) == (COUNT, 0, 0, 0)


def test_the_product_keeps_order_and_time(runs):
    found = runs["product"]["books"]

    assert (found["early"], found["overlaps"]) == (0, 0)
    assert found["lateness"]["p50"] > 0


@pytest.mark.parametrize("kind", ["floor", "product"])
def test_what_it_cost_was_counted(runs, kind):
    run = runs[kind]

    assert run["rate"] > 1
    assert min(run["statements"], run["transactions"], run["cpu"]["worker"], run["peak"]) > 0


ENTRIES = [["a", "token", 10.0, 10.05], ["b", "token", 10.1, 10.15]]
INSTANTS = {"a": 10.0, "b": 10.0}


@pytest.mark.parametrize(
    ("entries", "wrong"),
    [
        (ENTRIES, None),
        (ENTRIES[:1], "lost"),
        ([*ENTRIES, ["b", "token", 10.2, 10.25]], "doubled"),
        ([*ENTRIES, ["nobody asked for this", "token", 10.2, 10.25]], "doubled"),
        ([["a", "token", 9.9, 9.95], ENTRIES[1]], "early"),
        ([ENTRIES[0], ["b", "token", 10.02, 10.07]], "overlaps"),
        ([ENTRIES[0], ["b", "other", 10.02, 10.07]], None),
    ],
)
def test_the_books_notice_what_must_not_be(judge, entries, wrong):
    verdict = judge(entries, INSTANTS)

    assert [each for each in ("lost", "doubled", "early", "overlaps") if getattr(verdict, each)] == ([wrong] if wrong else [])


def test_lateness_is_told_at_its_shares(judge):
    instants = {str(number): 0.0 for number in range(100)}
    verdict = judge([[str(number), str(number), number / 100, number / 100] for number in range(100)], instants)

    assert (verdict.lateness.p50, verdict.lateness.p95, verdict.lateness.p99, verdict.lateness.last) == (0.5, 0.95, 0.99, 0.99)
