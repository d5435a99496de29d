"""`ocma posts`: scheduled posts, by the operator's hand."""

from typing import Annotated, Any

import typer

from ocma.bootstrap import Resources
from ocma.entrypoints.cli import listing, operation, posts_change, posts_dead, posts_schedule, posts_stats, posts_view
from ocma.entrypoints.cli.installation import DEFAULT_DIR, Data
from ocma.entrypoints.cli.operation import Json, Workspace
from ocma.entrypoints.cli.posts_view import Id
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
app.command("move")(posts_change.move_post)
app.command("edit")(posts_change.edit_post)
app.command("dead")(posts_dead.list_dead)
app.command("requeue")(posts_dead.requeue_dead)
app.command("stats")(posts_stats.show_stats)


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

    posts_view.show_jobs(operation.run(collect, data, workspace), as_json=as_json)


@app.command("show")
def show_post(post: Id, workspace: Workspace = None, data: Data = DEFAULT_DIR, as_json: Json = False) -> None:
    """One post, with each of its publications."""

    async def find(resources: Resources, caller: Caller) -> JobView:
        async with resources.database.transaction(caller.workspace_id) as session:
            return job_view(await jobs.get_job(session, post))

    posts_view.show_job(operation.run(find, data, workspace), as_json=as_json)


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

    posts_view.show_job(operation.run(cancel, data, workspace), as_json=as_json)


@app.command("retry")
def retry_post(post: Id, workspace: Workspace = None, data: Data = DEFAULT_DIR, as_json: Json = False) -> None:
    """Try what has failed again, from where it stopped; what is live stays."""

    async def retry(resources: Resources, caller: Caller) -> JobView:
        async with resources.database.transaction(caller.workspace_id) as session:
            return job_view(await jobs.retry(session, caller, resources.clock, post))

    posts_view.show_job(operation.run(retry, data, workspace), as_json=as_json)


@app.command("resume")
def resume_post(post: Id, workspace: Workspace = None, data: Data = DEFAULT_DIR, as_json: Json = False) -> None:
    """Send now what is held for being late."""

    async def resume(resources: Resources, caller: Caller) -> JobView:
        async with resources.database.transaction(caller.workspace_id) as session:
            return job_view(await jobs.resume(session, caller, resources.clock, post))

    posts_view.show_job(operation.run(resume, data, workspace), as_json=as_json)


def _detail(detail: dict[str, Any]) -> str:
    """What the columns do not say already."""
    told = {key: value for key, value in detail.items() if key not in {"platform", "status", "attempt", "scheduledAt"}}
    return ", ".join(
        f"{key}: {value['detail'] if key == 'error' and 'detail' in value else value}" for key, value in told.items()
    )
