"""What a process needs, built once. The only place that constructs."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

from ocma.clock import Clock, utcnow
from ocma.errors import Invalid
from ocma.features.accounts.desk import Desk
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
from ocma.features.publishing.press import Press
from ocma.infra.database import Database
from ocma.infra.limits import policies
from ocma.infra.meters import Meters
from ocma.infra.outbound import Outbound
from ocma.infra.pools import Pool
from ocma.infra.redis import Client, connect, pools
from ocma.infra.storage import open_storage
from ocma.infra.tasks import Tasks
from ocma.infra.vault import Vault
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
    redis: Client
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

    def gates(self) -> Gates:
        policy = Policy(first=self.settings.breaker_seconds, longest=self.settings.breaker_seconds * 20)
        return Gates(self.redis, self.database, self.environment, self.clock, policy=policy)

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
        )


@asynccontextmanager
async def resources(settings: Settings | None = None, clock: Clock = utcnow) -> AsyncGenerator[Resources]:
    """Opens everything (connections are made at first use) and closes it at the end."""
    settings = settings or Settings()
    check(settings)
    vault, variables = Vault.open(settings), environment()
    async with AsyncExitStack() as stack:
        database = Database(settings.database_url.get_secret_value(), pool=settings.database_pool)
        stack.push_async_callback(database.close)
        leases = Database(settings.database_url.get_secret_value(), pool=1)
        stack.push_async_callback(leases.close)
        redis = connect(settings.redis_url.get_secret_value())
        stack.push_async_callback(redis.aclose)
        outbound = Outbound(timeout=settings.publish_timeout_seconds, trusted_hosts=settings.trusted_hosts)
        stack.push_async_callback(outbound.close)
        tasks = Tasks(settings.redis_url.get_secret_value())
        stack.push_async_callback(tasks.close)
        meters = _meters(database, leases, redis)
        gateway = Gateway(outbound, variables, meters)
        shelf = _shelf(settings, database, vault, clock)
        reachable = shelf.links.reachable or bool(variables.get("OCMA_SANDBOX_URL"))
        library = Library(shelf, outbound, reachable=reachable)
        yield Resources(
            settings=settings,
            environment=variables,
            clock=clock,
            database=database,
            redis=redis,
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
        )


def _meters(database: Database, leases: Database, redis: Client) -> Meters:
    """With an eye on the pools."""

    def look() -> list[Pool]:
        *_, bare = leases.pools()  # the other is never used
        return [*database.pools(), replace(bare, name="leases"), *pools(redis)]

    meters = Meters()
    meters.state.pools = look
    return meters


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
    Vault.open(settings)
    policies(settings)
    variables = environment()
    for each in connectors().values():
        quotas(each.manifest, variables)
