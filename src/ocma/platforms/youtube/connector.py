"""YouTube: a video is uploaded as private, and one idempotent call makes it what it is to be; a first comment below it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ClassVar

import httpx2

from ocma.clock import Clock, utcnow
from ocma.platforms.connector import (
    Absent,
    Access,
    Connector,
    Processing,
    Profile,
    Published,
    Publishes,
    Step,
    Unprovable,
)
from ocma.platforms.content import Content, Outgoing, Part, part_step
from ocma.platforms.errors import ContentRejected, OutcomeUnknown, PermissionMissing, PlatformError, PlatformUnavailable
from ocma.platforms.manifest import Manifest
from ocma.platforms.youtube import refusal
from ocma.platforms.youtube.flow import GoogleFlow
from ocma.platforms.youtube.manifest import MANIFEST
from ocma.platforms.youtube.upload import INCOMPLETE, begin, status, upload
from ocma.platforms.youtube.wire import Channel, Comment, Listed, Thread, Video, read

ALWAYS = timedelta(0)  # asked anew before each sending
SKEW = timedelta(minutes=1)
PAGES = 5  # of 100 comments
VIDEOS, COMMENTS, THREADS = "/youtube/v3/videos", "/youtube/v3/comments", "/youtube/v3/commentThreads"


class YouTube(Connector, Publishes):
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
        return [_profile(each) for each in channels]

    def steps(self, content: Content) -> Sequence[Step]:
        """A session keeps for a week or so; one that is gone is told by YouTube."""
        posts = [(index, part) for index, part in enumerate(content.parts) if part.role == "post"]
        return [step for index, part in posts for step in self._steps(content, index, part)]

    def _steps(self, content: Content, index: int, part: Part) -> list[Step]:
        return [
            Step(part_step("session", index), partial(self._begin, content, part)),
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
            if error.rule != "answerUnreadable":
                raise
            raise OutcomeUnknown(platform="youtube", status=error.status) from error  # accepted, it says, but not as what

    async def _reveal(self, access: Access, outgoing: Outgoing) -> Published:
        video_id, privacy = outgoing.prepared[part_step("video", outgoing.index)], _privacy(outgoing.options)
        body = {"id": video_id, "status": status(outgoing.options, privacy)}
        video = read(await self.send(access, "PUT", VIDEOS, params={"part": "status"}, json=body), Video)
        if video.status.privacy_status not in {privacy, None}:
            raise _kept_private()
        return Published(video_id, _url(video_id))

    async def _comment(self, access: Access, outgoing: Outgoing) -> Published:
        video_id = outgoing.reply_to or ""
        snippet = {"videoId": video_id, "topLevelComment": {"snippet": {"textOriginal": outgoing.part.text}}}
        response = await self.send(access, "POST", THREADS, params={"part": "snippet"}, json={"snippet": snippet})
        thread = read(response, Thread)
        return Published(thread.id, _url(video_id, thread.id))

    async def resume(self, access: Access, processing: Processing) -> Published | Processing:
        """YouTube answers at once, so this only happens after a change there."""
        post = await self.fetch_post(access, processing.id)
        return post if isinstance(post, Published) else processing

    async def find(self, access: Access, outgoing: Outgoing) -> Published | Absent | Unprovable:
        """A video is published when it has the privacy that it was to get; a comment is looked for below its video."""
        if outgoing.first_sent_at is None:
            return Absent()
        if outgoing.part.role == "comment":
            return await self._find_comment(access, outgoing, outgoing.first_sent_at)
        video = await self._video(access, outgoing.prepared.get(part_step("video", outgoing.index), ""))
        if video is None or video.status.privacy_status != _privacy(outgoing.options):
            return Absent()
        return _published(video)

    async def _find_comment(self, access: Access, outgoing: Outgoing, since: datetime) -> Published | Absent | Unprovable:
        """Newest first. Absent only if every comment since the first sending was listed, with its time and author."""
        video_id, token, text = outgoing.reply_to or "", None, outgoing.part.text.strip()
        for _ in range(PAGES):
            try:
                page = await self._threads(access, video_id, token)
            except ContentRejected:  # of the question: the video is gone, or its comments are
                return Unprovable()
            comments = [each.snippet.top_level_comment for each in page.items if each.snippet]
            recent = [each for each in comments if each.at is None or each.at >= since - SKEW]
            alike = [each for each in recent if text in each.texts and each.id not in outgoing.others]
            if own := next((each for each in alike if each.author == access.profile_id), None):
                return Published(own.id, _url(video_id, own.id), own.at)
            if any(each.at is None for each in comments) or any(each.author is None for each in alike):
                return Unprovable()
            token = page.next_page_token
            if not token or len(recent) < len(comments):
                return Absent()
        return Unprovable()

    async def fetch_post(self, access: Access, post_id: str) -> Published | Absent:
        if video := await self._video(access, post_id):
            return Absent() if video.status.upload_status == "deleted" else _published(video)
        comment = await self._find_by_id(access, post_id)
        return Published(comment.id, None, comment.at) if comment else Absent()

    async def withdraw(self, access: Access, post_id: str) -> None:
        """It is looked up first, since an id does not tell a video from a comment."""
        path = VIDEOS if await self._video(access, post_id) else COMMENTS
        if path is COMMENTS and await self._find_by_id(access, post_id) is None:
            return
        try:
            await self.call(access, "DELETE", path, params={"id": post_id})
        except ContentRejected as error:
            if error.rule != refusal.GONE.rule:
                raise

    async def _video(self, access: Access, video_id: str) -> Video | None:
        query = {"part": "snippet,status", "id": video_id}
        listed = read(await self.call(access, "GET", VIDEOS, params=query), Listed[Video]).items
        return next((each for each in listed if each.id == video_id), None)

    async def _find_by_id(self, access: Access, comment_id: str) -> Comment | None:
        try:
            response = await self.call(access, "GET", COMMENTS, params={"part": "snippet", "id": comment_id})
        except ContentRejected as error:
            if error.rule == refusal.GONE.rule:
                return None
            raise
        return next(iter(read(response, Listed[Comment]).items), None)

    async def _threads(self, access: Access, video_id: str, token: str | None) -> Listed[Thread]:
        query = {"part": "snippet", "videoId": video_id, "order": "time", "maxResults": "100", "textFormat": "plainText"}
        query |= {"pageToken": token} if token else {}
        return read(await self.call(access, "GET", THREADS, params=query), Listed[Thread])


def _privacy(options: Mapping[str, Any]) -> str:
    return str(options.get("privacyStatus", "public"))


def _url(video_id: str, comment_id: str | None = None) -> str:
    return f"https://www.youtube.com/watch?v={video_id}" + (f"&lc={comment_id}" if comment_id else "")


def _published(video: Video) -> Published:
    return Published(video.id, _url(video.id), video.snippet.published_at)


def _profile(channel: Channel) -> Profile:
    snippet, counts = channel.snippet, channel.statistics
    pictures = [each.url for each in snippet.thumbnails.values() if each.url]
    return Profile(
        id=channel.id,
        name=snippet.title or channel.id,
        handle=snippet.custom_url or channel.id,
        url=f"https://www.youtube.com/channel/{channel.id}",
        avatar_url=pictures[0] if pictures else None,
        followers=None if counts.hidden_subscriber_count else counts.subscriber_count,
        posts=counts.video_count,
    )


def _kept_private() -> PermissionMissing:
    return PermissionMissing(
        "YouTube has kept the video private: the developer project has not passed its audit.",
        platform="youtube",
        rule="projectNotAudited",
        remediation="Operator: apply for YouTube's API audit. Until then videos can be made public only in YouTube Studio.",
    )
