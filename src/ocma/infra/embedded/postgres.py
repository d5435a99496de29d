"""PostgreSQL 18 of our own, in a data folder: passwords on TCP and socket, a laptop's share of memory, no row lost."""

import os
import shutil
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from ocma.errors import Conflict
from ocma.infra.embedded import ports, private_file, process
from ocma.infra.embedded.folder import DataFolder
from ocma.infra.embedded.process import Command
from ocma.infra.embedded.stray import end_stray
from ocma.infra.embedded.wheel import POSTGRES, find_program

OWNER, APP, DATABASE = "postgres", "ocma_app", "ocma"
SOCKET_LIMIT = 100  # bytes of path: the kernel takes 103 on macOS, 107 on Linux
INITDB_LIMIT = 120.0
SETTINGS: Mapping[str, str] = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_permissions": "0700",
    "max_connections": "120",
    "shared_buffers": "64MB",
    "io_method": "sync",  # spares the three I/O processes of version 18
    "wal_level": "minimal",  # no replicas here
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    "max_wal_size": "512MB",
    "min_wal_size": "64MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}
UNSAFE: Mapping[str, str] = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Postgres:
    """`socket_folder` None: the path is too long for a Unix socket; TCP only."""

    port: int
    data: Path
    socket_folder: Path | None
    owner_password: str = field(repr=False)
    app_password: str = field(repr=False)
    command: Command

    @property
    def owner_url(self) -> str:
        return self.owner_url_to(DATABASE)

    @property
    def app_url(self) -> str:
        return self.app_url_to(DATABASE)

    def owner_url_to(self, database: str) -> str:
        return f"postgresql://{OWNER}:{self.owner_password}@127.0.0.1:{self.port}/{database}"

    def app_url_to(self, database: str) -> str:
        return f"postgresql://{APP}:{self.app_password}@127.0.0.1:{self.port}/{database}"


def prepare(folder: DataFolder, *, durable: bool = True) -> Postgres:
    """All there is to do before a start. `durable` False trades safety for speed: only for data nobody will miss."""
    home = folder.home("postgres")
    data = home / "data"
    programs = find_program(POSTGRES, "pginstall/bin/postgres", folder).parent
    _clear_leftovers(data)
    if not data.exists():
        _initialise(folder, home, programs / "initdb")
    _refuse_other_version(data)
    port = ports.keep(folder.path, "postgres")
    socket_folder = home if len(os.fsencode(home)) < SOCKET_LIMIT - len("/.s.PGSQL.00000") else None
    return Postgres(
        port=port,
        data=data,
        socket_folder=socket_folder,
        owner_password=folder.secret(OWNER),
        app_password=folder.secret(APP),
        command=_command(folder, programs / "postgres", data, port, socket_folder, durable=durable),
    )


def _command(folder: DataFolder, program: Path, data: Path, port: int, socket_folder: Path | None, *, durable: bool) -> Command:
    settings = {**SETTINGS, **({} if durable else UNSAFE)}
    settings["unix_socket_directories"] = '"{}"'.format(str(socket_folder).replace('"', '""')) if socket_folder else ""
    flags = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
    return Command(
        argv=(str(program), "-D", str(data), "-p", str(port), *flags),
        log=folder.log("postgres"),
        folder=data.parent,
        environment=process.bare_environment(),
        account=folder.account,
        stop_signal=signal.SIGINT,  # "fast": ends sessions, writes a checkpoint
        orphan_signal=signal.SIGINT,
        grace=30.0,
    )


def _initialise(folder: DataFolder, home: Path, initdb: Path) -> None:
    """Into a side folder that is renamed when complete: a start that was cut off leaves nothing half-made."""
    fresh = home / "new"
    shutil.rmtree(fresh, ignore_errors=True)
    password = folder.servers / "initdb.password"
    private_file.write(password, folder.secret(OWNER))
    folder.give(password)
    words = ("-U", OWNER, "--auth=scram-sha-256", f"--pwfile={password}", "--encoding=UTF8")
    # The builtin locale sorts and folds alike on every machine, whatever its C library is.
    locale = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
    command = Command(
        argv=(str(initdb), "-D", str(fresh), *words, *locale),
        log=folder.log("initdb"),
        folder=home,
        environment=process.bare_environment(),
        account=folder.account,
    )
    process.run(command, "PostgreSQL's initdb", INITDB_LIMIT)
    fresh.rename(home / "data")
    password.unlink()


def _refuse_other_version(data: Path) -> None:
    ours = version(POSTGRES.distribution).split(".")[0]
    theirs = (data / "PG_VERSION").read_text(encoding="ascii").strip()
    if theirs != ours:
        raise Conflict(
            f"{data} was made by PostgreSQL {theirs}; this OCMA brings PostgreSQL {ours}, which cannot read it.",
            remediation=f"Dump it with the OCMA that made it (pg_dumpall) and load the dump into an empty folder,"
            f" or run PostgreSQL {theirs} yourself and set DATABASE_URL.",
        )


def _clear_leftovers(data: Path) -> None:
    """A server of an earlier run is ended first. Then its lock file goes: PostgreSQL would refuse to start if a
    stranger had been given the process id in it. (Backends left without a postmaster it finds through shared memory.)
    """
    lock = data / "postmaster.pid"
    if pid := _first_number(lock):
        end_stray(pid, str(data), signal.SIGINT)
        lock.unlink(missing_ok=True)


def _first_number(path: Path) -> int | None:
    words = path.read_text(encoding="utf-8").split(maxsplit=1) if path.exists() else []
    return int(words[0]) if words and words[0].isdigit() else None


def is_ready(postgres: Postgres, pid: int) -> bool:
    """The server says so itself, in the eighth line of its lock file, for exactly this process."""
    try:
        lines = (postgres.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return False
    return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"
