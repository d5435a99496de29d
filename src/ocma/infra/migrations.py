"""Bring the schema to a revision, or say where it is."""

import asyncio
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from ocma.infra.database import SCHEMA, async_url, migrations_dir


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations_dir()))
    config.attributes["connection"] = connection
    return config


def newest() -> str | None:
    """The revision this code wants."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def _migrate(connection: Connection, revision: str) -> None:
    connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('ocma:migrate', 0))"))
    go: Any = command.downgrade if revision == "base" else command.upgrade
    go(_config(connection), revision)


async def migrate(owner_url: str, revision: str = "head") -> str | None:
    """As the owner, to `revision` (`head`, `base` or a name), one process at a time. Returns where it is now."""
    engine = create_async_engine(async_url(owner_url), connect_args={"server_settings": {"search_path": SCHEMA}})
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_migrate, revision)
        async with engine.connect() as connection:
            return await connection.run_sync(current)
    finally:
        await engine.dispose()


def current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection, opts={"version_table_schema": SCHEMA}).get_current_revision()


def run(owner_url: str, revision: str = "head") -> str | None:
    return asyncio.run(migrate(owner_url, revision))
