"""Comments and replies to them, by the page."""

from typing import Any

from ocma_sandbox import books, media, people
from ocma_sandbox.books import Post
from ocma_sandbox.facebook import outbox, photos, settings, shelf
from ocma_sandbox.facebook.outbox import When
from ocma_sandbox.facebook.page import KEY, MODERATE, need_task
from ocma_sandbox.graph import errors, fields, paging
from ocma_sandbox.graph.calls import Visit
from ocma_sandbox.graph.fields import View
from ocma_sandbox.graph.intake import Label
from ocma_sandbox.graph.timestamps import time_of
from ocma_sandbox.media import Media

Json = dict[str, Any]


async def create(visit: Visit) -> Json:
    """POST /{post}/comments, and /{comment}/comments for a reply."""
    if not visit.caller.has_held_token:
        raise errors.refuse(210, "A page access token is required to request this resource.")
    need_task(visit, MODERATE)
    target = shelf.get(visit, visit.path_id)
    message = visit.params.text("message") or ""
    _check(visit, message)
    attached = await _attached(visit)
    root = target.details.get("root", target.id)
    post = Post(
        platform=KEY,
        id=f"{root.partition('_')[2]}_{visit.caller.house.new_id(visit.world)}",
        person_id=visit.caller.person.id,
        content=message,
        at=visit.world.clock(),
        details={"kind": "comment", "root": root},
        media=[media.entry(item) for item in attached],
        reply_to=target.id,
    )
    return {"id": outbox.send(visit, post, When(True), attached).id}


def _check(visit: Visit, message: str) -> None:
    most = settings.of(visit.world).max_comment
    if not message.strip() and "attachment_url" not in visit.params:
        raise errors.invalid("Missing message or attachment")
    if len(message) > most:
        raise errors.invalid(f"The message is too long: a comment may have {most} characters")


async def _attached(visit: Visit) -> list[Media]:
    url = visit.params.text("attachment_url")
    if url is None:
        return []
    photo_id = visit.caller.house.new_id(visit.world)
    taken = await photos.fetched(visit, url, photo_id)
    item = photos.checked(visit, taken, Label(KEY, photo_id, visit.caller.person.id, "comment"))
    media.save(visit.world.store, item)
    return [item]


async def listed(visit: Visit) -> Json:
    """GET /{post}/comments: those on top, newest first; with `filter=stream` replies, too."""
    target = shelf.get(visit, visit.path_id)
    key = "json_extract(details, '$.root')" if visit.params.text("filter") == "stream" else "reply_to"
    where = f"platform = 'facebook' AND deleted_at IS NULL AND {key} = ?"
    posts, more = paging.posts(visit.world, visit.params, where, target.id)
    wanted = fields.parse(visit.params.text("fields"))
    otherwise = ("created_time", "from", "message", "id")
    return paging.shown(
        visit.request, posts, lambda each: fields.show("Comment", view(visit, each), wanted, otherwise), more=more
    )


def view(visit: Visit, comment: Post) -> View:
    author = people.get(visit.world.store, KEY, comment.person_id)
    is_reply = comment.reply_to != comment.details["root"]
    return {
        **fields.empty("attachment", "like_count", "is_hidden", "user_likes"),
        "id": lambda _field: comment.id,
        "message": lambda _field: comment.content,
        "created_time": lambda _field: time_of(comment.at),
        "from": lambda _field: {"name": author.name, "id": author.id},
        "permalink_url": lambda _field: f"{visit.base}/{comment.details['root']}?comment_id={comment.id}",
        "comment_count": lambda _field: books.count(
            visit.world.store, "platform = 'facebook' AND deleted_at IS NULL AND reply_to = ?", comment.id
        ),
        "parent": lambda _field: {"id": comment.reply_to} if is_reply else None,
    }
