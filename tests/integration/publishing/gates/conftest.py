from dataclasses import replace

import pytest

from integration.publishing.gates.cast import Cast, Server
from ocma.clock import utcnow
from ocma.features.publishing.breaker import Policy
from ocma.features.publishing.gates import Gates
from ocma.ids import new_id
from ocma.infra.redis import connect


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """One that no other test uses."""
    found = Server.start(tmp_path_factory.mktemp("gates") / "data")
    yield found
    found.stop()


@pytest.fixture
async def redis(server):
    client = connect(server.url)
    await client.flushall()
    yield client
    await client.aclose()


@pytest.fixture
async def cast(resources, make):
    return Cast(resources, await make.workspace())


PATIENCE = 20.0  # seconds: a server that is there answers, however busy the machine is
QUICK = Policy(window=30.0, calls=6, accounts=3, refused_accounts=4, first=0.4, longest=1.6, memory=5.0, probe=5.0)
SHUT = replace(QUICK, first=30.0, longest=30.0)  # for who only asks whether it is open


@pytest.fixture
async def gates(redis, resources, server):
    """Makes one, as a process of its own would have: `gates(publish="3/1m")`."""
    clients = []

    def new(quotas="off", policy=QUICK, client=None, patience=PATIENCE, **more):
        client = client or connect(server.url)
        clients.append(client)
        environment = {"OCMA_MASTODON_QUOTAS": quotas, "OCMA_X_QUOTAS": quotas, "TWITTER_CLIENT_ID": new_id().hex}
        return Gates(client, resources.database, environment | more, utcnow, policy=policy, patience=patience)

    yield new
    for each in clients:
        await each.aclose()
