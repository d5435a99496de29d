"""Two tenants, the same keys, the same tags, whatever is asked in whatever order: no value crosses."""

import asyncio

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ocma.ids import new_id
from ocma.infra.cache import Cache
from ocma.infra.cache.keys import Key
from ocma.infra.line import Line
from ocma.infra.redis import connect

some_part = st.one_of(
    st.none(), st.integers(-3, 3), st.sampled_from(["", ":", "a", '"', "}{", "a:b", "é\ud800"]), st.text(max_size=5)
)
some_parts = st.tuples(st.sampled_from(["report", "hosts"]), some_part, some_part)
some_tags = st.lists(st.sampled_from(["", "a", "b", "a:b"]), max_size=2)
step = st.tuples(
    st.sampled_from(["get", "get", "many", "invalidate"]),
    st.integers(0, 1),
    st.integers(0, 1),
    st.lists(some_parts, min_size=1, max_size=3),
    some_tags,
)


@settings(max_examples=60, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(step, max_size=15))
def test_no_value_crosses(server, steps):
    asyncio.run(walk(server.url, steps))


async def walk(url, steps):
    workspaces, clients = [new_id(), new_id()], [connect(url), connect(url)]
    caches = [Cache(each, 100_000, line=Line(each, "cache", patience=20)) for each in clients]
    try:
        for what, which, who, many, tags in steps:
            await STEPS[what](caches[which], workspaces[who], many, tags)
    finally:
        for cache, client in zip(caches, clients, strict=True):
            await cache.close()
            await client.aclose()


def text(workspace, parts):
    return repr((workspace, parts)).encode()


async def get(cache, workspace, many, tags):
    async def compute():
        return text(workspace, many[0])

    assert await cache.get_or(workspace, many[0], 100, compute, tags=tags) == text(workspace, many[0])


async def get_many(cache, workspace, many, tags):
    async def compute(missing):
        return {parts: text(workspace, parts) for parts in missing}

    found = await cache.get_many_or(workspace, many, 100, compute, tags=tags)
    assert found == {parts: text(workspace, parts) for parts in many}


async def invalidate(cache, workspace, _many, tags):
    await cache.invalidate(workspace, *tags)


STEPS = {"get": get, "many": get_many, "invalidate": invalidate}


@given(st.lists(st.tuples(st.integers(0, 1), some_parts, st.frozensets(st.sampled_from(["a", "b"]))), unique=True, max_size=20))
@settings(max_examples=200, derandomize=True, database=None, deadline=None)
def test_no_two_keys_have_one_name_and_each_begins_with_its_workspace(wanted):
    workspaces = [new_id(), new_id()]
    keys = [Key(workspaces[who], parts, tags) for who, parts, tags in wanted]
    assert len({each.name for each in keys}) == len(wanted)
    for each in keys:
        for name in (each.name, each.lock, *each.versions):
            assert name.startswith(f"ocma:cache:{{{each.workspace_id}}}:")
    assert not {each.name for each in keys} & {name for each in keys for name in each.versions}
