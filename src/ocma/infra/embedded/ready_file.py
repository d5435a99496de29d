"""`ready.json`: what runs and where, for programs. There while everything is up; its text is always whole."""

import json
from pathlib import Path
from typing import Any

from ocma.infra.embedded import private_file
from ocma.infra.embedded.addresses import Addresses
from ocma.infra.embedded.first_key import FirstKey

NAME = "ready.json"


def write(folder: Path, addresses: Addresses, key: FirstKey, pids: dict[str, Any]) -> None:
    said = {
        "apiUrl": addresses.api_url,
        "apiKey": key.api_key,
        "workspaceId": key.workspace_id,
        "sandboxUrl": addresses.sandbox_url,
        "databaseUrl": addresses.database_url,
        "ownerDatabaseUrl": addresses.owner_database_url,
        "redisUrl": addresses.redis_url,
        "pids": pids,
    }
    private_file.write(folder / NAME, json.dumps(said, indent=2) + "\n")


def find(folder: Path) -> dict[str, Any] | None:
    try:
        return json.loads((folder / NAME).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None


def remove(folder: Path) -> None:
    (folder / NAME).unlink(missing_ok=True)
