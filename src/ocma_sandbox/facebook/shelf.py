"""What can be seen of the books: posts that are live, through the eyes of a page."""

from ocma_sandbox import books
from ocma_sandbox.books import Post
from ocma_sandbox.facebook import settings
from ocma_sandbox.facebook.page import KEY
from ocma_sandbox.graph import errors
from ocma_sandbox.graph.calls import Visit
from ocma_sandbox.world import World

LIVE = "platform = 'facebook' AND deleted_at IS NULL AND at <= ? AND coalesce(json_extract(details, '$.live_at'), 0) <= ?"
"""Takes two times: `seen_until`, and now: a video is live when it has been processed."""
ON_TIMELINE = LIVE + " AND json_extract(details, '$.kind') NOT IN ('comment', 'story')"


def seen_until(world: World) -> float:
    """Reads can lag behind writes."""
    return world.clock() - settings.of(world).read_lag_seconds


def find(visit: Visit, post_id: str) -> Post | None:
    """By its whole id, or by the part behind the page's, which a video's or photo's own id is, too."""
    world = visit.world
    post = books.find(world.store, KEY, post_id)
    if post is None and visit.caller.has_held_token:
        post = books.find(world.store, KEY, f"{visit.caller.person.id}_{post_id}")
    is_live = post is not None and post.at <= seen_until(world) and post.details.get("live_at", 0) <= world.clock()
    return post if is_live else None


def get(visit: Visit, post_id: str) -> Post:
    post = find(visit, post_id)
    if post is None:
        raise errors.missing(post_id)
    return post
