"""Threads: posts with text, link, poll, images and videos, threads of them, and replies as first comments."""

import json
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, ClassVar

import httpx2

from ocma.platforms.connector import Access, Measures, Profile, Step
from ocma.platforms.content import Media, Outgoing, Part, part_step
from ocma.platforms.errors import PlatformError
from ocma.platforms.manifest import Manifest
from ocma.platforms.meta.container import Containers, address, since_query
from ocma.platforms.meta.measuring import allow, measure_each
from ocma.platforms.meta.refusal import Refusal, Table, refuse
from ocma.platforms.meta.wire import Node, at, read
from ocma.platforms.metrics import Measured, Seen, Target
from ocma.platforms.oauth import OAuthFlow
from ocma.platforms.threads import measuring
from ocma.platforms.threads.flow import ThreadsFlow
from ocma.platforms.threads.manifest import MANIFEST
from ocma.platforms.threads.refusal import REFUSALS, by_words, reason

KEY = MANIFEST.key
SITE = "https://www.threads.net"
PROFILE = "id,username,name,threads_profile_picture_url"
LIVE = "id,text,timestamp,permalink,media_type"
FIRST_ONLY = ("reply_control", "quote_post_id", "location_id", "topic_tag")  # said where a conversation begins


class Me(Node):
    username: str = ""
    name: str | None = None
    threads_profile_picture_url: str | None = None


class Threads(Containers, Measures):
    """A reply's container names what it answers, so it is made when that is live; everything else is prepared before."""

    manifest: ClassVar[Manifest] = MANIFEST
    flow: ClassVar[type[OAuthFlow]] = ThreadsFlow
    refusals: ClassVar[Table] = REFUSALS
    proves = False
    edge = "threads"
    release = "threads_publish"
    status = "id,status,error_message"

    def explain(self, response: httpx2.Response) -> PlatformError:
        told = by_words(response)
        return refuse(told, KEY, MANIFEST.name, response) if told else super().explain(response)

    async def identify(self, access: Access) -> list[Profile]:
        """One login is one account."""
        me = read(await self.call(access, "GET", at(access, "me"), params={"fields": PROFILE}), Me, KEY)
        profile = Profile(
            id=me.id,
            name=me.name or me.username,
            handle=me.username,
            url=f"{SITE}/@{me.username}",
            avatar_url=me.threads_profile_picture_url,
        )
        return [profile]

    def owner(self, access: Access) -> str:
        del access
        return "me"

    def steps_of(self, options: Mapping[str, Any], index: int, part: Part) -> Iterator[Step]:
        """What would fail in the middle of a thread is refused before any of it is live."""
        if index:
            yield Step(part_step("allowed", index), self.allow_reply)
            options = {name: value for name, value in options.items() if name not in FIRST_ONLY}
        yield from super().steps_of(options, index, part)

    def form(self, part: Part, options: Mapping[str, Any], children: Sequence[str]) -> dict[str, str]:
        text = {"text": part.text} if part.text.strip() else {}
        common = text | {name: _said(options[name]) for name in FIRST_ONLY if options.get(name)}
        if options.get("is_spoiler_media") and part.media:
            common["is_spoiler_media"] = "true"
        if children:
            return {"media_type": "CAROUSEL", "children": ",".join(children), **common}
        if part.media:
            return {**self._file_form(part.media[0]), **common}
        link = {"link_attachment": part.link.url} if part.link else {}
        poll = {"poll_attachment": _poll(part.poll.options)} if part.poll else {}
        return {"media_type": "TEXT", **common, **link, **poll}

    def child(self, media: Media) -> dict[str, str]:
        return {"is_carousel_item": "true", **self._file_form(media)}

    def _file_form(self, media: Media) -> dict[str, str]:
        alt_text = {"alt_text": media.alt_text} if media.alt_text else {}
        return {"media_type": "VIDEO" if media.kind == "video" else "IMAGE", **address(media, KEY), **alt_text}

    def reason(self, detail: str) -> Refusal:
        return reason(detail)

    def history(self, access: Access, outgoing: Outgoing, since: datetime) -> tuple[str, dict[str, str]]:
        if outgoing.reply_to is None:
            return at(access, "me", "threads"), since_query(LIVE, since)
        return at(access, "me", "replies"), since_query(f"{LIVE},replied_to", since)

    def fold(self, text: str) -> str:
        """The first tag of a text becomes its topic, and may be shown without its sign."""
        return super().fold(text.replace("#", ""))

    async def withdraw(self, access: Access, post_id: str) -> None:
        await self.delete(access, post_id)

    async def measure_account(self, access: Access, since: datetime) -> Measured:
        return await measuring.measure_account(self, access, since, self._clock())

    async def measure_posts(self, access: Access, posts: Sequence[Target]) -> Measured:
        allow(access, self.manifest)
        return await measure_each(self, access, posts, partial(measuring.measure_post, self, access))

    def list_posts(self, access: Access, since: datetime) -> AsyncGenerator[Seen]:
        return measuring.list_posts(self, access, since)


def _said(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _poll(options: Sequence[str]) -> str:
    return json.dumps({f"option_{letter}": each for letter, each in zip("abcd", options, strict=False)})
