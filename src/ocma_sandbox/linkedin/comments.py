"""Comments on a post, and answers to them, one level deep.

Unsure, and chosen here: the older scopes are good beside those with _feed; a comment is answered with its id in
x-restli-id and with its JSON.
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ocma_sandbox import books, people
from ocma_sandbox.books import Post
from ocma_sandbox.linkedin import authors, bodies, littletext, members, problems, restli, schemas, settings, urns
from ocma_sandbox.linkedin.calls import Caller
from ocma_sandbox.linkedin.members import KEY
from ocma_sandbox.people import Person
from ocma_sandbox.world import World

Json = dict[str, Any]

UNDER = "platform = 'linkedin' AND reply_to = ? AND deleted_at IS NULL"


async def create(world: World, caller: Caller, request: Request) -> Response:
    body = await bodies.read(request, schemas.CREATE_COMMENT)
    target = _target(world, request)
    post = target if target.reply_to is None else _parent_post(world, target)
    if body.get("object", post.id) != post.id:
        raise problems.bad_value("/object", body["object"])
    actor = authors.writer(world, caller, body["actor"], "actor", feed=True)
    parent = _parent(world, post, body.get("parentComment") or (target.id if target.reply_to else None))
    comment = _comment(world, post, parent, actor, body)
    books.accept(world.store, comment)
    return JSONResponse(_shown(comment), 201, headers={"x-restli-id": comment.details["number"]})


def _target(world: World, request: Request) -> Post:
    """A post, or a comment that is to be answered."""
    urn: str = request.path_params["urn"]
    urns.read(urn, "id", *urns.POSTS, "comment")
    target = books.find(world.store, KEY, urn)
    if target is None:
        raise problems.not_found()
    return target


def _parent_post(world: World, comment: Post) -> Post:
    post = books.find(world.store, KEY, comment.details["object"])
    if post is None:
        raise problems.not_found()
    return post


def _parent(world: World, post: Post, urn: str | None) -> Post | None:
    if urn is None:
        return None
    parent = books.find(world.store, KEY, urn)
    if parent is None or parent.details.get("object") != post.id or parent.details.get("parentComment"):
        raise problems.bad_value("/parentComment", urn)
    return parent


def _comment(world: World, post: Post, parent: Post | None, actor: Person, body: Json) -> Post:
    given, number = _text(world, body["message"]["text"]), str(members.new_id(world))
    details = {
        "kind": "comment",
        "number": number,
        "actor": members.urn(actor),
        "object": post.id,
        "text": given.stored,
        "parentComment": parent.id if parent else None,
    }
    return Post(
        platform=KEY,
        id=urns.comment(post.id, number),
        person_id=actor.id,
        content=given.shown,
        at=world.clock(),
        details=details,
        reply_to=parent.id if parent else post.id,
    )


def _text(world: World, given: str) -> littletext.LittleText:
    chosen = settings.of(world)
    length = len(littletext.parse(given, truncate=False).shown)
    if not given.strip():
        raise problems.refused(400, "INVALID_VALUE_BLANK_FIELD", "/message/text can't be blank")
    if length > chosen.comment_limit:
        raise problems.too_long("/message/text", length, chosen.comment_limit)
    return littletext.parse(given, truncate=chosen.truncate_unescaped)


async def list_(world: World, caller: Caller, request: Request) -> Response:
    target = _target(world, request)
    post = target if target.reply_to is None else _parent_post(world, target)
    authors.check_reads(world, caller, people.get(world.store, KEY, post.person_id), feed=True)
    found = books.select(world.store, UNDER, target.id, newest_first=False)
    return JSONResponse(restli.page(request, [_shown(comment) for comment in found]))


async def delete(world: World, caller: Caller, request: Request) -> Response:
    """DELETE …/comments/{id}?actor=; 204 also for what is gone already."""
    actor = authors.writer(world, caller, restli.text(request, "actor"), "actor", feed=True)
    post = _target(world, request)
    comment = books.find(world.store, KEY, urns.comment(post.details.get("object", post.id), request.path_params["id"]))
    if comment is not None:
        if actor.id not in {comment.person_id, post.person_id}:
            raise problems.denied(caller.access)
        books.delete(world.store, comment, world.clock())
    return Response(status_code=204)


def _shown(comment: Post) -> Json:
    at, details = int(comment.at * 1000), comment.details
    shown: Json = {
        "id": details["number"],
        "$URN": comment.id,
        "actor": details["actor"],
        "object": details["object"],
        "message": {"attributes": [], "text": details["text"]},
        "created": {"actor": details["actor"], "time": at},
        "lastModified": {"actor": details["actor"], "time": at},
    }
    return {**shown, **({"parentComment": details["parentComment"]} if details["parentComment"] else {})}
