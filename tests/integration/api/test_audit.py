"""/api/audit: every write leaves an entry, and a changed entry shows."""

import asyncio

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from answers import good, problem
from ocma.features.workspaces import audit


async def trail(api, headers):
    return good(await api.get("/api/audit", headers=headers, params={"limit": 100}))["data"]


async def test_writes_are_on_record_newest_first(api, make):
    person = await make.person()
    made = good(await api.post("/api/keys", headers=person.headers, json={"name": "k", "scopes": ["posts:read"]}), 201)
    good(await api.patch(f"/api/workspaces/{person.workspace_id}", headers=person.headers, json={"name": "New"}))
    await api.delete(f"/api/keys/{made['id']}", headers=person.headers)
    entries = await trail(api, person.headers)
    assert [(each["seq"], each["action"], each["subject"]) for each in entries] == [
        (4, "key.revoked", made["id"]),
        (3, "workspace.updated", str(person.workspace_id)),
        (2, "key.created", made["id"]),
        (1, "workspace.created", str(person.workspace_id)),
    ]
    assert {each["actor"] for each in entries} == {f"user:{person.id}"}
    assert entries[1]["data"] == {"name": "New"}
    assert made["key"] not in str(entries)


async def test_what_was_refused_is_not_on_record(api, key):
    before = await trail(api, key)
    problem(await api.post("/api/keys", headers=key, json={"name": "x", "scopes": ["nope"]}), 422)
    assert await trail(api, key) == before


async def test_entries_made_at_once_form_one_chain(api, key):
    await asyncio.gather(*(api.post("/api/keys", headers=key, json={"name": f"k{n}"}) for n in range(12)))
    assert [each["seq"] for each in await trail(api, key)] == list(range(14, 0, -1))
    verdict = good(await api.get("/api/audit/verify", headers=key))
    assert (verdict["valid"], verdict["brokenAt"], verdict["entries"]) == (True, None, 14)
    assert verdict["head"] == (await trail(api, key))[0]["hash"]


async def test_pages(api, key):
    for number in range(4):
        await api.post("/api/keys", headers=key, json={"name": f"k{number}"})
    seen, cursor = [], None
    while True:
        page = good(await api.get("/api/audit", headers=key, params={"limit": 2} | ({"cursor": cursor} if cursor else {})))
        seen += [each["seq"] for each in page["data"]]
        cursor = page["nextCursor"]
        if cursor is None:
            break
    assert seen == [6, 5, 4, 3, 2, 1]


async def test_the_app_cannot_rewrite_it(database, workspace):
    for statement in ("UPDATE audit_events SET actor = 'nobody'", "DELETE FROM audit_events", "TRUNCATE audit_events"):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with database.transaction(workspace) as session:
                await session.execute(text(statement))


FORGERIES = {
    "who": ("UPDATE ocma.audit_events SET actor = 'somebody else' WHERE {place} AND seq = 3", 3),
    "what": ("""UPDATE ocma.audit_events SET data = '{{"name": "other"}}' WHERE {place} AND seq = 3""", 3),
    "when": ("UPDATE ocma.audit_events SET at = at + interval '1 microsecond' WHERE {place} AND seq = 3", 3),
    "gone": ("DELETE FROM ocma.audit_events WHERE {place} AND seq = 3", 4),
    "first": ("DELETE FROM ocma.audit_events WHERE {place} AND seq = 1", 2),
    "order": ("UPDATE ocma.audit_events SET seq = seq + 100 WHERE {place} AND seq = 5", 105),
}


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_a_forgery_shows(api, key, workspace, services, forgery):
    """By somebody above the app: the database's superuser."""
    for number in range(3):
        await api.post("/api/keys", headers=key, json={"name": f"k{number}"})
    assert good(await api.get("/api/audit/verify", headers=key))["valid"]
    statement, broken_at = FORGERIES[forgery]
    superuser = await asyncpg.connect(services.postgres.owner_url)
    assert await superuser.execute(statement.format(place=f"workspace_id = '{workspace}'"))
    await superuser.close()
    verdict = good(await api.get("/api/audit/verify", headers=key))
    assert (verdict["valid"], verdict["brokenAt"]) == (False, broken_at)


async def test_a_cut_off_end_shows_to_who_kept_the_head(api, key, workspace, services):
    await api.post("/api/keys", headers=key, json={"name": "k"})
    kept = good(await api.get("/api/audit/verify", headers=key))["head"]
    superuser = await asyncpg.connect(services.postgres.owner_url)
    await superuser.execute("DELETE FROM ocma.audit_events WHERE workspace_id = $1 AND seq = 3", workspace)
    await superuser.close()
    verdict = good(await api.get("/api/audit/verify", headers=key))
    assert verdict["valid"]
    assert verdict["head"] != kept


async def test_a_write_that_fails_takes_its_entry_along(database, make, workspace):
    before = await _count(database, workspace)

    async def write():
        async with database.transaction(workspace) as session:
            await audit.record(session, make.caller(workspace), "thing.done", "1", {})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await write()
    assert await _count(database, workspace) == before


async def _count(database, workspace):
    async with database.transaction(workspace) as session:
        return await session.scalar(text("SELECT count(*) FROM audit_events"))


async def test_it_takes_the_scope(api, make, workspace):
    reader = await make.key(workspace, "keys:read")
    for path in ("/api/audit", "/api/audit/verify"):
        problem(await api.get(path, headers=reader), 403, "scopeMissing")
