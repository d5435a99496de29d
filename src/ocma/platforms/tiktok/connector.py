"""TikTok through the Content Posting API: a video in pieces, photos that TikTok fetches, and the proof of what became of them."""

from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import suppress
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
    Processing,
    Profile,
    Published,
    Publishes,
    Step,
    Unprovable,
)
from ocma.platforms.content import Content, Outgoing, Part, part_step
from ocma.platforms.errors import ContentRejected, NotReady, OutcomeUnknown, PlatformError, PlatformUnavailable, PreparationLost
from ocma.platforms.manifest import Manifest
from ocma.platforms.metrics import Measured, Seen, Target
from ocma.platforms.tiktok import measuring, refusal
from ocma.platforms.tiktok.flow import TikTokFlow
from ocma.platforms.tiktok.manifest import BASIC, MANIFEST, PROFILE, STATS, is_photo
from ocma.platforms.tiktok.post import SELF_ONLY, check, photo_post, video_info
from ocma.platforms.tiktok.questions import JSON, ask, fetch_creator, fetch_status, find_video
from ocma.platforms.tiktok.search import find_photos
from ocma.platforms.tiktok.upload import cut, put, source, spans, upload
from ocma.platforms.tiktok.wire import Me, Opened, OpenedUpload, Session, Status, Ticket, read, url_of

FIELDS = {
    BASIC: "open_id,display_name,avatar_url",
    PROFILE: "username,profile_deep_link",
    STATS: "follower_count,following_count,video_count",
}
SESSION_KEEPS = timedelta(minutes=50)  # TikTok takes the bytes for an hour
ALWAYS = timedelta(0)  # asked anew before each sending
SOON, LOOK = 2.0, 15.0  # seconds between looks at something accepted, at first and at most; TikTok allows 30 a minute
PATIENCE = timedelta(minutes=15)  # for the public id, which comes after moderation; a post is live without
PARTIAL = 206


class TikTok(Connector, Publishes, Measures):
    """A video is live by its last piece: what precedes it (init, the other pieces) is preparation and can be repeated.

    So an unknown outcome of a video is settled by its publish id. Photos get their publish id only by the call that publishes; if
    its answer is lost, they can be found if they are public, but never proven absent.
    """

    manifest: ClassVar[Manifest] = MANIFEST
    flow = TikTokFlow

    def __init__(self, clock: Clock = utcnow) -> None:
        self._clock = clock

    def explain(self, response: httpx2.Response) -> PlatformError:
        return refusal.explain(response)

    def refuses(self, response: httpx2.Response) -> bool:
        """An error may come with 200."""
        return not response.is_success or refusal.code_of(response) is not None

    def sign(self, access: Access, method: str, url: str, request: dict[str, Any]) -> dict[str, Any]:
        """Pieces need no token: their address is the permission."""
        return request if method == "PUT" else super().sign(access, method, url, request)

    async def identify(self, access: Access) -> list[Profile]:
        """One login is one account. TikTok refuses fields whose scope was not granted."""
        fields = ",".join(each for scope, each in FIELDS.items() if scope == BASIC or scope in access.scopes)
        user = read(await self.call(access, "GET", "/v2/user/info/", params={"fields": fields}), Me).user
        return [user.profile]

    def steps(self, content: Content) -> Sequence[Step]:
        return [step for index, part in enumerate(content.parts) for step in self._steps(content, index, part)]

    def _steps(self, content: Content, index: int, part: Part) -> Iterator[Step]:
        """TikTok wants its creator to be asked before each post."""
        if is_photo(part):
            yield Step(part_step("creator", index), partial(self._ask_creator, content, part), ALWAYS)
        else:
            yield Step(part_step("session", index), partial(self._open, content, part), SESSION_KEEPS, secret=True)
            yield Step(part_step("bytes", index), partial(self._fill, index, part), ALWAYS)

    async def _ask_creator(self, content: Content, part: Part, access: Access, _prepared: Mapping[str, str]) -> str:
        check(content, part, await fetch_creator(self.call, access))
        return "asked"

    async def _open(self, content: Content, part: Part, access: Access, prepared: Mapping[str, str]) -> str:
        await self._ask_creator(content, part, access, prepared)
        body = {"post_info": video_info(content, part), "source_info": source(part.media[0].size)}
        opened = await ask(self.call, access, "/v2/post/publish/video/init/", OpenedUpload, body)
        return str(Session(opened.publish_id, opened.upload_url))

    async def _fill(self, index: int, part: Part, access: Access, prepared: Mapping[str, str]) -> str:
        """Goes on where TikTok's bytes end; nothing is sent into an upload that TikTok has given up."""
        session = Session.of(prepared[part_step("session", index)])
        try:
            status = await fetch_status(self.call, access, session.publish_id)
        except ContentRejected as error:
            raise refusal.EXPIRED.to_error(refusal.PLATFORM, error.status) from error
        if status.status == "FAILED":
            raise refusal.failed(status.fail_reason)
        await upload(self.call, access, session.upload_url, part.media[0], status.uploaded_bytes or 0)
        return "filled"

    async def publish(self, access: Access, outgoing: Outgoing) -> Processing:
        send = self._send_photos if is_photo(outgoing.part) else self._send_last_piece
        ticket = Ticket(await send(access, outgoing), self._until(outgoing, self._clock()).timestamp())
        return Processing(str(ticket), SOON, LOOK)

    async def _send_last_piece(self, access: Access, outgoing: Outgoing) -> str:
        session, media = Session.of(outgoing.prepared[part_step("session", outgoing.index)]), outgoing.part.media[0]
        ((span, piece),) = [each async for each in cut(media, spans(media.size)[-1:])]
        try:
            response = await self.send(access, "PUT", session.upload_url, **put(media, span, piece))
        except PreparationLost as error:
            if outgoing.first_sent_at is None:
                raise
            raise OutcomeUnknown(platform="tiktok", status=error.status) from error  # an earlier sending may have filled it
        if response.status_code == PARTIAL:  # it wants more than there is
            raise OutcomeUnknown(platform="tiktok", status=PARTIAL)
        return session.publish_id

    async def _send_photos(self, access: Access, outgoing: Outgoing) -> str:
        try:
            response = await self.send(access, "POST", "/v2/post/publish/content/init/", json=photo_post(outgoing), headers=JSON)
            return read(response, Opened).publish_id
        except PlatformUnavailable as error:
            if error.status is None:  # nothing was written
                raise
            raise OutcomeUnknown(platform="tiktok", status=error.status) from error

    def _until(self, outgoing: Outgoing, sent_at: datetime) -> datetime:
        """Private posts never get a public id."""
        return sent_at if outgoing.options.get("privacy_level") == SELF_ONLY else sent_at + PATIENCE

    async def resume(self, access: Access, processing: Processing) -> Published | Processing:
        ticket = Ticket.of(processing.id)
        try:
            status = await fetch_status(self.call, access, ticket.publish_id)
        except ContentRejected as error:  # of the question: it says nothing about the post
            raise OutcomeUnknown(platform="tiktok", status=error.status) from error
        if status.status == "FAILED":
            raise refusal.failed(status.fail_reason)
        return self._live(access, status, ticket) or Processing(processing.id, SOON, LOOK)

    async def find(self, access: Access, outgoing: Outgoing) -> Published | Absent | Unprovable:
        """A video: by its publish id. It is absent while TikTok lacks bytes of it, and for good when it failed."""
        if outgoing.first_sent_at is None:
            return Absent()
        if is_photo(outgoing.part):
            return await find_photos(self.call, access, outgoing, outgoing.first_sent_at)
        session = Session.of(outgoing.prepared.get(part_step("session", outgoing.index), ""))
        try:
            status = await fetch_status(self.call, access, session.publish_id)
        except ContentRejected:
            return Unprovable()
        lacking = status.status == "PROCESSING_UPLOAD" and status.uploaded_bytes is not None
        if status.status == "FAILED" or (lacking and (status.uploaded_bytes or 0) < outgoing.part.media[0].size):
            return Absent()
        ticket = Ticket(session.publish_id, self._until(outgoing, outgoing.first_sent_at).timestamp())
        if (live := self._live(access, status, ticket)) is None:
            raise NotReady(platform="tiktok", rule="processing", retry_after=LOOK)
        return live

    async def fetch_post(self, access: Access, post_id: str) -> Published | Absent:
        """By a post's id, or by the publish id of one that has no other.

        TikTok lists public videos: of an id that it does not list it cannot be said that it is not live.
        """
        if not post_id.isdecimal():
            with suppress(ContentRejected):
                status = await fetch_status(self.call, access, post_id)
                return self._live(access, status, Ticket(post_id, 0)) or Absent()
            return Absent()
        if (live := await find_video(self.call, access, post_id)) is None:
            raise refusal.UNLISTED.to_error(refusal.PLATFORM)
        return live.published(access.handle)

    async def withdraw(self, access: Access, post_id: str) -> None:
        del access, post_id
        raise refusal.UNDELETABLE.to_error(refusal.PLATFORM)

    async def measure_account(self, access: Access, since: datetime) -> Measured:
        del since  # it has no days
        return await measuring.account(self.call, access)

    async def measure_posts(self, access: Access, posts: Sequence[Target]) -> Measured:
        return await measuring.posts(self.call, access, posts)

    def list_posts(self, access: Access, since: datetime) -> AsyncGenerator[Seen]:
        return measuring.listed(self.call, access, since)

    def _live(self, access: Access, status: Status, ticket: Ticket) -> Published | None:
        """None: not live, or it may soon be told by its public id."""
        if status.status != "PUBLISH_COMPLETE" or (not status.post_id and self._clock().timestamp() < ticket.until):
            return None
        return Published(status.post_id or ticket.publish_id, url_of(access.handle, status.post_id) if status.post_id else None)
