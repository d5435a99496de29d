"""`ocma up`: all of OCMA on one machine, kept alive until stopped."""

import sys
from pathlib import Path

from ocma.infra.embedded import folder, folder_lock, ready_file, running
from ocma.infra.embedded.bell import Bell, Stopped
from ocma.infra.embedded.folder import DataFolder
from ocma.infra.embedded.programs import Programs
from ocma.infra.embedded.start import Options, Say, Start
from ocma.infra.embedded.stray import end_stray
from ocma.infra.embedded.supervisor import Supervisor


def up(options: Options, commands: Programs, say: Say, announce: Say) -> None:
    """Runs until stopped. `announce` gets the API's URL, once, when all is up. If another supervisor has the folder, it
    gets that one's URL, and this returns.
    """
    path = folder.create(options.data)
    lock = folder_lock.take(path, running.PURPOSE)
    while lock is None:
        if url := running.wait_until_ready(path):
            announce(url)
            return
        lock = folder_lock.take(path, running.PURPOSE)
    with lock:
        _clear_leftovers(path)
        _run(options, commands, folder.prepare(path, say), say, announce)


def _run(options: Options, commands: Programs, where: DataFolder, say: Say, announce: Say) -> None:
    bell = Bell()
    supervisor = Supervisor(bell, say)
    try:
        start = Start(options, commands, where, supervisor, bell, say)
        addresses, key = start.everything()
        start.write_ready(addresses, key)
        announce(addresses.api_url)
        supervisor.run(on_change=lambda: start.write_ready(addresses, key))
    except Stopped:
        say("stopped before everything was up")
    finally:
        ready_file.remove(where.path)
        supervisor.end()


def _clear_leftovers(path: Path) -> None:
    """After kill -9 of the supervisor, on systems whose kernel does not end the children with it."""
    ready = ready_file.find(path)
    if ready and sys.platform != "linux":
        for role in ("dispatcher", "worker", "api", "sandbox"):
            found = ready["pids"][role]
            for pid in found if isinstance(found, list) else [found]:
                if pid:
                    end_stray(pid, " -m ocma")
    ready_file.remove(path)
