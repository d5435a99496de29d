"""The user's public videos, and their numbers."""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from ocma_sandbox import books, people
from ocma_sandbox.books import Post
from ocma_sandbox.figures import Figures
from ocma_sandbox.tiktok import errors, fields, publishes, schemas, settings
from ocma_sandbox.tiktok.calls import KEY, Caller, base
from ocma_sandbox.tiktok.counts import COUNTS
from ocma_sandbox.world import World

Json = dict[str, Any]

FIELDS = frozenset(
    {
        *("id", "create_time", "cover_image_url", "share_url", "video_description", "duration", "height", "width"),
        *("title", "embed_html", "embed_link", *COUNTS.post),
    }
)
DEFAULT_COUNT = 10


def url(address: str, handle: str, post: Post) -> str:
    return f"{address}/@{handle}/{post.details['kind']}/{post.id}"


async def list_(world: World, caller: Caller, request: Request) -> Response:
    """POST /v2/video/list/: newest first, from the cursor on, which is a time in milliseconds."""
    wanted = fields.read(request, FIELDS)
    body = await schemas.read(world, request, schemas.LIST)
    count = body.get("max_count", DEFAULT_COUNT)
    cursor = body.get("cursor") or None
    found = [post for post in _public(world, caller) if cursor is None or _millis(post) < cursor]
    shown, rest = found[:count], found[count:]
    show = _presenter(world, caller, request, wanted)
    last = _millis(shown[-1]) if shown else cursor or 0
    return errors.ok({"videos": [show(post) for post in shown], "cursor": last, "has_more": bool(rest)})


async def query(world: World, caller: Caller, request: Request) -> Response:
    """POST /v2/video/query/: what is not the user's own, or not public, is left out."""
    wanted = fields.read(request, FIELDS)
    body = await schemas.read(world, request, schemas.QUERY)
    known = {post.id: post for post in _public(world, caller)}
    ids = dict.fromkeys(body["filters"]["video_ids"])
    show = _presenter(world, caller, request, wanted)
    return errors.ok({"videos": [show(known[post_id]) for post_id in ids if post_id in known]})


def _public(world: World, caller: Caller) -> list[Post]:
    posts = books.select(world.store, "platform = 'tiktok' AND person_id = ? AND deleted_at IS NULL", caller.person.id)
    kinds = {"video", "photo"} if settings.of(world).photos_listed else {"video"}
    return [post for post in posts if post.details["kind"] in kinds and publishes.is_public(world, post)]


def _millis(post: Post) -> int:
    return int(post.at * 1000)


def _presenter(world: World, caller: Caller, request: Request, wanted: list[str]) -> Callable[[Post], Json]:
    address, handle = base(request), people.get(world.store, KEY, caller.person.id).handle
    figures = Figures(world, COUNTS)

    def show(post: Post) -> Json:
        shown = _shown(figures, post, url(address, handle, post))
        return {name: shown[name] for name in wanted}

    return show


def _shown(figures: Figures, post: Post, address: str) -> Json:
    first = post.media[0]
    return {
        "id": post.id,
        "create_time": int(post.at),
        "cover_image_url": f"{address}/cover",
        "share_url": address,
        "video_description": post.content,
        "duration": round(first.get("seconds") or 0),
        "height": first["height"] or 0,
        "width": first["width"] or 0,
        "title": post.details["title"],
        "embed_html": "",
        "embed_link": address,
        **{name: figures.value(post, name) for name in COUNTS.post},
    }
