"""What a request to publish says, checked as LinkedIn checks it.

Unsure, and chosen here: the limit counts what is shown, not the escapes; a blank commentary is refused unless there
is something else to see; media must belong to the author.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from ocma_sandbox import books, media
from ocma_sandbox.linkedin import assets, authors, littletext, members, problems, settings, urns
from ocma_sandbox.linkedin.calls import Caller
from ocma_sandbox.linkedin.littletext import LittleText
from ocma_sandbox.linkedin.members import KEY
from ocma_sandbox.media import Media
from ocma_sandbox.people import Person
from ocma_sandbox.world import World

Json = dict[str, Any]

MEDIA = ("image", "video", "document")


@dataclass(frozen=True)
class Draft:
    """A post that may be published. `kind`: text, one of MEDIA, images, article, poll or reshare."""

    author: Person
    text: LittleText
    kind: str
    media: list[Media]
    details: Json

    @property
    def fingerprint(self) -> str:
        """The same for what LinkedIn would call a duplicate: shown text, content and author."""
        seen = [self.author.id, self.text.shown, self.details.get("content"), self.details.get("reshareContext")]
        return hashlib.sha256(json.dumps(seen, sort_keys=True).encode()).hexdigest()


def read(world: World, caller: Caller, body: Json) -> Draft:
    author = authors.writer(world, caller, body["author"], "author")
    kind, attached = _content(world, author, body.get("content") or {})
    if "reshareContext" in body:
        kind = _reshare(world, body["reshareContext"], kind)
    text = commentary(world, body["commentary"], may_be_blank=kind != "text")
    details = {name: value for name, value in body.items() if name not in {"author", "commentary"}}
    return Draft(author, text, kind, attached, {**details, "kind": kind, "author": members.urn(author)})


def commentary(world: World, given: str, *, may_be_blank: bool) -> LittleText:
    chosen = settings.of(world)
    length = len(littletext.parse(given, truncate=False).shown)
    if not given.strip() and not may_be_blank:
        raise problems.refused(400, "INVALID_VALUE_BLANK_FIELD", "/commentary can't be blank")
    if length > chosen.commentary_limit:
        raise problems.too_long("/commentary", length, chosen.commentary_limit)
    return littletext.parse(given, truncate=chosen.truncate_unescaped)


def _content(world: World, author: Person, content: Mapping[str, Json]) -> tuple[str, list[Media]]:
    if not content:
        return "text", []
    if len(content) > 1:
        raise problems.bad_value("/content", " and ".join(content))
    ((name, given),) = content.items()
    if name == "media":
        return _medium(world, author, given)
    if name == "multiImage":
        return "images", _images(world, author, given["images"])
    if name == "article":
        _check_article(world, author, given)
    else:
        _check_poll(world, given)
    return name, []


def _medium(world: World, author: Person, given: Json) -> tuple[str, list[Media]]:
    item = _attached(world, author, given, "/content/media", MEDIA)
    if item.category == "document" and not given.get("title", "").strip():
        raise problems.missing_field("/content/media/title")
    return item.category, [item]


def _images(world: World, author: Person, given: list[Json]) -> list[Media]:
    found = [_attached(world, author, item, f"/content/multiImage/images/{at}", ("image",)) for at, item in enumerate(given)]
    if len({item.id for item in found}) < len(found):
        raise problems.bad_value("/content/multiImage/images", "the same image twice")
    return found


def _attached(world: World, author: Person, given: Json, field: str, kinds: tuple[str, ...]) -> Media:
    item = _owned(world, author, given["id"], f"{field}/id", kinds)
    alt_text, most = given.get("altText"), settings.of(world).alt_text_limit
    if alt_text is not None and len(alt_text) > most:
        raise problems.too_long(f"{field}/altText", len(alt_text), most)
    return replace(item, alt_text=alt_text)


def _owned(world: World, author: Person, urn: str, field: str, kinds: tuple[str, ...]) -> Media:
    kind = urns.read(urn, field, *kinds).kind
    item = media.find(world.store, KEY, urn)
    if item is None or item.person_id != author.id:
        raise problems.refused(400, f"INVALID_{kind.upper()}_ID", f"This {kind.title()} ID is invalid")
    status = assets.status(world, item)
    if status == "WAITING_UPLOAD":
        raise problems.refused(400, "MEDIA_ASSET_WAITING_UPLOAD", "Media asset is waiting upload")
    if status == "PROCESSING_FAILED":
        raise problems.refused(400, "MEDIA_ASSET_PROCESSING_FAILED", "Media asset failed processing")
    return item


def _check_article(world: World, author: Person, given: Json) -> None:
    parts = urlsplit(given["source"])
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise problems.bad_value("/content/article/source", given["source"])
    if "thumbnail" in given:
        _owned(world, author, given["thumbnail"], "/content/article/thumbnail", ("image",))


def _check_poll(world: World, given: Json) -> None:
    chosen = settings.of(world)
    texts = {"/content/poll/question": (given["question"], chosen.poll_question_limit)}
    for at, option in enumerate(given["options"]):
        texts[f"/content/poll/options/{at}/text"] = (option["text"], chosen.poll_option_limit)
    for field, (text, most) in texts.items():
        if not text.strip():
            raise problems.refused(400, "INVALID_VALUE_BLANK_FIELD", f"{field} can't be blank")
        if len(text) > most:
            raise problems.too_long(field, len(text), most)


def _reshare(world: World, given: Json, kind: str) -> str:
    parent = given["parent"]
    urns.read(parent, "/reshareContext/parent", *urns.POSTS)
    target = books.find(world.store, KEY, parent)
    if target is None or target.details.get("isReshareDisabledByAuthor"):
        raise problems.bad_value("/reshareContext/parent", parent)
    return "reshare" if kind == "text" else kind
