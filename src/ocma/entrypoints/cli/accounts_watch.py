"""`ocma accounts watch`: what others say to an account, as it comes."""

import json
from contextlib import aclosing
from typing import Annotated
from uuid import UUID

import typer

from ocma.bootstrap import Resources
from ocma.entrypoints.cli import listing, operation
from ocma.entrypoints.cli.installation import DEFAULT_DIR, Data
from ocma.entrypoints.cli.operation import Json, Workspace
from ocma.features.accounts.listening import heard_view, listen
from ocma.features.workspaces.caller import Caller
from ocma.platforms.connector import Heard

WIDTH = 300  # characters of a text on its line

Id = Annotated[UUID, typer.Argument(help="Id of the account, as `ocma accounts list` shows it.")]


def watch_account(
    account: Id,
    since: Annotated[
        str | None, typer.Option(help="Id of the last that was heard: first all that came after it. Without it: from now on.")
    ] = None,
    workspace: Workspace = None,
    data: Data = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """Mentions, replies and quotes, one per line, as they come; Ctrl-C ends it."""

    async def watch(resources: Resources, caller: Caller) -> None:
        async with aclosing(listen(resources.desk, caller, account, since)) as found:
            async for each in found:
                print(_as_json(each) if as_json else _told(each), flush=True)

    operation.run(watch, data, workspace)


def _as_json(heard: Heard) -> str:
    """All ASCII: strangers wrote it, and it may be read in a terminal."""
    return json.dumps(heard_view(heard).model_dump(mode="json", by_alias=True))


def _told(heard: Heard) -> str:
    line = f"{listing.moment(heard.at)}  {heard.id}  {heard.kind:<7}  {heard.handle}  {listing.short(heard.text, WIDTH)}"
    return "".join(each for each in f"{line}  {heard.url or ''}".rstrip() if each.isprintable())
