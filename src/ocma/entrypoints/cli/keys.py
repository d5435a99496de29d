"""`ocma keys`: API keys by the operator's hand, without the API."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

import typer

from ocma import bootstrap
from ocma.bootstrap import Resources
from ocma.errors import Invalid
from ocma.features.accounts import rotation
from ocma.features.workspaces import keys
from ocma.features.workspaces.caller import operator
from ocma.features.workspaces.schemas import ApiKeyView
from ocma.features.workspaces.workspaces import create_workspace, get_workspace
from ocma.ids import new_id
from ocma.infra.vault import add_key

Result = TypeVar("Result")
Workspace = Annotated[UUID, typer.Option(help="Id of the workspace.", envvar="OCMA_WORKSPACE")]

app = typer.Typer(
    help="Make, list and revoke API keys.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.command("bootstrap")
def bootstrap_key() -> None:
    """Make a workspace and a key that may do everything in it. Prints one line of JSON."""
    made = _run(_bootstrap)
    _print(made)


async def _bootstrap(resources: Resources) -> dict[str, str]:
    caller = operator(new_id())
    async with resources.database.transaction(caller.workspace_id) as session:
        workspace = await create_workspace(session, caller, "My workspace", resources.clock)
        made = await keys.create_key(session, caller, "bootstrap", resources.clock)
    return {"apiKey": made.key, "workspaceId": str(workspace.id)}


@app.command("new")
def new_key(
    workspace: Workspace,
    name: Annotated[str, typer.Option(help="What it is for.")],
    scope: Annotated[list[str] | None, typer.Option(help="May be repeated; without it the key may do everything.")] = None,
    expires: Annotated[datetime | None, typer.Option(help="When it ends, UTC.")] = None,
) -> None:
    """Make a key. Prints it once, as JSON."""

    async def make(resources: Resources) -> dict[str, Any]:
        caller = operator(workspace)
        ends = _as_utc(expires)
        async with resources.database.transaction(workspace) as session:
            await get_workspace(session, workspace)
            made = await keys.create_key(session, caller, name, resources.clock, scopes=scope or None, expires_at=ends)
        return {"apiKey": made.key, **_shown(made)}

    _print(_run(make))


@app.command("list")
def list_keys(workspace: Workspace) -> None:
    """Every key of a workspace, one line of JSON each, newest first."""

    async def collect(resources: Resources) -> list[ApiKeyView]:
        found: list[ApiKeyView] = []
        cursor: str | None = None
        async with resources.database.transaction(workspace) as session:
            await get_workspace(session, workspace)
            while True:
                page = await keys.list_keys(session, cursor=cursor, limit=100)
                found += page.data
                cursor = page.next_cursor
                if cursor is None:
                    return found

    for each in _run(collect):
        _print(_shown(each))


@app.command("revoke")
def revoke_key(workspace: Workspace, key: Annotated[UUID, typer.Argument(help="Id of the key.")]) -> None:
    """End a key, for good."""

    async def revoke(resources: Resources) -> None:
        async with resources.database.transaction(workspace) as session:
            await keys.revoke_key(session, operator(workspace), key, resources.clock)

    _run(revoke)
    print(f"revoked {key}")


def _run(work: Callable[[Resources], Awaitable[Result]]) -> Result:
    async def whole() -> Result:
        async with bootstrap.resources() as resources:
            return await work(resources)

    return asyncio.run(whole())


def _as_utc(value: datetime | None) -> datetime | None:
    if value is not None and value.tzinfo is not None:
        raise Invalid("Give the expiry in UTC, without an offset.", code="expires")
    return value.replace(tzinfo=UTC) if value else None


def _shown(view: ApiKeyView) -> dict[str, Any]:
    return view.model_dump(mode="json", by_alias=True, exclude={"key"})


def _print(value: dict[str, Any]) -> None:
    print(json.dumps(value, ensure_ascii=False))


@app.command("rotate")
def rotate_keys(
    new: Annotated[bool, typer.Option("--new/--no-new", help="First make a new key in OCMA_VAULT_KEYS_FILE.")] = True,
) -> None:
    """Re-encrypt every stored token under the vault's active key, while everything runs."""

    async def rotate_all(resources: Resources) -> dict[str, Any]:
        path = resources.settings.vault_keys_file
        added = await asyncio.to_thread(add_key, path) if new and path else None
        done = await rotation.rotate(resources.database, resources.vault)
        told = {"activeKey": resources.vault.active, "added": added is not None, "rows": done.rows}
        return {**told, "unreadable": list(done.unreadable)}

    _print(_run(rotate_all))
