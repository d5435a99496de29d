"""Posts to be sent to Instagram."""

from collections.abc import Mapping
from typing import Any

from contract.graph import posts
from contract.graph.posts import image
from contract.instagram.host import CONTAINER, Host, instagram
from ocma.platforms.content import Content, Media, Outgoing, Part


def content(*media: Media, text: str = "Hello", comment: str | None = None, **options: Any) -> Content:
    parts = (Part(text, media), *([Part(comment, role="comment")] if comment else []))
    return Content(parts, options)


async def walk(host: Host, post: Content, known: Mapping[str, str] | None = None, **access: Any) -> dict[str, str]:
    return await posts.walk(instagram(), host.access(**access), post, known)


def outgoing(*media: Media, text: str = "Hello", index: int = 0, **more: Any) -> Outgoing:
    given = {"prepared": {"container:0": CONTAINER}, **more}
    return Outgoing(Part(text, media or (image(),)), index, "key", **given)


def comment(text: str = "First!", **more: Any) -> Outgoing:
    return Outgoing(Part(text, role="comment"), 1, "key", **more)
