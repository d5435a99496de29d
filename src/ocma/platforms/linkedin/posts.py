"""A part of a publication as LinkedIn takes it: a post, or a comment under one."""

from typing import Any

from ocma.platforms.connector import Access
from ocma.platforms.content import Media, Outgoing, Poll
from ocma.platforms.errors import ContentRejected
from ocma.platforms.linkedin.littletext import write
from ocma.platforms.linkedin.manifest import DURATIONS
from ocma.platforms.linkedin.wire import segment

TITLED = frozenset({"document", "video"})
QUESTION, TITLE = 140, 100  # characters


def thread(outgoing: Outgoing) -> str | None:
    """The post that this part is a comment on."""
    return (outgoing.root or outgoing.reply_to) if outgoing.part.role == "comment" else None


def request(access: Access, outgoing: Outgoing) -> tuple[str, dict[str, Any]]:
    """Where it goes, and what."""
    text = write(outgoing.part.text)
    if post := thread(outgoing):
        body = {"actor": access.profile_id, "object": post, "message": {"text": text}}
        return f"/rest/socialActions/{segment(post)}/comments", body
    body: dict[str, Any] = {
        "author": access.profile_id,
        "commentary": text,
        "visibility": outgoing.options.get("visibility") or "PUBLIC",
        "distribution": {"feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": []},
        "lifecycleState": "PUBLISHED",
        "isReshareDisabledByAuthor": bool(outgoing.options.get("reshare_disabled")),
    }
    content = _content(outgoing)
    return "/rest/posts", body | ({"content": content} if content else {})


def _content(outgoing: Outgoing) -> dict[str, Any]:
    part = outgoing.part
    if part.poll:
        return {"poll": _poll(part.poll, part.text)}
    if part.link:
        article = {"source": part.link.url, "title": part.link.title, "description": part.link.description}
        return {"article": {name: value for name, value in article.items() if value}}
    files = [_file(media, urn, outgoing) for media, urn in zip(part.media, outgoing.media_ids, strict=True)]
    if len(files) > 1:
        return {"multiImage": {"images": files}}
    return {"media": files[0]} if files else {}


def _file(media: Media, urn: str, outgoing: Outgoing) -> dict[str, str]:
    """A document has to have a title: without the option it is how the text begins."""
    if media.kind not in TITLED:
        return {"id": urn, **({"altText": media.alt_text} if media.alt_text else {})}
    title = str(outgoing.options.get("title") or "")
    if media.kind == "document" and not title:
        title = next(iter(outgoing.part.text.strip().splitlines()), "")[:TITLE] or media.alt_text or "Document"
    return {"id": urn, **({"title": title} if title else {})}


def _poll(poll: Poll, text: str) -> dict[str, Any]:
    """Raises ContentRejected where there is no question, or only a text too long for one."""
    question, duration = poll.question or text.strip(), DURATIONS.get(poll.seconds)
    if not 0 < len(question) <= QUESTION or duration is None:
        message = "LinkedIn wants a question beside the text of a poll, and knows four durations."
        remediation = f"Give the poll a `question` of at most {QUESTION} characters and 1, 3, 7 or 14 days."
        raise ContentRejected(message, platform="linkedin", rule="pollQuestion", remediation=remediation)
    options = [{"text": option} for option in poll.options]
    return {"question": question, "options": options, "settings": {"duration": duration}}
