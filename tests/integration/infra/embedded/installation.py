"""One data folder with its `ocma up`, as a test drives it from outside."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import asyncpg

from ocma.infra.embedded import stray

DRIVER = Path(__file__).with_name("driver.py")
ROOT = Path(__file__).parents[4]
CLEAN = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL", "OCMA_DATA"}}


def eventually(condition, seconds=20.0):
    """The first truthy answer of `condition`."""
    stop_at = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < stop_at, "it did not happen in time"
        time.sleep(0.02)
    return found


def told(text):
    """A measured number, shown by `pytest -s`."""
    sys.stdout.write(f"[{text}]")


def is_alive(pid):
    return bool(stray.command_line(pid).strip())


class Installation:
    def __init__(self, folder, python=sys.executable, account=None, environment=None):
        self.data = folder / "data"
        self.record = folder / "record"
        self._python = python
        self._as = {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}
        self._cwd = folder
        libraries = os.pathsep.join([str(ROOT / "src"), *(each for each in sys.path if each.endswith("-packages"))])
        self._environment = {
            **CLEAN,
            "TEST_RECORD": str(self.record),
            "HOME": str(folder),
            "PYTHONPATH": libraries,
            **(environment or {}),
        }
        self.supervisor = None

    def command(self, name, *arguments, **environment):
        return subprocess.Popen(
            [self._python, str(DRIVER), name, "--data", str(self.data), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self._cwd,
            env={**self._environment, **environment},
            **self._as,
        )

    def up(self, *arguments, **environment):
        """Starts it and waits for READY. Gives the API's URL."""
        self.supervisor = self.command("up", "--port", "0", *arguments, **environment)
        line = self.supervisor.stdout.readline()
        assert line.startswith("READY "), self.supervisor.stderr.read()
        return line.split()[1]

    def down(self):
        done = self.command("down")
        return done, *done.communicate(timeout=60)

    def ready(self):
        return json.loads((self.data / "ready.json").read_text())

    def pids(self):
        """Of all that runs, the supervisor included."""
        found = self.ready()["pids"].values()
        return [pid for each in found for pid in (each if isinstance(each, list) else [each]) if pid]

    def events(self):
        return [json.loads(line) for line in self.record.read_text().splitlines()]

    def kill_supervisor(self):
        pids = self.pids()
        self.supervisor.kill()
        self.supervisor.wait()
        return pids

    def end(self):
        if self.supervisor:
            self.supervisor.send_signal(signal.SIGTERM)
            self.supervisor.communicate(timeout=60)

    async def execute(self, statement):
        """As the application's role."""
        connection = await asyncpg.connect(self.ready()["databaseUrl"])
        try:
            return await connection.fetch(statement)
        finally:
            await connection.close()
