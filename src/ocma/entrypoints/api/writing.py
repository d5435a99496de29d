"""/api/ai/optimize and /api/ai/generate: texts made better, and made. Nothing is written or sent."""

import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from sse_starlette import EventSourceResponse, ServerSentEvent

from ocma.entrypoints.api.dependencies import ResourcesDep, needs
from ocma.entrypoints.api.idempotency import IdempotentRoute
from ocma.features.assistant import generate as generating
from ocma.features.assistant import optimize as optimizing
from ocma.features.assistant.generate_schemas import GenerateWish, GenerationAnswer
from ocma.features.assistant.optimize import Tools
from ocma.features.assistant.optimize_schemas import OptimizationAnswer, OptimizeWish
from ocma.features.workspaces.caller import Caller

STREAM = "text/event-stream"
router = APIRouter(prefix="/api/ai", tags=["ai"], route_class=IdempotentRoute)

Writer = Annotated[Caller, needs("posts:write")]
Wanted = Annotated[
    bool, Query(description="Server-sent events: `delta` {variant, text} as the model writes, unchecked; then `done`.")
]
Accept = Annotated[str | None, Header(include_in_schema=False)]  # OpenAPI describes it by the answers' types
STREAMED: dict[int | str, dict[str, Any]] = {200: {"content": {STREAM: {}}}}


@router.post("/optimize")
async def optimize_content(resources: ResourcesDep, caller: Writer, body: OptimizeWish) -> OptimizationAnswer:
    """A draft made better for its platform, with what was changed and why, and other versions to try against it.

    By a language model, if there is one and it may be asked; else, and beside it, by rules on the draft's own words. Every text
    passes the platform's checks.
    """
    tools = await resources.analyst.tools(caller.workspace_id, body.platform, body.account_id)
    return await optimizing.optimize(tools, caller.workspace_id, body)


@router.post("/generate", response_model=GenerationAnswer, responses=STREAMED)
async def generate_content(
    resources: ResourcesDep, caller: Writer, body: GenerateWish, stream: Wanted = False, accept: Accept = None
) -> GenerationAnswer | EventSourceResponse:
    """Posts from what somebody asks for; without a language model they are made of the request's own words, and marked so.

    Every variant passes the platform's checks. As a stream: what the model writes, while it does; the last event, `done`, is the
    answer that counts.
    """
    tools = await resources.analyst.tools(caller.workspace_id, body.platform)
    if not stream and STREAM not in (accept or ""):
        return await generating.generate(tools, caller.workspace_id, body)
    task = await generating.begin(tools, body)
    return EventSourceResponse(_events(tools, caller, task), ping=15)


async def _events(tools: Tools, caller: Caller, task: generating.Task) -> AsyncIterator[ServerSentEvent]:
    async with aclosing(generating.stream(tools, caller.workspace_id, task)) as written:
        async for each in written:
            if isinstance(each, GenerationAnswer):
                yield ServerSentEvent(each.model_dump_json(by_alias=True), event="done")
            else:
                yield ServerSentEvent(json.dumps({"variant": each.variant, "text": each.text}), event="delta")
