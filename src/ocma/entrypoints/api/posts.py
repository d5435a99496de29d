"""/api/posts: what platforms would say of a post."""

from typing import Annotated

from fastapi import APIRouter

from ocma.entrypoints.api.dependencies import ResourcesDep, needs
from ocma.entrypoints.api.idempotency import IdempotentRoute
from ocma.features.posts import checks
from ocma.features.posts.schemas import Check, Checked
from ocma.features.workspaces.caller import Caller

router = APIRouter(prefix="/api/posts", tags=["posts"], route_class=IdempotentRoute)

Reader = Annotated[Caller, needs("posts:read")]


@router.post("/check")
async def check(resources: ResourcesDep, caller: Reader, body: Check) -> Checked:
    """Every rule of every named platform that the post breaks, and how long its texts are there. Nothing is written or sent."""
    return await checks.check_post(resources.database, resources.library, caller, body)
