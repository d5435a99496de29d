"""/api/ai/analyze: what can be said of a draft."""

from typing import Annotated

from fastapi import APIRouter

from ocma.entrypoints.api.dependencies import ResourcesDep, needs
from ocma.entrypoints.api.idempotency import IdempotentRoute
from ocma.features.assistant.analysis_schemas import AnalysisAnswer, AnalysisWish
from ocma.features.workspaces.caller import Caller

router = APIRouter(prefix="/api/ai", tags=["ai"], route_class=IdempotentRoute)

Reader = Annotated[Caller, needs("posts:read")]


@router.post("/analyze")
async def analyze_content(resources: ResourcesDep, caller: Reader, body: AnalysisWish) -> AnalysisAnswer:
    """Tone, readability, findability, fit to the platform, hashtags, what engagement to expect and what to change.

    Always an answer: by a language model where one is set up and well, else by OCMA's own models; `sources` says which part came
    from where. What nobody knows is null.
    """
    return await resources.analyst.analyze(caller.workspace_id, body)
