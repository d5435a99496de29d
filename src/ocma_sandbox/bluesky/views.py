"""The AppView's answers: posts with their counts, feeds, threads and profiles. Public, and possibly late."""

from collections.abc import Callable
from typing import Any

from starlette.responses import JSONResponse, Response

from ocma_sandbox import books, people
from ocma_sandbox.bluesky import errors, identity, settings
from ocma_sandbox.bluesky.calls import Asked, Visitor
from ocma_sandbox.bluesky.counts import COUNTS
from ocma_sandbox.bluesky.embeds import embed_view
from ocma_sandbox.bluesky.identity import KEY, base
from ocma_sandbox.bluesky.scopes import APPVIEW
from ocma_sandbox.bluesky.syntax import read_at_uri
from ocma_sandbox.books import Post
from ocma_sandbox.figures import Figures
from ocma_sandbox.people import Person
from ocma_sandbox.world import World

Json = dict[str, Any]

LIVE = "platform = 'bluesky' AND deleted_at IS NULL"


def _check_scope(visitor: Visitor, nsid: str) -> None:
    if visitor.person is not None:
        visitor.scopes.need_rpc(nsid, APPVIEW)


class Views:
    """What one request may see, and under which address its pictures lie."""

    def __init__(self, world: World, asked: Asked) -> None:
        self._world = world
        self._base = base(asked.request)
        self._figures = Figures(world, COUNTS)
        self._indexed = world.clock() - settings.of(world).indexing_seconds

    def author(self, person_id: str) -> Json:
        person = people.get(self._world.store, KEY, person_id)
        return {"did": person.id, "handle": identity.handle_of(self._world, person), "displayName": person.name, "labels": []}

    def profile(self, person: Person) -> Json:
        posts = books.count(self._world.store, LIVE + " AND person_id = ?", person.id)
        return {
            **self.author(person.id),
            "followersCount": self._figures.gauge(person, "followersCount", self._indexed),
            "followsCount": person.following,
            "postsCount": posts,
            "createdAt": books.iso(person.created_at),
            "indexedAt": books.iso(person.created_at),
        }

    def find(self, uri: str) -> Post | None:
        """Also by the author's handle."""
        parts = read_at_uri(uri)
        author = identity.find(self._world, parts.authority) if parts else None
        if parts is None or author is None:
            return None
        post = books.find(self._world.store, KEY, f"at://{author.id}/{parts.collection}/{parts.rkey}")
        return post if post and post.at <= self._indexed else None

    def select(self, where: str, *values: object, limit: int = -1, newest_first: bool = True) -> list[Post]:
        condition = f"{LIVE} AND at <= ? AND {where}"
        return books.select(self._world.store, condition, self._indexed, *values, limit=limit, newest_first=newest_first)

    def post(self, post: Post) -> Json:
        record: Json = post.details["record"]
        embed = embed_view(
            record.get("embed"), f"{self._base}/xrpc/com.atproto.sync.getBlob?did={post.person_id}&cid=", self._quoted
        )
        return {
            "uri": post.id,
            "cid": post.details["cid"],
            "author": self.author(post.person_id),
            "record": record,
            **({"embed": embed} if embed else {}),
            **self._counts(post),
            "indexedAt": books.iso(post.at),
            "labels": [],
        }

    def _counts(self, post: Post) -> Json:
        """As late as the rest."""
        return {name: self._figures.value(post, name, self._indexed) for name in COUNTS.post}

    def _quoted(self, uri: str) -> Json:
        post = self.find(uri)
        if post is None:
            return {"$type": "app.bsky.embed.record#viewNotFound", "uri": uri, "notFound": True}
        return {
            "$type": "app.bsky.embed.record#viewRecord",
            "uri": post.id,
            "cid": post.details["cid"],
            "author": self.author(post.person_id),
            "value": post.details["record"],
            "indexedAt": books.iso(post.at),
        }

    def reply(self, post: Post) -> Json | None:
        reply = post.details["record"].get("reply")
        return {name: self._part(reply[name]["uri"]) for name in ("root", "parent")} if isinstance(reply, dict) else None

    def _part(self, uri: str) -> Json:
        post = self.find(uri)
        return {"$type": "app.bsky.feed.defs#postView", **self.post(post)} if post else _not_found(uri)

    def thread(self, post: Post, *, depth: int, height: int) -> Json:
        node: Json = {"$type": "app.bsky.feed.defs#threadViewPost", "post": self.post(post)}
        above = self.find(post.reply_to) if post.reply_to else None
        if post.reply_to and height:
            node["parent"] = self.thread(above, depth=0, height=height - 1) if above else _not_found(post.reply_to)
        if depth:
            below = self.select("reply_to = ?", post.id, newest_first=False)
            node["replies"] = [self.thread(reply, depth=depth - 1, height=0) for reply in below]
        return node


def _not_found(uri: str) -> Json:
    return {"$type": "app.bsky.feed.defs#notFoundPost", "uri": uri, "notFound": True}


def _actor(world: World, actor: str) -> Person:
    person = identity.find(world, actor)
    if person is None:
        raise errors.invalid("Profile not found")
    return person


async def get_profile(world: World, visitor: Visitor, asked: Asked) -> Response:
    _check_scope(visitor, "app.bsky.actor.getProfile")
    return JSONResponse(Views(world, asked).profile(_actor(world, asked.params["actor"])))


async def get_profiles(world: World, visitor: Visitor, asked: Asked) -> Response:
    _check_scope(visitor, "app.bsky.actor.getProfiles")
    found = [identity.find(world, actor) for actor in dict.fromkeys(asked.params["actors"])]
    views = Views(world, asked)
    return JSONResponse({"profiles": [views.profile(person) for person in found if person]})


async def get_posts(world: World, visitor: Visitor, asked: Asked) -> Response:
    """Those that there are."""
    _check_scope(visitor, "app.bsky.feed.getPosts")
    views = Views(world, asked)
    found = [views.find(uri) for uri in dict.fromkeys(asked.params["uris"])]
    return JSONResponse({"posts": [views.post(post) for post in found if post]})


_FILTERS: dict[str, Callable[[Post], bool]] = {
    "posts_with_replies": lambda _post: True,
    "posts_no_replies": lambda post: post.reply_to is None,
    "posts_with_media": lambda post: bool(post.media),
    "posts_with_video": lambda post: "video" in post.details["kind"],
    "posts_and_author_threads": lambda post: post.reply_to is None or post.reply_to.startswith(f"at://{post.person_id}/"),
}


async def get_author_feed(world: World, visitor: Visitor, asked: Asked) -> Response:
    """Newest first; the cursor is the last one's place in the order of acceptance."""
    _check_scope(visitor, "app.bsky.feed.getAuthorFeed")
    params, person = asked.params, _actor(world, asked.params["actor"])
    views, keep = Views(world, asked), _FILTERS.get(asked.params["filter"])
    if keep is None:
        raise errors.invalid(f"Unknown filter {params['filter']}")
    cursor = params["cursor"] or ""
    below = int(cursor) if cursor.isascii() and cursor.isdecimal() else None
    found = views.select("person_id = ? AND (? IS NULL OR seq < ?)", person.id, below, below)
    page = [post for post in found if keep(post)][: params["limit"]]
    feed = [{"post": views.post(post), **({"reply": reply} if (reply := views.reply(post)) else {})} for post in page]
    return JSONResponse({"feed": feed, **({"cursor": str(page[-1].seq)} if page else {})})


async def get_post_thread(world: World, visitor: Visitor, asked: Asked) -> Response:
    _check_scope(visitor, "app.bsky.feed.getPostThread")
    views, params = Views(world, asked), asked.params
    post = views.find(params["uri"])
    if post is None:
        raise errors.invalid(f"Post not found: {params['uri']}", "NotFound")
    return JSONResponse({"thread": views.thread(post, depth=params["depth"], height=params["parentHeight"])})
