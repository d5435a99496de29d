from collections.abc import Callable, Sequence
from urllib.parse import urlencode

from starlette.requests import Request

from ocma_sandbox import books
from ocma_sandbox.books import Post
from ocma_sandbox.mastodon import params
from ocma_sandbox.mastodon.entities import LIVE
from ocma_sandbox.world import World

MAX_ID = 2**63 - 1
INSIDE = LIVE + " AND CAST(id AS INTEGER) > ?1 AND CAST(id AS INTEGER) < ?2"


def page(
    world: World,
    request: Request,
    where: str,
    *values: object,
    keep: Callable[[Post], bool],
    default: int = 20,
    most: int = 40,
) -> list[Post]:
    """Newest first. `since_id` gives the newest above it, `min_id` those directly above it. `where` uses ?3 and on."""
    query = request.query_params
    since, least = params.number(query, "since_id", 0), params.number(query, "min_id", 0)
    below = params.number(query, "max_id", MAX_ID)
    size = min(params.number(query, "limit", default) or default, most)
    found = books.select(world.store, INSIDE + where, max(since, least), below, *values, newest_first=least == 0)
    chosen = [post for post in found if keep(post)][:size]
    return chosen if least == 0 else chosen[::-1]


def links(address: str, request: Request, posts: Sequence[Post]) -> dict[str, str]:
    """The Link header: `next` leads to older, `prev` to newer ones."""
    if not posts:
        return {}
    cursors = {"max_id", "min_id", "since_id"}
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in cursors]
    ends = (("next", "max_id", posts[-1].id), ("prev", "min_id", posts[0].id))
    shown = [f'<{address}?{urlencode([*kept, (name, value)])}>; rel="{rel}"' for rel, name, value in ends]
    return {"Link": ", ".join(shown)}
