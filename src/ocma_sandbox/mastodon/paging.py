from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlencode

from starlette.requests import Request

from ocma_sandbox import books
from ocma_sandbox.books import Post
from ocma_sandbox.mastodon import params
from ocma_sandbox.mastodon.entities import LIVE
from ocma_sandbox.world import World

MAX_ID = 2**63 - 1
INSIDE = LIVE + " AND CAST(id AS INTEGER) > ?1 AND CAST(id AS INTEGER) < ?2"


class Listed(Protocol):
    @property
    def id(self) -> str: ...


@dataclass(frozen=True)
class Asked:
    """The ids between which a page lies; upward, it begins directly above the lower one."""

    above: int
    below: int
    size: int
    is_upward: bool


def asked(request: Request, *, default: int = 20, most: int = 40) -> Asked:
    """`since_id` asks for the newest above it, `min_id` for those directly above it."""
    query = request.query_params
    since, least = params.number(query, "since_id", 0), params.number(query, "min_id", 0)
    size = min(params.number(query, "limit", default) or default, most)
    is_upward = params.text(query, "min_id") is not None  # 0 too: from the very first one
    return Asked(max(since, least), params.number(query, "max_id", MAX_ID), size, is_upward)


def page(world: World, request: Request, where: str, *values: object, keep: Callable[[Post], bool]) -> list[Post]:
    """Newest first. `where` uses ?3 and on."""
    wish = asked(request)
    found = books.select(world.store, INSIDE + where, wish.above, wish.below, *values, newest_first=not wish.is_upward)
    chosen = [post for post in found if keep(post)][: wish.size]
    return chosen[::-1] if wish.is_upward else chosen


def links(address: str, request: Request, shown: Sequence[Listed]) -> dict[str, str]:
    """The Link header: `next` leads to older, `prev` to newer ones."""
    if not shown:
        return {}
    cursors = {"max_id", "min_id", "since_id"}
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in cursors]
    ends = (("next", "max_id", shown[-1].id), ("prev", "min_id", shown[0].id))
    written = [f'<{address}?{urlencode([*kept, (name, value)])}>; rel="{rel}"' for rel, name, value in ends]
    return {"Link": ", ".join(written)}
