"""Publishing, reading and deleting statuses.

Unsure, and chosen here: a request that repeats an Idempotency-Key is answered with the first status and takes its
place in the rate windows like any other; a key whose status was deleted answers 404.
"""

from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ocma_sandbox import apps, books, media, people
from ocma_sandbox.books import Post
from ocma_sandbox.mastodon import drafts, errors, feed, notifications, paging, params, scheduled, settings
from ocma_sandbox.mastodon.calls import KEY, Visitor, base
from ocma_sandbox.mastodon.drafts import Draft
from ocma_sandbox.mastodon.entities import LIVE, Renderer
from ocma_sandbox.mastodon.notifications import Notification
from ocma_sandbox.mastodon.oauth import new_id
from ocma_sandbox.people import Person
from ocma_sandbox.world import World

Json = dict[str, Any]


def _renderer(world: World, visitor: Visitor, request: Request) -> Renderer:
    return Renderer(world, base(request), visitor.person)


async def create(world: World, visitor: Visitor, request: Request) -> Response:
    """POST /api/v1/statuses"""
    person, given = visitor.me, await params.read(request)
    renderer, key = _renderer(world, visitor, request), request.headers.get("idempotency-key") or None
    first = _first(world, renderer, person, key)
    if first is not None:
        return JSONResponse(first)
    draft = drafts.read(world, person, given)
    draft.details["application"] = _application(world, visitor)
    if draft.scheduled_at is not None:
        later = replace(draft, address=renderer.base)
        return JSONResponse(scheduled.save(world, renderer, person, later, key))
    post, told = publish(world, renderer.base, person, draft, key)
    feed.published(world, post, told)
    return JSONResponse(renderer.status(post))


def _first(world: World, renderer: Renderer, person: Person, key: str | None) -> Json | None:
    """What the same key of the same account gave before, within the hour."""
    if key is None:
        return None
    since = world.clock() - settings.of(world).idempotency_seconds
    same = "platform = 'mastodon' AND person_id = ? AND idempotency_key = ? AND at > ?"
    found = books.select(world.store, same, person.id, key, since, limit=1)
    if found and found[0].deleted_at is not None:
        raise errors.not_found()
    if found:
        return renderer.status(found[0])
    return scheduled.find_by_key(world, renderer, person, key, since)


def _application(world: World, visitor: Visitor) -> Json | None:
    app = apps.find(world.store, KEY, visitor.token.client_id) if visitor.token else None
    return {"name": app.name, "website": app.website} if app else None


def publish(world: World, address: str, person: Person, draft: Draft, key: str | None) -> tuple[Post, list[Notification]]:
    """`address` is the instance's: it says which mentions mean people of this one."""
    found = [media.find(world.store, KEY, media_id) for media_id in draft.media_ids]
    attached = [item for item in found if item is not None]
    post = Post(
        platform=KEY,
        id=str(new_id(world)),
        person_id=person.id,
        content=draft.content,
        at=world.clock(),
        details=draft.details,
        media=[media.entry(item) for item in attached],
        reply_to=draft.reply_to,
        idempotency_key=key,
    )
    with world.store.transaction():
        books.accept(world.store, post)
        for item in attached:
            media.attach(world.store, item, post.id)
        return post, notifications.record(world, Renderer(world, address), post)


def settle(world: World) -> None:
    """Publishes what was scheduled for now or earlier."""
    for row in scheduled.due(world):
        draft = scheduled.draft_of(row)
        with world.store.transaction():
            scheduled.remove(world, row["id"])
            author = people.get(world.store, KEY, row["person_id"])
            post, told = publish(world, draft.address, author, draft, None)
        feed.published(world, post, told)


def _get(world: World, renderer: Renderer, post_id: str) -> Post:
    post = books.find(world.store, KEY, post_id)
    if post is None or not renderer.is_visible(post):
        raise errors.not_found()
    return post


async def show(world: World, visitor: Visitor, request: Request) -> Response:
    renderer = _renderer(world, visitor, request)
    return JSONResponse(renderer.status(_get(world, renderer, request.path_params["id"])))


async def poll(world: World, visitor: Visitor, request: Request) -> Response:
    """GET /api/v1/polls/:id"""
    renderer, poll_id = _renderer(world, visitor, request), request.path_params["id"]
    found = books.select(world.store, LIVE + " AND json_extract(details, '$.poll.id') = ?", poll_id, limit=1)
    if not found or not renderer.is_visible(found[0]):
        raise errors.not_found()
    return JSONResponse(renderer.poll(found[0]))


async def show_many(world: World, visitor: Visitor, request: Request) -> Response:
    """GET /api/v1/statuses?id[]="""
    renderer = _renderer(world, visitor, request)
    ids = params.listed(params.nested(request.query_params.multi_items()), "id")
    found = [books.find(world.store, KEY, post_id) for post_id in dict.fromkeys(ids)]
    return JSONResponse([renderer.status(post) for post in found if post and renderer.is_visible(post)])


async def delete(world: World, visitor: Visitor, request: Request) -> Response:
    renderer = _renderer(world, visitor, request)
    post = _get(world, renderer, request.path_params["id"])
    if post.person_id != visitor.me.id:
        raise errors.not_found()
    shown = renderer.status(post, source=True)
    books.delete(world.store, post, world.clock())
    feed.deleted(world, post, renderer.mentioned(post))
    return JSONResponse(shown)


async def context(world: World, visitor: Visitor, request: Request) -> Response:
    renderer = _renderer(world, visitor, request)
    post = _get(world, renderer, request.path_params["id"])
    above, below = _ancestors(world, post), _descendants(world, post)
    shown = {"ancestors": above, "descendants": below}
    return JSONResponse(
        {name: [renderer.status(item) for item in items if renderer.is_visible(item)] for name, items in shown.items()}
    )


def _ancestors(world: World, post: Post) -> list[Post]:
    found: list[Post] = []
    while post.reply_to is not None:
        above = books.find(world.store, KEY, post.reply_to)
        if above is None:
            break
        found.append(above)
        post = above
    return found[::-1]


def _descendants(world: World, post: Post) -> list[Post]:
    """Depth first, each branch in order of time."""
    found: list[Post] = []
    waiting = _replies(world, post)[::-1]
    while waiting:
        below = waiting.pop()
        found.append(below)
        waiting.extend(_replies(world, below)[::-1])
    return found


def _replies(world: World, post: Post) -> list[Post]:
    return books.select(world.store, LIVE + " AND reply_to = ?", post.id, newest_first=False)


async def of_account(world: World, visitor: Visitor, request: Request) -> Response:
    """GET /api/v1/accounts/:id/statuses"""
    renderer, account_id = _renderer(world, visitor, request), request.path_params["id"]
    if people.find_by_id(world.store, KEY, account_id) is None:
        raise errors.not_found()
    query = request.query_params
    where = " AND person_id = ?3"
    if params.flag(query, "exclude_replies"):
        where += " AND reply_to IS NULL"
    if params.flag(query, "only_media"):
        where += " AND media <> '[]'"
    pinned = params.flag(query, "pinned")  # nothing can be pinned here
    posts = [] if pinned else paging.page(world, request, where, account_id, keep=renderer.is_visible)
    address = f"{renderer.base}/api/v1/accounts/{account_id}/statuses"
    return JSONResponse([renderer.status(post) for post in posts], headers=paging.links(address, request, posts))
