"""Media, comments and accounts as `/{id}`, and the lists of an account."""

from typing import Any

from ocma_sandbox import books, people
from ocma_sandbox.books import Post
from ocma_sandbox.figures import Figures
from ocma_sandbox.graph import calls, errors, fields, held, paging
from ocma_sandbox.graph.calls import Visit
from ocma_sandbox.graph.fields import Field, View
from ocma_sandbox.graph.timestamps import time_of
from ocma_sandbox.instagram import account, making, publishing, settings
from ocma_sandbox.instagram.account import DAY, ESTATE, FACEBOOK_WORDS, INSTAGRAM_WORDS, KEY, Words
from ocma_sandbox.instagram.counts import COUNTS

Json = dict[str, Any]

LIVE = "platform = 'instagram' AND deleted_at IS NULL AND at <= ?"
MEDIA = LIVE + " AND person_id = ? AND json_extract(details, '$.product') IN ('FEED', 'REELS')"
STORIES = LIVE + " AND person_id = ? AND json_extract(details, '$.product') = 'STORY' AND at > ?"
COMMENTS = LIVE + " AND reply_to = ?"


def words(visit: Visit) -> Words:
    return INSTAGRAM_WORDS if account.is_instagram_login(visit) else FACEBOOK_WORDS


def seen_until(visit: Visit) -> float:
    """Reads can lag behind writes."""
    return visit.world.clock() - settings.of(visit.world).read_lag_seconds


def _find(visit: Visit, node_id: str) -> Post | None:
    post = books.find(visit.world.store, KEY, node_id)
    return post if post is not None and post.at <= seen_until(visit) else None


def _media(visit: Visit) -> Post:
    """One of the account's own."""
    post = _find(visit, visit.path_id)
    ids = {person.id for person in account.mine(visit)}
    if post is None or post.person_id not in ids or "product" not in post.details:
        raise errors.missing(visit.path_id)
    return post


def _comment(visit: Visit) -> Post:
    post = _find(visit, visit.path_id)
    if post is None or post.reply_to is None:
        raise errors.missing(visit.path_id)
    return post


def _permalink(visit: Visit, post: Post) -> str:
    word = "reel" if post.details["product"] == "REELS" else "p"
    return f"{visit.base}/{word}/{post.details['shortcode']}/"


def media_view(visit: Visit, post: Post) -> View:
    author = people.get(visit.world.store, KEY, post.person_id)
    alt_text = post.media[0]["altText"] if len(post.media) == 1 else None
    figures = Figures(visit.world, COUNTS)
    is_hidden = author.handle in settings.of(visit.world).hidden_like_accounts.split()
    return {
        **fields.empty("thumbnail_url", "boost_eligibility_info", "ig_id", "is_shared_to_feed"),
        "id": lambda _field: post.id,
        "caption": lambda _field: post.content or None,
        "media_type": lambda _field: post.details["media_type"],
        "media_product_type": lambda _field: post.details["product"],
        "media_url": lambda _field: f"{visit.base}/media/{post.id}",
        "alt_text": lambda _field: alt_text,
        "permalink": lambda _field: _permalink(visit, post),
        "shortcode": lambda _field: post.details["shortcode"],
        "timestamp": lambda _field: time_of(post.at),
        "username": lambda _field: author.handle,
        "owner": lambda _field: {"id": author.id},
        "is_comment_enabled": lambda _field: post.details.get("comments", True),
        "like_count": lambda _field: None if is_hidden else figures.value(post, "likes"),
        "comments_count": lambda _field: figures.value(post, "comments", seen_until(visit)),
        "children": lambda asked: _children(visit, post, asked),
        "comments": lambda asked: {"data": _comments(visit, post, asked.inner)},
    }


def _children(visit: Visit, post: Post, asked: Field) -> Json | None:
    items = zip(post.details.get("children", []), post.media, strict=False)
    found = [fields.show("IGMedia", _child_view(visit, child_id, entry), asked.inner) for child_id, entry in items]
    return {"data": found} if found else None


def _child_view(visit: Visit, child_id: str, entry: Json) -> View:
    kind = "VIDEO" if entry["mimeType"].startswith("video/") else "IMAGE"
    return {
        **fields.empty("permalink", "thumbnail_url", "timestamp", "username", "shortcode", "owner"),
        "id": lambda _field: child_id,
        "media_type": lambda _field: kind,
        "media_url": lambda _field: f"{visit.base}/media/{child_id}",
        "alt_text": lambda _field: entry["altText"],
    }


def _comment_view(visit: Visit, comment: Post) -> View:
    author = people.get(visit.world.store, KEY, comment.person_id)
    root = comment.details["root"]
    return {
        **fields.empty("legacy_instagram_comment_id"),
        "id": lambda _field: comment.id,
        "text": lambda _field: comment.content,
        "timestamp": lambda _field: time_of(comment.at),
        "username": lambda _field: author.handle,
        "from": lambda _field: {"id": author.id, "username": author.handle},
        "user": lambda _field: {"id": author.id},
        "media": lambda _field: {"id": root},
        "hidden": lambda _field: comment.details.get("hidden", False),
        "like_count": lambda _field: comment.metrics.get("likes", 0),
        "parent_id": lambda _field: comment.reply_to if comment.reply_to != root else None,
        "replies": lambda asked: {"data": _comments(visit, comment, asked.inner)},
    }


def _comments(visit: Visit, target: Post, wanted: Any) -> list[Json]:
    found = books.select(visit.world.store, COMMENTS, seen_until(visit), target.id, limit=paging.MOST)
    return [fields.show("IGComment", _comment_view(visit, each), wanted, ("id", "text", "timestamp")) for each in found]


async def show(visit: Visit) -> Json:
    """GET /{id}: an account, a page, a container, a medium or a comment."""
    visit.caller.need(words(visit).basic, reads=True)
    asked, wanted = visit.path_id, fields.parse(visit.params.text("fields"))
    person = account.find(visit, asked)
    if person is not None:
        return fields.show("IGUser", account.view(visit, person), wanted)
    if not account.is_instagram_login(visit) and asked in {"me", visit.caller.person.id}:
        return _page_or_user(visit, wanted)
    container = publishing.find(visit, asked)
    if container is not None:
        return publishing.show(visit, container, wanted)
    post = _find(visit, asked)
    if post is not None and post.reply_to is not None:
        return fields.show("IGComment", _comment_view(visit, post), wanted, ("id", "text", "timestamp"))
    return fields.show("IGMedia", media_view(visit, _media(visit)), wanted)


def _page_or_user(visit: Visit, wanted: list[Field]) -> Json:
    person = visit.caller.person
    if visit.caller.has_held_token:
        return fields.show("Page", held.page_view(visit, ESTATE, person), wanted, ("name", "id"))
    view: View = {"id": lambda _field: person.id, "name": lambda _field: person.name}
    return fields.show("User", view, wanted, ("name", "id"))


async def listed(visit: Visit) -> Json:
    """GET /{ig}/media: all but stories, newest first."""
    person = account.own(visit)
    posts, more = paging.posts(visit.world, visit.params, MEDIA, seen_until(visit), person.id)
    return _shown(visit, posts, more=more)


async def stories(visit: Visit) -> Json:
    """GET /{ig}/stories: of the last day."""
    person, now = account.own(visit), visit.world.clock()
    posts, more = paging.posts(visit.world, visit.params, STORIES, seen_until(visit), person.id, now - DAY)
    return _shown(visit, posts, more=more)


async def tags(visit: Visit) -> Json:
    """GET /{ig}/tags: media of others in which the account was tagged."""
    person = account.own(visit)
    where = LIVE + " AND person_id <> ? AND instr(lower(coalesce(json_extract(details, '$.user_tags'), '')), ?) > 0"
    tag = f'"username":"{person.handle.lower()}"'
    posts, more = paging.posts(visit.world, visit.params, where, seen_until(visit), person.id, tag)
    return _shown(visit, posts, more=more)


def _shown(visit: Visit, posts: list[Post], *, more: bool) -> Json:
    wanted = fields.parse(visit.params.text("fields"))
    return paging.shown(visit.request, posts, lambda each: fields.show("IGMedia", media_view(visit, each), wanted), more=more)


async def children(visit: Visit) -> Json:
    """GET /{media}/children"""
    asked = Field("children", inner=fields.parse(visit.params.text("fields")))
    return _children(visit, _media(visit), asked) or {"data": []}


async def update(visit: Visit) -> Json:
    """POST /{media}: comment_enabled, the only thing of a medium that can be changed; POST /{comment}: hide."""
    post = _find(visit, visit.path_id)
    if post is not None and post.reply_to is not None:
        visit.params.need("hide")
        return _changed(visit, post, "hidden", value=visit.params.flag("hide"))
    visit.params.need("comment_enabled")
    return _changed(visit, _media(visit), "comments", value=visit.params.flag("comment_enabled"))


def _changed(visit: Visit, post: Post, name: str, *, value: bool) -> Json:
    sql = "UPDATE posts SET details = json_set(details, ?, json(?)) WHERE platform = ? AND id = ?"
    visit.world.store.run(sql, f"$.{name}", "true" if value else "false", KEY, post.id)
    return {"success": True}


async def delete(visit: Visit) -> Json:
    """DELETE /{comment}, and with Facebook Login /{media}. Unsure: what the latter needs; here it is a setting."""
    post = _find(visit, visit.path_id)
    if post is not None and post.reply_to is not None and post.person_id in {each.id for each in account.mine(visit)}:
        visit.caller.need(words(visit).comments)
    else:
        post = _media(visit)
        if account.is_instagram_login(visit) or not settings.of(visit.world).deletes:
            raise errors.missing(visit.path_id)
        visit.caller.need(words(visit).publish)
    books.delete(visit.world.store, post, visit.world.clock())
    return {"success": True}


async def comment(visit: Visit) -> Json:
    """POST /{media}/comments"""
    post = _media(visit)
    if not post.details.get("comments", True):
        raise errors.invalid("Comments are turned off for this media")
    return _accepted(visit, post, post.id)


async def reply(visit: Visit) -> Json:
    """POST /{comment}/replies"""
    target = _comment(visit)
    return _accepted(visit, target, target.details["root"])


async def mention(visit: Visit) -> Json:
    """POST /{ig}/mentions: an answer below a medium, or a comment, in which the account was mentioned."""
    person = account.own(visit)
    target = _find(visit, visit.params.text("comment_id") or visit.params.need("media_id"))
    if target is None or f"@{person.handle}".lower() not in target.content.lower():
        raise errors.missing(visit.params.need("media_id"))
    return _accepted(visit, target, target.details.get("root", target.id))


def _accepted(visit: Visit, target: Post, root: str) -> Json:
    message = visit.params.need("message")
    chosen = settings.of(visit.world)
    if len(message) > chosen.max_caption:
        raise errors.invalid(f"A comment may have {chosen.max_caption} characters")
    making.check_tags(chosen, message)
    calls.refuse_publish_if_set(visit)
    author = account.mine(visit)[0]
    post = Post(
        platform=KEY,
        id=visit.caller.house.new_id(visit.world),
        person_id=author.id if account.is_instagram_login(visit) or visit.caller.has_held_token else target.person_id,
        content=message,
        at=visit.world.clock(),
        details={"kind": "comment", "root": root},
        reply_to=target.id,
    )
    books.accept(visit.world.store, post)
    return {"id": post.id}


async def comments(visit: Visit) -> Json:
    """GET /{media}/comments"""
    return _below(visit, _media(visit))


async def replies(visit: Visit) -> Json:
    """GET /{comment}/replies"""
    return _below(visit, _comment(visit))


def _below(visit: Visit, target: Post) -> Json:
    posts, more = paging.posts(visit.world, visit.params, COMMENTS, seen_until(visit), target.id)
    wanted = fields.parse(visit.params.text("fields"))

    def one(each: Post) -> Json:
        return fields.show("IGComment", _comment_view(visit, each), wanted, ("id", "text", "timestamp"))

    return paging.shown(visit.request, posts, one, more=more)
