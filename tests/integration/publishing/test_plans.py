"""However many publications wait, those that are worked are found by indexes: by the plans that the server itself writes down."""

import base64
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from bench.burst import plans, rows
from bench.burst.rows import Shape

from ocma.features.publishing import claims
from ocma.features.publishing.journal import Beginning, Journal, Live
from ocma.ids import new_id
from ocma.infra import embedded, migrations
from ocma.infra.database import Database
from ocma.infra.embedded.postgres import Postgres
from ocma.infra.vault import Vault, parse_keys

WAITING, DUE = 20_000, 500  # so many that reading the whole table seems cheaper
LEASE = timedelta(seconds=30)


@pytest.fixture(scope="module")
def server():
    with embedded.temporary() as services:
        migrations.run(services.postgres.owner_url)
        yield services.postgres


@pytest.fixture
async def raw(server):
    connection = await asyncpg.connect(server.owner_url, server_settings={"search_path": "ocma"})
    yield connection
    await connection.close()


@pytest.fixture(params=["fresh", "stale"])
async def statistics(request, raw):
    """What the planner knows: all that there is, or how it was before most of it came."""
    fresh = request.param == "fresh"
    vault = Vault(parse_keys(f"k1:{base64.b64encode(secrets.token_bytes(32)).decode()}"))
    holders = await rows.prepare(raw, vault, Shape(DUE, DUE, 20), WAITING if fresh else 0)
    await rows.add_publications(raw, holders, [(str(number), datetime.now(UTC)) for number in range(DUE)])
    await rows.add_future(raw, 0 if fresh else WAITING)
    return request.param


@pytest.fixture(params=["force_custom_plan", "force_generic_plan"])
async def database(request, server, raw, statistics):
    """Every statement planned for its values, or all of them for any."""
    async with plans.explained(raw):
        await raw.execute(f"ALTER ROLE ocma_app SET plan_cache_mode = '{request.param}'")
        opened = Database(server.app_url, pool=1)
        yield opened
        await opened.close()


@dataclass
class Watch:
    """Notes what was done by reading the whole table, and what nobody wrote a plan of down."""

    server: Postgres
    raw: Any
    fresh: bool
    wrong: dict[str, list[str]] = field(default_factory=dict)

    async def __call__(self, name, act):
        if self.fresh:
            await self.raw.execute("ANALYZE")
        before = len(self._log())
        result = await act
        found = plans.read(self._log()[before:])
        if wrong := [
            f"{each.node} {each.index} {each.rows} {each.query[:60]}"
            for each in found
            if not each.is_indexed or each.rows >= WAITING
        ]:
            self.wrong[name] = wrong
        elif not found:
            self.wrong[name] = ["no plan"]
        return result

    def _log(self):
        return self.server.command.log.read_text(errors="replace")


async def test_what_is_worked_is_found_by_indexes(server, raw, statistics, database):
    watch, journal, now = Watch(server, raw, statistics == "fresh"), Journal(database), datetime.now(UTC)
    claimed = await watch("claim", claims.claim(database, DUE, LEASE, claims.AHEAD))
    assert len(await watch("extend", claims.extend(database, claimed, LEASE))) == DUE
    await watch("release", claims.release(database, claimed))
    assert await watch("sweep", claims.sweep(database)) == DUE

    wanted = [(each.id, each.fence) for each in await claims.claim(database, DUE, LEASE, claims.AHEAD)]
    taken = await watch("take", claims.take(database, wanted, LEASE))
    sends = [Beginning(new_id(), each, 0, "print") for each in taken]
    assert None not in await watch("begin", journal._begin(sends))
    parts = [Live(each.id, each.claim, str(each.id), None, now, "{}", (str(each.id), None, now)) for each in sends]
    assert await watch("record", journal._live(parts)) == [True] * DUE

    assert watch.wrong == {}
