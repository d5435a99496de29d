"""What a report costs: two queries however much there is, and indexes for all of it."""

import re
from contextlib import contextmanager

import asyncpg
import pytest
from sqlalchemy import event

from answers import good
from integration.analytics.ledger import HOUR, NOW, Ledger

URL = "/api/social/metrics"
FULL = re.compile(r"Seq Scan on (?:ocma_samples\.)?(account_posts|metric_\w+|publications)")


@pytest.fixture
def ledger(database, workspace):
    return Ledger(database, workspace)


@contextmanager
def watched(database):
    """Every statement that is sent meanwhile, with its values."""
    seen = []

    def note(connection, cursor, statement, parameters, context, executemany):
        seen.append((statement, parameters))

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(database.engine.sync_engine, "before_cursor_execute", note)


async def crowd(ledger, accounts, posts):
    for number in range(accounts):
        account = await ledger.account(("x", "mastodon", "bluesky")[number % 3], f"@{number}")
        for each in range(posts):
            await ledger.post(account, NOW - HOUR * (each + 1), figures={"likes": each, "reach": 10 + each})


@pytest.mark.parametrize(("accounts", "posts"), [(1, 1), (7, 6)])
async def test_three_statements_however_much_there_is(api, key, ledger, database, accounts, posts):
    await crowd(ledger, accounts, posts)
    good(await api.post(f"{URL}/custom", headers=key, json={"key": "rate", "formula": "likes / reach"}), 201)
    good(await api.get("/api/keys", headers=key))  # the caller is known
    for custom in (None, "rate"):
        with watched(database) as seen:
            found = good(await api.get(URL, headers=key, params={"custom": custom} if custom else {}))
        assert found["metrics"]["totalPosts"] == accounts * posts
        assert len(seen) == 3, "whose transaction it is, accounts, figures"
        assert "set_config" in seen[0][0]
    with watched(database) as seen:
        assert good(await api.get(URL, headers=key))["cached"]
    assert seen == []


async def test_an_account_in_trouble_costs_no_more_once_what_we_published_there_is_taken_up(
    api, key, ledger, database, workspace
):
    account = await ledger.account()
    await ledger.looked(account, {"code": "permissionMissing", "detail": "Grant more."})
    await ledger.run("UPDATE measurements SET live_until = now() - interval '1 minute'")
    await ledger.run(ONE_POST, workspace=workspace)
    await ledger.run(PUBLISHED)
    good(await api.get("/api/keys", headers=key))  # the caller is known
    assert good(await api.get(URL, headers=key))["metrics"]["totalPosts"] == 1
    with watched(database) as seen:
        assert good(await api.get(URL, headers=key, params={"limit": 21}))["metrics"]["totalPosts"] == 1
    assert len(seen) == 3
    with watched(database) as seen:
        assert good(await api.get(URL, headers=key))["cached"]
    assert seen == []


MANY = """
    INSERT INTO account_posts (id, workspace_id, account_id, platform_post_id, content, published_at, seen_at)
    SELECT gen_random_uuid(), a.workspace_id, a.id, n::text, 'A post', now() - n * interval '6 hours', now()
    FROM accounts a CROSS JOIN generate_series(1, 1000) n"""
FIGURES = """
    INSERT INTO metric_series (workspace_id, account_id, post_id, metric, name, unit, kind, latest, latest_at)
    SELECT workspace_id, account_id, id, m, m, 'count', 'total', 7, now()
    FROM account_posts CROSS JOIN unnest(ARRAY['likes', 'comments', 'reach']) m WHERE platform_post_id::int <= 1000"""

POSTS = """
    INSERT INTO posts (id, workspace_id, content, scheduled_at, wall_time, timezone, created_by)
    SELECT uuidv7(), :workspace, '{"parts": [{"text": "Words."}], "options": {}}', now() - n * interval '6 hours', now(), 'UTC', 'test'
    FROM generate_series(1, 500) n"""
ONE_POST = """
    INSERT INTO posts (id, workspace_id, content, scheduled_at, wall_time, timezone, created_by)
    SELECT uuidv7(), :workspace, '{"parts": [{"text": "Words."}], "options": {}}', now(), now(), 'UTC', 'test'"""
PUBLISHED = """
    INSERT INTO publications (id, workspace_id, post_id, account_id, platform, scheduled_at, max_attempts, on_unknown, state,
        published_at, platform_post_id)
    SELECT uuidv7(), p.workspace_id, p.id, a.id, a.platform, p.scheduled_at, 3, 'settle', 'published', p.scheduled_at, p.id::text
    FROM posts p CROSS JOIN accounts a"""


async def test_everything_is_found_by_indexes(api, key, ledger, database, workspace, services):
    """Among twenty accounts with a thousand posts each, by the planner's own choice."""
    for number in range(20):
        await ledger.account("mastodon", f"@{number}")
    one = await ledger.account()
    await ledger.run(MANY)
    await ledger.run(FIGURES)
    await ledger.run(POSTS, workspace=workspace)
    await ledger.run(PUBLISHED)
    owner = await asyncpg.connect(services.postgres.owner_url)
    try:
        await owner.execute("ANALYZE ocma.account_posts, ocma.metric_series, ocma.accounts, ocma.measurements, ocma.publications")
    finally:
        await owner.close()
    good(await api.get("/api/keys", headers=key))  # the caller is known
    with watched(database) as seen:
        found = good(await api.get(URL, headers=key, params={"timeRange": "30d", "accountId": str(one)}))
    assert found["metrics"]["totalEngagement"] == 120 * 14 - 14

    async with database.transaction(workspace) as session:
        connection = await session.connection()
        plans = [
            "\n".join([row[0] for row in await connection.exec_driver_sql(f"EXPLAIN {each}", values)])
            for each, values in seen[1:]
        ]
    assert not any(FULL.search(plan) for plan in plans), plans
    assert re.search(r"publications_done.*\n.*Index Cond: .*published_at >", plans[0]), plans[0]
    figures = plans[-1]
    assert re.search(r"Index Cond: .*account_id = a\.account_id\).*published_at >=.*published_at <", figures), figures
    assert re.search(r"Scan (using|on) metric_series_post", figures), figures
    assert "account_posts_pkey" in figures or "account_posts_workspace_id_id_key" in figures, figures
