"""asyncpg beside psycopg 3 under SQLAlchemy, on the statements that publishing spends its time in.

    .uv/bin/uv run --with 'psycopg[binary]' python -m bench.drivers

Prints for each driver the seconds per 1,000 of: claims in batches of 100; transactions with one fenced write (20 at a time).
The floor is asyncpg without SQLAlchemy. Bounded: a few seconds each, on servers of its own.
"""

import asyncio
import time

import asyncpg
from bench.stopping import stoppable
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from ocma.ids import new_id
from ocma.infra import embedded, migrations

ROWS, BATCH, AT_ONCE = 4000, 100, 20
CLAIM = "SELECT * FROM ocma.claim_publications({}, interval '60 s', interval '0 s')"
SET = "SELECT set_config('app.workspace_id', {}, true)"
WRITE = "UPDATE ocma.publications SET looks = looks + 1 WHERE id = {} AND attempt = 1 AND lease_until IS NOT NULL RETURNING id"


async def fill(url):
    """One due publication on each of ROWS accounts."""
    raw = await asyncpg.connect(url)
    await raw.execute("TRUNCATE ocma.workspaces CASCADE")
    workspace = new_id()
    await raw.execute("INSERT INTO ocma.workspaces (id, name) VALUES ($1, 'bench')", workspace)
    await raw.execute(
        """WITH a AS (INSERT INTO ocma.accounts (id, workspace_id, platform, platform_account_id, name, handle)
               SELECT gen_random_uuid(), $1, 'x', n::text, 'n', 'n' FROM generate_series(1, $2::int) n RETURNING id),
             p AS (INSERT INTO ocma.posts (id, workspace_id, content, scheduled_at, wall_time, timezone, created_by)
               VALUES (gen_random_uuid(), $1, '{"parts": []}', now(), now(), 'UTC', 'bench') RETURNING id)
           INSERT INTO ocma.publications (id, workspace_id, post_id, account_id, platform, scheduled_at, due_at, max_attempts,
               on_unknown)
           SELECT gen_random_uuid(), $1, p.id, a.id, 'x', now(), now() - interval '1 s', 5, 'settle' FROM a, p""",
        workspace,
        ROWS,
    )
    await raw.execute("ANALYZE")
    await raw.close()
    return str(workspace)


async def through_sqlalchemy(driver, url, workspace):
    engine = create_async_engine(url.replace("postgresql:", f"postgresql+{driver}:"), pool_size=AT_ONCE, max_overflow=0)
    claim, setting, write = text(CLAIM.format(BATCH)), text(SET.format(":w")), text(WRITE.format(":id"))
    ids, started = [], time.perf_counter()
    while True:
        async with engine.begin() as connection:
            rows = (await connection.execute(claim)).all()
        if not rows:
            break
        ids += [row.id for row in rows]
    claims = time.perf_counter() - started

    async def one(row_id):
        async with engine.begin() as connection:
            await connection.execute(setting, {"w": workspace})
            await connection.execute(write, {"id": row_id})

    writes = await timed(one, ids)
    await engine.dispose()
    return claims, writes


async def bare(url, workspace):
    pool = await asyncpg.create_pool(url, min_size=AT_ONCE, max_size=AT_ONCE)
    ids, started = [], time.perf_counter()
    while rows := await pool.fetch(CLAIM.format(BATCH)):
        ids += [row["id"] for row in rows]
    claims = time.perf_counter() - started

    async def one(row_id):
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute(SET.format("$1"), workspace)
            await connection.fetch(WRITE.format("$1"), row_id)

    writes = await timed(one, ids)
    await pool.close()
    return claims, writes


async def timed(one, ids):
    limit = asyncio.Semaphore(AT_ONCE)

    async def limited(row_id):
        async with limit:
            await one(row_id)

    started = time.perf_counter()
    await asyncio.gather(*map(limited, ids))
    return time.perf_counter() - started


async def main(url):
    for name in ("floor", "asyncpg", "psycopg", "asyncpg", "psycopg"):
        workspace = await fill(url)
        cpu = time.process_time()
        claims, writes = await (bare(url, workspace) if name == "floor" else through_sqlalchemy(name, url, workspace))
        cpu = time.process_time() - cpu
        scale = 1000 / ROWS
        print(f"{name:8} claims {claims * scale:.3f} s   writes {writes * scale:.3f} s   our CPU {cpu * scale:.3f} s")


if __name__ == "__main__":
    with stoppable(), embedded.temporary() as services:
        migrations.run(services.postgres.owner_url)
        asyncio.run(main(services.postgres.owner_url))
