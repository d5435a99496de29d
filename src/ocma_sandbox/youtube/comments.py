"""Comments on videos: threads, and replies to them. Each is a post of its own in the books."""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ocma_sandbox import books, people
from ocma_sandbox.books import Post
from ocma_sandbox.people import Person
from ocma_sandbox.platform import Refused
from ocma_sandbox.world import World
from ocma_sandbox.youtube import bodies, errors, films, ids, paging, videos
from ocma_sandbox.youtube.calls import KEY, Caller, check_has_channel

Json = dict[str, Any]

MAX_TEXT = 10_000
FEW_REPLIES = 5
THREAD_PARTS, PARTS = ("id", "snippet", "replies"), ("id", "snippet")
THREAD_FILTERS = ("allThreadsRelatedToChannelId", "channelId", "id", "videoId")
MODERATION = ("published", "heldForReview", "rejected")
LIVE = "platform = 'youtube' AND deleted_at IS NULL AND details ->> '$.kind' = 'comment'"
TOP, UNDER = LIVE + " AND details ->> '$.threadId' IS NULL", LIVE + " AND reply_to = ?"


def _missing() -> Refused:
    return errors.refused(404, "commentNotFound", "One or more of the specified comments cannot be found.", "youtube.comment")


def _forbidden() -> Refused:
    return errors.refused(403, "forbidden", "The comment might not be properly authorized.", "youtube.comment")


async def insert_thread(world: World, caller: Caller, request: Request) -> Response:
    """POST /youtube/v3/commentThreads"""
    wanted = bodies.parts(request, THREAD_PARTS)
    snippet = (await bodies.read(world, request, bodies.THREAD))["snippet"]
    check_has_channel(world, caller)
    film = films.find(world, snippet.get("videoId", ""))
    if film is None or not films.is_visible(world, film, caller.person.id):
        raise videos.missing()
    post = _post(caller, world, film, snippet["topLevelComment"]["snippet"], None)
    books.accept(world.store, post)
    return JSONResponse(_thread(world, post, wanted))


async def insert_reply(world: World, caller: Caller, request: Request) -> Response:
    """POST /youtube/v3/comments"""
    wanted = bodies.parts(request, PARTS)
    snippet = (await bodies.read(world, request, bodies.REPLY))["snippet"]
    check_has_channel(world, caller)
    parent = _find(world, snippet.get("parentId", ""))
    film = films.find(world, parent.details["videoId"]) if parent else None
    if parent is None or film is None:
        raise errors.refused(404, "parentCommentNotFound", "The specified parent comment could not be found.", "youtube.comment")
    # a reply to a reply belongs to the thread
    post = _post(caller, world, film, snippet, parent.details["threadId"] or parent.id)
    books.accept(world.store, post)
    return JSONResponse(_comment(world, post, wanted))


def _post(caller: Caller, world: World, film: Post, given: Json, thread_id: str | None) -> Post:
    text: str = given.get("textOriginal", "")
    if films.is_closed(film):
        message = "The video identified by the videoId parameter has disabled comments."
        raise errors.refused(403, "commentsDisabled", message, "youtube.commentThread")
    if not text.strip():
        raise errors.refused(400, "commentTextRequired", "The comment text is required.", "youtube.comment")
    if len(text) > MAX_TEXT:
        raise errors.refused(400, "commentTextTooLong", f"The comment may have {MAX_TEXT} characters.", "youtube.comment")
    fresh = secrets.token_urlsafe(12)
    return Post(
        platform=KEY,
        id=f"{thread_id}.{fresh}" if thread_id else f"Ug{fresh}4AaABAg",
        person_id=caller.person.id,
        content=text,
        at=world.clock(),
        details={"kind": "comment", "videoId": film.id, "threadId": thread_id, "moderation": "published"},
        reply_to=thread_id or film.id,
    )


def _find(world: World, comment_id: str) -> Post | None:
    post = books.find(world.store, KEY, comment_id)
    return post if post and post.details["kind"] == "comment" else None


async def list_threads(world: World, caller: Caller, request: Request) -> Response:
    """GET /youtube/v3/commentThreads: newest first."""
    wanted = bodies.parts(request, THREAD_PARTS)
    chosen = [name for name in THREAD_FILTERS if name in request.query_params]
    if len(chosen) != 1:
        reason = "incompatibleParameters" if chosen else "missingRequiredParameter"
        raise errors.parameter(reason, f"Expected exactly one filter of: {', '.join(THREAD_FILTERS)}")
    state = request.query_params.get("moderationStatus", "published")
    found = [post for post in _asked(world, caller, request, chosen[0], state) if post.details["moderation"] == state]
    shown, more = paging.page(request, found, default=20, most=100, least=1)
    items = [_thread(world, post, wanted) for post in shown]
    return JSONResponse({"kind": "youtube#commentThreadListResponse", **more, "items": items})


def _asked(world: World, caller: Caller, request: Request, name: str, state: str) -> Sequence[Post]:
    if name == "id":
        return [post for each in bodies.listed(request, "id") if (post := _find(world, each))]
    value, found = request.query_params[name], books.select(world.store, TOP)
    owner = _owner(world, caller, name, value)
    if state != "published" and owner.id != caller.person.id:
        raise _forbidden()
    if name == "videoId":
        return [post for post in found if post.details["videoId"] == value]
    own = {film.id for film in films.of_channel(world, owner.id)}
    return [post for post in found if post.details["videoId"] in own]


def _owner(world: World, caller: Caller, name: str, value: str) -> Person:
    """Whose channel or video it is that comments are asked of."""
    if name != "videoId":
        channel = ids.find_channel(world, value)
        if channel is None:
            raise errors.refused(404, "channelNotFound", "The specified channel could not be found.", "youtube.commentThread")
        return channel
    film = films.find(world, value)
    if film is None or not films.is_visible(world, film, caller.person.id):
        raise videos.missing()
    if films.is_closed(film):
        message = "The video identified by the videoId parameter has disabled comments."
        raise errors.refused(403, "commentsDisabled", message, "youtube.commentThread")
    return people.get(world.store, KEY, film.person_id)


async def list_(world: World, _caller: Caller, request: Request) -> Response:
    """GET /youtube/v3/comments: by id, or the replies to one."""
    wanted = bodies.parts(request, PARTS)
    parent = request.query_params.get("parentId")
    if parent:
        found = [post for post in books.select(world.store, UNDER, parent) if post.details["moderation"] == "published"]
    else:
        found = [post for each in bodies.listed(request, "id") if (post := _find(world, each))]
    shown, more = paging.page(request, found, default=20, most=100, least=1)
    items = [_comment(world, post, wanted) for post in shown]
    return JSONResponse({"kind": "youtube#commentListResponse", **more, "items": items})


async def moderate(world: World, caller: Caller, request: Request) -> Response:
    """POST /youtube/v3/comments/setModerationStatus: by the owner of the video."""
    state = request.query_params["moderationStatus"]
    if state not in MODERATION:
        raise errors.parameter("invalidParameter", f"moderationStatus must be one of {', '.join(MODERATION)}")
    found = [_find(world, comment_id) for comment_id in bodies.listed(request, "id")]
    for post in found:
        if post is None:
            raise _missing()
        film = films.find(world, post.details["videoId"])
        if film is None or film.person_id != caller.person.id:
            raise _forbidden()
    for post in found:
        if post is not None:
            films.update(world, replace(post, details={**post.details, "moderation": state}))
    return Response(status_code=204)


async def delete(world: World, caller: Caller, request: Request) -> Response:
    post = _find(world, request.query_params["id"])
    if post is None:
        raise _missing()
    if post.person_id != caller.person.id:
        raise _forbidden()
    books.delete(world.store, post, world.clock())
    return Response(status_code=204)


def _thread(world: World, post: Post, wanted: list[str]) -> Json:
    replies = books.select(world.store, UNDER, post.id, newest_first=False)
    parts: Json = {
        "snippet": {
            "channelId": _channel(world, post),
            "videoId": post.details["videoId"],
            "topLevelComment": _comment(world, post, ["snippet"]),
            "canReply": True,
            "totalReplyCount": len(replies),
            "isPublic": post.details["moderation"] == "published",
        }
    }
    if replies:
        parts["replies"] = {"comments": [_comment(world, reply, ["snippet"]) for reply in replies[-FEW_REPLIES:]]}
    shown = {"kind": "youtube#commentThread", "etag": films.etag(post.id, parts), "id": post.id}
    return {**shown, **{name: parts[name] for name in wanted if name in parts}}


def _channel(world: World, post: Post) -> str:
    film = films.find(world, post.details["videoId"])
    return ids.channel_id(film.person_id) if film else ""


def _comment(world: World, post: Post, wanted: list[str]) -> Json:
    author, at = people.get(world.store, KEY, post.person_id), films.second(post.at)
    parent = {"parentId": post.details["threadId"]} if post.details["threadId"] else {}
    snippet: Json = {
        "channelId": _channel(world, post),
        "videoId": post.details["videoId"],
        "textDisplay": post.content,
        "textOriginal": post.content,
        **parent,
        "authorDisplayName": f"@{author.handle}",
        "authorChannelId": {"value": ids.channel_id(author.id)},
        "canRate": True,
        "viewerRating": "none",
        "likeCount": post.metrics.get("likeCount", 0),
        "moderationStatus": post.details["moderation"],
        "publishedAt": at,
        "updatedAt": at,
    }
    shown: Json = {"kind": "youtube#comment", "etag": films.etag(post.id, snippet), "id": post.id}
    return {**shown, **({"snippet": snippet} if "snippet" in wanted else {})}
