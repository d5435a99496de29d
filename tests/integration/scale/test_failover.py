"""A server dies in the middle: two workers and two dispatchers publish every post once, by the platform's own books."""

import os
import signal

import pytest

from integration.scale import cluster, watched
from ocma.infra.embedded import postgres, process

pytestmark = pytest.mark.timeout(400)


async def test_a_cluster_loses_the_master_that_has_the_tasks(crowd, tmp_path):
    with cluster.running(tmp_path) as redis:
        dying = redis.find_owner("ocma:tasks", redis.nodes[0])
        other = next(node for node in redis.nodes if node is not dying)
        with crowd.at_work(redis.url):
            await crowd.prove("cluster", dying.kill)
        assert redis.find_owner("ocma:tasks", other) not in {None, dying}


async def test_a_master_dies_and_the_sentinels_choose_another(crowd, tmp_path):
    with watched.running(tmp_path) as redis:
        with crowd.at_work(redis.url):
            await crowd.prove("sentinels", redis.master.kill)
        assert redis.replica.ask("INFO")["role"] == "master"


async def test_postgresql_falls_over(crowd, servers):
    """Immediate: every connection breaks, what was not committed is gone, and it recovers as after a crash."""
    child = servers.processes[0]
    again: list[process.Child] = []

    def restart():
        os.kill(child.pid, signal.SIGQUIT)
        assert child.wait(10)
        again.append(process.spawn(child.command))
        process.wait_until(lambda: postgres.is_ready(servers.postgres, again[0].pid), again[0], "PostgreSQL", 30)

    try:
        with crowd.at_work(servers.valkey.url):
            await crowd.prove("PostgreSQL", restart)
    finally:
        process.end(*again)
