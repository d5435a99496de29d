"""A model's server that is down is left alone, by all processes, until one question finds it well again."""

import asyncio

import pytest

from integration.assistant.conftest import question
from ocma.entrypoints.api.snapshot import take
from ocma.infra.line import Away

DOWN = 6  # questions that find it down, before it is left alone


@pytest.fixture
async def two(open_resources, server):
    """Two processes, whose breakers open for long."""
    more = {"OCMA_BREAKER_SECONDS": 60, "OCMA_AI_CACHE_SECONDS": 0}
    async with open_resources(server, **more) as one, open_resources(server, **more) as other:
        yield one, other


async def reasons(resources, workspaces):
    return [(await resources.consultant.ask(each, question())).source.reason for each in workspaces]


async def state(resources):
    place = resources.consultant.oracle.guard.place
    snapshot = await take(resources)
    (health,) = [each for each in snapshot.outside.healths if each.place == place]
    return health.state


async def pass_time(resources):
    """Until it may be tried again."""
    await resources.redis.hset(resources.consultant.oracle.guard.place.key("breaker"), "until", "1")


async def test_it_opens_for_all_and_closes_by_one_that_gets_through(two, server, make):
    one, other = two
    workspaces = [await make.workspace() for _ in range(3)] * 2
    assert await state(one) == "closed"
    server.fault("reset")
    assert await reasons(one, workspaces) == ["unavailable"] * DOWN
    assert await state(other) == "open"
    assert await reasons(other, workspaces) == ["circuitOpen"] * DOWN
    assert server.calls == DOWN
    server.fault("slow")
    await pass_time(one)
    assert await state(one) == "halfOpen"
    found = await asyncio.gather(*(each.consultant.ask(workspaces[0], question()) for each in (one, other)))
    assert sorted(each.source.reason or "" for each in found) == ["", "circuitOpen"]  # one tries, the other waits
    assert await state(one) == "closed"
    assert await reasons(other, workspaces[:3]) == [None] * 3


async def test_a_probe_that_fails_opens_it_anew(two, server, make):
    one, _ = two
    workspaces = [await make.workspace() for _ in range(3)] * 2
    server.fault("reset")
    await reasons(one, workspaces)
    await pass_time(one)
    assert await reasons(one, workspaces[:2]) == ["unavailable", "circuitOpen"]
    assert server.calls == DOWN + 1


async def test_one_workspace_alone_with_nobody_getting_through(two, server, workspace):
    server.fault("reset")
    assert await reasons(two[0], [workspace] * (DOWN + 1)) == ["unavailable"] * DOWN + ["circuitOpen"]


async def test_one_workspace_in_trouble_does_not_stop_the_others(two, server, workspace, make):
    """Its questions may be what is wrong."""
    one, _ = two
    other = await make.workspace()
    for _ in range(DOWN + 4):
        server.fault("reset")
        assert await reasons(one, [workspace]) == ["unavailable"]
        server.fault(None)
        assert await reasons(one, [other]) == [None]


@pytest.mark.parametrize("fault", ["401", "wrong_schema", "refusal"])
async def test_a_server_that_answers_is_not_down(two, server, make, fault):
    workspaces = [await make.workspace() for _ in range(3)] * 4
    server.fault(fault)
    assert "circuitOpen" not in await reasons(two[0], workspaces)


class Nowhere:
    async def ask(self, wanted):
        raise Away

    async def close(self):
        pass


async def test_without_redis_each_process_has_its_own(two, server, make):
    one, other = two
    for each in two:
        each.consultant.oracle.guard._line = Nowhere()
    workspaces = [await make.workspace() for _ in range(3)] * 2
    server.fault("reset")
    assert await reasons(one, [*workspaces, workspaces[0]]) == ["unavailable"] * DOWN + ["circuitOpen"]
    assert await reasons(other, workspaces[:1]) == ["unavailable"]
