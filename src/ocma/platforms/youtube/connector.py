"""YouTube: a video is uploaded as private, and one idempotent call makes it what it is to be; a first comment below it."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ClassVar

import httpx2

from ocma.clock import Clock, utcnow
from ocma.platforms.answers import UNREADABLE
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
from ocma.platforms.content import Content, Outgoing, Part, part_step
from ocma.platforms.errors import ContentRejected, OutcomeUnknown, PlatformError, PlatformUnavailable
from ocma.platforms.manifest import Manifest
from ocma.platforms.metrics import Measured, Seen, Target
from ocma.platforms.youtube import comments, measuring, refusal
from ocma.platforms.youtube.flow import GoogleFlow
from ocma.platforms.youtube.manifest import MANIFEST
from ocma.platforms.youtube.upload import INCOMPLETE, begin, status, upload
from ocma.platforms.youtube.wire import Channel, Listed, Thread, Video, read, url_of

ALWAYS = timedelta(0)  # asked anew before each sending
VIDEOS = "/youtube/v3/videos"


class YouTube(Connector, PublishesAtOnce, Measures):
    """The upload makes a private video; its id is stored before `videos.update` publishes it. To repeat that changes nothing.

    So an unknown outcome is settled by the video's own privacy. It costs 52 units of a project's 10,000 a day beside the upload,
    of which there are only 100 a day: these end first.
    """

    manifest: ClassVar[Manifest] = MANIFEST
    flow = GoogleFlow

    def __init__(self, clock: Clock = utcnow) -> None:
        self._clock = clock

    def explain(self, response: httpx2.Response) -> PlatformError:
        return refusal.explain(response, self._clock())

    def refuses(self, response: httpx2.Response) -> bool:
        """308 without an address is how a session says that it wants more."""
        unfinished = response.status_code == INCOMPLETE and "location" not in response.headers
        return not (response.is_success or unfinished)

    async def identify(self, access: Access) -> list[Profile]:
        """The channel that was chosen at consent."""
        query = {"part": "snippet,statistics", "mine": "true"}
        channels = read(await self.call(access, "GET", "/youtube/v3/channels", params=query), Listed[Channel]).items
        if not channels:
            raise refusal.no_channel()
        return [each.profile for each in channels]

    def steps(self, content: Content) -> Sequence[Step]:
        """A session keeps for a week or so; one that is gone is told by YouTube."""
        posts = [(index, part) for index, part in enumerate(content.parts) if part.role == "post"]
        return [step for index, part in posts for step in self._steps(content, index, part)]

    def _steps(self, content: Content, index: int, part: Part) -> list[Step]:
        return [
            Step(part_step("session", index), partial(self._begin, content, part), secret=True),
            Step(part_step("video", index), partial(self._upload, index, part)),
            Step(part_step("ready", index), partial(self._check, index), ALWAYS),
        ]

    async def _begin(self, content: Content, part: Part, access: Access, _prepared: Mapping[str, str]) -> str:
        return await begin(self.call, access, content, part)

    async def _upload(self, index: int, part: Part, access: Access, prepared: Mapping[str, str]) -> str:
        return await upload(self.call, access, prepared[part_step("session", index)], part.media[0])

    async def _check(self, index: int, access: Access, prepared: Mapping[str, str]) -> str:
        """Nothing that YouTube has rejected is made public; what it still works on is, as YouTube itself does it."""
        video = await self._video(access, prepared[part_step("video", index)])
        found = video or Video.model_validate({"id": "gone", "status": {"uploadStatus": "deleted"}})
        if error := refusal.unusable(found.status):
            raise error
        return "checked"

    async def publish(self, access: Access, outgoing: Outgoing) -> Published:
        publish = self._comment if outgoing.part.role == "comment" else self._reveal
        try:
            return await publish(access, outgoing)
        except PlatformUnavailable as error:
            if error.rule != UNREADABLE:
                raise
            raise OutcomeUnknown(platform="youtube", status=error.status) from error  # accepted, it says, but not as what

    async def _reveal(self, access: Access, outgoing: Outgoing) -> Published:
        video_id, privacy = outgoing.prepared[part_step("video", outgoing.index)], _privacy(outgoing.options)
        body = {"id": video_id, "status": status(outgoing.options, privacy)}
        video = read(await self.send(access, "PUT", VIDEOS, params={"part": "status"}, json=body), Video)
        if video.status.privacy_status not in {privacy, None}:
            raise refusal.KEPT_PRIVATE.to_error("youtube")
        return Published(video_id, url_of(video_id))

    async def _comment(self, access: Access, outgoing: Outgoing) -> Published:
        thread = read(await self.send(access, "POST", comments.THREADS, **comments.request(outgoing)), Thread)
        return Published(thread.id, url_of(outgoing.reply_to or "", thread.id))

    async def find(self, access: Access, outgoing: Outgoing) -> Published | Absent | Unprovable:
        """A video is published when it has the privacy that it was to get; a comment is looked for below its video."""
        if outgoing.first_sent_at is None:
            return Absent()
        if outgoing.part.role == "comment":
            return await comments.find(self.call, access, outgoing, outgoing.first_sent_at)
        video = await self._video(access, outgoing.prepared.get(part_step("video", outgoing.index), ""))
        if video is None or video.status.privacy_status != _privacy(outgoing.options):
            return Absent()
        return _published(video)

    async def fetch_post(self, access: Access, post_id: str) -> Published | Absent:
        if video := await self._video(access, post_id):
            return Absent() if video.status.upload_status == "deleted" else _published(video)
        comment = await comments.fetch(self.call, access, post_id)
        return Published(comment.id, None, comment.at) if comment else Absent()

    async def withdraw(self, access: Access, post_id: str) -> None:
        """It is looked up first, since an id does not tell a video from a comment."""
        path = VIDEOS if await self._video(access, post_id) else comments.COMMENTS
        if path is comments.COMMENTS and await comments.fetch(self.call, access, post_id) is None:
            return
        try:
            await self.call(access, "DELETE", path, params={"id": post_id})
        except ContentRejected as error:
            if error.rule != refusal.GONE.rule:
                raise

    async def measure_account(self, access: Access, since: datetime) -> Measured:
        return await measuring.account(self.call, access, since, self._clock())

    async def measure_posts(self, access: Access, posts: Sequence[Target]) -> Measured:
        return await measuring.posts(self.call, access, posts, self._clock())

    def list_posts(self, access: Access, since: datetime) -> AsyncGenerator[Seen]:
        return measuring.listed(self.call, access, since)

    async def _video(self, access: Access, video_id: str) -> Video | None:
        query = {"part": "snippet,status", "id": video_id}
        listed = read(await self.call(access, "GET", VIDEOS, params=query), Listed[Video]).items
        return next((each for each in listed if each.id == video_id), None)


def _privacy(options: Mapping[str, Any]) -> str:
    return str(options.get("privacyStatus", "public"))


def _published(video: Video) -> Published:
    return Published(video.id, url_of(video.id), video.snippet.published_at)
