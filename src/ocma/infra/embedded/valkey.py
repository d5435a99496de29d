"""Valkey 9 of our own, in a data folder: password, append-only file, nothing evicted."""

import json
import os
import signal
import socket
from dataclasses import dataclass, field
from pathlib import Path

from ocma.infra.embedded import ports
from ocma.infra.embedded.folder import DataFolder
from ocma.infra.embedded.process import Command, bare_environment
from ocma.infra.embedded.stray import end_stray
from ocma.infra.embedded.wheel import VALKEY, find_program

SOCKET_LIMIT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Valkey:
    """`socket` None: the path is too long for a Unix socket; TCP only."""

    port: int
    socket: Path | None
    password: str = field(repr=False)
    command: Command

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"


def prepare(folder: DataFolder) -> Valkey:
    """All there is to do before a start."""
    home = folder.home("valkey")
    program = find_program(VALKEY, "_binaries/*/valkey-server", folder)
    _clear_leftovers(home, ports.find_kept(folder.path, "valkey"))
    port = ports.keep(folder.path, "valkey")
    path = home / "valkey.sock"
    unix = path if len(os.fsencode(path)) < SOCKET_LIMIT else None
    password = folder.secret("valkey")
    command = Command(
        argv=(str(program), "-"),
        log=folder.log("valkey"),
        folder=home,
        environment=bare_environment(),
        account=folder.account,
        stdin=_configuration(home, port, password, unix),
        orphan_signal=signal.SIGTERM,
    )
    return Valkey(port=port, socket=unix, password=password, command=command)


def _configuration(home: Path, port: int, password: str, unix: Path | None) -> bytes:
    """On stdin: a password in argv could be read by every user of the machine."""
    settings = {
        "bind": "127.0.0.1",
        "port": str(port),
        "requirepass": password,
        "dir": str(home),
        "pidfile": str(home / "valkey.pid"),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "logfile": "",
    }
    if unix:
        settings |= {"unixsocket": str(unix), "unixsocketperm": "700"}
    return "".join(f"{key} {json.dumps(value, ensure_ascii=False)}\n" for key, value in settings.items()).encode()


def _clear_leftovers(home: Path, port: int | None) -> None:
    """Two servers must never write one append-only file. Valkey shows its address in its command line."""
    path = home / "valkey.pid"
    words = path.read_text(encoding="ascii").split() if path.exists() else []
    if port and words and words[0].isdigit():
        end_stray(int(words[0]), f"valkey-server 127.0.0.1:{port}")


def is_ready(valkey: Valkey) -> bool:
    """False while it still reads its file back in."""
    try:
        with socket.create_connection(("127.0.0.1", valkey.port), timeout=1) as connection:
            connection.sendall(f"AUTH {valkey.password}\r\nPING\r\n".encode())
            with connection.makefile("rb") as answers:
                return [answers.readline(), answers.readline()] == [b"+OK\r\n", b"+PONG\r\n"]
    except OSError:
        return False
