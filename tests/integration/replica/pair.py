"""A primary and a streaming replica of it, both real: the copy is made by pg_basebackup."""

import os
import signal
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import asyncpg

from ocma.infra import migrations
from ocma.infra.embedded import folder, ports, postgres, process
from ocma.infra.embedded.database import ensure_database
from ocma.infra.embedded.folder import DataFolder
from ocma.infra.embedded.postgres import Postgres
from ocma.infra.embedded.process import Child
from ocma.infra.embedded.wheel import POSTGRES, find_program

FLAGS = ("-c", "wal_level=replica", "-c", "max_wal_senders=8", "-c", "wal_keep_size=256MB")
RECOVERY = ("-c", "wal_retrieve_retry_interval=200ms", "-c", "max_standby_streaming_delay=100ms")
LIMIT = 60.0  # seconds


@dataclass
class Server:
    postgres: Postgres
    child: Child | None = field(default=None)

    @property
    def url(self) -> str:
        return self.postgres.app_url

    async def ask(self, query: str):
        """As a superuser."""
        connection = await asyncpg.connect(self.postgres.owner_url, timeout=10)
        try:
            return await connection.fetchval(query)
        finally:
            await connection.close()

    def start(self) -> None:
        (self.postgres.data / "postmaster.pid").unlink(missing_ok=True)
        self.child = process.spawn(self.postgres.command)
        process.wait_until(lambda: answers(self.postgres, self.child.pid), self.child, "PostgreSQL", LIMIT)

    def kill(self) -> None:
        """With all its sessions, in the middle of whatever they do."""
        self.child.kill()
        self.child = None

    def freeze(self) -> None:
        """It is there, and says nothing: connections stay open. The postmaster first, so that it starts nothing meanwhile."""
        os.kill(self.child.pid, signal.SIGSTOP)
        for pid in self._pids():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        for pid in self._pids():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    def _pids(self) -> list[int]:
        """The postmaster, and its children, which lead sessions of their own."""
        children = Path(f"/proc/{self.child.pid}/task/{self.child.pid}/children").read_text()
        return [self.child.pid, *map(int, children.split())]


def answers(server: Postgres, pid: int) -> bool:
    """A replica is ready when it takes reads."""
    lock = server.data / "postmaster.pid"
    lines = lock.read_text().splitlines() if lock.exists() else []
    return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() in {"ready", "standby"}


@dataclass
class Pair:
    primary: Server
    replica: Server
    home: DataFolder

    async def caught_up(self) -> None:
        """Everything that is committed by now can be read there."""
        wanted = await self.primary.ask("SELECT pg_current_wal_lsn()::text")
        until = time.monotonic() + LIMIT
        while not await self.replica.ask(f"SELECT pg_last_wal_replay_lsn() >= '{wanted}'::pg_lsn"):
            assert time.monotonic() < until
            time.sleep(0.01)


@contextmanager
def running(path: Path):
    where = folder.prepare(folder.create(path), lambda _: None)
    found = postgres.prepare(where, durable=False)
    primary = Server(replace(found, command=replace(found.command, argv=(*found.command.argv, *FLAGS))))
    started = [primary]
    try:
        primary.start()
        ensure_database(primary.postgres)
        migrations.run(primary.postgres.owner_url)
        replica = copied(where, primary.postgres)
        started.append(replica)
        replica.start()
        yield Pair(primary, replica, where)
    finally:
        for each in reversed(started):
            if each.child:
                each.thaw()
                process.end(each.child)
        folder.remove(path)


def copied(where: DataFolder, primary: Postgres, name: str = "replica") -> Server:
    data = primary.data.with_name(name)
    program = find_program(POSTGRES, "pginstall/bin/pg_basebackup", where)
    words = ("-D", str(data), "-d", primary.owner_url_to("postgres"), "-R", "-X", "stream", "--checkpoint=fast", "--no-sync")
    backup = replace(primary.command, argv=(str(program), *words), log=where.log("pg_basebackup"))
    process.run(backup, "pg_basebackup", LIMIT)
    port = ports.keep(where.path, name)
    old = list(primary.command.argv)
    old[old.index("-D") + 1], old[old.index("-p") + 1] = str(data), str(port)
    command = replace(primary.command, argv=(*old, *RECOVERY), log=where.log(name))
    return Server(replace(primary, port=port, data=data, command=command))
