"""TCP ports on 127.0.0.1: kept from start to start, so that URLs stay true."""

import json
import random
import socket
import time
from collections.abc import Collection
from pathlib import Path
from typing import cast

from ocma.errors import Unavailable
from ocma.infra.embedded import private_file

NAME = "ports.json"
# Below the range kernels take for outgoing connections (Linux from 32768, others from 49152): while a server restarts,
# a client that tries to reconnect cannot be given the very port it wants to reach.
CHOICE = range(20_000, 32_768)
TRIES = 200
PATIENCE = 3.0  # seconds


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen()
        except OSError:
            return False
    return True


def becomes_free(port: int) -> bool:
    """Waits a little: what was killed a moment ago may still hold it."""
    stop_at = time.monotonic() + PATIENCE
    while not is_free(port):
        if time.monotonic() > stop_at:
            return False
        time.sleep(0.05)
    return True


def keep(folder: Path, name: str) -> int:
    """The port `name` had in this folder before, if it is free again; otherwise a new one, remembered.

    It is none that another name of this folder has: the server there may just not have started yet.
    """
    kept = _read(folder)
    if name in kept and becomes_free(kept[name]):
        return kept[name]
    port = _pick(kept.values())
    private_file.write(folder / NAME, json.dumps({**kept, name: port}))
    return port


def find_kept(folder: Path, name: str) -> int | None:
    return _read(folder).get(name)


def _read(folder: Path) -> dict[str, int]:
    path = folder / NAME
    return cast("dict[str, int]", json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


def _pick(kept: Collection[int]) -> int:
    for port in random.sample(CHOICE, TRIES):
        if port not in kept and is_free(port):
            return port
    raise Unavailable(f"None of {TRIES} ports tried between {CHOICE.start} and {CHOICE.stop} on 127.0.0.1 is free.")
