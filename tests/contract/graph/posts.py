"""Files that a host of Meta's fetches by itself, and how a test walks a post's steps."""

from collections.abc import Mapping
from typing import Any

from ocma.platforms.connector import Access, Publishes
from ocma.platforms.content import Content, Media


async def nothing():
    yield b""


def image(name: str = "a", **more: Any) -> Media:
    return Media(name, "image", "image/jpeg", 1, nothing, url=lambda: f"https://files.example/{name}.jpg?s=1&t=2", **more)


def video(name: str = "v", **more: Any) -> Media:
    return Media(name, "video", "video/mp4", 1, nothing, url=lambda: f"https://files.example/{name}.mp4", **more)


async def walk(connector: Publishes, access: Access, post: Content, known: Mapping[str, str] | None = None) -> dict[str, str]:
    """Every step in order; what they returned."""
    stored = dict(known or {})
    for step in connector.steps(post):
        stored[step.key] = await step.run(access, dict(stored))
    return stored
