"""`ocma posts dead` and `ocma posts requeue`: what failed for good, and another go."""

from typing import Annotated
from uuid import UUID

import typer

from ocma.bootstrap import Resources
from ocma.entrypoints.cli import listing, operation
from ocma.entrypoints.cli.installation import DEFAULT_DIR, Data
from ocma.entrypoints.cli.operation import Json, Workspace
from ocma.errors import Invalid, Issue
from ocma.features.publishing import dead_letters
from ocma.features.publishing.dead_letters import Filter
from ocma.features.publishing.schemas import PublicationView, Requeued, publication_view
from ocma.features.workspaces.caller import Caller
from ocma.platforms.registry import get_connector

BATCH = 1000

Platform = Annotated[str | None, typer.Option(help="Only this platform's.")]
Account = Annotated[UUID | None, typer.Option(help="Only this account's.")]
Code = Annotated[str | None, typer.Option(help="Only those with this error code, or kind of error.")]


def list_dead(
    platform: Platform = None,
    account: Account = None,
    code: Code = None,
    limit: Annotated[int, typer.Option(help="How many.", min=1, max=1000)] = 50,
    workspace: Workspace = None,
    data: Data = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """Publications that failed for good, and what to do; the newest first."""
    wanted = Filter(_key(platform), account, code)

    async def collect(resources: Resources, caller: Caller) -> list[PublicationView]:
        async with resources.database.transaction(caller.workspace_id) as session:
            found = await dead_letters.list_dead(session, wanted, limit=limit)
        return [publication_view(row, attempts) for row, attempts in found]

    views = operation.run(collect, data, workspace)
    columns = {
        "publication": [str(each.id) for each in views],
        "platform": [each.platform for each in views],
        "code": [(each.error or {}).get("code", "") for each in views],
        "attempts": [str(len(each.attempts)) for each in views],
        "why": [(each.error or {}).get("detail", "") for each in views],
        "what to do": [each.remediation or "" for each in views],
    }
    listing.show_rows(views, columns, as_json=as_json, none="Nothing has failed for good.")


def requeue_dead(
    platform: Platform = None,
    account: Account = None,
    code: Code = None,
    publication: Annotated[list[UUID] | None, typer.Option(help="This one; may be repeated.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say how many there are, change nothing.")] = False,
    workspace: Workspace = None,
    data: Data = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """Try again what failed for good: all that matches, at most a thousand at once."""
    if not (platform or account or code or publication):
        message = "Say which: --platform, --account, --code or --publication."
        raise Invalid(message, code="missingField", issues=[Issue("--platform", "missingField", message)])
    wanted = Filter(_key(platform), account, code, publication or None)

    async def work(resources: Resources, caller: Caller) -> Requeued:
        async with resources.database.transaction(caller.workspace_id) as session:
            done = await dead_letters.requeue_all(session, caller, resources.clock, wanted, BATCH, dry_run=dry_run)
        return Requeued(requeued=done.requeued, remaining=done.remaining, skipped=done.skipped, dry_run=dry_run)

    listing.show_facts(operation.run(work, data, workspace), as_json=as_json)


def _key(platform: str | None) -> str | None:
    return get_connector(platform, "--platform").manifest.key if platform else None
