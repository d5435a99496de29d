"""PostgreSQL: transactions that belong to a workspace, by SQLAlchemy; what is done many times a second, by our driver alone."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import UUID
from weakref import WeakSet

import asyncpg
import structlog
from sqlalchemy import URL, MetaData, TextClause, event, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.pool import QueuePool

from ocma.infra.pools import Pool

log = structlog.get_logger(__name__)

SCHEMA = "ocma"
ROLE = "ocma_app"
Connection = Any  # of asyncpg, which is not typed
PATIENCE = 60.0  # seconds for an answer: a connection that is half dead must not hold up everybody
PARTING = 2.0  # seconds for the server to hear that we go
_WORKSPACE = text("SELECT set_config('app.workspace_id', :workspace, true), set_config('app.user_id', :person, true)")
_READING = text(f"{_WORKSPACE.text}, set_config('transaction_read_only', 'on', true)")
_BATCH = "BEGIN; SELECT set_config('role', 'ocma_worker', true), set_config('app.workspaces', '{{{}}}', true)"
# What any call may raise when the database does not do it.
FAILURES: tuple[type[Exception], ...] = (SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError)


class Model(DeclarativeBase):
    """Base of every table's class. The tables themselves are made by migrations/."""

    metadata = MetaData(schema=SCHEMA)


def async_url(url: str) -> URL:
    """`postgres://` and `postgresql://` in any spelling, for SQLAlchemy over our driver."""
    return _renamed(make_url(url).set(drivername="postgresql+asyncpg"), "sslmode", "ssl")


def plain_url(url: str) -> str:
    """The same, for our driver alone."""
    return _renamed(make_url(url).set(drivername="postgresql"), "ssl", "sslmode").render_as_string(hide_password=False)


def is_url(text: str) -> bool:
    """Whether the above can read it. Whether anybody is there is another question."""
    try:
        make_url(text)
    except (ArgumentError, ValueError):
        return False
    return True


def _renamed(url: URL, before: str, after: str) -> URL:
    """What libpq calls sslmode SQLAlchemy's dialect calls ssl; channel_binding neither knows."""
    mode = url.query.get(before) or url.query.get(after)
    bare = url.difference_update_query(["sslmode", "ssl", "channel_binding"])
    return bare.update_query_dict({after: mode}) if mode else bare


class Row(asyncpg.Record):
    """By position, and by name."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


class Kept(asyncpg.Connection):
    """Comes back to its pool as it is: what we set ends with the transaction."""

    def get_reset_query(self) -> str:
        return ""


async def _reads_json(connection: Connection) -> None:
    await connection.set_type_codec("jsonb", schema="pg_catalog", encoder=json.dumps, decoder=json.loads)


class Bare:
    """Connections of our driver, without anything above it, opened when they are needed."""

    def __init__(self, url: str, most: int, settings: Mapping[str, str]) -> None:
        self._url, self._most, self._settings = url, most, dict(settings)
        self._pool: Any = None
        self._wanted = 0  # connections, by those who have one and by those who wait

    @asynccontextmanager
    async def connection(self) -> AsyncGenerator[Connection]:
        self._wanted += 1
        try:
            pool = self._pool or await self._open()
            async with pool.acquire(timeout=PATIENCE) as connection:
                yield connection
        finally:
            self._wanted -= 1

    def state(self, name: str) -> Pool:
        idle = self._pool.get_idle_size() if self._pool else 0
        in_use = self._pool.get_size() - idle if self._pool else 0
        return Pool(name, in_use, idle, self._most, max(self._wanted - self._most, 0))

    async def _open(self) -> Any:
        """Without connections at first it is made without waiting, so never twice."""
        self._pool = asyncpg.create_pool(
            self._url,
            min_size=0,
            max_size=self._most,
            init=_reads_json,
            connection_class=Kept,
            record_class=Row,
            server_settings=self._settings,
            command_timeout=PATIENCE,
        )
        return await self._pool

    async def close(self) -> None:
        if self._pool is not None:
            self._pool.terminate()


class Database:
    """Opens transactions. Every one runs as `ocma_app`, whatever the login is, and sees one workspace or none."""

    def __init__(self, url: str, *, pool: int = 10) -> None:
        bare = max(pool * 2 // 5, 1)
        # What was committed before a send must be there after a crash, whatever the server's default is.
        settings = {"role": ROLE, "search_path": SCHEMA, "application_name": "ocma", "synchronous_commit": "on"}
        self.engine: AsyncEngine = create_async_engine(
            async_url(url),
            pool_size=max(pool - bare, 1),
            max_overflow=0,
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args={"server_settings": settings, "command_timeout": PATIENCE},
        )
        self._opened: WeakSet[Any] = WeakSet()
        event.listen(self.engine.sync_engine, "connect", self._note)
        self._plain = plain_url(url)
        self._bare = Bare(self._plain, bare, settings)
        self._transactions = 0
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)

    @asynccontextmanager
    async def transaction(self, workspace_id: UUID | None, user_id: UUID | None = None) -> AsyncGenerator[AsyncSession]:
        """Commits at the end, rolls back on an error. None = no workspace: only the functions that return ids work."""
        async with self._begun(_WORKSPACE, workspace_id, user_id) as session:
            yield session

    @asynccontextmanager
    async def reading(self, workspace_id: UUID | None) -> AsyncGenerator[AsyncSession]:
        """The same, and PostgreSQL refuses to write in it."""
        async with self._begun(_READING, workspace_id, None) as session:
            yield session

    @asynccontextmanager
    async def _begun(self, opening: TextClause, workspace: UUID | None, person: UUID | None) -> AsyncGenerator[AsyncSession]:
        self._transactions += 1
        try:
            async with self._sessions.begin() as session:
                await session.execute(opening, {"workspace": str(workspace or ""), "person": str(person or "")})
                yield session
        finally:
            self._transactions -= 1

    @asynccontextmanager
    async def batch(self, workspace_ids: Iterable[UUID]) -> AsyncGenerator[Connection]:
        """The same for work of several workspaces at once: sees these, and only the tables that publishing needs."""
        opening = _BATCH.format(",".join(sorted({str(each) for each in workspace_ids})))
        async with self._bare.connection() as connection:
            try:
                await connection.execute(opening)
                yield connection
                await connection.execute("COMMIT")
            except BaseException:
                connection.terminate()  # with whatever was begun
                raise

    async def system(self, query: str, *values: Any) -> list[Any]:
        """One call of a function that works across workspaces (see the end of migrations/sql/0001_initial.sql)."""
        async with self._bare.connection() as connection:
            return await connection.fetch(query, *values)

    async def probe(self, query: str) -> Any:
        """One row, for who does not wait long: a connection that was given up on is not kept, for nobody knows its state."""
        async with self._bare.connection() as connection:
            try:
                return await connection.fetchrow(query)
            except BaseException:
                connection.terminate()
                raise

    async def listen(self, channel: str, heard: Callable[[], None]) -> None:
        """Calls `heard` at every NOTIFY on `channel`, for ever; also after each new connection, for what was missed."""
        while True:
            try:
                await self._listen_once(channel, heard)
            except FAILURES as error:
                log.warning("database.listen", error=type(error).__name__)
            await asyncio.sleep(1)

    async def _listen_once(self, channel: str, heard: Callable[[], None]) -> None:
        connection: Any = await asyncpg.connect(self._plain)
        gone = asyncio.Event()

        def listener(*_: object) -> None:
            heard()

        def ended(_: object) -> None:
            gone.set()

        connection.add_termination_listener(ended)
        try:
            await connection.add_listener(channel, listener)
            heard()
            await gone.wait()
        finally:
            connection.terminate()

    def pools(self) -> list[Pool]:
        """That of people's requests, and that of the driver alone. A transaction needs one connection: the others wait."""
        bare, pool = self._bare.state("batches"), self.engine.pool
        if not isinstance(pool, QueuePool):
            return [bare]
        waiting = max(self._transactions - pool.size(), 0)
        return [Pool("transactions", pool.checkedout(), pool.checkedin(), pool.size(), waiting), bare]

    def _note(self, connection: Any, _: object) -> None:
        self._opened.add(connection.driver_connection)

    def abandon(self) -> None:
        """Ends every connection of the transactions without a word: nobody waits any more for a server that says nothing."""
        for each in list(self._opened):
            each.terminate()

    async def close(self) -> None:
        await self._bare.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(PARTING):
                await self.engine.dispose()
        self.abandon()


def migrations_dir() -> Path:
    """Beside the package when installed, at the top of a checkout otherwise."""
    installed = Path(__file__).parents[1] / "migrations"
    return installed if installed.is_dir() else Path(__file__).parents[3] / "migrations"
