"""Children: they die with us, end when asked, and are ended when they will not."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from integration.infra.embedded.installation import ROOT, eventually, is_alive, told
from ocma.errors import Unavailable
from ocma.infra.embedded import process, stray
from ocma.infra.embedded.process import Command
from ocma.infra.embedded.supervised import Service, Supervised

PARENT = """
import os, sys, time
from pathlib import Path
from ocma.infra.embedded.process import Command, spawn
here = Path(sys.argv[1])
print(spawn(Command(argv=("/bin/sleep", "600"), log=here / "log", folder=here, environment={})).pid, flush=True)
time.sleep(600)
"""


def shell(scratch, script, **more):
    return Command(argv=("/bin/sh", "-c", script), log=scratch / "log", folder=scratch, environment={}, **more)


def test_a_child_dies_with_its_killed_parent(scratch):
    words = [sys.executable, "-c", PARENT, str(scratch)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment) as parent:
        child = int(parent.stdout.readline())
        try:
            eventually(lambda: is_alive(child), 60)  # its command line is there once it has begun
        finally:
            parent.kill()
    eventually(lambda: not is_alive(child), 60)


def test_a_child_outlives_the_thread_that_started_it(scratch):
    started = []
    thread = threading.Thread(target=lambda: started.append(process.spawn(shell(scratch, "exec sleep 600"))))
    thread.start()
    thread.join()
    try:
        assert not started[0].wait(0.5)
    finally:
        process.end(*started)


def test_who_does_not_listen_is_killed_with_all_it_started(scratch):
    stubborn = process.spawn(shell(scratch, "trap '' TERM; sleep 600 & echo $!; wait", grace=0.3))
    grandchild = int(eventually((scratch / "log").read_text))
    process.end(stubborn)
    assert stubborn.ended() == -signal.SIGKILL
    eventually(lambda: not is_alive(grandchild), 60)


def test_who_listens_ends_in_its_own_way(scratch):
    polite = process.spawn(shell(scratch, "trap 'exit 7' TERM; echo ready; while :; do sleep 0.05; done"))
    eventually((scratch / "log").read_text)
    process.end(polite)
    assert polite.ended() == 7


def test_a_failed_command_is_quoted(scratch):
    with pytest.raises(Unavailable, match=r"the thing ended with exit code 3\. It said: no such luck"):
        process.run(shell(scratch, "echo no such luck >&2; exit 3"), "the thing", 10)


def test_a_command_that_hangs_is_ended(scratch):
    with pytest.raises(Unavailable, match="did not finish in time"):
        process.run(shell(scratch, "echo $$; exec sleep 600"), "the thing", 5)
    assert not is_alive(int((scratch / "log").read_text()))


def test_output_is_kept_out_of_the_log_when_captured(scratch):
    assert process.run(shell(scratch, "echo secret; echo loud >&2", captures=True), "it", 10) == "secret\n"
    assert (scratch / "log").read_text() == "loud\n"
    assert (scratch / "log").stat().st_mode & 0o777 == 0o600


def test_a_long_log_is_set_aside(scratch):
    log = scratch / "it.log"
    log.write_bytes(b"x" * (process.LOG_LIMIT + 1))
    process.run(Command(argv=("/bin/echo", "new"), log=log, folder=scratch, environment={}), "it", 10)
    assert log.read_text() == "new\n"
    assert (scratch / "it.old.log").stat().st_size == process.LOG_LIMIT + 1


def test_a_stranger_with_a_dead_process_id_is_left_alone(scratch):
    stranger = process.spawn(shell(scratch, "exec sleep 600"))
    eventually(lambda: "sleep" in stray.command_line(stranger.pid))
    stray.end_stray(stranger.pid, "/some/data/folder")
    assert stranger.ended() is None
    stray.end_stray(stranger.pid, "sleep 600")
    eventually(lambda: stranger.ended() == -signal.SIGTERM)


def test_pauses_between_restarts_double_up_to_five_seconds(scratch):
    said = []
    service = Supervised(Service("it", "it", shell(scratch, "exit 1")), said.append)
    assert _pauses(service, 8) == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0])
    assert len(said) == 8


def test_after_ten_seconds_of_life_the_first_pause_is_short_again(scratch):
    service = Supervised(Service("it", "it", shell(scratch, "exit 1")), lambda _: None)
    assert _pauses(service, 3, lives=9.0) == pytest.approx([0.1, 0.2, 0.4])
    assert _pauses(service, 2, lives=10.0) == pytest.approx([0.1, 0.1])


def test_it_goes_on_trying_for_days(scratch):
    service = Supervised(Service("it", "it", shell(scratch, "exit 1")), lambda _: None)
    service.failures = 100_000
    assert _pauses(service, 1) == pytest.approx([5.0])


def _pauses(service, count, lives=0.0, now=1000.0):
    """What it waits after each of `count` ends, if every life seems to last `lives` seconds."""
    found, now = [], max(now, service.next_start_at)
    for _ in range(count):
        assert service.keep(now)
        eventually(lambda: service.child.ended() is not None)
        now += lives
        assert not service.keep(now)
        found.append(service.next_start_at - now)
        now = service.next_start_at
    return found


def test_starting_a_child_is_quick(scratch):
    def seconds():
        started_at = time.monotonic()
        process.run(shell(scratch, "exit 0"), "it", 10)
        return time.monotonic() - started_at

    spent = min(seconds() for _ in range(3))
    told(f"launcher and shell: {spent:.3f} s")
    assert spent < 2
