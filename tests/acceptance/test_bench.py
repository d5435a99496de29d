"""The bench measures what it says: a small burst runs whole, and its books would notice what must not be."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from bench.numbers.__main__ import arguments

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


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_bench_that_is_stopped_ends_in_order(tmp_path, number):
    command = [sys.executable, "-m", "bench.burst", *SMALL.split()]
    with subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, "TMPDIR": str(tmp_path)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as bench:
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob("ocma-bench-*/responder-*.log")) and time.monotonic() < deadline:
            time.sleep(0.05)
        bench.send_signal(number)
        said, complained = bench.communicate(timeout=60)

    assert (bench.returncode, said, complained) == (130, "stopped\n", "")
    assert list(tmp_path.glob("ocma-bench-*")) == []


def test_every_bench_can_be_stopped():
    started = {"blind_worker.py", "floor.py", "responder.py"}  # by a bench, which ends them
    texts = {path: path.read_text(encoding="utf-8") for path in (ROOT / "bench").rglob("*.py") if path.name not in started}
    benches = {path: text for path, text in texts.items() if '__name__ == "__main__"' in text}

    assert len(benches) >= 9
    assert [path for path, text in benches.items() if "with stoppable()" not in text] == []


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


def test_where_a_workers_time_goes_is_told_without_its_start():
    command = [sys.executable, "-m", "bench.burst", *SMALL.replace("floor ", "").split(), "--details"]
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=150)
    parts = re.findall(r"^ +(\d+)  (\S+)$", done.stderr.partition("part of a worker")[2], re.MULTILINE)

    assert done.returncode == 0, done.stderr
    assert "claim_publications" in done.stderr
    assert int(parts[0][0]) > 0
    assert "ocma/features/publishing" in [part for _, part in parts[:3]]
    assert not [part for _, part in parts[:8] if "importlib" in part]


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


def test_no_plans_are_no_proof_and_a_whole_table_is_told(judge):
    from bench.burst.plans import Scan
    from bench.burst.report import unindexed

    by_index, whole = Scan("SELECT 1", "Index Scan", "publications_due", 1, 1, 4), Scan("SELECT 2", "Seq Scan", "", 1, 1, 4)
    assert unindexed([by_index]) == []
    assert ["SELECT 2" in each for each in unindexed([by_index, whole])] == [True]
    assert ["No plan" in each for each in unindexed([])] == [True]


@pytest.mark.parametrize(("words", "modules"), [([], ["bench.burst", "bench.numbers"]), (["ARGS=idle"], ["bench.burst"])])
def test_make_bench_measures_publications_and_reports(words, modules):
    command = ["make", "--no-print-directory", "-n", "bench", *words]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    said = subprocess.run(command, check=True, cwd=ROOT, env=clean, capture_output=True, text=True, timeout=60).stdout
    assert re.findall(r"-m (bench\.\w+)", said) == modules


def test_parts_of_the_numbers_are_named_in_the_help_and_to_who_asks_for_another(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    assert (arguments([]).parts, arguments(["growth", "route"]).parts) == ([], ["growth", "route"])
    for words, code in ((["--help"], 0), (["rout"], 2)):
        with pytest.raises(SystemExit) as ended:
            arguments(words)
        said = capsys.readouterr()
        assert ended.value.code == code
        assert "[]" not in said.out + said.err
        assert "route" in said.out + said.err
    assert "there is no part 'rout'; choose from route, growth" in said.err
