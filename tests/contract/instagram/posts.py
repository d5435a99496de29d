"""Posts to be sent, and how a test walks a post's steps."""

from collections.abc import Mapping
from typing import Any

from contract.instagram.host import CONTAINER, Host, instagram
from ocma.platforms.content import Content, Media, Outgoing, Part


async def nothing():
    yield b""


def image(name: str = "a", **more: Any) -> Media:
    return Media(name, "image", "image/jpeg", 1, nothing, url=lambda: f"https://files.example/{name}.jpg?s=1&t=2", **more)


def video(name: str = "v", **more: Any) -> Media:
    return Media(name, "video", "video/mp4", 1, nothing, url=lambda: f"https://files.example/{name}.mp4", **more)


def content(*media: Media, text: str = "Hello", comment: str | None = None, **options: Any) -> Content:
    parts = (Part(text, media), *([Part(comment, role="comment")] if comment else []))
    return Content(parts, options)


async def walk(host: Host, post: Content, known: Mapping[str, str] | None = None, **access: Any) -> dict[str, str]:
    """Every step in order; what they returned."""
    stored = dict(known or {})
    for step in instagram().steps(post):
        stored[step.key] = await step.run(host.access(**access), dict(stored))
    return stored


def outgoing(*media: Media, text: str = "Hello", index: int = 0, **more: Any) -> Outgoing:
    given = {"prepared": {"container:0": CONTAINER}, **more}
    return Outgoing(Part(text, media or (image(),)), index, "key", **given)


def comment(text: str = "First!", **more: Any) -> Outgoing:
    return Outgoing(Part(text, role="comment"), 1, "key", **more)
