"""Posts of text, of a link, and of several photos."""

from typing import Any
from urllib.parse import urlsplit

from ocma_sandbox import media
from ocma_sandbox.books import Post
from ocma_sandbox.facebook import outbox, photos
from ocma_sandbox.facebook.page import CREATE, KEY, own
from ocma_sandbox.graph import errors, pull
from ocma_sandbox.graph.calls import Visit

Json = dict[str, Any]


async def create(visit: Visit) -> Json:
    """POST /{page}/feed"""
    page = own(visit, CREATE)
    at = outbox.when(visit)
    message, link = visit.params.text("message") or "", visit.params.text("link")
    attached = photos.attached(visit, page)
    if not (message.strip() or link or attached):
        raise errors.invalid("Missing message or attachment")
    photos.check_message(visit, message)
    _check_link(link)
    details: Json = {"kind": "feed", **({"link": link} if link else {})}
    if attached:
        details["photos"] = [item.id for item in attached]
    post = Post(
        platform=KEY,
        id=outbox.new_post_id(visit, page),
        person_id=page.id,
        content=message,
        at=visit.world.clock(),
        details=details,
        media=[media.entry(item) for item in attached],
        fingerprint=outbox.fingerprint(message, link, attached),
    )
    return {"id": outbox.send(visit, post, at, attached).id}


def _check_link(link: str | None) -> None:
    if link is None:
        return
    if not pull.is_address(link):
        raise errors.invalid("The link is not a valid URL", 2061006)
    host = urlsplit(link).hostname or ""
    if host == "facebook.com" or host.endswith(".facebook.com"):
        raise errors.invalid("The link goes to facebook.com and cannot be shared", 1609008)
