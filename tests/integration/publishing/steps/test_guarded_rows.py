"""What the schema itself refuses, whoever asks, the owner of the tables included."""

from dataclasses import dataclass
from itertools import permutations
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from ocma.ids import new_id

MAY = {
    "scheduled": {"publishing", "cancelled", "failed"},
    "publishing": {"published", "scheduled", "unknown", "failed"},
    "unknown": {"published", "scheduled", "failed"},
    "failed": {"scheduled"},
    "published": set[str](),
    "cancelled": set[str](),
}
LIVE = {"published": "platform_post_id = 'post', published_at = now(), "}


@dataclass
class Row:
    """A publication; `owner` may do what the schema lets the owner of its tables do."""

    owner: Any
    company: Any
    id: Any

    async def read(self) -> Any:
        return await self.owner.fetchrow("SELECT * FROM publications WHERE id = $1", self.id)

    async def become(self, state: str, more: str = "") -> None:
        await self.owner.execute(f"UPDATE publications SET {LIVE.get(state, '')}{more}state = $2 WHERE id = $1", self.id, state)

    async def as_app(self, query: str) -> None:
        async with self.company.resources.database.transaction(self.company.caller.workspace_id) as session:
            await session.execute(text(query), {"id": self.id})


@pytest.fixture
async def owner(services):
    connection = await asyncpg.connect(services.postgres.owner_url, server_settings={"search_path": "ocma"})
    yield connection
    await connection.close()


@pytest.fixture
async def row(owner, company):
    """Far from due. The policies hold for the owner, too."""
    account = await company.connect("x", f"guarded{str(new_id())[-6:]}")
    job = await company.schedule("guarded", account, scheduledAt="2099-01-01T00:00:00Z")
    await owner.execute("SELECT set_config('app.workspace_id', $1, false)", str(company.caller.workspace_id))
    return Row(owner, company, job.publications[0].id)


async def walk(row, state):
    """To a state, by steps that are allowed."""
    ways = {"scheduled": [], "cancelled": ["cancelled"], "publishing": ["publishing"]}
    for each in ways.get(state, ["publishing", state]):
        await row.become(each)


@pytest.mark.parametrize("state", MAY)
async def test_states_follow_each_other_as_they_may_and_no_other_way(row, state):
    await walk(row, state)
    taken = set[str]()
    for after in (each for before, each in permutations(MAY, 2) if before == state):
        change = row.owner.transaction()
        await change.start()
        try:
            await row.become(after)
            taken.add(after)
        except asyncpg.CheckViolationError as error:
            assert "cannot become" in str(error) or "cannot change" in str(error)
        finally:
            await change.rollback()
    assert taken == MAY[state]


@pytest.mark.parametrize("state", ["published", "cancelled"])
@pytest.mark.parametrize("change", ["url = 'https://example.org/other'", "platform_post_id = 'other'", "updated_at = now()"])
async def test_what_is_over_does_not_change(row, state, change):
    await walk(row, state)
    before = await row.read()
    query = f"UPDATE publications SET {change} WHERE id = "
    with pytest.raises(asyncpg.CheckViolationError, match=f"is {state} and cannot change"):
        await row.owner.execute(f"{query}$1", row.id)
    with pytest.raises(DBAPIError, match=f"is {state} and cannot change"):
        await row.as_app(f"{query}:id")
    assert await row.read() == before


async def test_the_application_deletes_neither_a_publication_nor_its_attempts(row):
    for query in ("DELETE FROM publications WHERE id = :id", "DELETE FROM attempts WHERE publication_id = :id"):
        with pytest.raises(DBAPIError, match="permission denied"):
            await row.as_app(query)


async def test_the_fence_only_rises(row):
    await row.become("publishing", "attempt = 5, ")
    with pytest.raises(asyncpg.CheckViolationError, match="only rises"):
        await row.become("publishing", "attempt = 4, ")


async def test_nothing_is_published_without_the_platforms_id(row):
    await row.become("publishing")
    with pytest.raises(asyncpg.CheckViolationError):
        await row.owner.execute("UPDATE publications SET state = 'published', published_at = now() WHERE id = $1", row.id)


async def test_one_live_post_is_of_one_attempt(row):
    insert = """INSERT INTO attempts (id, workspace_id, publication_id, account_id, attempt, part, fingerprint, state, platform_post_id)
        SELECT $2, workspace_id, id, account_id, 1, 0, 'f', 'published', 'live' FROM publications WHERE id = $1"""
    await row.owner.execute(insert, row.id, new_id())
    with pytest.raises(asyncpg.UniqueViolationError):
        await row.owner.execute(insert, row.id, new_id())
