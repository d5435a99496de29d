"""Posts, users and media as X shows them."""

from collections.abc import Iterable
from typing import Any

from ocma_sandbox import books, people
from ocma_sandbox.books import Post, iso
from ocma_sandbox.figures import Figures
from ocma_sandbox.people import Person
from ocma_sandbox.world import World
from ocma_sandbox.x import problems, settings, text
from ocma_sandbox.x.calls import KEY
from ocma_sandbox.x.counts import COUNTS
from ocma_sandbox.x.view import View

Json = dict[str, Any]

AVATAR = "https://abs.twimg.com/sticky/default_profile_images/default_profile_normal.png"
PRIVATE_METRICS_SECONDS = 30 * 86400
_PUBLIC = ("reply_count", "like_count", "quote_count", "bookmark_count", "impression_count")
_PRIVATE = {
    "non_public_metrics": ("impression_count", "url_link_clicks", "user_profile_clicks", "engagements"),
    "organic_metrics": ("impression_count", "like_count", "reply_count", "url_link_clicks", "user_profile_clicks"),
}


def answer(world: World, viewer: Person, view: View, posts: Iterable[Post], *, single: bool = False) -> Json:
    """`data`, `includes` and `errors` of an answer about posts; without posts there is no `data`."""
    found = list(posts)
    data = [post(world, view, item) for item in found]
    errors = [error for item in found for error in _denied(world, viewer, view, item)]
    for item, shown in zip(found, data, strict=True):
        shown.update(_private(world, viewer, view, item))
    body: Json = {}
    if data:
        body["data"] = data[0] if single else data
    includes = _includes(world, view, found)
    return {**body, **({"includes": includes} if includes else {}), **({"errors": errors} if errors else {})}


def post(world: World, view: View, item: Post) -> Json:
    author = people.get(world.store, KEY, item.person_id)
    shown = text.show(item, author.handle, with_media_link=settings.of(world).media_link_in_text)
    body: Json = {"id": item.id, "text": shown.text, f"edit_history_{view.word}_ids": [item.id]}
    offered: Json = {
        "author_id": item.person_id,
        "conversation_id": item.details["conversation_id"],
        "created_at": iso(item.at),
        "in_reply_to_user_id": item.details.get("in_reply_to_user_id"),
        "lang": "und",
        "reply_settings": item.details.get("reply_settings", "everyone"),
        "possibly_sensitive": False,
        "paid_partnership": item.details.get("paid_partnership", False),
        "entities": shown.entities or None,
        "attachments": _attachments(item),
    }
    body.update({name: value for name, value in offered.items() if view.wants(name) and value is not None})
    if view.wants("public_metrics"):
        body["public_metrics"] = _metrics(world, view, item)
    references = _references(item)
    if references and view.wants("referenced_{}s"):
        body[f"referenced_{view.word}s"] = references
    return body


def _attachments(item: Post) -> Json | None:
    poll: Json | None = item.details.get("poll")
    keys = {"media_keys": [media["mediaKey"] for media in item.media]} if item.media else {}
    return {**keys, **({"poll_ids": [poll["id"]]} if poll else {})} or None


def _references(item: Post) -> list[Json]:
    pairs = (("replied_to", item.reply_to), ("quoted", item.details.get("quote")))
    return [{"type": kind, "id": target} for kind, target in pairs if target]


def _metrics(world: World, view: View, item: Post) -> Json:
    figures = Figures(world, COUNTS)
    return {name: figures.value(item, name) for name in (_reposts(view), *_PUBLIC)}


def _reposts(view: View) -> str:
    return "repost_count" if view.word == "post" else "retweet_count"


def _may_see_private(world: World, viewer: Person, item: Post) -> bool:
    return item.person_id == viewer.id and world.clock() - item.at <= PRIVATE_METRICS_SECONDS


def _private(world: World, viewer: Person, view: View, item: Post) -> Json:
    if not _may_see_private(world, viewer, item):
        return {}
    names = {**_PRIVATE, "organic_metrics": (_reposts(view), *_PRIVATE["organic_metrics"])}
    figures, wanted = Figures(world, COUNTS), {field: each for field, each in names.items() if view.wants(field)}
    return {field: {name: figures.value(item, name) for name in names} for field, names in wanted.items()}


def _denied(world: World, viewer: Person, view: View, item: Post) -> list[Json]:
    if _may_see_private(world, viewer, item):
        return []
    return [problems.field_denied(field, item.id) for field in _PRIVATE if view.wants(field)]


def _includes(world: World, view: View, found: list[Post]) -> Json:
    includes: Json = {}
    if "author_id" in view.expansions and found:
        ids = dict.fromkeys(item.person_id for item in found)
        includes["users"] = [user(world, view, people.get(world.store, KEY, person_id)) for person_id in ids]
    media = [media for item in found for media in item.media]
    if "attachments.media_keys" in view.expansions and media:
        includes["media"] = [_media(view, item) for item in media]
    asked = [item for item in found if "poll" in item.details]
    if "attachments.poll_ids" in view.expansions and asked:
        includes["polls"] = [_poll(world, view, item) for item in asked]
    return includes


def _poll(world: World, view: View, item: Post) -> Json:
    """Nobody votes here."""
    poll, ends_at = item.details["poll"], item.at + 60 * item.details["poll"]["duration_minutes"]
    options = [{"position": number, "label": label, "votes": 0} for number, label in enumerate(poll["options"], 1)]
    offered: Json = {
        "duration_minutes": poll["duration_minutes"],
        "end_datetime": iso(ends_at),
        "voting_status": "open" if world.clock() < ends_at else "closed",
    }
    return {"id": poll["id"], "options": options, **{name: value for name, value in offered.items() if name in view.poll}}


def _media(view: View, item: Json) -> Json:
    kind = "animated_gif" if item["category"].endswith("gif") else item["mimeType"].partition("/")[0]
    body: Json = {"media_key": item["mediaKey"], "type": "photo" if kind == "image" else kind}
    offered = {"alt_text": item["altText"], "width": item["width"], "height": item["height"]}
    return {**body, **{name: value for name, value in offered.items() if name in view.media and value is not None}}


def user(world: World, view: View, person: Person) -> Json:
    body: Json = {"id": person.id, "name": person.name, "username": person.handle}
    offered: Json = {
        "created_at": iso(person.created_at),
        "description": "",
        "profile_image_url": AVATAR,
        "protected": False,
        "verified": False,
        "verified_type": "none",
        "subscription_type": "None",
        "url": "",
        "location": None,
    }
    body.update({name: value for name, value in offered.items() if name in view.user and value is not None})
    if "public_metrics" in view.user:
        body["public_metrics"] = _audience(world, view, person)
    return body


def _audience(world: World, view: View, person: Person) -> Json:
    own = "platform = 'x' AND person_id = ? AND deleted_at IS NULL"
    return {
        "followers_count": Figures(world, COUNTS).gauge(person, "followers_count"),
        "following_count": person.following,
        f"{view.word}_count": books.count(world.store, own, person.id),
        "listed_count": 0,
        "like_count": 0,
        "media_count": books.count(world.store, own + " AND media <> '[]'", person.id),
    }
