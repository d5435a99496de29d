"""Accounts with sealed tokens, and publications that are due at given instants: as planning writes them, in bulk."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from ocma.features.publishing.plan import CHANNEL
from ocma.ids import new_id
from ocma.infra.vault import Place, Vault
from ocma.platforms.x.manifest import MANIFEST as X

ATTEMPTS = X.retry.attempts
CHUNK = 100_000
TABLES = "events, attempts, publications, posts, account_tokens, accounts, audit_events, workspaces"

FUTURE = """
    WITH holder AS (SELECT id, workspace_id, row_number() OVER (ORDER BY id) - 1 AS place FROM ocma.accounts),
    new AS MATERIALIZED (
        SELECT uuidv7() AS post_id, h.id AS account_id, h.workspace_id, g.n,
            now() + interval '1 year' + g.n * interval '1 s' AS at
        FROM generate_series($1::int, $2::int) AS g(n) JOIN holder h ON h.place = g.n % (SELECT count(*) FROM holder)
    ), post AS (
        INSERT INTO ocma.posts (id, workspace_id, content, scheduled_at, wall_time, timezone, created_by)
        SELECT post_id, workspace_id, jsonb_build_object('parts', jsonb_build_array(jsonb_build_object('text', 'future ' || n)),
            'options', '{}'::jsonb), at, at AT TIME ZONE 'UTC', 'UTC', 'bench'
        FROM new
    )
    INSERT INTO ocma.publications
        (id, workspace_id, post_id, account_id, platform, scheduled_at, due_at, max_attempts, on_unknown)
    SELECT uuidv7(), workspace_id, post_id, account_id, 'x', at, at, $3, 'settle' FROM new"""


@dataclass(frozen=True, slots=True)
class Shape:
    """How many, and over how many they are spread."""

    publications: int = 10_000
    accounts: int = 2_000
    workspaces: int = 200


@dataclass(frozen=True, slots=True)
class Holder:
    workspace_id: UUID
    account_id: UUID
    number: int


async def prepare(raw: Any, vault: Vault, shape: Shape, future: int = 0) -> list[Holder]:
    """Empty tables but for the accounts, and `future` publications that are due a year from now."""
    await raw.execute(f"TRUNCATE {', '.join('ocma.' + each for each in TABLES.split(', '))} CASCADE")
    holders = await add_accounts(raw, vault, shape)
    await add_future(raw, future)
    await raw.execute("VACUUM ANALYZE")
    await raw.execute("CHECKPOINT")
    return holders


async def add_future(raw: Any, count: int) -> None:
    for start in range(0, count, CHUNK):
        await raw.execute(FUTURE, start, min(start + CHUNK, count) - 1, ATTEMPTS)


async def add_accounts(raw: Any, vault: Vault, shape: Shape) -> list[Holder]:
    workspaces = [new_id() for _ in range(shape.workspaces)]
    holders = [Holder(workspaces[number % shape.workspaces], new_id(), number) for number in range(shape.accounts)]
    await _copy(raw, "workspaces", ["id", "name"], [(each, "bench") for each in workspaces])
    columns = ["id", "workspace_id", "platform", "platform_account_id", "name", "handle", "scopes"]
    rows = [(each.account_id, each.workspace_id, "x", str(each.number), "Bench", f"bench{each.number}", []) for each in holders]
    await _copy(raw, "accounts", columns, rows)
    columns = ["account_id", "workspace_id", "access_token", "key_id"]
    await _copy(raw, "account_tokens", columns, [_token(vault, each) for each in holders])
    return holders


def _token(vault: Vault, holder: Holder) -> tuple[Any, ...]:
    place = Place(holder.workspace_id, holder.account_id, "access_token")
    return holder.account_id, holder.workspace_id, vault.encrypt(f"token-{holder.number}", place), vault.active


async def add_publications(raw: Any, holders: Sequence[Holder], due: Sequence[tuple[str, datetime]]) -> None:
    """A post each, with its marker as text; accounts take turns. Wakes the dispatcher, as planning does."""
    posts: list[tuple[Any, ...]] = []
    publications: list[tuple[Any, ...]] = []
    for number, (marker, at) in enumerate(due):
        holder, post_id = holders[number % len(holders)], new_id()
        content = json.dumps({"parts": [{"text": marker, "mediaIds": []}], "options": {}})
        posts.append((post_id, holder.workspace_id, content, "{}", "{}", at, at.replace(tzinfo=None), "UTC", "bench"))
        publications.append((new_id(), holder.workspace_id, post_id, holder.account_id, "x", at, at, ATTEMPTS, "settle", "{}"))
    columns = "id workspace_id content variants metadata scheduled_at wall_time timezone created_by"
    await _copy(raw, "posts", columns.split(), posts)
    columns = "id workspace_id post_id account_id platform scheduled_at due_at max_attempts on_unknown progress"
    await _copy(raw, "publications", columns.split(), publications)
    await raw.execute("ANALYZE ocma.posts, ocma.publications")
    await raw.execute("SELECT pg_notify($1, '')", CHANNEL)


async def _copy(raw: Any, table: str, columns: Sequence[str], rows: list[tuple[Any, ...]]) -> None:
    await raw.copy_records_to_table(table, schema_name="ocma", columns=columns, records=rows)
