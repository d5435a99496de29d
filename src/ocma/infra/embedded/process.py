"""One child process: started so that it dies with us, ended politely and then for certain."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from ocma.errors import Unavailable
from ocma.infra.embedded.account import Account

LAUNCHER = Path(__file__).with_name("launch.py")
LOG_LIMIT = 10_000_000  # bytes; a longer log is set aside at the next start
KILL_LIMIT = 10.0  # seconds the kernel may need to bury a killed process


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """`argv[0]` is a path. `grace` in seconds: time for `stop_signal`. `orphan_signal`: what it gets when we die."""

    argv: tuple[str, ...]
    log: Path
    folder: Path
    environment: Mapping[str, str] = field(repr=False)
    account: Account | None = None
    stdin: bytes = field(default=b"", repr=False)
    captures: bool = False
    stop_signal: signal.Signals = signal.SIGTERM
    orphan_signal: signal.Signals = signal.SIGKILL
    grace: float = 10.0


def bare_environment() -> dict[str, str]:
    """For servers: nothing of the user's, since PGPORT, PGOPTIONS and the like would change what we start."""
    needed = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return {"PATH": os.defpath, **needed, "LC_ALL": "C"}


class Child:
    def __init__(self, command: Command, popen: "subprocess.Popen[bytes]") -> None:
        self.command = command
        self.pid = popen.pid
        self._popen = popen

    def ended(self) -> int | None:
        """Its exit code (minus the signal that killed it), None while it lives."""
        return self._popen.poll()

    def output(self) -> str:
        """All it wrote to stdout, if its command captures that and once it has ended."""
        return self._popen.stdout.read().decode(errors="replace") if self._popen.stdout else ""

    def ask_to_end(self) -> None:
        self._popen.send_signal(self.command.stop_signal)

    def wait(self, seconds: float) -> bool:
        with suppress(subprocess.TimeoutExpired):
            self._popen.wait(max(seconds, 0))
        return self.ended() is not None

    def kill(self) -> None:
        """With everything it started: it leads a process group of its own."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.wait(KILL_LIMIT)


def spawn(command: Command) -> Child:
    """The kernel ties a child's life to the *thread* that made it, so only threads that last as long as we do may."""
    if threading.current_thread() is threading.main_thread():
        return _spawn(command)
    return _lasting_thread().submit(_spawn, command).result()


@cache
def _lasting_thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawn")


def _spawn(command: Command) -> Child:
    account = f"{command.account.uid}:{command.account.gid}" if command.account else "-"
    prefix = (sys.executable, "-I", "-S", str(LAUNCHER), str(command.orphan_signal.value), str(os.getpid()), account)
    log = _open_log(command.log)
    try:
        popen = subprocess.Popen(  # noqa: S603 - every argv is written in this package or by its caller, none comes from outside
            prefix + command.argv,
            stdin=subprocess.PIPE if command.stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE if command.captures else log,
            stderr=log,
            env=command.environment,
            cwd=command.folder,
            start_new_session=True,  # a Ctrl-C in the terminal reaches the supervisor alone, which then keeps the order
        )
    finally:
        os.close(log)
    _feed(popen, command.stdin)
    return Child(command, popen)


def _open_log(path: Path) -> int:
    if path.exists() and path.stat().st_size > LOG_LIMIT:
        path.replace(path.with_suffix(".old.log"))
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


def _feed(popen: "subprocess.Popen[bytes]", text: bytes) -> None:
    if popen.stdin is not None:
        with suppress(BrokenPipeError), popen.stdin as pipe:
            pipe.write(text)


def end(*children: Child) -> None:
    """Asks all, gives each its grace, kills what is left."""
    for child in children:
        child.ask_to_end()
    asked_at = time.monotonic()
    for child in children:
        if not child.wait(asked_at + child.command.grace - time.monotonic()):
            child.kill()


def run(command: Command, what: str, limit: float, sleep: Callable[[float], None] = time.sleep) -> str:
    """Runs the command to its end within `limit` seconds; what it captured. Raises Unavailable with its last words."""
    child = spawn(command)
    stop_at = time.monotonic() + limit
    try:
        while child.ended() is None and time.monotonic() < stop_at:
            sleep(0.02)
        if child.ended() != 0:
            raise failed(child, what)
        return child.output()
    finally:
        end(child)


def wait_until(
    condition: Callable[[], bool], child: Child, what: str, limit: float, sleep: Callable[[float], None] = time.sleep
) -> None:
    """Until a started server answers. Raises Unavailable when it ends instead, or stays silent for `limit` seconds."""
    stop_at = time.monotonic() + limit
    while not condition():
        if child.ended() is not None or time.monotonic() > stop_at:
            raise failed(child, what)
        sleep(0.02)


def failed(child: Child, what: str) -> Unavailable:
    code = child.ended()
    how = "did not finish in time" if code is None else f"ended with exit code {code}"
    return Unavailable(f"{what} {how}. It said: {last_words(child.command.log)}", remediation=f"See {child.command.log}.")


def last_words(log: Path, lines: int = 5) -> str:
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 4000))
        said = file.read().decode(errors="replace").strip().splitlines()
    return "\n".join(said[-lines:]) or "nothing"
