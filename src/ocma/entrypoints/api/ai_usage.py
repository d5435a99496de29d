"""/api/ai/usage: what language models took of a workspace's budget."""

from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy.ext.asyncio import AsyncSession

from ocma.entrypoints.api.dependencies import ResourcesDep, needs
from ocma.entrypoints.api.idempotency import IdempotentRoute
from ocma.features.assistant import usage
from ocma.features.assistant.budget import Limits
from ocma.features.assistant.usage import AiUsage
from ocma.features.workspaces.caller import Caller

router = APIRouter(prefix="/api/ai/usage", tags=["assistant"], route_class=IdempotentRoute)

Reader = Annotated[Caller, needs("workspace:read")]


@router.get("")
async def show_ai_usage(
    resources: ResourcesDep,
    caller: Reader,
    days: Annotated[int, Query(ge=1, le=usage.MOST_DAYS, description="How many days back, today included.")] = 30,
) -> AiUsage:
    """By UTC day and model, as the provider counted; and what is left of today's budget."""
    limits = Limits(resources.settings.ai_daily_usd, resources.settings.ai_daily_tokens)

    async def count(session: AsyncSession) -> AiUsage:
        return await usage.get_usage(session, caller.workspace_id, resources.clock(), days, limits)

    return await resources.reader.read(caller.workspace_id, count)
