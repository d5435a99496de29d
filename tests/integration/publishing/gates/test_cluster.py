"""The same on a Redis Cluster: one hash slot for each platform, and a node that dies takes no calls with it."""

import asyncio

import pytest

from integration.publishing.gates.conftest import SHUT
from integration.scale import cluster
from ocma.clock import utcnow
from ocma.features.publishing.gates import Gates
from ocma.infra.redis import connect, pools
from ocma.platforms.errors import PlatformUnavailable
from stage import until


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    with cluster.running(tmp_path_factory.mktemp("cluster")) as found:
        yield found


@pytest.fixture
async def gates(nodes, resources):
    client = connect(nodes.url)
    await client.get("the first asks who has what")
    environment = {"OCMA_MASTODON_QUOTAS": "publish:account=4/10m,publish:app=40/10m", "TWITTER_CLIENT_ID": "c"}
    yield Gates(client, resources.database, environment, utcnow, policy=SHUT, patience=20.0)
    await client.aclose()


async def record(cast, works):
    for each in works:
        await cast.attempt(each)
        await cast.rest(each)


async def test_connections_to_all_nodes_are_counted_together(nodes):
    client = connect(nodes.url)
    try:
        assert pools(client) == []  # it knows no node yet
        for number in range(30):
            await client.set(f"pools:{number}", number)
        (pool,) = pools(client)
        assert (pool.name, pool.in_use, pool.waiting) == ("redis", 0, 0)
        assert 3 <= pool.idle <= pool.size

        async def in_use():
            return pools(client)[0].in_use == 1 or None

        blocked = asyncio.create_task(client.blpop(["pools:nobody"], timeout=5))
        try:
            await until(in_use, 5)
        finally:
            blocked.cancel()
    finally:
        await client.aclose()


async def test_quotas_and_breaker_outlive_the_node_that_holds_them(gates, nodes, cast):
    first, second, third = [await cast.works(await cast.account(), 5) for _ in range(3)]
    waits = await gates.admit(first)
    assert len(waits) == 1
    assert not gates._away_until, "PostgreSQL answered, not the cluster"
    await record(cast, first[:4])

    owner = nodes.find_owner("{mastodon}", nodes.nodes[0])
    owner.kill()
    gates._patience = 1.0
    waits = await gates.admit(second)  # nobody answers for this slot now: PostgreSQL counts

    assert len(waits) == 1
    assert gates._away_until, "a dead node answered"
    await record(cast, second[:4])
    await until_it_answers(gates)
    gates._patience = 20.0
    for each in (first, second):
        (again,) = await cast.works(each[0].account.id, 1)
        assert set(await gates.admit([again])) == {again.claim.id}

    (last,) = await cast.works(await cast.account(), 1)
    for each in [*first, *second, *third]:
        await gates.told(each, PlatformUnavailable(status=503))
    assert (await gates.admit([last]))[last.claim.id].reason == "breaker"
    assert not gates._away_until


async def until_it_answers(gates):
    for _ in range(60):
        await asyncio.sleep(0.5)
        try:
            async with asyncio.timeout(2):
                await gates._redis.get("ocma:{mastodon}:since")
        except Exception:
            continue
        gates._away_until = 0.0
        return
    raise AssertionError("no replica took over")
