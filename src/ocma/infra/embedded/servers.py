"""Both servers for the length of a `with` block: for tests, and for programs that need no supervisor."""

import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ocma.errors import Conflict
from ocma.infra.embedded import folder, folder_lock, postgres, process, valkey
from ocma.infra.embedded.database import ensure_database
from ocma.infra.embedded.folder import DataFolder
from ocma.infra.embedded.postgres import Postgres
from ocma.infra.embedded.process import Child
from ocma.infra.embedded.valkey import Valkey

START_LIMIT = 120.0  # seconds; recovery after a crash may take some


@dataclass(frozen=True, slots=True)
class Services:
    """`processes`: PostgreSQL's and Valkey's; whoever kills one may `process.spawn` its command again."""

    postgres: Postgres
    valkey: Valkey
    processes: tuple[Child, Child]


@contextmanager
def services(data_dir: Path, *, durable: bool = True, say: Callable[[str], None] = lambda _: None) -> Generator[Services]:
    """Starts both in `data_dir`, database and roles in place; ends both with the block, or when this process dies."""
    path = folder.create(data_dir)
    lock = folder_lock.take(path, "program")
    if lock is None:
        raise Conflict(f"{path} is in use by another process.", remediation="Stop that one, or choose another folder.")
    with lock, _running(folder.prepare(path, say), durable=durable) as found:
        yield found


@contextmanager
def temporary() -> Generator[Services]:
    """Servers for one test run: in a fresh folder, fast rather than safe, removed afterwards."""
    path = Path(tempfile.mkdtemp(prefix="ocma-"))
    try:
        with services(path, durable=False) as found:
            yield found
    finally:
        folder.remove(path)


@contextmanager
def _running(where: DataFolder, *, durable: bool) -> Generator[Services]:
    database, cache = postgres.prepare(where, durable=durable), valkey.prepare(where)
    started: list[Child] = []
    try:
        started += [process.spawn(database.command)]
        started += [process.spawn(cache.command)]
        first, second = started
        process.wait_until(lambda: postgres.is_ready(database, first.pid), first, "PostgreSQL", START_LIMIT)
        process.wait_until(lambda: valkey.is_ready(cache), second, "Valkey", START_LIMIT)
        ensure_database(database)
        yield Services(database, cache, (first, second))
    finally:
        process.end(*reversed(started))
