"""`/{id}`: posts, videos, photos, comments, pages and who calls; and the lists of a page."""

from collections.abc import Awaitable, Callable
from typing import Any

from ocma_sandbox import books, media, people
from ocma_sandbox.books import Post
from ocma_sandbox.facebook import clips, comments, outbox, shelf
from ocma_sandbox.facebook.clips import Clip
from ocma_sandbox.facebook.counts import COUNTS
from ocma_sandbox.facebook.page import COUNT_SCOPE, ESTATE, KEY, READ_SCOPES, own
from ocma_sandbox.figures import Figures
from ocma_sandbox.graph import errors, fields, held, paging
from ocma_sandbox.graph.calls import Visit
from ocma_sandbox.graph.fields import Field, View
from ocma_sandbox.graph.timestamps import time_of
from ocma_sandbox.media import Media

Json = dict[str, Any]

STATUS_TYPES = {"photo": "added_photos", "video": "added_video", "reel": "added_video", "feed": "mobile_status_update"}
POST_OTHERWISE = ("created_time", "message", "id")


def post_view(visit: Visit, post: Post, *, due_at: float | None = None, waits: bool = False) -> View:
    page = people.get(visit.world.store, KEY, post.person_id)
    created, figures = time_of(post.at), Figures(visit.world, COUNTS)

    def count(name: str) -> int:
        return 0 if waits else figures.value(post, name)

    return {
        **fields.empty("story", "parent_id", "targeting", "place", "full_picture", "picture", "updated_time", "call_to_action"),
        "id": lambda _field: post.id,
        "message": lambda _field: post.content or None,
        "created_time": lambda _field: created,
        "permalink_url": lambda _field: f"{visit.base}/{page.handle}/posts/{post.id.partition('_')[2]}",
        "from": lambda _field: {"name": page.name, "id": page.id},
        "is_published": lambda _field: not waits,
        "is_hidden": lambda _field: False,
        "scheduled_publish_time": lambda _field: None if due_at is None else int(due_at),
        "status_type": lambda _field: STATUS_TYPES.get(post.details["kind"]),
        "attachments": lambda field: _attachments(visit, post, field),
        "shares": lambda _field: {"count": count("shares")} if count("shares") else None,
        "comments": lambda field: _counted(visit, field, count("comments")),
        "reactions": lambda field: _counted(visit, field, count("reactions")),
        "likes": lambda field: _counted(visit, field, count("likes")),
    }


def _counted(visit: Visit, asked: Field, count: int) -> Json:
    visit.caller.need(COUNT_SCOPE, reads=True)
    return fields.summary(asked, count)


def _attachments(visit: Visit, post: Post, _asked: Field) -> Json | None:
    """One element; several photos are in its subattachments."""
    link = post.details.get("link")
    photos = [_attachment(visit, "photo", each) for each in post.details.get("photos", [])]
    if "video" in post.details:
        return {"data": [_attachment(visit, "video_inline", post.details["video"])]}
    if len(photos) > 1:
        return {"data": [{"type": "album", "target": {"id": post.id.partition("_")[2]}, "subattachments": {"data": photos}}]}
    if photos:
        return {"data": photos}
    return {"data": [{"type": "share", "target": {"url": link}, "url": link}]} if link else None


def _attachment(visit: Visit, kind: str, target: str) -> Json:
    return {"type": kind, "target": {"id": target, "url": f"{visit.base}/{target}"}, "media_type": kind.partition("_")[0]}


def _clip_view(visit: Visit, clip: Clip) -> View:
    post_id = f"{clip.page_id}_{clip.id}"
    is_live = shelf.find(visit, post_id) is not None
    return {
        **fields.empty("length", "picture", "source", "embed_html", "format", "privacy", "place"),
        "id": lambda _field: clip.id,
        "title": lambda _field: clip.title,
        "description": lambda _field: clip.description or None,
        "created_time": lambda _field: time_of(clip.created_at),
        "updated_time": lambda _field: time_of(clip.finished_at or clip.created_at),
        "published": lambda _field: is_live,
        "permalink_url": lambda _field: f"/{'reel' if clip.kind == 'reel' else 'watch'}/{clip.id}" if is_live else None,
        "post_id": lambda _field: post_id if is_live else None,
        "status": lambda _field: clips.status(visit.world, clip),
        "from": lambda _field: {"id": clip.page_id},
    }


def _photo_view(visit: Visit, photo: Media) -> View:
    return {
        **fields.empty("name", "album", "place"),
        "id": lambda _field: photo.id,
        "alt_text_custom": lambda _field: photo.alt_text,
        "alt_text": lambda _field: photo.alt_text,
        "created_time": lambda _field: time_of(photo.created_at),
        "width": lambda _field: photo.width,
        "height": lambda _field: photo.height,
        "page_story_id": lambda _field: photo.post_id,
        "link": lambda _field: f"{visit.base}/{photo.id}",
        "from": lambda _field: {"id": photo.person_id},
    }


async def show(visit: Visit) -> Json:
    """GET /{id}"""
    asked = visit.path_id
    wanted = fields.parse(visit.params.text("fields"))
    person = visit.caller.person
    if asked in {"me", person.id}:
        if visit.caller.has_held_token:
            return fields.show("Page", held.page_view(visit, ESTATE, person), wanted, ("name", "id"))
        return fields.show("User", _user_view(visit), wanted, ("name", "id"))
    if not visit.caller.has_held_token:
        return _page_of_user(visit, wanted)
    return _own_node(visit, asked, wanted)


def _user_view(visit: Visit) -> View:
    person = visit.caller.person
    picture: Json = {"data": {"url": f"{visit.base}/picture/{person.id}", "is_silhouette": True}}
    return {
        **fields.empty("email"),
        "id": lambda _field: person.id,
        "name": lambda _field: person.name,
        "picture": lambda _field: picture,
    }


def _page_of_user(visit: Visit, wanted: list[Field]) -> Json:
    """A user's token shows the pages that the user holds, with their tokens."""
    mine = held.pages_of(visit.world, ESTATE, visit.caller.person)
    mine += held.business_pages(visit.world, ESTATE, visit.caller.person)
    page = next((page for page in mine if page.id == visit.path_id), None)
    if page is None or held.SHOW_PAGES not in visit.caller.scopes:
        raise errors.missing(visit.path_id)
    return fields.show("Page", held.page_view(visit, ESTATE, page), wanted, ("name", "id"))


def _own_node(visit: Visit, asked: str, wanted: list[Field]) -> Json:
    visit.caller.need(*READ_SCOPES, reads=True)
    clip = clips.find(visit.world, visit.caller.person, asked)
    if clip is not None:
        return fields.show("Video", _clip_view(visit, clip), wanted, ("updated_time", "description", "id"))
    photo = media.find(visit.world.store, KEY, asked)
    if photo is not None and photo.person_id == visit.caller.person.id and photo.category == "photo":
        return fields.show("Photo", _photo_view(visit, photo), wanted, ("created_time", "id"))
    waiting = outbox.find(visit.world, visit.caller.person, asked)
    if waiting is not None:
        return fields.show("Post", post_view(visit, waiting[0], due_at=waiting[1], waits=True), wanted, POST_OTHERWISE)
    post = shelf.get(visit, asked)
    if post.details["kind"] == "comment":
        return fields.show("Comment", comments.view(visit, post), wanted, ("created_time", "from", "message", "id"))
    return fields.show("Post", post_view(visit, post), wanted, POST_OTHERWISE)


async def update(visit: Visit) -> Json:
    """POST /{post}: the message, and nothing else."""
    post = _mine(visit)
    if "message" not in visit.params:
        raise errors.invalid("The parameter message is required")
    outbox.change(visit.world, post, visit.params.need("message"))
    return {"success": True}


async def delete(visit: Visit) -> Json:
    """DELETE /{post} or /{comment}. Unsure: whether posts of another app could be deleted; here there is one app."""
    post = _mine(visit)
    books.delete(visit.world.store, post, visit.world.clock())
    outbox.remove(visit.world, post.id)
    media.detach(visit.world.store, KEY, post.id)
    return {"success": True}


def _mine(visit: Visit) -> Post:
    if not visit.caller.has_held_token:
        raise errors.refuse(210, "A page access token is required to request this resource.")
    waiting = outbox.find(visit.world, visit.caller.person, visit.path_id)
    post = waiting[0] if waiting else shelf.get(visit, visit.path_id)
    if post.person_id != visit.caller.person.id:
        raise errors.missing(visit.path_id)
    needed = "pages_manage_engagement" if post.details["kind"] == "comment" else "pages_manage_posts"
    visit.caller.need(needed)
    return post


def timeline(*kinds: str) -> Callable[[Visit], Awaitable[Json]]:
    """The page's posts, newest first; with kinds only those."""

    async def handler(visit: Visit) -> Json:
        page = own(visit)
        where = shelf.ON_TIMELINE + " AND person_id = ?"
        if kinds:
            where += " AND json_extract(details, '$.kind') IN (" + ", ".join(f"'{kind}'" for kind in kinds) + ")"
        now = visit.world.clock()
        posts, more = paging.posts(visit.world, visit.params, where, shelf.seen_until(visit.world), now, page.id)
        wanted = fields.parse(visit.params.text("fields"))
        return paging.shown(
            visit.request, posts, lambda each: fields.show("Post", post_view(visit, each), wanted, POST_OTHERWISE), more=more
        )

    return handler


async def stories(visit: Visit) -> Json:
    """GET /{page}/stories"""
    page, now = own(visit), visit.world.clock()
    where = shelf.LIVE + " AND person_id = ? AND json_extract(details, '$.kind') = 'story'"
    posts, more = paging.posts(visit.world, visit.params, where, shelf.seen_until(visit.world), now, page.id)
    return paging.shown(visit.request, posts, lambda each: _story(visit, each), more=more)


def _story(visit: Visit, post: Post) -> Json:
    medium = post.media[0]
    return {
        "post_id": post.id.partition("_")[2],
        "status": "PUBLISHED" if visit.world.clock() - post.at < 86400 else "ARCHIVED",
        "creation_time": str(int(post.at)),
        "media_type": "photo" if medium["mimeType"].startswith("image/") else "video",
        "media_id": medium["id"],
        "url": f"{visit.base}/stories/{post.id}",
    }


async def scheduled(visit: Visit) -> Json:
    """GET /{page}/scheduled_posts"""
    page, wanted = own(visit), fields.parse(visit.params.text("fields"))
    otherwise = (*POST_OTHERWISE, "scheduled_publish_time")
    found = outbox.waiting(visit.world, page)[: paging.limit(visit.params)]
    return paging.whole(
        [fields.show("Post", post_view(visit, post, due_at=due, waits=True), wanted, otherwise) for post, due in found]
    )
