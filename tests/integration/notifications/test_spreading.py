"""From what happened to who is told: every event, once, in the order of commits, whatever goes on beside it."""

import asyncio
import re
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text

import ocma
from answers import good
from ocma.features.notifications import courier as couriers
from ocma.features.notifications import retention
from ocma.features.notifications.catalogue import EVENTS, TESTED
from rows import add_rows

RECORDED = re.compile(r'audit\.record(?:_all)?\(\s*session,\s*caller,\s*"([^"]+)"', re.DOTALL)


def audited():
    """What the code records in the audit trail."""
    sources = [path.read_text(encoding="utf-8") for path in Path(ocma.__file__).parent.rglob("*.py")]
    return {action for text in sources for action in RECORDED.findall(text)}


async def run(opened, workspace, *statements, **values):
    for statement in statements:
        async with opened.database.transaction(workspace) as session:
            await session.execute(text(statement), values)


async def kinds(owner, workspace):
    rows = await owner.fetch("SELECT kind FROM events WHERE workspace_id = $1 ORDER BY xid, id", workspace)
    return [row["kind"] for row in rows]


async def spread_all(courier):
    while await couriers.spread(courier):
        pass


PUBLISHING = "state = 'publishing', attempt = attempt + 1, lease_until = now() + interval '1 minute'"
FREE = "lease_until = NULL, due_at"
PUBLICATION = {
    "publication.publishing": [PUBLISHING],
    "publication.unknown": [PUBLISHING, f"state = 'unknown', {FREE} = now()"],
    "publication.held": [PUBLISHING, f"state = 'unknown', {FREE} = now()", "lease_until = now()", f"{FREE} = NULL"],
    "publication.failed": [PUBLISHING, f"state = 'failed', {FREE} = NULL"],
    "publication.cancelled": ["state = 'cancelled', due_at = NULL"],
    "publication.published": [PUBLISHING, f"state = 'published', platform_post_id = '7', published_at = now(), {FREE} = NULL"],
}


@pytest.mark.parametrize("kind", PUBLICATION)
async def test_what_becomes_of_a_publication_is_told(opened, owner, kind):
    ids = await add_rows(opened.database)
    await run(opened, ids["workspace"], *(f"UPDATE publications SET {each}" for each in PUBLICATION[kind]))
    told = await kinds(owner, ids["workspace"])
    assert "publication.scheduled" in told
    assert told.count(kind) == 1
    assert told[-1] == kind


async def test_held_at_once_is_told_beside_unknown(opened, owner):
    ids = await add_rows(opened.database)
    await run(opened, ids["workspace"], f"UPDATE publications SET {PUBLISHING}")
    await run(opened, ids["workspace"], f"UPDATE publications SET state = 'unknown', {FREE} = NULL")
    assert sorted((await kinds(owner, ids["workspace"]))[-2:]) == ["publication.held", "publication.unknown"]
    await run(opened, ids["workspace"], "UPDATE publications SET looks = looks + 1")  # still held: nothing new
    assert (await kinds(owner, ids["workspace"])).count("publication.held") == 1


async def test_what_waits_for_its_account_is_told_and_again_when_it_goes_on(opened, owner):
    ids = await add_rows(opened.database)
    for hold in ("'account'", "NULL"):
        await run(opened, ids["workspace"], f"UPDATE publications SET hold = {hold}")
    assert (await kinds(owner, ids["workspace"]))[-2:] == ["publication.held", "publication.resumed"]


async def test_what_becomes_of_an_account_is_told(opened, owner):
    ids = await add_rows(opened.database)
    for status in ("needsReauthorization", "active", "restricted", "revoked", "active"):
        await run(opened, ids["workspace"], f"UPDATE accounts SET status = '{status}', status_reason = 'why'")
    await run(opened, ids["workspace"], "UPDATE accounts SET status = 'active', last_success_at = now()")  # no news
    found = [each for each in await kinds(owner, ids["workspace"]) if each.startswith("account.")]
    assert found == [
        "account.connected",
        "account.needsReauthorization",
        "account.reconnected",
        "account.restricted",
        "account.disconnected",
        "account.reconnected",
    ]
    row = await owner.fetchrow("SELECT * FROM events WHERE workspace_id = $1 AND kind = 'account.restricted'", ids["workspace"])
    assert row["account_id"] == ids["account"]
    assert '"reason": "why"' in row["data"]


def test_the_catalogue_is_what_happens_no_more_no_less():
    by_audit = {each for each in audited() if not each.startswith(("account.", "publication."))}
    by_state = {"publication.scheduled", "publication.resumed", *PUBLICATION}
    by_status = {f"account.{each}" for each in ("connected", "needsReauthorization", "reconnected", "restricted", "disconnected")}
    assert len(by_audit) > 10
    assert set(EVENTS) == by_audit | by_state | by_status | {"webhook.disabled", TESTED}
    assert len(EVENTS) >= 20


async def test_data_has_the_fields_that_the_catalogue_names(opened, owner, door, key):
    ids = await add_rows(opened.database)
    await run(opened, ids["workspace"], *(f"UPDATE publications SET {each}" for each in PUBLICATION["publication.published"]))
    made = good(await door.post("/api/keys", headers=key, json={"name": "k", "scopes": ["posts:read"]}), 201)
    await door.delete(f"/api/keys/{made['id']}", headers=key)
    rows = await owner.fetch("SELECT kind, array(SELECT jsonb_object_keys(data)) AS names FROM events WHERE data <> '{}'")
    seen = {row["kind"] for row in rows} & set(EVENTS)
    assert {"publication.published", "account.connected", "key.created", "key.revoked"} <= seen
    for row in rows:
        if row["kind"] in EVENTS and row["kind"] != "workspace.updated":
            assert set(row["names"]) <= set(EVENTS[row["kind"]].fields), row["kind"]


async def test_an_event_waits_for_earlier_transactions_and_is_never_passed_over(
    opened, owner, servers, workspace, courier, endpoint, path
):
    """One transaction takes its number first and commits last: a cursor over ids alone would lose its event."""
    made = await endpoint(path, events=["key.*"])
    await spread_all(courier)
    insert = "INSERT INTO events (workspace_id, kind) VALUES ($1, $2)"
    slow = await asyncpg.connect(servers.postgres.owner_url, server_settings={"search_path": "ocma"})
    transaction = slow.transaction()
    await transaction.start()
    await slow.execute(insert, workspace, "key.created")
    await owner.execute(insert, workspace, "key.revoked")
    await spread_all(courier)
    assert await messages(owner, made) == []
    await transaction.commit()
    await slow.close()
    await spread_all(courier)
    assert await messages(owner, made) == ["key.created", "key.revoked"]


async def messages(owner, endpoint):
    query = "SELECT kind FROM webhook_deliveries WHERE endpoint_id = $1::text::uuid ORDER BY created_at, id"
    return [row["kind"] for row in await owner.fetch(query, endpoint["id"])]


async def test_many_that_spread_at_once_tell_everything_once(owner, workspace, courier, endpoint, path):
    made = await endpoint(path, events=["key.*"])
    many = "INSERT INTO events (workspace_id, kind, data) SELECT $1, 'key.created', jsonb_build_object('n', n) FROM generate_series(1, 2500) n"
    await owner.execute(many, workspace)
    await asyncio.gather(*(spread_all(courier) for _ in range(6)))
    await spread_all(courier)
    row = await owner.fetchrow(
        "SELECT count(*) AS all, count(DISTINCT message_id) AS ids, count(DISTINCT payload #> '{data,n}') AS numbers "
        "FROM webhook_deliveries WHERE endpoint_id = $1::text::uuid",
        made["id"],
    )
    assert tuple(row) == (2500, 2500, 2500)


async def test_without_endpoints_nothing_is_written(owner, workspace, courier):
    await spread_all(courier)
    before = await owner.fetchval("SELECT count(*) FROM webhook_deliveries")
    await owner.execute(
        "INSERT INTO events (workspace_id, kind) SELECT $1, 'publication.scheduled' FROM generate_series(1, 50)", workspace
    )
    assert await couriers.spread(courier) == 50
    assert await owner.fetchval("SELECT count(*) FROM webhook_deliveries") == before
    assert await owner.fetchval("SELECT count(*) FROM notifications WHERE workspace_id = $1", workspace) == 0


async def test_a_backup_restored_elsewhere_loses_nothing(owner, workspace, courier, endpoint, path):
    """There transactions are numbered from the start, below what the cursor has seen."""
    made = await endpoint(path, events=["key.*"])
    insert = "INSERT INTO events (workspace_id, kind) VALUES ($1, 'key.created')"
    await owner.execute(insert, workspace)
    await spread_all(courier)
    assert await messages(owner, made) == ["key.created"]
    await owner.execute("UPDATE events SET xid = (xid::text::bigint + 1000000000)::text::xid8")
    await owner.execute("UPDATE event_cursors SET xid = (xid::text::bigint + 1000000000)::text::xid8")
    await owner.execute(insert, workspace)
    await spread_all(courier)
    await spread_all(courier)
    assert await messages(owner, made) == ["key.created", "key.created"]


async def test_what_is_old_is_forgotten_but_never_before_it_was_told(
    opened, owner, workspace, courier, door, key, endpoint, path
):
    made = await endpoint(path, events=["key.*"])
    await spread_all(courier)
    old = "INSERT INTO events (workspace_id, kind, at) VALUES ($1, 'key.created', now() - interval '40 days')"
    await owner.execute(old, workspace)
    month = timedelta(days=30)
    await owner.execute("DELETE FROM events WHERE workspace_id <> $1", workspace)  # by their ids these are the oldest
    await retention.forget_old(opened.database, month)
    untold = "SELECT count(*) FROM events WHERE workspace_id = $1 AND at < now() - interval '30 days'"
    assert await owner.fetchval(untold, workspace) == 1
    await spread_all(courier)
    await owner.execute("UPDATE webhook_deliveries SET created_at = now() - interval '40 days', id = new_id()")
    await owner.execute("DELETE FROM notifications")
    fresh = "INSERT INTO notifications (id, workspace_id, kind, at) SELECT new_id(), $1, 'publication.failed', now() - days * interval '1 day' FROM unnest($2::int[]) AS days"
    await owner.execute(fresh, workspace, [10, 100, 200, 400])
    good(await door.get("/api/notifications", headers=key))
    await owner.execute(
        "INSERT INTO notification_reads (workspace_id, notification_id, reader) SELECT workspace_id, id, 'x' FROM notifications WHERE at > now() - interval '150 days'"
    )
    await retention.forget_old(opened.database, month)
    assert await owner.fetchval(untold, workspace) == 0
    assert await owner.fetchval("SELECT count(*) FROM events WHERE workspace_id = $1", workspace) > 0
    left = await owner.fetch(
        "SELECT round(extract(epoch FROM now() - at) / 86400)::int AS days FROM notifications ORDER BY at DESC"
    )
    assert [row["days"] for row in left] == [10, 200]
    assert made["id"]


async def test_a_pending_delivery_is_not_forgotten(opened, owner, workspace, courier, endpoint, path):
    made = await endpoint(path, events=["key.*"])
    await owner.execute("INSERT INTO events (workspace_id, kind, at) VALUES ($1, 'key.created', now())", workspace)
    await spread_all(courier)
    await owner.execute("UPDATE webhook_deliveries SET created_at = now() - interval '40 days'")
    await retention.forget_old(opened.database, timedelta(days=30))
    assert await messages(owner, made) == ["key.created"]
    await owner.execute("UPDATE webhook_deliveries SET status = 'failed', due_at = NULL")
    await retention.forget_old(opened.database, timedelta(days=30))
    assert await messages(owner, made) == []
