"""One thing that an operator does, from the command line: in one workspace, with everything opened and closed around it."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar
from uuid import UUID

import typer
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import create_async_engine

from ocma import bootstrap
from ocma.bootstrap import Resources
from ocma.entrypoints.cli import installation
from ocma.errors import Invalid
from ocma.features.workspaces.caller import Caller, operator
from ocma.features.workspaces.workspaces import get_workspace
from ocma.infra import telemetry
from ocma.infra.cancellation import insist
from ocma.infra.database import SCHEMA, async_url
from ocma.settings import Settings

Result = TypeVar("Result")
Workspace = Annotated[
    UUID | None, typer.Option(help="Id of the workspace; without it the only one there is.", envvar="OCMA_WORKSPACE")
]
Json = Annotated[bool, typer.Option("--json", help="JSON for programs, one line per row.")]


def run(work: Callable[[Resources, Caller], Awaitable[Result]], data: Path, workspace: UUID | None) -> Result:
    """`work` gets what a process of OCMA has, and the operator in the chosen workspace."""
    found = installation.find(data)
    telemetry.configure(_quiet(found.settings))

    async def whole() -> Result:
        chosen = workspace or await _only_workspace(found.owner_url)
        async with bootstrap.resources(found.settings) as resources:
            async with resources.database.transaction(chosen) as session:
                await get_workspace(session, chosen)
            return await work(resources, operator(chosen))

    return asyncio.run(insist(whole()))


def _quiet(settings: Settings) -> Settings:
    """People want the answer; whoever has set OCMA_LOG_LEVEL wants more."""
    return settings if "log_level" in settings.model_fields_set else settings.model_copy(update={"log_level": "ERROR"})


async def _only_workspace(owner_url: str) -> UUID:
    """Raises Invalid that lists them when there are several."""
    found = await _list_workspaces(owner_url)
    if len(found) == 1:
        return found[0][0]
    if not found:
        raise Invalid("There is no workspace yet.", code="noWorkspace", remediation="`ocma keys bootstrap` makes one.")
    known = "\n".join(f"  {workspace_id}  {name}" for workspace_id, name in found)
    raise Invalid("There are several workspaces: which one?", code="whichWorkspace", remediation=f"Add --workspace:\n{known}")


async def _list_workspaces(owner_url: str) -> list[tuple[UUID, str]]:
    """As `ocma_system`, which may see ids and names and nothing else; only the tables' owner may become it."""
    engine = create_async_engine(async_url(owner_url))
    try:
        async with engine.begin() as connection:
            await connection.execute(text("SET LOCAL ROLE ocma_system"))
            rows = await connection.execute(text(f"SELECT id, name FROM {SCHEMA}.workspaces ORDER BY id LIMIT 50"))  # noqa: S608
            return [(row.id, row.name) for row in rows]
    except ProgrammingError as error:
        raise Invalid(
            "The database's login may not list workspaces, so it must be said which one is meant.",
            code="whichWorkspace",
            remediation="Add --workspace ID, or set OCMA_OWNER_DATABASE_URL to the login that owns the tables.",
        ) from error
    finally:
        await engine.dispose()
