"""/api/social/metrics: the numbers of accounts and posts."""

from functools import partial
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import StreamingResponse

from ocma.entrypoints.api.dependencies import ResourcesDep, needs
from ocma.entrypoints.api.idempotency import IdempotentRoute
from ocma.entrypoints.api.schemas import Cursor, Limit
from ocma.entrypoints.api.served import begun
from ocma.entrypoints.api.shortcut import Kept
from ocma.features.analytics import custom as customs
from ocma.features.analytics import export, freshness
from ocma.features.analytics.history import Wish
from ocma.features.analytics.history_schemas import Granularity, History
from ocma.features.analytics.period import RANGES, USUAL, Period, period
from ocma.features.analytics.report import Question, chosen
from ocma.features.analytics.report_schemas import ReportAnswer
from ocma.features.analytics.schemas import KEY, CustomMetricChange, CustomMetricView, NewCustomMetric
from ocma.features.schema import Instant, Page
from ocma.features.workspaces.caller import Caller
from ocma.platforms.registry import get_connector

router = APIRouter(prefix="/api/social/metrics", tags=["metrics"], route_class=IdempotentRoute)

ALL = "all"
FORMS = {"csv": (export.as_csv, "text/csv; charset=utf-8; header=present"), "json": (export.as_json, "application/json")}
EXPORTED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The rows, as they are read.",
        "content": {"text/csv": {"schema": {"type": "string"}}, "application/json": {"schema": {"type": "array", "items": {}}}},
    }
}
READING = "posts:read"
Reader = Annotated[Caller, needs(READING)]
Writer = Annotated[Caller, needs("posts:write")]
CustomKey = Annotated[str, Path(pattern=KEY)]
PlatformName = Annotated[str, Query(max_length=40, description="A platform's key, or `all`.")]
AccountId = Annotated[UUID | None, Query(alias="accountId")]
Recent = Annotated[int, Query(ge=1, le=100, description="Most recent posts of each platform.")]
Customs = Annotated[str | None, Query(max_length=500, description="Keys of custom metrics, with commas; at most ten.")]
From = Annotated[Instant | None, Query(alias="from", description="In ISO 8601.")]
To = Annotated[Instant | None, Query(alias="to", description="Not in it any more; now, if it is left out or in the future.")]
Range = Annotated[
    str | None,
    Query(
        alias="timeRange",
        max_length=20,
        json_schema_extra={"enum": list(RANGES)},
        description=f"Up to now, in place of `from` and `to`; {USUAL} where neither is sent.",
    ),
]


async def get_period(resources: ResourcesDep, name: Range = None, start: From = None, end: To = None) -> Period:
    return period(resources.clock(), name, start, end)


PeriodDep = Annotated[Period, Depends(get_period)]


async def get_wish(
    within: PeriodDep,
    account_id: Annotated[UUID, Query(alias="accountId")],
    metric: Annotated[str, Query(max_length=64, description="A platforms' metric, or the key of a custom one.")],
    granularity: Annotated[Granularity, Query(description="By the hour, the day or the week, in UTC.")] = "day",
    post: Annotated[UUID | None, Query(description="The `id` of a post of a report; without it the account itself.")] = None,
    group: Annotated[str, Query(max_length=100, description="Of a figure that comes in groups, e.g. `country=DE`.")] = "",
) -> Wish:
    return Wish(account_id, metric, granularity, within, post, group)


WishDep = Annotated[Wish, Depends(get_wish)]


@router.get("", response_model=ReportAnswer)
async def show_metrics(
    request: Request,
    resources: ResourcesDep,
    caller: Reader,
    within: PeriodDep,
    platform: PlatformName = ALL,
    account_id: AccountId = None,
    limit: Recent = 20,
    custom: Customs = None,
) -> Response:
    """What became of the posts that were published in a span of time: by their newest figures, with what is not known as null.

    `errors` names accounts whose figures are old or missing, beside what is known of the others.
    """
    question = Question(
        period=within,
        platform=_key(platform),
        named=None if platform == ALL else platform.lower(),
        account_id=account_id,
        limit=limit,
        custom=chosen(custom),
    )
    request.state.kept = Kept(partial(resources.numbers.find_here, question), READING)
    return Response(await resources.numbers.report(caller.workspace_id, question), media_type="application/json")


@router.get("/history", response_model=History)
async def show_history(
    request: Request,
    resources: ResourcesDep,
    caller: Reader,
    wish: WishDep,
) -> Response:
    """A figure over time, as it was read: nothing is smoothed, gaps are told as such, and so is where a platform began to count
    something else. Figures that a platform gives under another name are a series of their own.
    """
    request.state.kept = Kept(partial(resources.numbers.find_history, wish), READING)
    return Response(await resources.numbers.history(caller.workspace_id, wish), media_type="application/json")


@router.get("/export", response_class=StreamingResponse, responses=EXPORTED)
async def export_metrics(
    resources: ResourcesDep,
    caller: Reader,
    within: PeriodDep,
    form: Annotated[Literal["csv", "json"], Query(alias="format")] = "csv",
    platform: PlatformName = ALL,
    account_id: AccountId = None,
) -> StreamingResponse:
    """All posts that were published in a span of time, a row each, with all of their newest figures; newest first."""
    question = Question(period=within, platform=_key(platform), account_id=account_id)
    found = await begun(export.pages(resources.reader, caller.workspace_id, question))
    write, kind = FORMS[form]
    name = f"metrics-{within.start:%Y-%m-%d}-{within.end:%Y-%m-%d}.{form}"
    return StreamingResponse(write(found), media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _key(platform: str) -> str | None:
    return None if platform == ALL else get_connector(platform).manifest.key


@router.post("/custom", status_code=201)
async def create_custom_metric(resources: ResourcesDep, caller: Writer, body: NewCustomMetric) -> CustomMetricView:
    """A formula over the metrics that platforms give. Unlike things do not add up; at most 50 of a workspace."""
    async with resources.database.transaction(caller.workspace_id) as session:
        return await customs.create_custom(session, caller, body, resources.clock)


@router.get("/custom")
async def list_custom_metrics(
    resources: ResourcesDep, caller: Reader, cursor: Cursor = None, limit: Limit = 50
) -> Page[CustomMetricView]:
    """By key."""
    async with resources.database.transaction(caller.workspace_id) as session:
        return await customs.list_custom(session, cursor=cursor, limit=limit)


@router.get("/custom/{key}")
async def show_custom_metric(resources: ResourcesDep, caller: Reader, key: CustomKey) -> CustomMetricView:
    async with resources.database.transaction(caller.workspace_id) as session:
        return CustomMetricView.model_validate(await customs.get_custom(session, caller.workspace_id, key))


@router.patch("/custom/{key}")
async def change_custom_metric(
    resources: ResourcesDep, caller: Writer, key: CustomKey, body: CustomMetricChange
) -> CustomMetricView:
    """Answers are reckoned by the new formula from then on, for the past, too."""
    changes = body.model_dump(exclude_unset=True)
    async with resources.database.transaction(caller.workspace_id) as session:
        changed = await customs.change_custom(session, caller, key, changes, resources.clock)
    await freshness.forget_custom(resources.cache, caller.workspace_id)
    return changed


@router.delete("/custom/{key}", status_code=204)
async def delete_custom_metric(resources: ResourcesDep, caller: Writer, key: CustomKey) -> None:
    async with resources.database.transaction(caller.workspace_id) as session:
        await customs.delete_custom(session, caller, key)
    await freshness.forget_custom(resources.cache, caller.workspace_id)
