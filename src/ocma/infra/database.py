"""PostgreSQL: one engine per process, transactions that belong to a workspace, and migrations."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import structlog
from sqlalchemy import URL, MetaData, make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase

log = structlog.get_logger(__name__)

SCHEMA = "ocma"
ROLE = "ocma_app"
PATIENCE = 60.0  # seconds for an answer: a connection that is half dead must not hold up everybody
_WORKSPACE = text("SELECT set_config('app.workspace_id', :workspace, true), set_config('app.user_id', :person, true)")
_WORKSPACES = text("SELECT set_config('role', 'ocma_worker', true), set_config('app.workspaces', :workspaces, true)")


class Model(DeclarativeBase):
    """Base of every table's class. The tables themselves are made by migrations/."""

    metadata = MetaData(schema=SCHEMA)


def async_url(url: str) -> URL:
    """`postgres://` and `postgresql://` in any spelling, for SQLAlchemy over our driver."""
    return _renamed(make_url(url).set(drivername="postgresql+asyncpg"), "sslmode", "ssl")


def plain_url(url: str) -> str:
    """The same, for our driver alone."""
    return _renamed(make_url(url).set(drivername="postgresql"), "ssl", "sslmode").render_as_string(hide_password=False)


def _renamed(url: URL, before: str, after: str) -> URL:
    """What libpq calls sslmode SQLAlchemy's dialect calls ssl; channel_binding neither knows."""
    mode = url.query.get(before) or url.query.get(after)
    bare = url.difference_update_query(["sslmode", "ssl", "channel_binding"])
    return bare.update_query_dict({after: mode}) if mode else bare


class Database:
    """Opens transactions. Every one runs as `ocma_app`, whatever the login is, and sees one workspace or none."""

    def __init__(self, url: str, *, pool: int = 10) -> None:
        # What was committed before a send must be there after a crash, whatever the server's default is.
        settings = {"role": ROLE, "search_path": SCHEMA, "application_name": "ocma", "synchronous_commit": "on"}
        self.engine: AsyncEngine = create_async_engine(
            async_url(url),
            pool_size=pool,
            max_overflow=0,
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args={"server_settings": settings, "command_timeout": PATIENCE},
        )
        self._plain = plain_url(url)
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)

    @asynccontextmanager
    async def transaction(self, workspace_id: UUID | None, user_id: UUID | None = None) -> AsyncGenerator[AsyncSession]:
        """Commits at the end, rolls back on an error. None = no workspace: only the functions that return ids work."""
        async with self._sessions.begin() as session:
            await session.execute(_WORKSPACE, {"workspace": str(workspace_id or ""), "person": str(user_id or "")})
            yield session

    @asynccontextmanager
    async def batch(self, workspace_ids: Iterable[UUID]) -> AsyncGenerator[AsyncSession]:
        """The same for work of several workspaces at once: sees these, and only the tables that publishing needs."""
        async with self._sessions.begin() as session:
            named = ",".join(sorted({str(each) for each in workspace_ids}))
            await session.execute(_WORKSPACES, {"workspaces": f"{{{named}}}"})
            yield session

    async def system(self, query: str, **values: Any) -> list[Any]:
        """One call of a function that works across workspaces (see the end of migrations/sql/0001_initial.sql)."""
        async with self._sessions.begin() as session:
            return list((await session.execute(text(query), values)).all())

    async def listen(self, channel: str, heard: Callable[[], None]) -> None:
        """Calls `heard` at every NOTIFY on `channel`, for ever; also after each new connection, for what was missed."""
        while True:
            try:
                await self._listen_once(channel, heard)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
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

    async def close(self) -> None:
        await self.engine.dispose()


def migrations_dir() -> Path:
    """Beside the package when installed, at the top of a checkout otherwise."""
    installed = Path(__file__).parents[1] / "migrations"
    return installed if installed.is_dir() else Path(__file__).parents[3] / "migrations"
