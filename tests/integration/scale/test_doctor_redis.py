"""What `ocma doctor` says of a cluster and of a watched master: whether something takes over when a server dies."""

import time

from integration.scale import cluster, watched
from integration.scale.nodes import PASSWORD, until
from ocma.entrypoints.cli import doctor_redis
from ocma.entrypoints.cli.doctor_finding import Grade
from ocma.infra import heartbeat
from ocma.infra.redis import connect


async def examined(url):
    found = {each.name: each for each in await doctor_redis.examine(url)}
    assert not [each for each in found.values() if PASSWORD in each.detail]
    return found


async def at_work(url):
    redis = connect(url)
    for kind in ("worker", "dispatcher"):
        await heartbeat.beat(redis, kind, "here", time.time())
    await redis.aclose()


async def test_a_cluster(tmp_path):
    with cluster.running(tmp_path) as redis:
        await at_work(redis.url)
        found = await examined(redis.url)
        assert {each.grade for each in found.values()} == {Grade.FINE}
        assert found["Redis cluster"].detail == "3 masters, 3 replicas"
        assert "1 at work" in found["workers"].detail
        spare = redis.nodes[3]
        spare.kill()
        until(lambda: redis.nodes[0].ask("INFO")["connected_slaves"] == 0, "the replica is still there")
        lonely = (await examined(redis.url))["Redis cluster"]
        assert (lonely.grade, lonely.remedy) == (Grade.NOTE, "Add a replica.")
        redis.nodes[0].kill()
        until(lambda: redis.nodes[1].ask("CLUSTER INFO")["cluster_state"] == "fail", "the cluster works on")
        assert [each.grade for each in await doctor_redis.examine(redis.url)] == [Grade.WRONG]


async def test_a_watched_master(tmp_path):
    with watched.running(tmp_path) as redis:
        await at_work(redis.url)
        found = await examined(redis.url)
        assert {each.grade for each in found.values()} == {Grade.FINE}
        assert found["Redis Sentinel"].detail == "3 sentinels, quorum 2, 1 replicas"
        for each in redis.sentinels:
            each.kill()
        [alone] = await doctor_redis.examine(redis.url)
        assert (alone.name, alone.grade) == ("Redis", Grade.WRONG)


async def test_a_url_that_cannot_be_meant():
    [found] = await doctor_redis.examine("redis+cluster://:hushhush@one/3")
    assert found.grade is Grade.WRONG
    assert "hushhush" not in found.detail
