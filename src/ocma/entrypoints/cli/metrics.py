"""`ocma metrics`: figures of accounts and posts, by the operator's hand."""

import sys
from collections.abc import Sequence
from contextlib import aclosing
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import typer
from sqlalchemy import select

from ocma.bootstrap import Resources
from ocma.entrypoints.cli import listing, operation
from ocma.entrypoints.cli.installation import DEFAULT_DIR, Data
from ocma.entrypoints.cli.operation import Json, Workspace
from ocma.features.accounts.models import Account
from ocma.features.analytics import collect, export
from ocma.features.analytics.conclude import Outcome
from ocma.features.analytics.period import RANGES, USUAL, period
from ocma.features.analytics.report import Question
from ocma.features.analytics.report_schemas import PlatformReport, Report, Totals
from ocma.features.schema import Schema
from ocma.features.workspaces.caller import Caller
from ocma.platforms.registry import get_connector

app = typer.Typer(
    help="Figures of accounts and posts: show, export, and read them from the platforms now.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


class LookView(Schema):
    """`error`: what was left out, and why."""

    account_id: UUID
    platform: str
    samples: int
    posts: int
    error: dict[str, Any] | None
    next_at: datetime | None


Platform = Annotated[str | None, typer.Option(help="Only this platform's.")]
Range = Annotated[str, typer.Option("--range", help=f"Posts of the last {', '.join(RANGES)}.")]
OneAccount = Annotated[UUID | None, typer.Option("--account", help="Only this account, by its id.")]


def _question(resources: Resources, platform: str | None, within: str, account: UUID | None) -> Question:
    key = get_connector(platform).manifest.key if platform else None
    return Question(period=period(resources.clock(), within, None, None), platform=key, account_id=account)


@app.command("show")
def show_metrics(
    platform: Platform = None,
    within: Range = USUAL,
    account: OneAccount = None,
    workspace: Workspace = None,
    data: Data = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """What became of the posts of a span of time, by platform."""

    async def find(resources: Resources, caller: Caller) -> Report:
        return await resources.numbers.fresh(caller.workspace_id, _question(resources, platform, within, account))

    found = operation.run(find, data, workspace)
    if as_json:
        return listing.show_json(found)
    rows: list[Totals] = [*found.metrics.platform_breakdown, found.metrics]
    listing.show_table(
        {
            "platform": [each.platform if isinstance(each, PlatformReport) else "all" for each in rows],
            "posts": [str(each.total_posts) for each in rows],
            "impressions": [_told(each.total_impressions) for each in rows],
            "reach": [_told(each.total_reach) for each in rows],
            "interactions": [_told(each.total_engagement) for each in rows],
            "engagement": [_rate(each.avg_engagement_rate) for each in rows],
        }
    )
    for each in found.errors:
        print(f"{each.platform} {each.account_id}: {each.detail} ({each.code})", file=sys.stderr)
    return None


def _told(count: int | None) -> str:
    return "-" if count is None else f"{count:,}"


def _rate(percent: float | None) -> str:
    return "-" if percent is None else f"{percent:.2f} %"


@app.command("export")
def export_metrics(
    platform: Platform = None,
    within: Range = USUAL,
    account: OneAccount = None,
    form: Annotated[Literal["csv", "json"], typer.Option("--format", help="To standard output.")] = "csv",
    workspace: Workspace = None,
    data: Data = DEFAULT_DIR,
) -> None:
    """Every post of a span of time, a row each, with all of its newest figures."""

    async def write(resources: Resources, caller: Caller) -> None:
        found = export.pages(resources.reader, caller.workspace_id, _question(resources, platform, within, account))
        async with aclosing(found):
            async for block in (export.as_csv if form == "csv" else export.as_json)(found):
                sys.stdout.buffer.write(block)

    operation.run(write, data, workspace)


@app.command("collect")
def collect_metrics(
    account: OneAccount = None, workspace: Workspace = None, data: Data = DEFAULT_DIR, as_json: Json = False
) -> None:
    """Read all figures from the platforms now, whatever their turn; what a worker reads this moment is left to it."""

    async def read(resources: Resources, caller: Caller) -> tuple[Sequence[UUID], list[Outcome]]:
        async with resources.database.transaction(caller.workspace_id) as session:
            query = select(Account.id).where(Account.status == "active", *([Account.id == account] if account else []))
            wanted = list(await session.scalars(query.order_by(Account.id)))
        collector = resources.collector()
        claims = await collect.claim_these(collector, caller.workspace_id, wanted, now=True)
        found = [await collect.collect(collector, each) for each in claims]
        return wanted, [each for each in found if each]

    wanted, found = operation.run(read, data, workspace)
    if as_json:
        for each in found:
            listing.show_json(LookView.model_validate(each))
    elif found:
        _show_looks(found)
    if left := len(wanted) - len(found):
        print(f"{left} of {len(wanted)} accounts were not read: a worker is at them, or nothing could be asked.", file=sys.stderr)


def _show_looks(found: Sequence[Outcome]) -> None:
    listing.show_table(
        {
            "account": [str(each.account_id) for each in found],
            "platform": [each.platform for each in found],
            "samples": [str(each.samples) for each in found],
            "posts": [str(each.posts) for each in found],
            "left out": [str((each.error or {}).get("detail", "-")) for each in found],
            "again (UTC)": [listing.moment(each.next_at) for each in found],
        }
    )
