"""What `ocma up` starts, in this order: servers, sandbox, schema, first key, API, workers, dispatchers."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from ocma.errors import Conflict
from ocma.infra.embedded import environment, first_key, ports, postgres, probe, process, programs, ready_file, valkey
from ocma.infra.embedded.addresses import Addresses
from ocma.infra.embedded.bell import Bell
from ocma.infra.embedded.database import ensure_database
from ocma.infra.embedded.first_key import FirstKey
from ocma.infra.embedded.folder import DataFolder
from ocma.infra.embedded.programs import Programs
from ocma.infra.embedded.supervised import Service, Supervised
from ocma.infra.embedded.supervisor import Supervisor

Say = Callable[[str], None]
SERVER_LIMIT, MIGRATE_LIMIT, API_LIMIT = 120.0, 300.0, 90.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`port` 0: a free one, the same at the next start. `environment`: the user's own, `.env` included."""

    data: Path
    port: int
    sandbox: bool
    workers: int
    dispatchers: int
    environment: Mapping[str, str] = field(repr=False)


class Database(NamedTuple):
    """`identity` changes when the data is another."""

    owner_url: str
    app_url: str
    identity: str


@dataclass(frozen=True, slots=True)
class Start:
    """What every step of a start needs."""

    options: Options
    commands: Programs
    where: DataFolder
    supervisor: Supervisor
    bell: Bell
    say: Say

    def everything(self) -> tuple[Addresses, FirstKey]:
        api_port = self._api_port()
        database, redis_url = self._servers()
        sandbox_url = self._sandbox() if self.options.sandbox else None
        addresses = Addresses(
            api_url=f"http://127.0.0.1:{api_port}",
            sandbox_url=sandbox_url,
            owner_database_url=database.owner_url,
            database_url=database.app_url,
            redis_url=redis_url,
        )
        children = environment.for_api(self.options.environment, addresses, self.where)
        key = self._schema_and_key(environment.for_operator(children, addresses), database)
        self._application(api_port, children)
        return addresses, key

    def _api_port(self) -> int:
        port = self.options.port
        if not port:
            return ports.keep(self.where.path, "api")
        if ports.becomes_free(port):
            return port
        raise Conflict(
            f"Port {port} on 127.0.0.1 is in use by another program.",
            remediation="Choose another with --port, or --port 0 for a free one.",
        )

    def _servers(self) -> tuple[Database, str]:
        """Those of the user, by URL, or ours; ours start side by side."""
        user = self.options.environment
        redis_url, database_url = user.get("REDIS_URL"), user.get("DATABASE_URL")
        if database_url and self.options.sandbox:
            self.say("sandbox accounts will be kept in the database that DATABASE_URL names")
        ours = None if database_url else self._postgres()
        redis_url = redis_url or self._valkey()
        if ours:
            return self._database(*ours), redis_url
        return _external(database_url or "", user.get(environment.OWNER_URL)), redis_url

    def _postgres(self) -> tuple[postgres.Postgres, Supervised]:
        self.say("starting PostgreSQL")
        server = postgres.prepare(self.where)
        return server, self.supervisor.start(Service("postgres", "postgres", server.command))

    def _valkey(self) -> str:
        self.say("starting Valkey")
        server = valkey.prepare(self.where)
        self.supervisor.start(Service("valkey", "redis", server.command))
        self.supervisor.wait_until(lambda: valkey.is_ready(server), "Valkey", SERVER_LIMIT)
        return server.url

    def _database(self, server: postgres.Postgres, supervised: Supervised) -> Database:
        def is_ready() -> bool:
            return supervised.child is not None and postgres.is_ready(server, supervised.child.pid)

        self.supervisor.wait_until(is_ready, "PostgreSQL", SERVER_LIMIT)
        return Database(server.owner_url, server.app_url, ensure_database(server))

    def _sandbox(self) -> str:
        self.say("starting the sandbox")
        port = ports.keep(self.where.path, "sandbox")
        app = environment.x_app(self.where)
        self.supervisor.start(programs.sandbox(self.commands, port, app, self.where, self.options.environment))
        self.supervisor.wait_until(lambda: probe.accepts(port), "the sandbox", SERVER_LIMIT)
        return f"http://127.0.0.1:{port}"

    def _schema_and_key(self, operator: Mapping[str, str], database: Database) -> FirstKey:
        self.say("migrating")
        migrate = programs.command(self.commands.migrate, "migrate", self.where, operator)
        process.run(migrate, "ocma migrate", MIGRATE_LIMIT, self.bell.wait)
        bootstrap = programs.command(self.commands.bootstrap, "bootstrap", self.where, operator, captures=True)
        return first_key.find_or_make(self.where.path, database.identity, bootstrap, self.bell.wait)

    def _application(self, port: int, children: Mapping[str, str]) -> None:
        self.say("starting API, workers and dispatchers")
        count = self.options.workers, self.options.dispatchers
        for service in programs.application(self.commands, port, *count, self.where, children):
            self.supervisor.start(service)
        self.supervisor.wait_until(lambda: self.supervisor.all_well() and probe.is_ready(port), "the API", API_LIMIT)

    def write_ready(self, addresses: Addresses, key: FirstKey) -> None:
        one = {role: next(iter(self.supervisor.pids(role)), None) for role in ("postgres", "redis", "sandbox", "api")}
        many = {role: self.supervisor.pids(role) for role in ("worker", "dispatcher")}
        pids: dict[str, Any] = {"supervisor": os.getpid(), **one, **many}
        try:
            ready_file.write(self.where.path, addresses, key, pids)
        except OSError as error:  # a full disk is no reason to take everything down
            self.say(f"could not write {ready_file.NAME}: {error}")


def _external(url: str, owner_url: str | None) -> Database:
    place = url.rpartition("@")[2].partition("?")[0]
    return Database(owner_url or url, url, place)
