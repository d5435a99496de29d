"""/api/keys."""

import hashlib
from datetime import timedelta

import pytest
from sqlalchemy import text

from answers import good, paths, problem
from factories import bearer
from ocma.features.workspaces.authentication import KEY_CACHE_SECONDS, Authenticator
from ocma.features.workspaces.issuer import Issuer
from ocma.ids import new_id


async def create(api, headers, **body):
    return await api.post("/api/keys", headers=headers, json={"name": "ci", **body})


async def test_made_shown_once_used_and_revoked(api, key, database, workspace):
    made = good(await create(api, key, scopes=["keys:read", "keys:read"]), 201)
    assert made["key"].startswith("ocma_k_")
    assert made["key"].startswith(made["prefix"])
    assert made["scopes"] == ["keys:read"]
    fresh = bearer(made["key"])

    listed = good(await api.get("/api/keys", headers=fresh))
    assert listed["data"][0]["id"] == made["id"]
    assert made["key"] not in str(listed)
    shown = good(await api.get(f"/api/keys/{made['id']}", headers=fresh))
    assert shown["lastUsedAt"] is not None
    async with database.transaction(workspace) as session:
        stored = (await session.execute(text("SELECT * FROM api_keys WHERE id = :id"), {"id": made["id"]})).mappings().one()
    assert stored["hash"] == hashlib.sha256(made["key"].encode()).digest()
    assert made["key"] not in str(dict(stored))

    assert (await api.delete(f"/api/keys/{made['id']}", headers=key)).status_code == 204
    assert (await api.delete(f"/api/keys/{made['id']}", headers=key)).status_code == 204
    assert good(await api.get(f"/api/keys/{made['id']}", headers=key))["revokedAt"] is not None


class Hands:
    now = 0.0

    def __call__(self):
        return self.now


async def test_a_revoked_key_is_out_within_five_seconds(api, key, make, workspace, app, resources):
    row = await make.key_row(workspace)
    hands = Hands()
    issuer = Issuer(resources.settings, resources.outbound, resources.clock)
    elsewhere = Authenticator(resources.database, resources.line, issuer, resources.clock, hands)
    await elsewhere.identify(row.key)
    await api.delete(f"/api/keys/{row.id}", headers=key)
    await elsewhere.identify(row.key)  # another process may not know yet
    hands.now += KEY_CACHE_SECONDS
    from ocma.errors import Unauthenticated

    with pytest.raises(Unauthenticated):
        await elsewhere.identify(row.key)
    assert KEY_CACHE_SECONDS <= 5


async def test_a_known_key_costs_no_query(make, workspace, resources):
    row = await make.key_row(workspace)
    issuer = Issuer(resources.settings, resources.outbound, resources.clock)
    authenticator = Authenticator(resources.database, resources.line, issuer, resources.clock)
    first = await authenticator.identify(row.key)
    authenticator._database = None  # asking it now would fail
    assert [await authenticator.identify(row.key) for _ in range(3)] == [first] * 3


async def test_an_expired_key_is_nobodys(api, make, workspace, resources):
    soon = resources.clock() + timedelta(seconds=3)
    headers = await make.key(workspace, expires_at=soon)
    good(await api.get("/api/keys", headers=headers))
    import asyncio

    await asyncio.sleep(3.05)
    problem(await api.get("/api/keys", headers=headers), 401, "invalidToken")


async def test_an_expiry_in_the_past_is_refused(api, key):
    assert paths(problem(await create(api, key, expiresAt="2020-01-01T00:00:00Z"), 422)) == ["expiresAt"]
    for unclear in ("2099-01-01T00:00:00", 4070908800, "4070908800", "2099-01-01", "tomorrow"):
        assert paths(problem(await create(api, key, expiresAt=unclear), 422)) == ["expiresAt"]


async def test_unknown_scopes(api, key):
    body = problem(await create(api, key, scopes=["posts:reed"]), 422, "unknownScope")
    assert "posts:read" in body["remediation"]
    problem(await create(api, key, scopes=[]), 422)


async def test_without_scopes_it_has_those_of_its_maker(api, make, workspace):
    maker = await make.key(workspace, "keys:write", "posts:read")
    assert good(await create(api, maker), 201)["scopes"] == ["keys:write", "posts:read"]


async def test_no_key_reaches_beyond_its_maker(api, make, workspace):
    maker = await make.key(workspace, "keys:write", "posts:read")
    body = problem(await create(api, maker, scopes=["posts:read", "posts:write", "members:write"]), 403, "scopeMissing")
    assert "members:write, posts:write" in body["detail"]


async def test_the_scope_is_needed_and_named(api, make, workspace):
    reader = await make.key(workspace, "posts:read")
    assert "keys:read" in problem(await api.get("/api/keys", headers=reader), 403, "scopeMissing")["detail"]
    problem(await create(api, reader), 403, "scopeMissing")


async def test_keys_of_others_do_not_exist(api, key, make):
    other = await make.key_row(await make.workspace())
    problem(await api.get(f"/api/keys/{other.id}", headers=key), 404, "notFound")
    problem(await api.delete(f"/api/keys/{other.id}", headers=key), 404)
    good(await api.get("/api/keys", headers=bearer(other.key)))


async def test_pages(api, key, make, workspace):
    made = [str((await make.key_row(workspace)).id) for _ in range(5)]
    seen, cursor = [], None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = good(await api.get("/api/keys", headers=key, params=query))
        assert len(page["data"]) <= 2
        seen += [row["id"] for row in page["data"]]
        cursor = page["nextCursor"]
        if cursor is None:
            break
    assert seen[:5] == made[::-1]
    assert len(seen) == 6
    problem(await api.get("/api/keys", headers=key, params={"cursor": "nonsense"}), 422, "cursor")
    problem(await api.get("/api/keys", headers=key, params={"limit": 101}), 422)


async def test_a_header_of_another_workspace_is_refused(api, key, workspace):
    good(await api.get("/api/keys", headers={**key, "X-Workspace-Id": str(workspace)}))
    problem(await api.get("/api/keys", headers={**key, "X-Workspace-Id": str(new_id())}), 403, "notAMember")
    assert paths(problem(await api.get("/api/keys", headers={**key, "X-Workspace-Id": "x"}), 422)) == ["X-Workspace-Id"]


async def test_use_is_written_once_a_minute(make, workspace, resources, database):
    row = await make.key_row(workspace)

    async def last_used():
        async with database.transaction(workspace) as session:
            return await session.scalar(text("SELECT last_used_at FROM api_keys WHERE id = :id"), {"id": row.id})

    issuer = Issuer(resources.settings, resources.outbound, resources.clock)
    now = resources.clock()
    for process in range(3):
        clock = lambda process=process: now + timedelta(seconds=process)  # noqa: E731 - a clock is a function
        await Authenticator(database, resources.line, issuer, clock).identify(row.key)
    assert await last_used() == now
    await Authenticator(database, resources.line, issuer, lambda: now + timedelta(seconds=61)).identify(row.key)
    assert await last_used() == now + timedelta(seconds=61)
