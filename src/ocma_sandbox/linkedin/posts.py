"""Creating, reading, listing, editing and deleting posts.

Unsure, and chosen here: videos, documents and polls become a ugcPost, all else a share; a duplicate is the same shown
text with the same content (media by their URN) by the same author within ten minutes, as LinkedIn's older description
says; an edited post keeps the fingerprint that it had.
"""

import json
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ocma_sandbox import books, media, people
from ocma_sandbox.books import Post
from ocma_sandbox.linkedin import authors, bodies, drafts, members, problems, restli, schemas, settings, urns
from ocma_sandbox.linkedin.calls import Caller
from ocma_sandbox.linkedin.drafts import Draft
from ocma_sandbox.linkedin.members import KEY
from ocma_sandbox.world import World

Json = dict[str, Any]

DOOMED = "linkedin_doomed"
SCHEMA = f"CREATE TABLE IF NOT EXISTS {DOOMED} (post_id TEXT PRIMARY KEY, at REAL NOT NULL);"
UGC = frozenset({"video", "document", "poll"})
SAME = "platform = 'linkedin' AND person_id = ? AND fingerprint = ? AND at > ? AND (? OR deleted_at IS NULL)"
BY_AUTHOR = "platform = 'linkedin' AND person_id = ? AND deleted_at IS NULL AND reply_to IS NULL AND at <= ?"


async def create(world: World, caller: Caller, request: Request) -> Response:
    draft = drafts.read(world, caller, await bodies.read(request, schemas.CREATE_POST))
    _check_conflict(world)
    _check_duplicate(world, draft)
    post = _post(world, draft)
    with world.store.transaction():
        books.accept(world.store, post)
        for item in draft.media:
            media.attach(world.store, item, post.id)
        _doom(world, draft, post)
    return Response(status_code=201, headers={} if settings.of(world).omit_post_id else {"x-restli-id": post.id})


def _check_conflict(world: World) -> None:
    chosen = settings.of(world)
    if chosen.conflicts > 0:
        chosen.conflicts -= 1
        raise problems.refused(409, "CONFLICT", "A write conflict occurred. Retry the request.")


def _check_duplicate(world: World, draft: Draft) -> None:
    chosen = settings.of(world)
    values = (draft.author.id, draft.fingerprint, world.clock() - chosen.duplicate_window_seconds, chosen.duplicates_of_deleted)
    same = books.select(world.store, SAME, *values, limit=1)
    if same:
        raise problems.duplicate(same[0].id)


def _post(world: World, draft: Draft) -> Post:
    number = str(members.new_id(world))
    return Post(
        platform=KEY,
        id=urns.write("ugcPost" if draft.kind in UGC else "share", number),
        person_id=draft.author.id,
        content=draft.text.shown,
        at=world.clock(),
        details={**draft.details, "commentary": draft.text.stored},
        media=[media.entry(item) for item in draft.media],
        fingerprint=draft.fingerprint,
    )


def _doom(world: World, draft: Draft, post: Post) -> None:
    """A post whose media are not available yet is accepted, and not there any more when their processing has ended."""
    waiting = [item for item in draft.media if (item.ready_at or 0) > world.clock()]
    if any(item.error or settings.of(world).early_posts_vanish for item in waiting):
        ends = max(item.ready_at or 0 for item in waiting)
        world.store.run("INSERT INTO linkedin_doomed VALUES (?, ?)", post.id, ends)


def settle(world: World) -> None:
    now = world.clock()
    for row in world.store.all("SELECT post_id FROM linkedin_doomed WHERE at <= ?", now):
        post = books.find(world.store, KEY, row["post_id"])
        if post is not None:
            books.delete(world.store, post, now)
        world.store.run("DELETE FROM linkedin_doomed WHERE post_id = ?", row["post_id"])


async def show(world: World, caller: Caller, request: Request) -> Response:
    post = find(world, request)
    authors.check_reads(world, caller, people.get(world.store, KEY, post.person_id))
    return JSONResponse(_shown(post))


async def by_author(world: World, caller: Caller, request: Request) -> Response:
    """GET /rest/posts?q=author: newest first."""
    restli.finder(request, "author")
    named = urns.read(restli.text(request, "author"), "author", "person", "organization")
    author = members.find(world, named)
    if author is None:
        raise problems.denied(caller.access)
    authors.check_reads(world, caller, author)
    until = world.clock() - settings.of(world).listing_lag_seconds
    found = books.select(world.store, BY_AUTHOR, author.id, until, limit=sum(restli.window(request)))
    total = books.count(world.store, BY_AUTHOR, author.id, until)
    return JSONResponse(restli.page(request, [_shown(post) for post in found], total))


async def update(world: World, caller: Caller, request: Request) -> Response:
    if request.headers.get("x-restli-method", "").upper() != "PARTIAL_UPDATE":
        raise problems.illegal("X-RestLi-Method must be PARTIAL_UPDATE")
    patch = await bodies.read(request, schemas.UPDATE_POST)
    post = find(world, request)
    authors.check_writes_as(world, caller, people.get(world.store, KEY, post.person_id))
    blank = post.details["kind"] != "text"
    text = drafts.commentary(world, patch["patch"]["$set"]["commentary"], may_be_blank=blank)
    _rewrite(world, post, text.shown, {**post.details, "commentary": text.stored, "edited_at": world.clock()})
    return Response(status_code=204)


def _rewrite(world: World, post: Post, content: str, details: Mapping[str, Any]) -> None:
    """An edit changes what is in the books; it is no further publish."""
    sql = "UPDATE posts SET content = ?, details = ? WHERE platform = ? AND id = ?"
    world.store.run(sql, content, json.dumps(details), KEY, post.id)


async def delete(world: World, caller: Caller, request: Request) -> Response:
    """204 also for what is gone already."""
    caller.require(authors.MEMBER_WRITE, authors.PAGE_WRITE)
    urns.read(request.path_params["urn"], "id", *urns.POSTS)
    post = books.find(world.store, KEY, request.path_params["urn"])
    if post is not None:
        authors.check_writes_as(world, caller, people.get(world.store, KEY, post.person_id))
        books.delete(world.store, post, world.clock())
    return Response(status_code=204)


def find(world: World, request: Request) -> Post:
    urn: str = request.path_params["urn"]
    urns.read(urn, "id", *urns.POSTS)
    post = books.find(world.store, KEY, urn)
    if post is None:
        raise problems.not_found()
    return post


def _shown(post: Post) -> Json:
    kept = ("author", "commentary", "visibility", "distribution", "lifecycleState", "content", "reshareContext")
    at, edited_at = int(post.at * 1000), post.details.get("edited_at")
    return {
        "id": post.id,
        **{name: post.details[name] for name in kept if name in post.details},
        "isReshareDisabledByAuthor": post.details.get("isReshareDisabledByAuthor", False),
        "lifecycleStateInfo": {"isEditedByAuthor": edited_at is not None},
        "createdAt": at,
        "publishedAt": at,
        "lastModifiedAt": int((edited_at or post.at) * 1000),
    }
