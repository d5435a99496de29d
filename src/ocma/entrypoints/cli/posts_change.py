"""`ocma posts move` and `ocma posts edit`: a post that has not begun, at another time or in other words."""

import sys
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from pydantic import ValidationError

from ocma.bootstrap import Resources
from ocma.entrypoints.cli import listing, operation, posts_view
from ocma.entrypoints.cli.installation import DEFAULT_DIR, Data
from ocma.entrypoints.cli.operation import Json, Workspace
from ocma.entrypoints.cli.posts_schedule import calendar
from ocma.entrypoints.cli.posts_view import Id
from ocma.errors import Invalid, Issue
from ocma.features.publishing import schemas
from ocma.features.publishing.schemas import Changed, JobChange
from ocma.features.scheduling.changes import change
from ocma.features.workspaces.caller import Caller

DryRun = Annotated[bool, typer.Option("--dry-run", help="Check everything, write nothing.")]
Zone = Annotated[str | None, typer.Option(help="IANA name; without it the post's own.")]


def move_post(
    post: Id,
    at: Annotated[str, typer.Argument(help="`now`, or a time such as 2030-05-01T09:00, in --timezone.")],
    timezone: Zone = None,
    dry_run: DryRun = False,
    workspace: Workspace = None,
    data: Data = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """Another time for a post that has not begun."""
    given = {"scheduled_at": at, **({"timezone": timezone} if timezone is not None else {})}
    _change(post, given, data, workspace, dry_run=dry_run, as_json=as_json)


def edit_post(
    post: Id,
    content: Annotated[str, typer.Argument(help="The new text of the first part; `-` reads it from standard input.")],
    thread: Annotated[list[str] | None, typer.Option(help="A further part, in place of all there are; may be repeated.")] = None,
    dry_run: DryRun = False,
    workspace: Workspace = None,
    data: Data = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """Other words for a post that has not begun."""
    given = {"content": sys.stdin.read().strip() if content == "-" else content, **({"thread": thread} if thread else {})}
    _change(post, given, data, workspace, dry_run=dry_run, as_json=as_json)


def _change(post: UUID, given: dict[str, Any], data: Path, workspace: UUID | None, *, dry_run: bool, as_json: bool) -> None:
    wanted = _wanted(given)  # what is wrong is said before anything is opened

    async def work(resources: Resources, caller: Caller) -> Changed:
        job, notes = await change(calendar(resources), caller, post, wanted, dry_run=dry_run)
        return schemas.changed(job, notes, dry_run=dry_run)

    view = operation.run(work, data, workspace)
    if as_json:
        return listing.show_json(view)
    if dry_run:
        print("checked, nothing was written")
    posts_view.show_job(view, as_json=False)
    for warning in view.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    return None


def _wanted(given: dict[str, Any]) -> JobChange:
    try:
        return JobChange.model_validate(given)
    except ValidationError as error:
        places = {"content": "CONTENT", "scheduledAt": "AT", "scheduled_at": "AT"}
        found = [(str(each["loc"][0]), each["type"], each["msg"].removeprefix("Value error, ")) for each in error.errors()]
        issues = [Issue(places.get(name, f"--{name}"), kind, message) for name, kind, message in found]
        raise Invalid("The post cannot be meant like this.", issues=issues) from None
