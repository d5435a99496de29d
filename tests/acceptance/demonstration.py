"""`ocma demo` as a process in a folder of its own, seen from outside."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

SETTINGS = ("OCMA_", "DATABASE_", "REDIS_", "TWITTER_", "OPENAI_")
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith(SETTINGS)}
LIMIT = 240  # seconds


class Demonstration:
    """`folder` is where it runs; `data` what it keeps; `transcript` every answer the API gave it."""

    def __init__(self, folder: Path):
        self.folder, self.data = folder, folder / "data"
        self.transcript = folder / "transcript.jsonl"
        self.output = folder / "output.txt"
        self.process = None

    def start(self, *words, **environment):
        """Its output goes to a file, so that it can be read while it runs."""
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ocma", "demo", "--data", str(self.data), "--transcript", str(self.transcript), *words],
                cwd=self.folder,
                env={**CLEAN, **environment},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        return self.process

    def run(self, *words, **environment):
        """To its end. The exit code, and what it said."""
        before = self.said()
        code = self.start(*words, **environment).wait(LIMIT)
        return code, self.said().removeprefix(before)

    def said(self):
        return self.output.read_text(encoding="utf-8") if self.output.exists() else ""

    def until(self, found, seconds=LIMIT):
        """The first truthy answer of `found`, unless the demo ends before."""
        stop_at = time.monotonic() + seconds
        while not (answer := found()):
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < stop_at, self.said()
            time.sleep(0.05)
        return answer

    def find_ready(self):
        path = self.data / "ready.json"
        return json.loads(path.read_text()) if path.exists() else None

    def overhear(self):
        """From now on, every command that Redis is sent: what is done with is deleted from its stream."""
        self.heard = []
        threading.Thread(target=self._overhear, daemon=True).start()

    def _overhear(self):
        while self.process.poll() is None:
            with (
                suppress(RedisError, OSError, TypeError),
                Redis.from_url(self.find_ready()["redisUrl"]) as client,
                client.monitor() as monitor,
            ):
                self.heard += (each["command"] for each in monitor.listen())
            time.sleep(0.02)

    def end(self, number=signal.SIGINT):
        """The exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(60)

    def answers(self):
        return [json.loads(line) for line in self.transcript.read_text(encoding="utf-8").splitlines()]

    def running(self):
        """Command lines, by process id, of what runs in the folder now: every process of the stack does."""
        found = {}
        for each in Path("/proc").iterdir():
            if each.name.isdigit():
                with suppress(OSError):
                    where = (each / "cwd").readlink()
                    if where.is_relative_to(self.folder) or where.is_relative_to(self.servers):
                        found[int(each.name)] = (each / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        return found

    @property
    def servers(self):
        """Where PostgreSQL and Valkey keep their data, which may be elsewhere when root runs this."""
        return (self.data / "servers").resolve()

    def sandbox_rows(self, query):
        """Of the platforms' own state, from a copy: the sandbox holds its file for itself while it runs."""
        with tempfile.TemporaryDirectory() as copy:
            for path in (self.data / "sandbox").glob("sandbox.sqlite3*"):
                (Path(copy) / path.name).write_bytes(path.read_bytes())
            connection = sqlite3.connect(Path(copy) / "sandbox.sqlite3")
            try:
                return connection.execute(query).fetchall()
            finally:
                connection.close()
