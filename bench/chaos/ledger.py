"""What our database says, read past all row-level security, by the owner: for counting and comparing, never to judge alone."""

import asyncio
import json
from collections import Counter
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from ocma.infra.database import plain_url

Json = dict[str, Any]
OVER = frozenset({"published", "failed", "cancelled"})
DOWN = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)
STATES = "SELECT state, count(*) FROM ocma.publications GROUP BY state"
ROWS = """
    SELECT p.id, p.workspace_id, p.post_id, p.account_id, p.platform, a.platform_account_id, p.state, p.progress, p.error,
        p.due_at, p.lease_until, o.content->'parts' AS parts
    FROM ocma.publications p JOIN ocma.posts o ON o.id = p.post_id JOIN ocma.accounts a ON a.id = p.account_id"""
INACTIVE = "SELECT id, status_reason FROM ocma.accounts WHERE status <> 'active'"
FAILED = f"{ROWS} WHERE p.state = 'failed' AND a.status = 'active'"
AGAIN = "(data->>'attempt')::int > 0"
COUNTS = {
    "went through unknown": "SELECT count(DISTINCT publication_id) FROM ocma.events WHERE kind = 'publication.unknown'",
    "sends": "SELECT count(*) FROM ocma.attempts",
    "sends proven absent": "SELECT count(*) FROM ocma.attempts WHERE state = 'absent'",
    "sends refused": "SELECT count(*) FROM ocma.attempts WHERE state = 'refused'",
    "claims": "SELECT sum(attempt) FROM ocma.publications",
    "went back to scheduled": f"SELECT count(*) FROM ocma.events WHERE kind = 'publication.scheduled' AND {AGAIN}",
    "claims lapsed at work": "SELECT sum(lapses) FROM ocma.publications",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A publication; `parts` are the texts of its post, `live` the platform's ids of what is recorded as live."""

    id: UUID
    workspace_id: UUID
    post_id: UUID
    account_id: UUID
    platform: str
    profile_id: str
    state: str
    error: Json | None
    parts: tuple[str, ...]
    live: tuple[str, ...]
    acts: bool

    @property
    def is_over(self) -> bool:
        return self.state in OVER


class Ledger:
    def __init__(self, owner_url: str) -> None:
        self._url = plain_url(owner_url)

    async def states(self) -> Counter[str]:
        return Counter({row[0]: row[1] for row in await self._fetch(STATES)})

    async def rows(self) -> list[Row]:
        return [_row(row) for row in await self._fetch(ROWS)]

    async def failed(self) -> list[Row]:
        """On accounts that are usable (again)."""
        return [_row(row) for row in await self._fetch(FAILED)]

    async def inactive(self) -> dict[UUID, str]:
        """Accounts that have to be connected again, and why."""
        return {row["id"]: row["status_reason"] or "unsaid" for row in await self._fetch(INACTIVE)}

    async def counts(self) -> dict[str, int]:
        return {name: int((await self._fetch(query))[0][0] or 0) for name, query in COUNTS.items()}

    async def _fetch(self, query: str) -> list[Any]:
        """Raises one of DOWN while the server is."""
        async with asyncio.timeout(20):
            connection: Any = await asyncpg.connect(self._url)
            try:
                return await connection.fetch(query)
            finally:
                connection.terminate()


def _row(row: Any) -> Row:
    progress = json.loads(row["progress"])
    return Row(
        id=row["id"],
        workspace_id=row["workspace_id"],
        post_id=row["post_id"],
        account_id=row["account_id"],
        platform=row["platform"],
        profile_id=row["platform_account_id"],
        state=row["state"],
        error=json.loads(row["error"]) if row["error"] else None,
        parts=tuple(part["text"] for part in json.loads(row["parts"])),
        live=tuple(part["id"] for part in progress.get("parts", [])),
        acts=row["due_at"] is not None or row["lease_until"] is not None,
    )
