"""A post as `ocma posts` shows it."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import typer

from ocma.entrypoints.cli import listing
from ocma.features.publishing.schemas import JobView, PublicationView

Id = Annotated[UUID, typer.Argument(help="Id of the post, as `ocma posts list` shows it.")]


def show_jobs(views: Sequence[JobView], *, as_json: bool) -> None:
    columns = {
        "id": [str(each.post_id) for each in views],
        "scheduled (UTC)": [listing.moment(each.scheduled_at) for each in views],
        "status": [each.status for each in views],
        "publications": [", ".join(f"{one.platform} {one.status}" for one in each.publications) for each in views],
        "content": [listing.short(each.content) for each in views],
    }
    listing.show_rows(views, columns, as_json=as_json, none="No post yet. `ocma posts schedule` makes one.")


def show_job(view: JobView, *, as_json: bool) -> None:
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
            "where, or why not": [each.url or _why(each) for each in rows],
        }
    )


def _why(view: PublicationView) -> str:
    """What keeps it, or what went wrong."""
    if view.hold:
        return f"held ({view.hold}): {view.remediation}"
    return (view.error or {}).get("detail", "")
