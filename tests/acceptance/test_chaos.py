"""A short storm of `make chaos`, whole; and its judge, who has to see whatever goes wrong."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

ROOT = Path(__file__).parents[2]
SHORT = ("--seeds", "4", "--publications", "160", "--accounts", "40", "--workspaces", "5", "--storm", "8", "--calm", "240")


def count(said: str, name: str) -> int:
    """A line of the table; 0 without one."""
    found = re.search(rf"^{re.escape(name)} +([\d,]+)$", said, re.MULTILINE)
    return int(found[1].replace(",", "")) if found else 0


@pytest.mark.timeout(750)
def test_a_short_storm_loses_nothing_and_doubles_nothing():
    command = [sys.executable, "-m", "bench.chaos", *SHORT]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=700, check=False)
    said = run.stdout

    assert run.returncode == 0, said + run.stderr
    assert "PASSED: every publication is live exactly once" in said
    assert count(said, "publications") >= 160
    assert count(said, "parts on the books") >= count(said, "publications")
    assert [each for each in blows() if count(said, each) < 1] == []
    assert [kind for kind in ("reset", "accept_500", "accept_reset", "revoked_token") if count(said, f"fault: {kind}") < 1] == []
    assert count(said, "went through unknown") > 0


def blows() -> list[str]:
    from bench.chaos.storm import OFTEN

    return list(OFTEN)


@pytest.fixture(autouse=True)
def bench(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))


@pytest.fixture
def case(bench):
    """A thread of two on one account, published as it should be: what `judge` takes."""
    from bench.chaos.ledger import Row
    from bench.chaos.plan import Seat, Wish

    seat, account_id = Seat(0, "x", "chaos_0"), uuid4()
    parts = ("one k1-0-0", "two k1-0-1")
    wish = Wish(number=0, seats=(seat,), parts=parts, picture=False, due=1, told=0, by_api=False)
    books = [entry("11", parts[0], None), entry("12", parts[1], "11")]
    row = Row(uuid4(), uuid4(), uuid4(), account_id, "x", "7", "published", None, parts, ("11", "12"), acts=False)
    return [[wish], books, [row], {seat: account_id}]


def entry(post_id, content, reply_to):
    common = {"platform": "x", "account": "chaos_0", "accountId": "7", "media": [], "at": "2026-01-01T00:00:00Z"}
    return {**common, "id": post_id, "content": content, "replyTo": reply_to}


def judged(case) -> dict[str, int]:
    """How many of each kind, of those there are."""
    from bench.chaos.verdict import judge

    verdict = judge(*case)
    assert verdict.is_good == (not any(vars(verdict).values()))
    return {name: len(cases) for name, cases in vars(verdict).items() if cases}


def test_what_is_as_it_should_be_is_good(case):
    assert judged(case) == {}


def test_what_is_not_on_the_books_is_lost_whatever_the_database_says(case):
    case[1].pop()

    assert judged(case) == {"lost": 1, "untrue": 1}


def test_what_the_database_does_not_know_of_is_lost(case):
    case[1].clear()
    case[2].clear()

    assert judged(case) == {"lost": 1}


def test_what_is_on_the_books_twice_is_doubled(case):
    case[1].append(entry("13", "two k1-0-1", "11"))

    assert judged(case) == {"doubled": 1, "untrue": 1}


def test_what_nobody_asked_for_is_seen(case):
    case[1].append(entry("13", "three k1-9-0", None))

    assert judged(case) == {"foreign": 1, "untrue": 1}


def test_a_thread_out_of_order_is_seen(case):
    case[1][1] = entry("12", "two k1-0-1", None)

    assert judged(case) == {"foreign": 1}


@pytest.mark.parametrize("state", ["scheduled", "publishing", "unknown"])
def test_what_is_not_over_is_stuck(case, state):
    case[2][0] = replace(case[2][0], state=state)

    assert judged(case) == {"stuck": 1}


def test_what_failed_for_good_is_seen(case):
    case[1].clear()
    case[2][0] = replace(case[2][0], state="failed", live=())

    assert judged(case) == {"failed": 1}


def test_a_record_that_names_another_post_is_seen(case):
    case[2][0] = replace(case[2][0], live=("12", "11"))

    assert judged(case) == {"untrue": 2}


def test_a_record_of_half_a_thread_is_seen(case):
    case[2][0] = replace(case[2][0], live=("11",))

    assert judged(case) == {"untrue": 2}


def test_a_long_run_that_was_spared_something_is_no_proof(case):
    from bench.chaos import verdict
    from bench.chaos.options import parse
    from bench.chaos.run import meant

    wanted = meant(parse([]))
    struck = dict.fromkeys(wanted, 1)
    assert {"kill -9 worker", "Redis flushed", "fault: accept_hang", "fault: token_endpoint_down"} <= set(wanted)
    assert verdict.spared(wanted, struck) == []
    for kind in wanted:
        for counts in ({**struck, kind: 0}, {name: 1 for name in wanted if name != kind}):
            assert verdict.spared(wanted, counts) == [f"{kind} never struck"]
    assert not verdict.Verdict(spared=["Redis flushed never struck"]).is_good
    assert meant(parse(["--publications", "999"])) == []


def test_the_same_seed_wants_the_same():
    from bench.chaos import plan, storm
    from bench.chaos.options import parse

    options = parse([])

    assert plan.wishes(options, 3) == plan.wishes(options, 3)
    assert storm.blows(3, 60) == storm.blows(3, 60)
    assert plan.wishes(options, 3) != plan.wishes(options, 4)
