"""Files that posts still need."""

from uuid import UUID

from sqlalchemy import String, cast, exists, select

from ocma.errors import Conflict
from ocma.features.media.library import Library
from ocma.features.posts.models import Post
from ocma.features.publishing.models import Publication
from ocma.features.workspaces.caller import Caller
from ocma.infra.database import Database

UNFINISHED = ("scheduled", "publishing", "unknown")


async def drop(database: Database, library: Library, caller: Caller, medium_id: UUID) -> None:
    """Deletes a medium. Raises Conflict while a post that is not finished shows it."""
    waiting = select(Publication.id).where(Publication.post_id == Post.id, Publication.state.in_(UNFINISHED))
    named = (cast(Post.content, String) + cast(Post.variants, String)).contains(str(medium_id), autoescape=True)
    async with database.transaction(caller.workspace_id) as session:
        post_id = await session.scalar(select(Post.id).where(named, exists(waiting)).limit(1))
    if post_id is not None:
        raise Conflict(
            f"The post {post_id} still needs this medium.",
            code="mediumInUse",
            remediation="Cancel that post first, or wait for it.",
        )
    await library.drop(caller, medium_id)
