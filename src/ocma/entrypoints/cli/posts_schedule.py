"""`ocma posts schedule`: a post from the command line, pictures included."""

import sys
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from pydantic import ValidationError

from ocma.bootstrap import Resources
from ocma.entrypoints.cli import listing, operation
from ocma.entrypoints.cli.installation import DEFAULT_DIR, Data
from ocma.entrypoints.cli.operation import Json, Workspace
from ocma.errors import Invalid, Issue, OcmaError
from ocma.features.publishing.schemas import Schedule, Scheduled, scheduled
from ocma.features.scheduling.schedule import Calendar, names, schedule
from ocma.features.workspaces.caller import Caller

CHUNK = 256 * 1024

Image = Annotated[list[Path] | None, typer.Option(help="A picture; may be repeated.", exists=True, dir_okay=False, readable=True)]


def schedule_post(  # noqa: PLR0913, PLR0917 - an option each
    content: Annotated[str, typer.Argument(help="The text; `-` reads it from standard input.")],
    at: Annotated[str, typer.Option(help="`now`, or a time such as 2030-05-01T09:00, in --timezone.")] = "now",
    platform: Annotated[list[str] | None, typer.Option(help="All accounts of it; may be repeated.")] = None,
    account: Annotated[list[UUID] | None, typer.Option(help="This account; may be repeated.")] = None,
    image: Image = None,
    alt: Annotated[list[str] | None, typer.Option(help="What the image shows: one for each --image, in order.")] = None,
    thread: Annotated[list[str] | None, typer.Option(help="A further part of a thread; may be repeated.")] = None,
    timezone: Annotated[str | None, typer.Option(help="IANA name; without it the workspace's.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, write nothing (and upload no image).")] = False,
    workspace: Workspace = None,
    data: Data = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """Plan a post. Either all of it is planned, or nothing and you are told why."""
    images = _pairs(image or [], alt or [])
    values: dict[str, Any] = {
        "content": sys.stdin.read().strip() if content == "-" else content,
        "scheduled_at": at,
        "platforms": platform or [],
        "account_ids": account or [],
        "thread": thread or [],
        "timezone": timezone,
    }
    _wanted(values)  # what is wrong is said before anything is opened

    async def plan(resources: Resources, caller: Caller) -> Scheduled:
        if dry_run:
            return await _plan(resources, caller, _wanted(values), dry_run=True)
        return await _plan_with(resources, caller, values, images)

    _show_scheduled(operation.run(plan, data, workspace), as_json=as_json)


def _pairs(images: Sequence[Path], texts: Sequence[str]) -> list[tuple[Path, str | None]]:
    if len(texts) > len(images):
        message = f"{len(texts)} alternative texts for {len(images)} images."
        raise Invalid(message, code="altWithoutImage", issues=[Issue("--alt", "altWithoutImage", "Give an --image for each.")])
    return [(image, texts[index] if index < len(texts) else None) for index, image in enumerate(images)]


def _wanted(values: dict[str, Any]) -> Schedule:
    try:
        return Schedule.model_validate(values)
    except ValidationError as error:
        issues = [Issue(_option(each["loc"]), each["type"], each["msg"].removeprefix("Value error, ")) for each in error.errors()]
        raise Invalid("The post cannot be meant like this.", issues=issues) from None


def _option(place: tuple[int | str, ...]) -> str:
    known = {
        "content": "CONTENT",
        "scheduled_at": "--at",
        "scheduledAt": "--at",
        "platforms": "--platform",
        "account_ids": "--account",
    }
    return known.get(str(place[0]), f"--{place[0]}") if place else "--platform"


async def _plan_with(
    resources: Resources, caller: Caller, values: dict[str, Any], images: Sequence[tuple[Path, str | None]]
) -> Scheduled:
    """Images are uploaded first, and dropped again when the post cannot be planned."""
    kept: list[UUID] = []
    try:
        for path, text in images:
            kept.append((await resources.library.keep(caller, _chunks(path), text)).id)
        return await _plan(resources, caller, _wanted({**values, "media_ids": kept}))
    except OcmaError:
        for each in kept:
            await resources.library.drop(caller, each)
        raise


async def _plan(resources: Resources, caller: Caller, wanted: Schedule, *, dry_run: bool = False) -> Scheduled:
    planned = await schedule(calendar(resources), caller, wanted, dry_run=dry_run)
    return scheduled(planned, names(wanted), dry_run=dry_run)


def calendar(resources: Resources) -> Calendar:
    horizon = timedelta(days=resources.settings.schedule_horizon_days)
    return Calendar(resources.database, resources.library, resources.clock, horizon)


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _show_scheduled(view: Scheduled, *, as_json: bool) -> None:
    if as_json:
        return listing.show_json(view)
    begun = "checked, nothing was written" if view.dry_run else str(view.post_id)
    print(f"{begun}: {view.status}, for {listing.moment(view.scheduled_at)} UTC")
    for each in view.publications:
        print(f"  {each.platform:<10} {each.account_id}")
    for warning in view.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    return None
