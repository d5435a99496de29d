"""An API, a worker and a dispatcher, all real processes, and a story that touches every number they show."""

from dataclasses import dataclass

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

import stage
from by_hand import opened as opened_with
from factories import Factory
from ocma.infra import embedded, migrations
from ocma.infra.embedded import ports

TOKEN = "scrape-me"


@dataclass
class Scraped:
    """`samples`: (name, labels, value). `names` is what Prometheus would know, `labels` by name."""

    samples: list[tuple[str, dict[str, str], float]]

    @property
    def labels(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for name, labels, _ in self.samples:
            found.setdefault(name, set()).update(labels)
        return found

    def total(self, wanted: str, **labels: str) -> float:
        return sum(value for name, given, value in self.samples if name == wanted and labels.items() <= given.items())


@pytest.fixture(scope="session")
def services():
    """Of our own: nobody else's worker takes these posts."""
    with embedded.temporary() as found:
        migrations.run(found.postgres.owner_url)
        yield found


@pytest.fixture(scope="session")
def sandbox():
    with stage.sandbox() as found:
        yield found


@pytest.fixture(scope="session")
def environment(services, sandbox, tmp_path_factory):
    found = stage.environment(services.postgres.app_url, services.valkey.url, sandbox, tmp_path_factory.mktemp("media"))
    no_replica = {"DATABASE_READ_URL": services.postgres.app_url}  # so that it is told of
    # Calls are counted: none is to be taken for lost because this machine is busy.
    patient = {"OCMA_LEASE_SECONDS": "5", "OCMA_PUBLISH_TIMEOUT_SECONDS": "5"}
    return found | {"OCMA_METRICS_TOKEN": TOKEN} | no_replica | patient


@pytest.fixture(scope="session")
async def opened(environment):
    async with opened_with(environment) as found:
        yield found


@pytest.fixture(scope="session")
def log(tmp_path_factory):
    """What the processes say."""
    return tmp_path_factory.mktemp("logs") / "all.log"


@pytest.fixture(scope="session")
def doors(environment, log):
    """Where each process shows its metrics, by its kind. They say all they can say."""
    folder, told = log.parent, environment | {"OCMA_LOG_LEVEL": "DEBUG"}
    worker, dispatcher = (ports.keep(folder, each) for each in ("worker", "dispatcher"))
    with (
        log.open("ab") as file,
        stage.served(told, file) as api,
        stage.process(["-m", "ocma", "worker"], told | {"OCMA_METRICS_PORT": str(worker)}, file),
        stage.process(["-m", "ocma", "dispatcher"], told | {"OCMA_METRICS_PORT": str(dispatcher)}, file),
    ):
        yield {"api": api, "worker": f"http://127.0.0.1:{worker}", "dispatcher": f"http://127.0.0.1:{dispatcher}"}


async def scrape(url: str) -> Scraped:
    async with httpx2.AsyncClient(timeout=10) as client:
        answer = await client.get(f"{url}/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200, answer.text
    families = list(text_string_to_metric_families(answer.text))
    assert len({each.name for each in families}) == len(families)  # Prometheus refuses a name that comes twice
    return Scraped([(each.name, each.labels, each.value) for family in families for each in family.samples])


async def ready(url: str) -> None:
    async def answers():
        try:
            return await scrape(url)
        except httpx2.TransportError:
            return None

    await stage.until(answers, 60)


@pytest.fixture(scope="session")
async def told(opened, sandbox, doors):
    """What each process shows after the story: published, throttled, refused, renewed, and one that is not due yet."""
    company = await stage.company(opened)
    for each in doors.values():
        await ready(each)
    account = await company.connect("x", "monitored")
    await company.wait(await company.schedule("goes well", account), "completed")
    await expire_token(company, account)
    await company.wait(await company.schedule("with a new token", account), "completed")
    await sandbox.fault("x", "rate_limit", 1, delayMs=120_000)  # until all have been asked
    waits = [await company.schedule(f"has to wait {number}", account) for number in range(3)]
    await company.wait(waits[0], "pending", "processing")
    other = await company.connect("mastodon", "monitored")
    await company.schedule("much later", other, scheduledAt="2099-01-01T00:00:00Z")
    async with httpx2.AsyncClient(timeout=30) as client:
        for path in ("/healthz", "/nowhere/a-secret", "/api/queue/jobs", "/api/queue/jobs/no-id"):
            await client.get(f"{doors['api']}{path}")
        key = await Factory(opened).key(company.caller.workspace_id)
        (await client.get(f"{doors['api']}/api/social/metrics", headers=key)).raise_for_status()

    async def put_back():
        found = await scrape(doors["worker"])
        return found if found.total("ocma_publications_put_back_total") else None

    await stage.until(put_back, 30)
    return {kind: await scrape(url) for kind, url in doors.items()}


async def expire_token(company, account) -> None:
    query = text("UPDATE account_tokens SET expires_at = now() - interval '1 minute' WHERE account_id = :account")
    async with company.resources.database.transaction(company.caller.workspace_id) as session:
        assert (await session.execute(query, {"account": account.id})).rowcount == 1


@pytest.fixture(scope="session")
def everything(told):
    """All of it, as one Prometheus sees it."""
    return Scraped([sample for each in told.values() for sample in each.samples])
