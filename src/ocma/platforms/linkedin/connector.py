"""LinkedIn through its versioned API: posts of members and pages, and the proof of what became of them."""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ClassVar

import httpx2

from ocma.clock import Clock, utcnow
from ocma.platforms.connector import (
    Absent,
    Access,
    Connector,
    Measures,
    Profile,
    Published,
    PublishesAtOnce,
    Step,
    Unprovable,
)
from ocma.platforms.content import Content, Media, Outgoing, media_step, part_step
from ocma.platforms.errors import ContentRejected, OutcomeUnknown, PermissionMissing, PlatformError
from ocma.platforms.linkedin import measuring, posts, refusal
from ocma.platforms.linkedin.accounts import accounts
from ocma.platforms.linkedin.flow import LinkedInFlow
from ocma.platforms.linkedin.manifest import MANIFEST
from ocma.platforms.linkedin.search import Search
from ocma.platforms.linkedin.upload import GRACE, HIDDEN, KEEPS, Sleep, ready, upload
from ocma.platforms.linkedin.wire import COMMENT, POST, Comment, Post, created_urn, made_at, read, segment, url_of
from ocma.platforms.manifest import Manifest
from ocma.platforms.metrics import Measured, Seen, Target
from ocma.platforms.oauth import OAuthFlow

OLDER = timedelta(minutes=5)  # than the first sending: the time within a post's number is nowhere documented


class LinkedIn(Connector, PublishesAtOnce, Measures):
    """One token speaks for a member and for all pages that the member runs. An account's id is its URN, the author of its posts.

    There is no idempotency key. `find` settles a page's posts from its own list. A member's cannot be read back: they are
    Unprovable, until somebody decides. Should it be to send again, then LinkedIn's own refusal of a duplicate names the post that
    is live, and that one is taken for ours if it is not older than the first sending.
    """

    manifest: ClassVar[Manifest] = MANIFEST
    flow: ClassVar[type[OAuthFlow]] = LinkedInFlow

    def __init__(self, clock: Clock = utcnow, sleep: Sleep = asyncio.sleep) -> None:
        self._clock = clock
        self._sleep = sleep

    def explain(self, response: httpx2.Response) -> PlatformError:
        return refusal.explain(response, self._clock())

    def refuses(self, response: httpx2.Response) -> bool:
        """A duplicate is no plain no: `publish` reads which post is meant."""
        return super().refuses(response) and not refusal.is_duplicate(response)

    def sign(self, access: Access, method: str, url: str, request: dict[str, Any]) -> dict[str, Any]:
        signed = super().sign(access, method, url, request)
        if not url.startswith("/rest/"):
            return signed
        version = {"LinkedIn-Version": access.settings["version"], "X-Restli-Protocol-Version": "2.0.0"}
        return {**signed, "headers": {**version, **signed["headers"]}}

    async def identify(self, access: Access) -> list[Profile]:
        return await accounts(self.call, access)

    def steps(self, content: Content) -> Sequence[Step]:
        """Of each part the uploads first, then the waits, so that LinkedIn works on all of its files at once."""
        return [step for index in range(len(content.parts)) for step in self._part_steps(content, index)]

    def _part_steps(self, content: Content, index: int) -> Iterator[Step]:
        files = content.parts[index].media
        for place, media in enumerate(files):
            yield Step(media_step(index, place), partial(self._upload, media), KEEPS)
        for place, media in enumerate(files):
            yield Step(part_step("ready", index, place), partial(self._ready, media, index, place), KEEPS)

    async def _upload(self, media: Media, access: Access, _prepared: Mapping[str, str]) -> str:
        return await upload(self.call, access, media)

    async def _ready(self, media: Media, part: int, place: int, access: Access, prepared: Mapping[str, str]) -> str:
        """Where files may not be looked at, the first one's wait was for all of them."""
        waited = place > 0 and prepared.get(part_step("ready", part, 0)) == HIDDEN
        step, grace = media_step(part, place), 0.0 if waited else GRACE[media.kind]
        return await ready(self.call, self._sleep, access, media, step, prepared[step], grace)

    async def publish(self, access: Access, outgoing: Outgoing) -> Published:
        path, body = posts.request(access, outgoing)
        response = await self.send(access, "POST", path, json=body)
        if not response.is_success:
            return self._live_already(response, outgoing)
        if (urn := created_urn(response, posts.thread(outgoing))) is None:  # accepted, it says, but not as what
            raise OutcomeUnknown(platform=MANIFEST.key, status=response.status_code)
        return Published(urn, url_of(urn))

    def _live_already(self, response: httpx2.Response, outgoing: Outgoing) -> Published:
        """After an unknown outcome the live post that LinkedIn names is ours; an older one cannot be."""
        urn, first = refusal.live_urn(response), outgoing.first_sent_at
        kind = COMMENT if posts.thread(outgoing) else POST
        if first is None or urn is None or not kind.fullmatch(urn):
            raise self.explain(response)
        at = made_at(urn) if kind is POST else None
        if at is not None and at < first - OLDER:
            raise self.explain(response)
        return Published(urn, url_of(urn))

    async def find(self, access: Access, outgoing: Outgoing) -> Published | Absent | Unprovable:
        if outgoing.first_sent_at is None:
            return Absent()
        search = Search(self.call, access, outgoing, outgoing.first_sent_at)
        if not search.may_look:
            return Unprovable()
        try:
            return await search.result()
        except (ContentRejected, PermissionMissing):  # of the question: it says nothing about the post
            return Unprovable()

    async def fetch_post(self, access: Access, post_id: str) -> Published | Absent:
        try:
            response = await self.call(access, "GET", _path(post_id))
        except ContentRejected as error:
            if error.rule == refusal.GONE.rule:
                return Absent()
            raise
        if COMMENT.fullmatch(post_id):
            return Published(post_id, url_of(post_id), read(response, Comment).created.time)
        post = read(response, Post)
        return Published(post_id, url_of(post_id), post.created_at) if post.is_live else Absent()

    async def withdraw(self, access: Access, post_id: str) -> None:
        actor = f"?actor={segment(access.profile_id)}" if COMMENT.fullmatch(post_id) else ""
        try:
            await self.call(access, "DELETE", f"{_path(post_id)}{actor}", headers={"X-RestLi-Method": "DELETE"})
        except ContentRejected as error:
            if error.rule != refusal.GONE.rule:
                raise

    async def measure_account(self, access: Access, since: datetime) -> Measured:
        return await measuring.account(self.call, access, since, self._clock())

    async def measure_posts(self, access: Access, posts: Sequence[Target]) -> Measured:
        return await measuring.posts(self.call, access, posts)

    def list_posts(self, access: Access, since: datetime) -> AsyncGenerator[Seen]:
        return measuring.listed(self.call, access, since)


def _path(urn: str) -> str:
    comment = COMMENT.fullmatch(urn)
    return (
        f"/rest/socialActions/{segment(comment['thread'])}/comments/{comment['id']}" if comment else f"/rest/posts/{segment(urn)}"
    )
