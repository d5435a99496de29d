"""Facebook Pages through the Graph API: posts, photos, links, videos, reels, stories, first comments."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import ClassVar

from ocma.clock import Clock, utcnow
from ocma.platforms.connector import Absent, Access, Measures, Processing, Profile, Published, Publishes, Step, Unprovable
from ocma.platforms.content import Content, Media, Outgoing, media_step
from ocma.platforms.errors import ContentRejected, NotReady, OutcomeUnknown, PlatformError
from ocma.platforms.facebook import measuring, refusal, search
from ocma.platforms.facebook.manifest import MANIFEST
from ocma.platforms.facebook.request import EDGES, is_video, request, video_id
from ocma.platforms.facebook.upload import KEY, upload_photo, upload_short, upload_video
from ocma.platforms.facebook.wire import SITE, VIDEO, Deleted, Made, Post, Video
from ocma.platforms.manifest import Manifest
from ocma.platforms.meta.flow import FacebookFlow
from ocma.platforms.meta.graph import Graph
from ocma.platforms.meta.live import is_missing
from ocma.platforms.meta.measuring import allow, measure_each
from ocma.platforms.meta.pages import FIELDS, Page, pages
from ocma.platforms.meta.refusal import POSTED
from ocma.platforms.meta.wire import accepted, at, read
from ocma.platforms.metrics import Measured, Seen, Target
from ocma.platforms.oauth import OAuthFlow

KEEPS = timedelta(hours=23)  # an upload that no post uses
SOON, WORKS = 2.0, 15.0  # seconds between looks at a video, at first and at most
PAUSES = (1.0, 3.0)  # seconds before "not there" is believed: at times Facebook says so in error

Sleep = Callable[[float], Awaitable[None]]


class Facebook(Graph, Publishes, Measures):
    """There is no idempotency key. Photos and videos are uploaded unpublished first, so their ids prove what became of a post.

    A text or a link is looked for among the page's published posts.
    """

    manifest: ClassVar[Manifest] = MANIFEST
    flow: ClassVar[type[OAuthFlow]] = FacebookFlow

    def __init__(self, clock: Clock = utcnow, sleep: Sleep = asyncio.sleep) -> None:
        super().__init__(clock)
        self._sleep = sleep

    async def identify(self, access: Access) -> list[Profile]:
        """Every page of the login, each with its own token; with a page's token, that page."""
        try:
            found = [] if access.profile_id else await pages(self, access, f"{FIELDS},link,followers_count")
        except ContentRejected:  # a page has no accounts
            return [await self._page(access, "me")]
        if access.profile_id:
            return [await self._page(access, access.profile_id)]
        if not found:
            raise refusal.NO_PAGES.to_error(KEY)
        return [_profile(page, access) for page in found]

    async def _page(self, access: Access, page_id: str) -> Profile:
        fields = {"fields": "id,name,username,link,followers_count,picture{url}"}
        response = await self.call(access, "GET", at(access, page_id), params=fields)
        return _profile(read(response, Page, KEY))

    def steps(self, content: Content) -> Sequence[Step]:
        """One per file: its upload, unpublished."""
        kind = MANIFEST.kind_of(content)
        files = [(index, place, media) for index, part in enumerate(content.parts) for place, media in enumerate(part.media)]
        return [Step(media_step(index, place), partial(self._upload, kind, media), KEEPS) for index, place, media in files]

    async def _upload(self, kind: str, media: Media, access: Access, _prepared: Mapping[str, str]) -> str:
        if media.kind != "video":
            return await upload_photo(self.call, access, media)
        if kind in EDGES:
            return await upload_short(self.call, access, media, EDGES[kind])
        return await upload_video(self.call, access, media)

    async def publish(self, access: Access, outgoing: Outgoing) -> Published | Processing:
        """A video is accepted first; `resume` tells when it is live."""
        path, form = request(access, outgoing)
        try:
            response = await self.send(access, "POST", path, data=form)
        except ContentRejected as error:
            if await self._was_ours(access, outgoing, error):
                raise OutcomeUnknown(platform=KEY, status=error.status) from error
            raise
        if is_video(outgoing):
            return Processing(video_id(outgoing), SOON, WORKS)
        made = accepted(response, Made, KEY).post
        if made is None:
            raise OutcomeUnknown(platform=KEY, status=response.status_code)
        return Published(made, search.url(None, made))

    async def _was_ours(self, access: Access, outgoing: Outgoing, error: ContentRejected) -> bool:
        """Is it refused because an earlier send of ours was taken? Nobody else knows these photos, or this video."""
        if error.rule == POSTED or not is_video(outgoing):
            return error.rule == POSTED
        return (await self._video(access, video_id(outgoing))).state in {"live", "working"}

    async def resume(self, access: Access, processing: Processing) -> Published | Processing:
        video = await self._video(access, processing.id)
        match video.state:
            case "live":
                return await self._live(access, video)
            case "failed":
                raise refusal.UNUSABLE.to_error(KEY)
            case _:
                return Processing(processing.id, SOON, WORKS)

    async def find(self, access: Access, outgoing: Outgoing) -> Published | Absent | Unprovable:
        """Absent: the same upload is published later, so a video cannot become two posts."""
        if outgoing.first_sent_at is None:
            return Absent()
        if not is_video(outgoing):
            return await search.find(self, access, outgoing, outgoing.first_sent_at)
        video = await self._video(access, video_id(outgoing))
        match video.state:
            case "live":
                return await self._live(access, video)
            case "working":
                raise NotReady(platform=KEY, retry_after=WORKS)
            case _:
                return Absent()

    async def fetch_post(self, access: Access, post_id: str) -> Published | Absent:
        for pause in (0.0, *PAUSES):
            await self._sleep(pause)
            if post := await self._look(access, post_id):
                return Published(post_id, search.url(post.permalink_url, post_id), post.created_time)
        return Absent()

    async def _look(self, access: Access, node: str) -> Post | None:
        try:
            fields = {"fields": "id,created_time,permalink_url"}
            return read(await self.call(access, "GET", at(access, node), params=fields), Post, KEY)
        except PlatformError as error:
            if is_missing(error):
                return None
            if not isinstance(error, ContentRejected):
                raise
        return read(await self.call(access, "GET", at(access, node), params={"fields": "id"}), Post, KEY)  # a story has no more

    async def withdraw(self, access: Access, post_id: str) -> None:
        """Raises PermissionMissing for what was not made by this app."""
        try:
            if read(await self.call(access, "DELETE", at(access, post_id)), Deleted, KEY).success:
                return
        except PlatformError as error:
            if not is_missing(error):
                raise
        if isinstance(await self.fetch_post(access, post_id), Published):
            raise refusal.UNDELETABLE.to_error(KEY)

    async def measure_account(self, access: Access, since: datetime) -> Measured:
        return await measuring.measure_account(self, access, since, self._clock())

    async def measure_posts(self, access: Access, posts: Sequence[Target]) -> Measured:
        allow(access, self.manifest)
        return await measure_each(self, access, posts, partial(measuring.measure_post, self, access))

    def list_posts(self, access: Access, since: datetime) -> AsyncGenerator[Seen]:
        return measuring.list_posts(self, access, since)

    async def _live(self, access: Access, video: Video) -> Published:
        """Under its post's id; where that is not told, and not the usual one, under the video's."""
        told = video.post_id or video.id
        post_id = told if "_" in told else f"{access.profile_id}_{told}"
        if not video.post_id and not await self._look(access, post_id):
            post_id = video.id
        return Published(post_id, search.url(video.permalink_url, post_id), video.created_time)

    async def _video(self, access: Access, video_id: str) -> Video:
        return read(await self.call(access, "GET", at(access, video_id), params={"fields": VIDEO}), Video, KEY)


def _profile(page: Page, access: Access | None = None) -> Profile:
    """With `access`: of a login that lists it, with a token of its own."""
    return Profile(
        id=page.id,
        name=page.name,
        handle=page.username or page.id,
        url=page.link or f"{SITE}/{page.username or page.id}",
        avatar_url=page.picture.address if page.picture else None,
        followers=page.followers_count,
        grant=page.grant(access) if access else None,
        missing=page.missing if access else (),
    )
