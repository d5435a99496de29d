"""Creating, deleting and looking up posts.

Unsure, and chosen here: too long a text is a 400; duplicates are the same text by the same author within a window
(24 hours, configurable), whatever the media, and a deleted post is no duplicate; an author may always reply to
themselves; a missing post in a look-up is an element of `errors` in a 200.
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ocma_sandbox import books, media
from ocma_sandbox.books import Post
from ocma_sandbox.media import Media
from ocma_sandbox.people import Person
from ocma_sandbox.world import World
from ocma_sandbox.x import bodies, length, present, problems, schemas, settings, text, view
from ocma_sandbox.x.calls import KEY
from ocma_sandbox.x.oauth import new_id
from ocma_sandbox.x.uploads import media_key

Json = dict[str, Any]

DUPLICATE = "You are not allowed to create a Tweet with duplicate content."
NOT_ENGAGED = (
    "Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged by the "
    "author of the post you are replying to."
)
NO_TARGET = "You attempted to reply to a Tweet that is deleted or not visible to you."
KEPT = ("poll", "reply_settings", "made_with_ai", "paid_partnership", "community_id", "nullcast", "card_uri", "geo")
MAX_LOOKUP = 100


async def create(world: World, person: Person, request: Request) -> Response:
    asked = view.of(world, request.query_params)
    body = await bodies.read(request, schemas.CREATE_POST)
    _check_content(body)
    _check_permitted(world, body)
    target = _reply_target(world, person, body)
    attached = _attached(world, person, body)
    print_ = text.fingerprint(body.get("text", ""))
    _check_duplicate(world, person, print_)
    post = _post(world, person, body, target, attached, print_)
    with world.store.transaction():
        books.accept(world.store, post)
        for item in attached:
            media.attach(world.store, item, post.id)
    return JSONResponse({"data": present.post(world, asked, post)}, 201)


def _check_content(body: Json) -> None:
    content: str = body.get("text", "")
    weighed = text.LEADING_MENTIONS.sub("", content) if "reply" in body else content
    if not content.strip() and "media" not in body:
        raise problems.invalid("text", content, "text or media is required")
    if length.INVALID.search(content):
        raise problems.invalid("text", content, "text has characters that are not allowed")
    if len(weighed) > 10 * length.MAX_WEIGHT or length.weigh(weighed) > length.MAX_WEIGHT:
        raise problems.invalid("text", content, f"text is longer than {length.MAX_WEIGHT} (weighted)")
    exclusive = [name for name in ("poll", "media", "quote_tweet_id", "card_uri") if name in body]
    if len(exclusive) > 1:
        raise problems.invalid(exclusive[1], "", f"{' and '.join(exclusive)} are mutually exclusive")


def _check_permitted(world: World, body: Json) -> None:
    """What X has withdrawn from self-serve apps, or gives to paying accounts only."""
    if "edit_options" in body or ("quote_tweet_id" in body and not settings.of(world).quotes_allowed):
        raise problems.not_permitted()
    if len(text.CASHTAG.findall(body.get("text", ""))) > 1:
        raise problems.forbidden("A post may contain one cashtag at most.")
    quoted = body.get("quote_tweet_id")
    if quoted and books.find(world.store, KEY, quoted) is None:
        raise problems.invalid("quote_tweet_id", quoted, "The quoted post does not exist.")


def _reply_target(world: World, person: Person, body: Json) -> Post | None:
    if "reply" not in body:
        return None
    target = books.find(world.store, KEY, body["reply"]["in_reply_to_tweet_id"])
    if target is None:
        raise problems.forbidden(NO_TARGET)
    engaged = target.person_id == person.id or person.handle.lower() in text.mentions(target.content)
    if settings.of(world).reply_restriction and not engaged:
        raise problems.forbidden(NOT_ENGAGED)
    return target


def _attached(world: World, person: Person, body: Json) -> list[Media]:
    ids: list[str] = body.get("media", {}).get("media_ids", [])
    found = [_usable(world, person, media_id) for media_id in ids]
    if any(item is None for item in found) or len(set(ids)) < len(ids):
        raise problems.invalid("media.media_ids", ",".join(ids), "Your media IDs are invalid.")
    attached = [item for item in found if item is not None]
    if len(attached) > 1 and any(not item.category.endswith("image") for item in attached):
        raise problems.invalid("media.media_ids", ",".join(ids), "Up to 4 photos, or 1 GIF, or 1 video.")
    return attached


def _usable(world: World, person: Person, media_id: str) -> Media | None:
    now = world.clock()
    item = media.find(world.store, KEY, media_id)
    if item is None or item.person_id != person.id or not item.is_ready(now):
        return None
    return item if item.expires_at is None or item.expires_at > now else None


def _check_duplicate(world: World, person: Person, print_: str | None) -> None:
    since = world.clock() - settings.of(world).duplicate_window_seconds
    same = "platform = 'x' AND person_id = ? AND fingerprint = ? AND at > ? AND deleted_at IS NULL"
    if print_ and books.count(world.store, same, person.id, print_, since):
        raise problems.forbidden(DUPLICATE)


def _post(world: World, person: Person, body: Json, target: Post | None, attached: list[Media], print_: str | None) -> Post:
    post_id = str(new_id(world))
    details: Json = {name: body[name] for name in KEPT if name in body}
    if "poll" in body:
        details["poll"] = {"id": str(new_id(world)), **body["poll"]}
    details["conversation_id"] = target.details["conversation_id"] if target else post_id
    if target:
        details["in_reply_to_user_id"] = target.person_id
    if "quote_tweet_id" in body:
        details["quote"] = body["quote_tweet_id"]
    return Post(
        platform=KEY,
        id=post_id,
        person_id=person.id,
        content=body.get("text", ""),
        at=world.clock(),
        details=details,
        media=[{**media.entry(item), "mediaKey": media_key(item)} for item in attached],
        reply_to=target.id if target else None,
        fingerprint=print_,
    )


async def delete(world: World, person: Person, request: Request) -> Response:
    post_id = request.path_params["id"]
    post = books.find(world.store, KEY, post_id)
    if post is None:
        raise problems.missing("tweet", "id", post_id)
    if post.person_id != person.id:
        raise problems.forbidden("You are not authorized to delete this Tweet.")
    books.delete(world.store, post, world.clock())
    return JSONResponse({"data": {"deleted": True}})


async def show(world: World, person: Person, request: Request) -> Response:
    asked = view.of(world, request.query_params)
    post_id = request.path_params["id"]
    post = books.find(world.store, KEY, post_id)
    if post is None:
        return JSONResponse({"errors": [problems.not_found("tweet", "id", post_id)]})
    return JSONResponse(present.answer(world, person, asked, [post], single=True))


async def look_up(world: World, person: Person, request: Request) -> Response:
    asked = view.of(world, request.query_params, "ids")
    ids = [value for value in request.query_params.get("ids", "").split(",") if value]
    if not 1 <= len(ids) <= MAX_LOOKUP or any(not value.isdecimal() for value in ids):
        raise problems.invalid("ids", ",".join(ids), f"ids must be 1 to {MAX_LOOKUP} post ids")
    found = {post_id: books.find(world.store, KEY, post_id) for post_id in dict.fromkeys(ids)}
    body = present.answer(world, person, asked, [post for post in found.values() if post])
    absent = [problems.not_found("tweet", "ids", post_id) for post_id, post in found.items() if post is None]
    if absent:
        body["errors"] = [*absent, *body.get("errors", [])]
    return JSONResponse(body)
