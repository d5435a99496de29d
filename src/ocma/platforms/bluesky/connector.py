"""Bluesky: posts, threads, images, videos and link cards in an account's own repository, wherever that is."""

import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, ClassVar

import httpx2

from ocma.platforms.bluesky import refusal
from ocma.platforms.bluesky.client import Client
from ocma.platforms.bluesky.flow import BlueskyFlow
from ocma.platforms.bluesky.manifest import MANIFEST
from ocma.platforms.bluesky.measuring import Figures
from ocma.platforms.bluesky.record import mentions_step, post
from ocma.platforms.bluesky.signing import Signing
from ocma.platforms.bluesky.text import handles
from ocma.platforms.bluesky.upload import KEEPS, is_known, send_video, upload, video_blob
from ocma.platforms.bluesky.wire import POST, Actor, Made, Record, Resolved, Strong, address, at_uri, published, read, record_key
from ocma.platforms.connector import Absent, Access, Measures, Profile, Published, PublishesAtOnce, Step, Unprovable
from ocma.platforms.content import Content, Media, Outgoing, media_step, part_step
from ocma.platforms.errors import (
    ContentRejected,
    DuplicateContent,
    OutcomeUnknown,
    PermissionMissing,
    PlatformError,
    PlatformUnavailable,
)
from ocma.platforms.manifest import Manifest
from ocma.platforms.metrics import Measured, Seen, Target
from ocma.platforms.oauth import OAuthFlow

REPO = "/xrpc/com.atproto.repo."
BY_BLOB = "-"  # stands for the job of a video that goes up like any file


class Bluesky(Signing, Client, PublishesAtOnce, Measures):
    """A post's place (its record key) is made of our own key, and createRecord never overwrites: however often a post is sent,
    one comes to be, and a server refuses the second (the reference PDS with a 500). `find` looks at that place. putRecord would
    write again what its author has deleted or changed meanwhile.
    """

    manifest: ClassVar[Manifest] = MANIFEST
    flow: ClassVar[type[OAuthFlow]] = BlueskyFlow

    def explain(self, response: httpx2.Response) -> PlatformError:
        return refusal.explain(response, self._clock())

    def refuses(self, response: httpx2.Response) -> bool:
        return not response.is_success and not is_known(response)

    async def identify(self, access: Access) -> list[Profile]:
        """The account's own server may be another than the one that was asked; one without an AppView knows no profiles."""
        pds = access.secrets["pds"]
        at_home = replace(access, urls={**access.urls, "pds": pds})
        try:
            query = {"actor": access.secrets["did"]}
            found = await self.call(at_home, "GET", f"{pds}/xrpc/app.bsky.actor.getProfile", params=query)
        except (ContentRejected, PermissionMissing, PlatformUnavailable):
            found = await self.call(at_home, "GET", f"{pds}/xrpc/com.atproto.server.getSession")
        return [read(found, Actor).profile(access.urls["web"], pds)]

    def steps(self, content: Content) -> Sequence[Step]:
        """Per part: whom it mentions, then its files; a video is sent, then waited for."""
        return [step for index, part in enumerate(content.parts) for step in self._steps(index, part.text, part.media)]

    def _steps(self, index: int, text: str, files: Sequence[Media]) -> Sequence[Step]:
        steps = [Step(mentions_step(index), partial(self._mentions, text))] if handles(text) else []
        for place, media in enumerate(files):
            key, job = media_step(index, place), part_step("video", index, place)
            if media.kind == "video":
                steps += [Step(job, partial(self._video, media)), Step(key, partial(self._video_ready, media, job, key), KEEPS)]
            else:
                steps.append(Step(key, partial(self._upload, media), KEEPS))
        return steps

    async def _mentions(self, text: str, access: Access, _prepared: Mapping[str, str]) -> str:
        """The DID of each handle, as JSON; one that is nobody's stays text."""
        found: dict[str, str] = {}
        for handle in handles(text):
            try:
                answer = await self.call(access, "GET", "/xrpc/com.atproto.identity.resolveHandle", params={"handle": handle})
            except ContentRejected:
                continue
            found[handle] = read(answer, Resolved).did
        return json.dumps(found)

    async def _upload(self, media: Media, access: Access, _prepared: Mapping[str, str]) -> str:
        return await upload(self.call, access, media)

    async def _video(self, media: Media, access: Access, _prepared: Mapping[str, str]) -> str:
        by_blob = access.settings.get("video_by") == "blob"
        return BY_BLOB if by_blob else await send_video(self.call, access, media, self._clock())

    async def _video_ready(self, media: Media, job: str, key: str, access: Access, prepared: Mapping[str, str]) -> str:
        if prepared[job] == BY_BLOB:
            return await upload(self.call, access, media)
        return await video_blob(self.call, access, prepared[job], (job, key))

    async def publish(self, access: Access, outgoing: Outgoing) -> Published:
        at = self._clock()
        record = post(outgoing, at, await self._reply(access, outgoing))
        body = {"repo": access.profile_id, "collection": POST, "rkey": record_key(outgoing.key), "record": record}
        try:
            response = await self.send(access, "POST", f"{REPO}createRecord", json=body)
        except DuplicateContent as error:  # what stands at our place is ours: an earlier sending of this very part
            raise OutcomeUnknown(platform=MANIFEST.key, rule=error.rule, status=error.status) from error
        try:
            return published(read(response, Made).uri, access.urls["web"], at)
        except PlatformUnavailable as error:  # accepted, it says, but not as what
            raise OutcomeUnknown(platform=MANIFEST.key, status=response.status_code) from error

    async def _reply(self, access: Access, outgoing: Outgoing) -> dict[str, Strong]:
        """The whole thread's first post and the one before, each in the version that is live."""
        if outgoing.reply_to is None:
            return {}
        parent = await self._version(access, outgoing.reply_to)
        root = outgoing.root or outgoing.reply_to
        return {"root": parent if root == outgoing.reply_to else await self._version(access, root), "parent": parent}

    async def _version(self, access: Access, uri: str) -> Strong:
        try:
            return read(await self._record(access, uri), Strong)
        except ContentRejected as error:
            raise refusal.REPLY.to_error(MANIFEST.key, error.status) from error

    async def find(self, access: Access, outgoing: Outgoing) -> Published | Absent | Unprovable:
        """At the one place where it can be. A server that refuses the question otherwise proves nothing: that is raised."""
        return await self.fetch_post(access, at_uri(access.profile_id, record_key(outgoing.key)))

    async def fetch_post(self, access: Access, post_id: str) -> Published | Absent:
        try:
            record = read(await self._record(access, post_id), Record)
        except ContentRejected as error:
            if error.rule == refusal.GONE:
                return Absent()
            raise
        return published(record.uri, access.urls["web"], record.value.createdAt)

    async def withdraw(self, access: Access, post_id: str) -> None:
        body = {"repo": access.profile_id, "collection": POST, "rkey": _address(post_id).rkey}
        await self.call(access, "POST", f"{REPO}deleteRecord", json=body)

    async def measure_account(self, access: Access, since: datetime) -> Measured:
        del since  # there are only totals
        return await Figures(self.call, access).account()

    async def measure_posts(self, access: Access, posts: Sequence[Target]) -> Measured:
        """An AppView leaves out what it does not have; whether that is gone, the account's own server knows."""
        found = await Figures(self.call, access).posts([each.id for each in posts])
        given = {each.post for each in found.readings}
        silent = [each.id for each in posts if each.id not in given]
        return replace(found, gone=tuple([each for each in silent if await self._is_gone(access, each)]))

    async def _is_gone(self, access: Access, post_id: str) -> bool:
        try:
            return isinstance(await self.fetch_post(access, post_id), Absent)
        except ContentRejected:
            return False

    def list_posts(self, access: Access, since: datetime) -> AsyncGenerator[Seen]:
        return Figures(self.call, access).own(since)

    async def _record(self, access: Access, uri: str) -> httpx2.Response:
        where = _address(uri)
        query = {"repo": where.repo, "collection": POST, "rkey": where.rkey}
        return await self.call(access, "GET", f"{REPO}getRecord", params=query)


def _address(uri: str) -> Any:
    if (found := address(uri)) is None:
        raise ContentRejected("This is no post of Bluesky.", platform=MANIFEST.key, rule="idInvalid")
    return found
