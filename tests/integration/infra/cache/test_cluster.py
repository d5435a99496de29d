"""The same on a Redis Cluster: a workspace is in one slot, messages reach every node, and a node that dies breaks nothing."""

import asyncio

import pytest

from integration.infra.cache.conftest import Source, told
from integration.scale import cluster
from ocma.ids import new_id
from ocma.infra.cache.keys import prefix
from stage import until


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    with cluster.running(tmp_path_factory.mktemp("cluster")) as found:
        yield found


async def test_two_processes_on_a_cluster(process, nodes, slow, hands):
    one, other, workspaces = process(nodes.url), process(nodes.url, monotonic=hands), [new_id() for _ in range(12)]

    async def ask(cache, workspace):
        return await cache.get_or(workspace, ("report",), 100, slow, tags=("account",))

    for each in (one, other):
        await each.get_or(new_id(), ("report",), 100, Source())
    await asyncio.sleep(0.5)  # they know the nodes, and have subscribed
    found = await asyncio.gather(*(ask(each, workspace) for each in (one, other) for workspace in workspaces for _ in range(9)))
    assert (set(found), slow.computed) == ({b"version 1"}, len(workspaces))
    slow.version, slow.seconds = 2, 0
    for each in workspaces:
        await one.invalidate(each, "account")

    async def heard():
        return {await ask(other, each) for each in workspaces} == {b"version 2"} or None

    await until(heard, 20)


async def test_many_in_one_call_on_a_cluster(process, nodes, workspace):
    one, other, asked = process(nodes.url), process(nodes.url), []

    async def compute(missing):
        asked.append(len(missing))
        return {parts: b"%d" % parts[1] for parts in missing}

    many = [("report", number) for number in range(30)]
    for cache in (one, other):
        assert await cache.get_many_or(workspace, many, 100, compute) == {parts: b"%d" % parts[1] for parts in many}
    assert (asked, told(other, "redis")) == ([30], 30)


async def test_a_node_that_dies_costs_time_and_nothing_else(process, nodes):
    """The last one here: it stays dead."""
    cache, workspaces, source = process(nodes.url, patience=0.3, again=0.2), [new_id() for _ in range(12)], Source()

    async def ask(workspace):
        return await asyncio.wait_for(cache.get_or(workspace, ("report",), 100, source, tags=("account",)), 15)

    assert {await ask(each) for each in workspaces} == {b"version 1"}
    nodes.find_owner(prefix(workspaces[0]), nodes.nodes[0]).kill()
    source.version = 2
    for each in workspaces:
        await asyncio.wait_for(cache.invalidate(each, "account"), 15)
        assert await ask(each) == b"version 2"

    async def passed_on():
        await ask(new_id())
        return not (cache._owed or cache._line.is_away) or None

    await until(passed_on, 60)  # a replica has taken over, and been told
    fresh = process(nodes.url)
    assert {await fresh.get_or(each, ("report",), 100, source, tags=("account",)) for each in workspaces} == {b"version 2"}
