"""The database `ocma` and the login role that API and workers use: made when missing, put right when not."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import asyncpg

from ocma.errors import Unavailable
from ocma.infra.embedded.postgres import APP, DATABASE, OWNER, Postgres

# What row level security needs of the role that it is to hold back.
ATTRIBUTES = "LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION"


def ensure_database(postgres: Postgres, name: str = DATABASE) -> str:
    """May be called at every start, from any thread, with or without a running event loop. Gives the id of the database
    files, which PostgreSQL draws when it makes them.
    """
    with ThreadPoolExecutor(max_workers=1) as thread:
        try:
            return thread.submit(asyncio.run, _ensure(postgres, name)).result()
        except (OSError, asyncpg.PostgresError) as error:
            raise Unavailable(f"PostgreSQL refused to make the database {name}: {error}") from error


async def _ensure(postgres: Postgres, name: str) -> str:
    connection = await asyncpg.connect(
        host="127.0.0.1",
        port=postgres.port,
        user=OWNER,
        password=postgres.owner_password,
        database="postgres",
        ssl=False,
        timeout=30,
    )
    try:
        if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", APP):
            await connection.execute(f"CREATE ROLE {APP}")
        # A statement of this kind takes no parameters; the password is of our own making and needs no quoting.
        await connection.execute(f"ALTER ROLE {APP} {ATTRIBUTES} PASSWORD '{postgres.app_password}'")
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
            await connection.execute(f'CREATE DATABASE "{name}"')
        return str(await connection.fetchval("SELECT system_identifier FROM pg_control_system()"))
    finally:
        await connection.close()
