"""The first workspace and its API key: made once per database, kept in the data folder."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ocma.errors import Unavailable
from ocma.infra.embedded import private_file, process
from ocma.infra.embedded.process import Command

NAME = "bootstrap.json"
LIMIT = 60.0  # seconds


@dataclass(frozen=True, slots=True)
class FirstKey:
    """`database` tells which database it belongs to: another one knows nothing of it."""

    workspace_id: str
    database: str
    api_key: str = field(repr=False)


def find_or_make(folder: Path, database: str, command: Command, sleep: Callable[[float], None]) -> FirstKey:
    """`command` prints one line of JSON: {"apiKey": ..., "workspaceId": ...}."""
    path = folder / NAME
    known = FirstKey(**json.loads(path.read_text(encoding="utf-8"))) if path.exists() else None
    if known and known.database == database:
        return known
    said = _answer(process.run(command, "ocma keys bootstrap", LIMIT, sleep))
    key = FirstKey(said["workspaceId"], database, said["apiKey"])
    private_file.write(path, json.dumps(asdict(key)))
    return key


def _answer(output: str) -> dict[str, str]:
    for line in output.splitlines():
        found = _parsed(line)
        if isinstance(found, dict) and {"apiKey", "workspaceId"} <= found.keys():
            return found
    raise Unavailable("`ocma keys bootstrap` did not print a key.")


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None
