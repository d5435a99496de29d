"""How the database finds publications: the plans of the product's own statements, written down while it works."""

import json
import re
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from bench.burst.systems import APP

SETTINGS = {
    "session_preload_libraries": "auto_explain",
    "auto_explain.log_min_duration": "0",
    "auto_explain.log_analyze": "on",
    "auto_explain.log_buffers": "on",
    "auto_explain.log_timing": "off",
    "auto_explain.log_nested_statements": "on",
    "auto_explain.log_format": "json",
}
TABLE = "publications"
ENTRY = re.compile(r"plan:\n((?:\t.*\n)+)")


@dataclass(frozen=True, slots=True)
class Scan:
    """A way into the table: `rows` and `blocks` of the most expensive time, over `times` executions."""

    query: str
    node: str
    index: str
    times: int
    rows: float
    blocks: int

    @property
    def is_indexed(self) -> bool:
        return self.node != "Seq Scan"


@asynccontextmanager
async def explained(raw: Any) -> AsyncGenerator[None]:
    """Processes of the product that start inside are explained in the server's log."""
    for name, value in SETTINGS.items():
        await raw.execute(f"ALTER ROLE {APP} SET {name} = '{value}'")
    try:
        yield
    finally:
        await raw.execute(f"ALTER ROLE {APP} RESET ALL")


def read(log: str) -> list[Scan]:
    """Every different scan of the table, by statement, that the server's log tells of."""
    found: dict[tuple[str, str, str], Scan] = {}
    for entry in _entries(log):
        query = " ".join(entry["Query Text"].split())
        for node in _nodes(entry["Plan"]):
            if node.get("Relation Name") == TABLE or node.get("Index Name", "").startswith(TABLE):
                _add(found, query, node)
    return sorted(found.values(), key=lambda each: (each.query, -each.blocks))


def _add(found: dict[tuple[str, str, str], Scan], query: str, node: dict[str, Any]) -> None:
    key = query, node["Node Type"], node.get("Index Name", "")
    before = found.get(key)
    rows = node.get("Actual Rows", 0) * node.get("Actual Loops", 1)
    blocks = node.get("Shared Hit Blocks", 0) + node.get("Shared Read Blocks", 0)
    times = 1 + (before.times if before else 0)
    rows, blocks = max(rows, before.rows if before else 0), max(blocks, before.blocks if before else 0)
    found[key] = Scan(*key, times, rows, blocks)


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if plan["Node Type"] not in {"ModifyTable", "LockRows"}:
        yield plan
    for each in plan.get("Plans", []):
        yield from _nodes(each)


def _entries(log: str) -> Iterator[dict[str, Any]]:
    """Each plan is JSON in the lines after `plan:` that begin with a tab."""
    for found in ENTRY.finditer(log):
        yield json.loads(found[1])
