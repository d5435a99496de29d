"""Posts by containers, as Instagram and Threads have them: one is made, waited for, and then published by its id.

A container is published at most once, so it stands in for an idempotency key: its status says what became of a sending, and what
is sent again is the same one.
"""

import asyncio
from abc import abstractmethod
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ClassVar
from unicodedata import normalize

from ocma.clock import Clock, utcnow
from ocma.platforms.connector import Absent, Access, Processing, Published, Publishes, Step, Unprovable
from ocma.platforms.content import Content, Media, Outgoing, Part, live_part, media_step, part_step
from ocma.platforms.errors import (
    ContentRejected,
    NotReady,
    OutcomeUnknown,
    PlatformError,
    PlatformUnavailable,
    PreparationLost,
)
from ocma.platforms.meta.graph import TOO_MANY, Graph
from ocma.platforms.meta.live import Deleted, Live, State, is_missing, no_replies, type_of, undeleted
from ocma.platforms.meta.refusal import Refusal, refuse
from ocma.platforms.meta.wire import Node, accepted, at, read, unix

KEEPS = timedelta(hours=23)  # an unpublished container ends after 24
QUICK, SLOW = (1.0, 30.0), (30.0, 60.0)  # seconds between looks at a container, at first and at most; of a video as Meta wants it
LISTED = 30.0  # seconds, until what is live may be listed
SKEW = timedelta(minutes=1)  # between Meta's clock and ours
PINNED = 10  # older posts that may stand before newer ones in a list
LOCATING = 5.0  # seconds, for a post's address
PAUSES = (1.0, 3.0)  # seconds before "not there" is believed: at times Meta says so in error
FINISHED, PUBLISHED, EXPIRED, ERROR, WORKING = "FINISHED", "PUBLISHED", "EXPIRED", "ERROR", "IN_PROGRESS"
DONE = frozenset({FINISHED, PUBLISHED})

Sleep = Callable[[float], Awaitable[None]]


class Containers(Graph, Publishes):
    """`edge` makes a container, `release` publishes it; `status` are the fields that tell how it is."""

    edge: ClassVar[str]
    release: ClassVar[str]
    status: ClassVar[str]

    def __init__(self, clock: Clock = utcnow, sleep: Sleep = asyncio.sleep) -> None:
        super().__init__(clock)
        self._sleep = sleep

    @abstractmethod
    def owner(self, access: Access) -> str:
        """The account's node."""

    @abstractmethod
    def form(self, part: Part, options: Mapping[str, Any], children: Sequence[str]) -> dict[str, str]:
        """What a part's container is made of."""

    @abstractmethod
    def child(self, media: Media) -> dict[str, str]:
        """What the container of one file of several is made of."""

    @abstractmethod
    def reason(self, detail: str) -> Refusal:
        """Why a container failed, by what its status says."""

    @abstractmethod
    def history(self, access: Access, outgoing: Outgoing, since: datetime) -> tuple[str, dict[str, str]]:
        """Where a part stands once it is live, newest first: path and query."""

    def steps(self, content: Content) -> Sequence[Step]:
        """Each file of several, each waited for; then the whole, waited for."""
        return [step for index, part in enumerate(content.parts) for step in self.steps_of(content.options, index, part)]

    def steps_of(self, options: Mapping[str, Any], index: int, part: Part) -> Iterator[Step]:
        yield from self.steps_of_files(index, part)
        key = part_step("container", index)
        yield Step(key, partial(self._whole, options, index, part), KEEPS, replies=index > 0)
        yield Step(part_step("ready", index), partial(self._wait, key, part.media), KEEPS, replies=index > 0)

    def steps_of_files(self, index: int, part: Part) -> Iterator[Step]:
        """A single file needs no container of its own."""
        if len(part.media) < 2:
            return
        for place, media in enumerate(part.media):
            yield Step(media_step(index, place), partial(self._file, media), KEEPS)
        for place, media in enumerate(part.media):
            yield Step(part_step("ready", index, place), partial(self._wait, media_step(index, place), [media]), KEEPS)

    async def _make(self, access: Access, form: Mapping[str, str]) -> str:
        response = await self.call(access, "POST", at(access, self.owner(access), self.edge), data=form)
        return read(response, Node, self.manifest.key).id

    async def _file(self, media: Media, access: Access, _prepared: Mapping[str, str]) -> str:
        return await self._make(access, self.child(media))

    async def _whole(
        self, options: Mapping[str, Any], index: int, part: Part, access: Access, prepared: Mapping[str, str]
    ) -> str:
        above = {"reply_to_id": prepared[live_part(index - 1)]} if index else {}
        return await self._make(access, {**self.form(part, options, _children(index, part, prepared)), **above})

    async def _wait(self, key: str, files: Sequence[Media], access: Access, prepared: Mapping[str, str]) -> str:
        if await self.code(access, prepared[key], key) in DONE:
            return "ready"
        first, most = SLOW if any(media.kind == "video" for media in files) else QUICK
        raise NotReady(platform=self.manifest.key, rule="processing", retry_after=first, most=most)

    async def allow_reply(self, access: Access, _prepared: Mapping[str, str]) -> str:
        """What would fail after the first post is refused before it is live."""
        if access.scopes and (missing := self.manifest.oauth.missing("reply", access.scopes)):
            raise no_replies(self.manifest.key, self.manifest.name, missing)
        return "allowed"

    async def code(self, access: Access, container: str, key: str) -> str:
        """Raises PreparationLost where a new container may do, ContentRejected where none will. `key`: the step that made it."""
        state = await self._state(access, container)
        if state.code == EXPIRED:
            raise PreparationLost(platform=self.manifest.key, rule="containerExpired", steps={key})
        if state.code == ERROR:
            raise self._failed(self.reason(state.detail or ""), key)
        return state.code

    def _failed(self, reason: Refusal, key: str) -> PlatformError:
        error = refuse(reason, self.manifest.key, self.manifest.name)
        if not isinstance(error, PlatformUnavailable | PreparationLost):
            return error
        more: dict[str, Any] = {"rule": error.rule, "remediation": error.remediation, "retry_after": error.retry_after}
        return PreparationLost(error.detail, platform=self.manifest.key, steps={key}, **more)

    async def _state(self, access: Access, container: str) -> State:
        response = await self.call(access, "GET", at(access, container), params={"fields": self.status})
        return read(response, State, self.manifest.key)

    async def publish(self, access: Access, outgoing: Outgoing) -> Published:
        """What Meta says of a container that is live already is not documented: after a first sending only its status counts."""
        key = part_step("container", outgoing.index)
        container = outgoing.prepared[key]
        if outgoing.first_sent_at is not None and await self.code(access, container, key) == PUBLISHED:
            raise OutcomeUnknown("An earlier sending came through after all.", platform=self.manifest.key)
        path, form = at(access, self.owner(access), self.release), {"creation_id": container}
        try:
            response = await self.send(access, "POST", path, data=form)
        except (ContentRejected, PreparationLost, PlatformUnavailable) as error:
            unsure = isinstance(error, PlatformUnavailable) or outgoing.first_sent_at is not None
            if error.status is None or not unsure:
                raise
            raise OutcomeUnknown(platform=self.manifest.key, status=error.status) from error
        return await self._located(access, accepted(response, Node, self.manifest.key).id)

    async def _located(self, access: Access, post_id: str) -> Published:
        """With its address, if that is told at once: it is live already, and nothing may change that here."""
        with suppress(PlatformError, TimeoutError):
            async with asyncio.timeout(LOCATING):
                return (await self._look(access, post_id)).published
        return Published(post_id)

    async def resume(self, access: Access, processing: Processing) -> Published | Processing:
        """Containers are waited for before they are published, so this only happens after a change at Meta."""
        post = await self.fetch_post(access, processing.id)
        return post if isinstance(post, Published) else processing

    async def find(self, access: Access, outgoing: Outgoing) -> Published | Absent | Unprovable:
        """By the container's status, then among what is live. Absent: the same container is published later."""
        if outgoing.first_sent_at is None:
            return Absent()
        code = await self._code(access, outgoing)
        if code in {FINISHED, WORKING}:
            return Absent()
        found = await self._find_live(access, outgoing, outgoing.first_sent_at - SKEW)
        if code == PUBLISHED and isinstance(found, Absent):
            message = "It is live, but not listed yet."
            raise PlatformUnavailable(message, platform=self.manifest.key, rule="notListedYet", retry_after=LISTED)
        return found

    async def _code(self, access: Access, outgoing: Outgoing) -> str | None:
        """None: there is no container, or no more."""
        container = outgoing.prepared.get(part_step("container", outgoing.index))
        if container is None:
            return None
        try:
            return (await self._state(access, container)).code
        except PreparationLost:
            return None

    async def _find_live(self, access: Access, outgoing: Outgoing, since: datetime) -> Published | Absent | Unprovable:
        """Of several with the same text the first; several without any text cannot be told apart."""
        try:
            same = [each for each in await self._recent(access, outgoing, since) if self.is_same(each, outgoing)]
        except ContentRejected:  # of the question: it says nothing about the post
            return Unprovable()
        except PlatformUnavailable as error:
            if error.rule == TOO_MANY:
                return Unprovable()
            raise
        if len(same) > 1 and not outgoing.part.text.strip():
            return Unprovable()
        return min(same, key=lambda each: each.timestamp or since).published if same else Absent()

    async def _recent(self, access: Access, outgoing: Outgoing, since: datetime) -> list[Live]:
        path, query = self.history(access, outgoing, since)
        found, older = list[Live](), 0
        async for each in self.listed(access, path, Live, query):
            if each.timestamp is None or each.timestamp >= since:
                found.append(each)
            elif (older := older + 1) > PINNED:
                break
        return found

    def is_same(self, live: Live, outgoing: Outgoing) -> bool:
        """What Meta leaves out of its answer does not speak against it."""
        parent = live.replied_to is None or live.replied_to.id == outgoing.reply_to
        text = self.fold(live.text or "") == self.fold(outgoing.part.text)
        alike = live.type is None or live.type == type_of(outgoing.part)
        return text and parent and alike and live.id not in outgoing.others

    def fold(self, text: str) -> str:
        return " ".join(normalize("NFC", text).split())

    async def fetch_post(self, access: Access, post_id: str) -> Published | Absent:
        for pause in (0.0, *PAUSES):
            await self._sleep(pause)
            try:
                return (await self._look(access, post_id)).published
            except PlatformError as error:
                if not is_missing(error):
                    raise
        return Absent()

    async def _look(self, access: Access, post_id: str) -> Live:
        query = {"fields": "id,permalink,timestamp"}
        return read(await self.call(access, "GET", at(access, post_id), params=query), Live, self.manifest.key)

    async def delete(self, access: Access, post_id: str) -> None:
        try:
            deleted = read(await self.call(access, "DELETE", at(access, post_id)), Deleted, self.manifest.key)
        except PlatformError as error:
            if not is_missing(error):
                raise
            deleted = Deleted(success=False)
        if not deleted.success and isinstance(await self.fetch_post(access, post_id), Published):
            raise undeleted(self.manifest.key, self.manifest.name)


def _children(index: int, part: Part, prepared: Mapping[str, str]) -> list[str]:
    return [prepared[media_step(index, place)] for place in range(len(part.media))] if len(part.media) > 1 else []


def address(media: Media, platform: str) -> dict[str, str]:
    """Where Meta fetches a file, under the name of its kind."""
    if media.url is None:
        raise ContentRejected(
            "This server has no public address at which the platform could fetch the file.",
            platform=platform,
            rule="noAddress",
            remediation="The operator sets OCMA_PUBLIC_URL to an https address that others reach.",
        )
    return {"video_url" if media.kind == "video" else "image_url": media.url()}


def since_query(fields: str, since: datetime) -> dict[str, str]:
    return {"fields": fields, "since": unix(since)}
