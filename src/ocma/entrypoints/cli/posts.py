"""`ocma posts`: scheduled posts, by the operator's hand."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

import typer

from ocma.bootstrap import Resources
from ocma.entrypoints.cli import listing, operation, posts_schedule
from ocma.entrypoints.cli.installation import DEFAULT_DIR, Data
from ocma.entrypoints.cli.operation import Json, Workspace
from ocma.features.publishing import jobs
from ocma.features.publishing.jobs import JobStatus
from ocma.features.publishing.schemas import JobView, Timeline, job_view, timeline
from ocma.features.workspaces.caller import Caller

app = typer.Typer(
    help="Schedule posts, and see what became of them.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("schedule")(posts_schedule.schedule_post)

Id = Annotated[UUID, typer.Argument(help="Id of the post, as `ocma posts list` shows it.")]


@app.command("list")
def list_posts(
    status: Annotated[JobStatus | None, typer.Option(help="Only posts in this state.")] = None,
    limit: Annotated[int, typer.Option(help="How many.", min=1, max=1000)] = 50,
    workspace: Workspace = None,
    data: Data = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """Posts, the latest scheduled first."""

    async def collect(resources: Resources, caller: Caller) -> list[JobView]:
        async with resources.database.transaction(caller.workspace_id) as session:
            return [job_view(each) for each in await jobs.list_jobs(session, status=status, limit=limit)]

    _show(operation.run(collect, data, workspace), as_json=as_json)


@app.command("show")
def show_post(post: Id, workspace: Workspace = None, data: Data = DEFAULT_DIR, as_json: Json = False) -> None:
    """One post, with each of its publications."""

    async def find(resources: Resources, caller: Caller) -> JobView:
        async with resources.database.transaction(caller.workspace_id) as session:
            return job_view(await jobs.get_job(session, post))

    _show_one(operation.run(find, data, workspace), as_json=as_json)


@app.command("timeline")
def show_timeline(post: Id, workspace: Workspace = None, data: Data = DEFAULT_DIR, as_json: Json = False) -> None:
    """Every change of state and every publishing call, in order."""

    async def find(resources: Resources, caller: Caller) -> Timeline:
        async with resources.database.transaction(caller.workspace_id) as session:
            job = await jobs.get_job(session, post)
            return timeline(job, list(await jobs.list_events(session, post)))

    entries = operation.run(find, data, workspace).data
    columns = {
        "at (UTC)": [f"{each.at:%Y-%m-%d %H:%M:%S.%f}"[:-3] for each in entries],
        "publication": [str(each.publication_id or "")[-12:] for each in entries],
        "what": [each.what for each in entries],
        "attempt": [str(each.attempt or "") for each in entries],
        "part": ["" if each.part is None else str(each.part + 1) for each in entries],
        "detail": [_detail(each.detail) for each in entries],
    }
    listing.show_rows(entries, columns, as_json=as_json, none="Nothing has happened yet.")


@app.command("cancel")
def cancel_post(post: Id, workspace: Workspace = None, data: Data = DEFAULT_DIR, as_json: Json = False) -> None:
    """What has not begun does not happen."""

    async def cancel(resources: Resources, caller: Caller) -> JobView:
        async with resources.database.transaction(caller.workspace_id) as session:
            return job_view(await jobs.cancel(session, caller, post))

    _show_one(operation.run(cancel, data, workspace), as_json=as_json)


@app.command("retry")
def retry_post(post: Id, workspace: Workspace = None, data: Data = DEFAULT_DIR, as_json: Json = False) -> None:
    """Try what has failed again, from where it stopped; what is live stays."""

    async def retry(resources: Resources, caller: Caller) -> JobView:
        async with resources.database.transaction(caller.workspace_id) as session:
            return job_view(await jobs.retry(session, caller, resources.clock, post))

    _show_one(operation.run(retry, data, workspace), as_json=as_json)


def _show(views: Sequence[JobView], *, as_json: bool) -> None:
    columns = {
        "id": [str(each.post_id) for each in views],
        "scheduled (UTC)": [listing.moment(each.scheduled_at) for each in views],
        "status": [each.status for each in views],
        "publications": [", ".join(f"{one.platform} {one.status}" for one in each.publications) for each in views],
        "content": [listing.short(each.content) for each in views],
    }
    listing.show_rows(views, columns, as_json=as_json, none="No post yet. `ocma posts schedule` makes one.")


def _show_one(view: JobView, *, as_json: bool) -> None:
    if as_json:
        return listing.show_json(view)
    rows = view.publications
    print(f"{view.post_id}  {view.status}, scheduled for {listing.moment(view.scheduled_at)} UTC by {view.created_by}")
    print(view.content)
    return listing.show_table(
        {
            "publication": [str(each.id) for each in rows],
            "platform": [each.platform for each in rows],
            "status": [each.status for each in rows],
            "published (UTC)": [listing.moment(each.published_at) for each in rows],
            "attempts": [str(len(each.attempts)) for each in rows],
            "where, or why not": [each.url or (each.error or {}).get("detail", "") for each in rows],
        }
    )


def _detail(detail: dict[str, Any]) -> str:
    """What the columns do not say already."""
    told = {key: value for key, value in detail.items() if key not in {"platform", "status", "attempt", "scheduledAt"}}
    return ", ".join(
        f"{key}: {value['detail'] if key == 'error' and 'detail' in value else value}" for key, value in told.items()
    )
