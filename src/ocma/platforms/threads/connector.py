"""Threads: posts with text, link, poll, images and videos, threads of them, and replies as first comments."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, ClassVar

import httpx2

from ocma.platforms.connector import Access, Profile, Published, Step
from ocma.platforms.content import Media, Outgoing, Part, media_step, part_step
from ocma.platforms.errors import ContentRejected, PlatformError, PlatformUnavailable
from ocma.platforms.manifest import Manifest
from ocma.platforms.meta.container import DONE, Containers, address, children, since_query
from ocma.platforms.meta.refusal import Refusal, Table, refuse
from ocma.platforms.meta.wire import Node, at, read
from ocma.platforms.oauth import OAuthFlow
from ocma.platforms.threads.flow import ThreadsFlow
from ocma.platforms.threads.manifest import MANIFEST
from ocma.platforms.threads.refusal import REFUSALS, by_words, reason

KEY = MANIFEST.key
SITE = "https://www.threads.net"
PROFILE = "id,username,name,threads_profile_picture_url"
LIVE = "id,text,timestamp,permalink,media_type"
FIRST_ONLY = ("reply_control", "quote_post_id", "location_id", "topic_tag")  # said where a conversation begins
LOOKS = (0.0, 1.0, 2.0, 4.0, 8.0)  # seconds before each look at a reply's container; text is ready at once


class Me(Node):
    username: str = ""
    name: str | None = None
    threads_profile_picture_url: str | None = None


class Threads(Containers):
    """A reply's container names what it answers, so it is made when that is live, right before it is published.

    Its id is not stored, so a reply's unknown outcome is settled among the account's own replies. The files of one with several
    are prepared beforehand like any others; a single video would take longer than a publishing call may, and is refused.
    """

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
        if index == 0:
            yield from super().steps_of(options, index, part)
            return
        yield Step(part_step("allowed", index), partial(self._allow, part))
        yield from self.steps_of_files(index, part)

    async def _allow(self, part: Part, access: Access, prepared: Mapping[str, str]) -> str:
        """What would fail in the middle of a thread is refused before any of it is live."""
        if [media.kind for media in part.media] == ["video"]:
            raise _lone_video()
        return await self.allow_reply(access, prepared)

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

    async def publish(self, access: Access, outgoing: Outgoing) -> Published:
        if outgoing.reply_to is None:
            return await super().publish(access, outgoing)
        return await self.publish_container(access, outgoing, await self._reply(access, outgoing, outgoing.reply_to))

    async def _reply(self, access: Access, outgoing: Outgoing, reply_to: str) -> str:
        options = {name: value for name, value in outgoing.options.items() if name not in FIRST_ONLY}
        files = children(outgoing.index, outgoing.part, outgoing.prepared)
        container = await self.make(access, self.form(outgoing.part, options, files) | {"reply_to_id": reply_to})
        for pause in LOOKS:
            await self._sleep(pause)
            if await self.code(access, container, media_step(outgoing.index, 0)) in DONE:
                return container
        raise PlatformUnavailable("A reply takes too long to be prepared.", platform=KEY, rule="processing", retry_after=30)

    def history(self, access: Access, outgoing: Outgoing, since: datetime) -> tuple[str, dict[str, str]]:
        if outgoing.reply_to is None:
            return at(access, "me", "threads"), since_query(LIVE, since)
        return at(access, "me", "replies"), since_query(f"{LIVE},replied_to", since)

    def fold(self, text: str) -> str:
        """The first tag of a text becomes its topic, and may be shown without its sign."""
        return super().fold(text.replace("#", ""))

    async def withdraw(self, access: Access, post_id: str) -> None:
        await self.delete(access, post_id)


def _said(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _poll(options: Sequence[str]) -> str:
    return json.dumps({f"option_{letter}": each for letter, each in zip("abcd", options, strict=False)})


def _lone_video() -> ContentRejected:
    return ContentRejected(
        "A single video in a reply cannot be published reliably: Threads prepares it only when the post before is live.",
        platform=KEY,
        rule="videoInReply",
        remediation="Put the video into the first post, or beside an image.",
    )
