"""Posts, containers and profiles as `/{id}`, and the lists of posts."""

from typing import Any

from ocma_sandbox import books, people
from ocma_sandbox.books import Post
from ocma_sandbox.graph import containers, errors, fields, paging
from ocma_sandbox.graph.calls import Visit
from ocma_sandbox.graph.fields import View
from ocma_sandbox.graph.timestamps import time_of
from ocma_sandbox.threads import profile, publishing, settings
from ocma_sandbox.threads.profile import DAY, KEY

Json = dict[str, Any]

LIVE = "platform = 'threads' AND deleted_at IS NULL AND at <= ?"
EARLIEST_SEARCH = 1_688_540_400
MOST_FOUND = 100


def _seen_until(visit: Visit) -> float:
    return visit.world.clock() - settings.of(visit.world).read_lag_seconds


def post_view(visit: Visit, post: Post) -> View:
    author = people.get(visit.world.store, KEY, post.person_id)
    details = post.details
    alt_text = post.media[0]["altText"] if len(post.media) == 1 else None
    quoted = details.get("quote_post_id")
    return {
        **fields.empty("thumbnail_url", "gif_url", "ghost_post_status", "ghost_post_expiration_timestamp"),
        "id": lambda _field: post.id,
        "media_product_type": lambda _field: "THREADS",
        "media_type": lambda _field: details["media_type"],
        "media_url": lambda _field: f"{visit.base}/media/{post.id}" if len(post.media) == 1 else None,
        "permalink": lambda _field: f"{visit.base}/@{author.handle}/post/{details['shortcode']}",
        "shortcode": lambda _field: details["shortcode"],
        "owner": lambda _field: {"id": author.id},
        "username": lambda _field: author.handle,
        "profile_picture_url": lambda _field: f"{visit.base}/picture/{author.id}",
        "is_verified": lambda _field: False,
        "text": lambda _field: post.content or None,
        "timestamp": lambda _field: time_of(post.at),
        "children": lambda _field: _children(post),
        "alt_text": lambda _field: alt_text,
        "link_attachment_url": lambda _field: details.get("link_attachment"),
        "poll_attachment": lambda _field: _poll(post),
        "topic_tag": lambda _field: details.get("topic_tag"),
        "location_id": lambda _field: details.get("location_id"),
        "is_quote_post": lambda _field: quoted is not None,
        "quoted_post": lambda _field: {"id": quoted} if quoted else None,
        "reposted_post": lambda _field: {"id": details["reposted"]} if "reposted" in details else None,
        "has_replies": lambda _field: _count_replies(visit, post) > 0,
        "is_reply": lambda _field: post.reply_to is not None,
        "is_reply_owned_by_me": lambda _field: post.reply_to is not None and post.person_id == visit.caller.person.id,
        "replied_to": lambda _field: {"id": post.reply_to} if post.reply_to else None,
        "root_post": lambda _field: {"id": details["root"]} if "root" in details else None,
        "hide_status": lambda _field: _hide_status(post),
        "reply_audience": lambda _field: details.get("reply_control", "everyone").upper(),
    }


def _hide_status(post: Post) -> str | None:
    if post.reply_to is None:
        return None
    return "HIDDEN" if post.details.get("hidden") else "NOT_HUSHED"


def _children(post: Post) -> Json | None:
    ids = post.details.get("children")
    return {"data": [{"id": child} for child in ids]} if ids else None


def _poll(post: Post) -> Json | None:
    poll = post.details.get("poll")
    if poll is None:
        return None
    return {**poll, **{f"{name}_votes_percentage": 0 for name in poll}, "expiration_timestamp": time_of(post.at + DAY)}


def _count_replies(visit: Visit, post: Post) -> int:
    return books.count(visit.world.store, LIVE + " AND reply_to = ?", _seen_until(visit), post.id)


async def show(visit: Visit) -> Json:
    """GET /{id}: who calls, a container, or a post."""
    wanted, asked = fields.parse(visit.params.text("fields")), visit.path_id
    if asked in {"me", visit.caller.person.id}:
        return fields.show("ThreadsUser", profile.view(visit, visit.caller.person), wanted)
    container = containers.find(visit.world, KEY, visit.caller.person.id, asked)
    if container is not None:
        return publishing.show(visit, container, wanted)
    return fields.show("ThreadsMedia", post_view(visit, _get(visit)), wanted)


def _get(visit: Visit) -> Post:
    post = publishing.find_post(visit.world, visit.path_id)
    if post is None:
        raise errors.missing(visit.path_id)
    return post


def _shown(visit: Visit, where: str, *values: Any) -> Json:
    posts, more = paging.posts(visit.world, visit.params, where, *values)
    wanted = fields.parse(visit.params.text("fields"))
    return paging.shown(visit.request, posts, lambda each: fields.show("ThreadsMedia", post_view(visit, each), wanted), more=more)


async def own_posts(visit: Visit) -> Json:
    """GET /{user}/threads: what is no reply."""
    where = LIVE + " AND person_id = ? AND reply_to IS NULL"
    return _shown(visit, where, _seen_until(visit), profile.own(visit).id)


async def replies(visit: Visit) -> Json:
    """GET /{user}/replies: one's own; GET /{media}/replies: those right below it."""
    if visit.path_id in {"me", visit.caller.person.id}:
        where = LIVE + " AND person_id = ? AND reply_to IS NOT NULL"
        return _shown(visit, where, _seen_until(visit), visit.caller.person.id)
    return _shown(visit, LIVE + " AND reply_to = ?", _seen_until(visit), _get(visit).id)


async def conversation(visit: Visit) -> Json:
    """GET /{media}/conversation: all below it, flat."""
    where = LIVE + " AND json_extract(details, '$.root') = ?"
    return _shown(visit, where, _seen_until(visit), _get(visit).id)


async def mentions(visit: Visit) -> Json:
    """GET /{user}/mentions"""
    me = profile.own(visit)
    where = LIVE + " AND person_id <> ? AND instr(lower(content || ' '), ?) > 0"
    return _shown(visit, where, _seen_until(visit), me.id, f"@{me.handle.lower()}")


async def search(visit: Visit) -> Json:
    """GET /keyword_search. Without the scope only one's own posts are searched."""
    since = visit.params.moment("since")
    if since is not None and since < EARLIEST_SEARCH:
        raise errors.invalid(f"Param since must be {EARLIEST_SEARCH} or later")
    word = visit.params.need("q").lower().removeprefix("#")
    is_tag = visit.params.text("search_mode") == "TAG"
    column = "lower(coalesce(json_extract(details, '$.topic_tag'), '')) = ?" if is_tag else "instr(lower(content), ?) > 0"
    where, values = f"{LIVE} AND {column}", [_seen_until(visit), word]
    if "threads_keyword_search" not in visit.caller.scopes:
        where, values = where + " AND person_id = ?", [*values, visit.caller.person.id]
    return _shown(visit, where, *values)


async def hide(visit: Visit) -> Json:
    """POST /{reply}/manage_reply?hide="""
    reply = _get(visit)
    root = books.find(visit.world.store, KEY, reply.details.get("root", ""))
    if reply.reply_to is None or root is None or root.person_id != visit.caller.person.id:
        raise errors.missing(visit.path_id)
    visit.params.need("hide")
    sql = "UPDATE posts SET details = json_set(details, '$.hidden', json(?)) WHERE platform = ? AND id = ?"
    visit.world.store.run(sql, "true" if visit.params.flag("hide") else "false", KEY, reply.id)
    return {"success": True}
