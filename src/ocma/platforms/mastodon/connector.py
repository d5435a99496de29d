"""Mastodon and look-alikes: statuses, threads, files and polls, and the proof of what became of them."""

import asyncio
import random
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any, ClassVar

import httpx2

from ocma.clock import Clock, utcnow
from ocma.errors import Invalid
from ocma.infra.outbound import FRESH
from ocma.platforms.connector import (
    Absent,
    Access,
    App,
    Connector,
    Heard,
    Listens,
    Measures,
    Processing,
    Profile,
    Published,
    Publishes,
    Registers,
    Step,
    Unprovable,
)
from ocma.platforms.content import Content, Media, Outgoing, Poll, media_step, part_step
from ocma.platforms.errors import ContentRejected, OutcomeUnknown, PermissionMissing, PlatformError, PlatformUnavailable
from ocma.platforms.manifest import Manifest
from ocma.platforms.mastodon import poll, refusal
from ocma.platforms.mastodon.listening import Listening
from ocma.platforms.mastodon.manifest import MANIFEST
from ocma.platforms.mastodon.measuring import Figures
from ocma.platforms.mastodon.notices import Notices
from ocma.platforms.mastodon.search import Search
from ocma.platforms.mastodon.stream import Stream
from ocma.platforms.mastodon.upload import KEEPS, Sleep, is_unfinished, ready, upload
from ocma.platforms.mastodon.wire import GONE, ME, Account, Posted, Registration, Status, handle, published, read, segment
from ocma.platforms.metrics import Measured, Seen, Target

APP_NAME = "OCMA"


class Mastodon(Connector, Publishes, Listens, Measures, Registers):
    """The Idempotency-Key makes a second sending harmless for an hour, but only on Mastodon proper: look-alikes ignore it.

    So `find` settles an unknown outcome from the account's own statuses, and a status is never sent again on the key's strength.
    """

    manifest: ClassVar[Manifest] = MANIFEST

    def __init__(self, clock: Clock = utcnow, sleep: Sleep = asyncio.sleep, chance: Callable[[], float] = random.random) -> None:
        self._clock = clock
        self._sleep = sleep
        self._chance = chance

    def explain(self, response: httpx2.Response) -> PlatformError:
        return refusal.explain(response, self._clock())

    async def register(self, client: httpx2.AsyncClient, redirect_uri: str) -> App:
        """Raises Invalid when there is a web server but none that speaks Mastodon's API."""
        form = {"client_name": APP_NAME, "redirect_uris": redirect_uri, "scopes": " ".join(MANIFEST.oauth.scopes)}
        try:
            response = await self.call(Access(client), "POST", "/api/v1/apps", data=form, extensions=dict(FRESH))
            made = read(response, Registration)
        except PlatformError as error:
            if error.status is not None and error.status < 500 and error.status not in {408, 425, 429}:
                raise _other_server() from error
            raise
        return App(made.client_id, made.client_secret)

    async def identify(self, access: Access) -> list[Profile]:
        """One login is one account."""
        account = read(await self.call(access, "GET", ME), Account)
        profile = Profile(
            id=account.id,
            name=account.display_name or account.username,
            handle=handle(account, access.host),
            url=account.url,
            avatar_url=account.avatar,
            followers=account.followers_count,
            following=account.following_count,
            posts=account.statuses_count,
        )
        return [profile]

    def steps(self, content: Content) -> Sequence[Step]:
        """Of each file its upload with its alternative text; of one that moves also the wait until the server is through with it.

        Of a poll whether this server takes it.
        """
        return [step for index in range(len(content.parts)) for step in self._part_steps(content, index)]

    def _part_steps(self, content: Content, index: int) -> Iterator[Step]:
        files, asked = content.parts[index].media, content.parts[index].poll
        if asked:
            yield Step(part_step("poll", index), partial(self._poll, asked), KEEPS)
        for place, media in enumerate(files):
            yield Step(media_step(index, place), partial(self._upload, media), KEEPS)
        for place, media in enumerate(files):
            if media.kind != "image":
                yield Step(part_step("ready", index, place), partial(self._ready, media_step(index, place)), KEEPS)

    async def _upload(self, media: Media, access: Access, _prepared: Mapping[str, str]) -> str:
        return await upload(self.call, self._sleep, access, media)

    async def _ready(self, upload_step: str, access: Access, prepared: Mapping[str, str]) -> str:
        return await ready(self.call, self._sleep, access, prepared[upload_step])

    async def _poll(self, asked: Poll, access: Access, _prepared: Mapping[str, str]) -> str:
        return await poll.accepted(self.call, access, asked)

    async def publish(self, access: Access, outgoing: Outgoing) -> Published:
        try:
            response = await self.send(
                access,
                "POST",
                "/api/v1/statuses",
                json=_body(outgoing),
                headers={"Idempotency-Key": outgoing.key},
                extensions=dict(FRESH),
            )
        except ContentRejected as error:
            if error.status == 422 and await self._is_too_early(access, outgoing):
                raise _too_early(error) from error
            raise
        try:
            return published(read(response, Posted))
        except PlatformUnavailable as error:  # accepted, it says, but not as what
            raise OutcomeUnknown(platform=MANIFEST.key, status=response.status_code) from error

    async def _is_too_early(self, access: Access, outgoing: Outgoing) -> bool:
        """Whether the server still works through a file; its own wording of that is translated, so it is asked."""
        for media_id in outgoing.media_ids:
            with suppress(ContentRejected, PermissionMissing):
                if await is_unfinished(self.call, access, media_id):
                    return True
        return False

    async def resume(self, access: Access, processing: Processing) -> Published | Processing:
        """Mastodon makes statuses live at once, so this only happens with a server that differs."""
        post = await self.fetch_post(access, processing.id)
        return post if isinstance(post, Published) else processing

    async def find(self, access: Access, outgoing: Outgoing) -> Published | Absent | Unprovable:
        """Among the account's own statuses. Absent only if none posted since the first sending can have been kept from us."""
        if outgoing.first_sent_at is None:
            return Absent()
        found = await Search(self.call, access, outgoing, outgoing.first_sent_at).result()
        return published(found) if isinstance(found, Status) else found

    async def fetch_post(self, access: Access, post_id: str) -> Published | Absent:
        try:
            response = await self.call(access, "GET", f"/api/v1/statuses/{segment(post_id)}")
        except ContentRejected as error:
            if _is_gone(error):
                return Absent()
            raise
        return published(read(response, Posted))

    async def withdraw(self, access: Access, post_id: str) -> None:
        """Raises ContentRejected on servers that delete nothing for apps: they say 404 of a status that is live (snac 2.75)."""
        try:
            await self.call(access, "DELETE", f"/api/v1/statuses/{segment(post_id)}", extensions=dict(FRESH))
        except ContentRejected as error:
            if not _is_gone(error):
                raise
            if isinstance(await self.fetch_post(access, post_id), Published):
                raise _undeletable(error) from error

    def listen(self, access: Access, since: str | None) -> AsyncGenerator[Heard]:
        """A server without a stream of events is asked once a minute."""
        stream = Stream(self.call, self.explain, access)
        return Listening(Notices(self.call, access), stream, self._sleep, self._chance).heard(since)

    async def measure_account(self, access: Access, since: datetime) -> Measured:
        del since  # there are only totals
        return await Figures(self.call, access).account()

    async def measure_posts(self, access: Access, posts: Sequence[Target]) -> Measured:
        return await Figures(self.call, access).posts([each.id for each in posts])

    def list_posts(self, access: Access, since: datetime) -> AsyncGenerator[Seen]:
        return Figures(self.call, access).own(since)


def _body(outgoing: Outgoing) -> dict[str, Any]:
    options = {name: outgoing.options[name] for name in MANIFEST.options if outgoing.options.get(name) is not None}
    media = {"media_ids": outgoing.media_ids} if outgoing.part.media else {}
    asked = {"poll": poll.body(outgoing.part.poll)} if outgoing.part.poll else {}
    reply = {"in_reply_to_id": outgoing.reply_to} if outgoing.reply_to else {}
    return {"status": outgoing.part.text, **media, **asked, **reply, **options}


def _is_gone(error: ContentRejected) -> bool:
    return error.status in GONE


def _other_server() -> Invalid:
    return Invalid(
        "This host does not register apps the way Mastodon servers do.",
        code="hostNotMastodon",
        remediation="Check `host`: it is the part after the second @ in a handle, e.g. mastodon.social.",
    )


def _too_early(error: ContentRejected) -> PlatformUnavailable:
    return PlatformUnavailable(
        refusal.UNFINISHED.detail,
        platform=MANIFEST.key,
        rule=refusal.UNFINISHED.rule,
        status=error.status,
        remediation=refusal.UNFINISHED.remediation,
        retry_after=refusal.PROCESSING,
    )


def _undeletable(error: ContentRejected) -> ContentRejected:
    return ContentRejected(
        "This server does not delete posts for apps: the post is still live.",
        platform=MANIFEST.key,
        rule="deleteUnsupported",
        status=error.status,
        remediation="Delete it on the server's own pages.",
    )
