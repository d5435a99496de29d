"""What a process needs, built once. The only place that constructs."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Protocol, TypeVar

from ocma.clock import Clock, utcnow
from ocma.errors import Invalid
from ocma.features.accounts.desk import Desk
from ocma.features.analytics.answers import Numbers
from ocma.features.analytics.collector import Collector
from ocma.features.analytics.first import FirstLooks
from ocma.features.assistant.analyze import Analyst
from ocma.features.assistant.budget import Limits as AiLimits
from ocma.features.assistant.consult import Consultant, Oracle
from ocma.features.assistant.guard import Guard, place_of, policy_of
from ocma.features.assistant.kept import Kept
from ocma.features.assistant.learned import Learned
from ocma.features.media.craft import Workshop
from ocma.features.media.intake import Limits
from ocma.features.media.library import Library
from ocma.features.media.links import Links
from ocma.features.media.renditions import Renditions
from ocma.features.media.shelf import Shelf
from ocma.features.media.uploads import Uploads
from ocma.features.publishing.breaker import Policy
from ocma.features.publishing.gates import Gates
from ocma.features.publishing.journal import Journal
from ocma.features.publishing.keeper import Keeper
from ocma.features.publishing.lanes import Lanes
from ocma.features.publishing.press import Press, no_stage
from ocma.infra.cache import Cache
from ocma.infra.database import Database, is_url
from ocma.infra.limits import policies
from ocma.infra.line import Line
from ocma.infra.meters import Meters
from ocma.infra.outbound import Outbound
from ocma.infra.pools import Pool
from ocma.infra.reader import Reader, describe
from ocma.infra.redis import Client, connect, pools
from ocma.infra.replica import Replica
from ocma.infra.storage import open_storage
from ocma.infra.tasks import Tasks
from ocma.infra.tracing import Tracing, check_tracing, open_tracing
from ocma.infra.vault import Vault
from ocma.intelligence.endpoint import find_endpoint
from ocma.intelligence.model import Model
from ocma.platforms.configuration import quotas
from ocma.platforms.gateway import Gateway
from ocma.platforms.registry import connectors
from ocma.settings import Settings, environment


@dataclass(frozen=True, slots=True)
class Resources:
    settings: Settings
    environment: Mapping[str, str]
    clock: Clock
    database: Database
    reader: Reader  # for reports, which may be some seconds old
    redis: Client
    line: Line  # to it, for what goes on without
    cache: Cache
    vault: Vault
    outbound: Outbound
    gateway: Gateway
    tasks: Tasks
    desk: Desk
    library: Library
    uploads: Uploads
    renditions: Renditions
    leases: Database  # a connection of its own: a full pool must not cost a lease
    meters: Meters
    first_looks: FirstLooks
    consultant: Consultant
    learned: Learned
    tracing: Tracing | None = None  # None: nobody wants traces

    def gates(self) -> Gates:
        policy = Policy(first=self.settings.breaker_seconds, longest=self.settings.breaker_seconds * 20)
        return Gates(self.redis, self.database, self.environment, self.clock, policy=policy)

    @property
    def analyst(self) -> Analyst:
        return Analyst(self.database, self.learned, self.consultant, self.clock)

    @property
    def numbers(self) -> Numbers:
        collector = self.collector if self.settings.measure else None
        return Numbers(self.cache, self.reader, self.database, self.clock, self.first_looks, collector)

    def collector(self, gates: Gates | None = None) -> Collector:
        """A process that publishes as well has gates already."""
        return Collector(
            database=self.database,
            desk=self.desk,
            gates=gates or self.gates(),
            clock=self.clock,
            every=timedelta(minutes=self.settings.measure_every_minutes),
            concurrency=self.settings.measure_concurrency,
            daily_usd=self.settings.measure_daily_usd,
            meters=self.meters,
            cache=self.cache,
        )

    def press(self) -> Press:
        """For a worker: whoever makes one runs its keeper."""
        lease = timedelta(seconds=self.settings.lease_seconds)
        return Press(
            database=self.database,
            desk=self.desk,
            library=self.library,
            keeper=Keeper(self.leases, lease),
            journal=Journal(self.database),
            gates=self.gates(),
            lanes=Lanes(self.settings.worker_concurrency, self.settings.platform_concurrency),
            clock=self.clock,
            lease=lease,
            timeout=self.settings.publish_timeout_seconds,
            patience=self.settings.settle_patience,
            meters=self.meters,
            tracing=self.tracing,
            reached=self.tracing.reached if self.tracing else no_stage,
        )


@asynccontextmanager
async def resources(
    settings: Settings | None = None, clock: Clock = utcnow, *, traced: str | None = None
) -> AsyncGenerator[Resources]:
    """Opens everything (connections are made at first use) and closes it at the end.

    `traced`: which kind of process this is, if its work may be shown in traces.
    """
    settings = settings or Settings()
    check(settings)
    vault, variables = Vault.open(settings), environment()
    async with AsyncExitStack() as stack:
        tracing = _tracing(settings, traced, stack)
        database = _kept(stack, Database(settings.database_url.get_secret_value(), pool=settings.database_pool))
        leases = _kept(stack, Database(settings.database_url.get_secret_value(), pool=1))
        redis = connect(settings.redis_url.get_secret_value())
        stack.push_async_callback(redis.aclose)
        line = _kept(stack, Line(redis, "requests"))
        cache = _kept(stack, Cache(redis, settings.cache_bytes))
        outbound = _kept(stack, Outbound(timeout=settings.publish_timeout_seconds, trusted_hosts=settings.trusted_hosts))
        tasks = _kept(stack, Tasks(settings.redis_url.get_secret_value()))
        replica = _replica(settings, stack)
        meters = _meters(tracing, cache, database, leases, redis, replica)
        first_looks = _kept(stack, FirstLooks())
        consultant = _kept(stack, _consultant(settings, database, redis, cache, outbound, clock, meters))
        reader = Reader(database, replica, meters)
        learned = _kept(stack, Learned(reader, clock))
        gateway = Gateway(outbound, variables, meters)
        shelf = _shelf(settings, database, vault, clock)
        reachable = shelf.links.reachable or bool(variables.get("OCMA_SANDBOX_URL"))
        library = Library(shelf, outbound, reachable=reachable)
        yield Resources(
            settings=settings,
            environment=variables,
            clock=clock,
            database=database,
            reader=reader,
            redis=redis,
            line=line,
            cache=cache,
            vault=vault,
            outbound=outbound,
            gateway=gateway,
            tasks=tasks,
            desk=Desk(database, vault, gateway, clock, settings.public_url, meters),
            library=library,
            uploads=Uploads(library),
            renditions=Renditions(shelf),
            leases=leases,
            meters=meters,
            first_looks=first_looks,
            consultant=consultant,
            learned=learned,
            tracing=tracing,
        )


class Closes(Protocol):
    async def close(self) -> None: ...


Kind = TypeVar("Kind", bound=Closes)


def _kept(stack: AsyncExitStack, thing: Kind) -> Kind:
    """Until the end, when it is closed."""
    stack.push_async_callback(thing.close)
    return thing


def _tracing(settings: Settings, traced: str | None, stack: AsyncExitStack) -> Tracing | None:
    tracing = open_tracing(settings, traced) if traced else None
    if tracing is not None:
        stack.push_async_callback(tracing.close)
    return tracing


def _replica(settings: Settings, stack: AsyncExitStack) -> Replica | None:
    url = settings.database_read_url.get_secret_value()
    if not url:
        return None
    primary = Database(settings.database_url.get_secret_value(), pool=1)
    replica = Replica(Database(url, pool=settings.database_pool), primary, settings.read_lag)
    stack.push_async_callback(replica.close)
    return replica


def _meters(
    tracing: Tracing | None, cache: Cache, database: Database, leases: Database, redis: Client, replica: Replica | None
) -> Meters:
    """With the cache, the pools, and the replica."""
    meters = Meters(tracing.called if tracing else None)
    meters.registry.register(cache.gauges)

    def look() -> list[Pool]:
        *_, bare = leases.pools()  # the other is never used
        return [*database.pools(), replace(bare, name="leases"), *(replica.pools() if replica else ()), *pools(redis)]

    meters.state.pools = look
    if replica is not None:
        meters.state.replica = partial(describe, replica)
    return meters


def _consultant(
    settings: Settings, database: Database, redis: Client, cache: Cache, outbound: Outbound, clock: Clock, meters: Meters
) -> Consultant:
    """Without a model it answers nothing."""
    endpoint = find_endpoint(settings)
    if endpoint is None:
        return Consultant()
    policy = policy_of(settings.breaker_seconds, probe=settings.ai_timeout_seconds * 2)
    oracle = Oracle(
        model=Model(endpoint, outbound),
        guard=Guard(redis, place_of(endpoint.url, endpoint.name), policy),
        kept=Kept(cache, endpoint, settings.ai_cache_seconds),
        database=database,
        clock=clock,
        meters=meters,
        limits=AiLimits(settings.ai_daily_usd, settings.ai_daily_tokens),
        seconds=settings.ai_timeout_seconds,
        concurrency=settings.ai_concurrency,
    )
    return Consultant(oracle)


def _shelf(settings: Settings, database: Database, vault: Vault, clock: Clock) -> Shelf:
    return Shelf(
        database=database,
        storage=open_storage(settings),
        workshop=Workshop(),
        links=Links(vault, settings.media_base_url or settings.public_url, clock, timedelta(hours=settings.media_link_hours)),
        clock=clock,
        limits=Limits.of(settings),
        rest=timedelta(hours=settings.upload_hours),
    )


def check(settings: Settings) -> None:
    """Raises Invalid for what no process could work with, in any of them, before it begins."""
    for name, value in (("DATABASE_URL", settings.database_url), ("REDIS_URL", settings.redis_url)):
        if not value.get_secret_value():
            raise Invalid(f"{name} is not set.", code="settings", remediation="Set it, or let `ocma up` start everything.")
    for name, value in (("DATABASE_URL", settings.database_url), ("DATABASE_READ_URL", settings.database_read_url)):
        if (url := value.get_secret_value()) and not is_url(url):
            raise Invalid(
                f"{name} is not a URL.", code="settings", remediation="Write postgresql://USER:PASSWORD@HOST:5432/NAME."
            )
    Vault.open(settings)
    policies(settings)
    find_endpoint(settings)
    check_tracing(settings)
    variables = environment()
    for each in connectors().values():
        quotas(each.manifest, variables)
