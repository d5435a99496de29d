"""X through API v2: posts, threads, images, GIFs, videos and polls, and the proof of what became of them."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ClassVar

import httpx2

from ocma.clock import Clock, utcnow
from ocma.platforms.connector import Absent, Access, Connector, Measures, Profile, Published, PublishesAtOnce, Step, Unprovable
from ocma.platforms.content import Content, Media, Outgoing, media_step
from ocma.platforms.errors import ContentRejected, OutcomeUnknown, PlatformError, PlatformUnavailable
from ocma.platforms.manifest import Manifest
from ocma.platforms.metrics import Measured, Seen, Target
from ocma.platforms.x import poll, refusal
from ocma.platforms.x.likeness import is_same
from ocma.platforms.x.manifest import MANIFEST
from ocma.platforms.x.measuring import Figures
from ocma.platforms.x.upload import KEEPS, Sleep, upload
from ocma.platforms.x.wire import (
    POSTS,
    TWEETS,
    Answered,
    Counts,
    Created,
    Deleted,
    Dialect,
    Me,
    Page,
    Post,
    Single,
    pages,
    read,
    url,
)

PROFILE = "id,name,profile_image_url,public_metrics,subscription_type,username,verified,verified_type"
SKEW = timedelta(minutes=1)  # between X's clock and ours
PAGES = 10  # of 100 posts: reads are billed, and an account that posted more since cannot be settled by reading
BAD_REQUEST, GONE = 400, 404
FLAGS = ("made_with_ai", "paid_partnership")


class X(Connector, PublishesAtOnce, Measures):
    """X has no idempotency key, so `find` settles an unknown outcome from the account's own timeline.

    A 401 is ReauthorizationRequired, from every method. The caller then refreshes the token once and calls again; only a refresh
    that is refused disconnects the account. X once answered 401 to everybody for a day (30 June 2026).
    A 402 (the app has no credits) is Throttled: it concerns no account and no post, and goes on once the operator has paid.
    """

    manifest: ClassVar[Manifest] = MANIFEST

    def __init__(
        self, clock: Clock = utcnow, sleep: Sleep = asyncio.sleep, dialects: tuple[Dialect, Dialect] = (POSTS, TWEETS)
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._dialects = dialects

    def explain(self, response: httpx2.Response) -> PlatformError:
        return refusal.explain(response, self._clock())

    async def identify(self, access: Access) -> list[Profile]:
        """One login is one account."""
        response = await self.call(access, "GET", "/2/users/me", params={"user.fields": PROFILE})
        user = read(response, Me).data
        if user is None:
            raise self.explain(response)
        counts = user.public_metrics or Counts()
        profile = Profile(
            id=user.id,
            name=user.name,
            handle=user.username,
            url=f"https://x.com/{user.username}",
            avatar_url=user.profile_image_url,
            followers=counts.followers_count,
            following=counts.following_count,
            posts=counts.posts,
        )
        return [profile]

    def steps(self, content: Content) -> Sequence[Step]:
        """One per file: its upload, then its alternative text."""
        files = [(index, place, media) for index, part in enumerate(content.parts) for place, media in enumerate(part.media)]
        return [Step(media_step(index, place), partial(self._upload, media), KEEPS) for index, place, media in files]

    async def _upload(self, media: Media, access: Access, _prepared: Mapping[str, str]) -> str:
        return await upload(self.call, self._sleep, access, media)

    async def publish(self, access: Access, outgoing: Outgoing) -> Published:
        response = await self.send(access, "POST", "/2/tweets", json=_body(outgoing))
        try:
            created = read(response, Created).data
        except PlatformUnavailable:
            created = None
        if created is None:  # accepted, it says, but not as what
            raise OutcomeUnknown(platform="x", status=response.status_code)
        return Published(created.id, url(access, created.id))

    async def find(self, access: Access, outgoing: Outgoing) -> Published | Absent | Unprovable:
        """The newest post of the account's timeline that is this one.

        Absent only if X has listed everything since the first sending; Unprovable if it refuses the question, keeps something
        back, if a post that looks alike cannot be told from this one, or if the account has posted more than is worth reading.
        """
        if outgoing.first_sent_at is None:
            return Absent()
        since, token, sure = outgoing.first_sent_at - SKEW, None, True
        for _ in range(PAGES):
            try:
                page = await self._timeline(access, since, token)
            except ContentRejected:  # of the question: it says nothing about the post
                return Unprovable()
            candidates = [post for post in page.posts if (post.created_at or since) >= since and post.id not in outgoing.others]
            verdicts = [(post, is_same(post, outgoing, page.polls)) for post in candidates]
            if found := next((post for post, same in verdicts if same), None):
                return _published(access, found)
            sure = sure and page.is_complete and all(same is not None for _, same in verdicts)
            token = page.meta.next_token
            if token is None:
                return Absent() if sure else Unprovable()
        return Unprovable()

    async def fetch_post(self, access: Access, post_id: str) -> Published | Absent:
        try:
            response, answer = await self._ask(access, f"/2/tweets/{post_id}", Single, Dialect.brief)
        except PlatformError as error:
            if error.status == GONE:
                return Absent()
            raise
        if answer.posts:
            return _published(access, answer.posts[0])
        if (error := self.explain(response)).rule != "notFound":  # a 200 may hold nothing but `errors`
            raise error
        return Absent()

    async def withdraw(self, access: Access, post_id: str) -> None:
        try:
            response = await self.call(access, "DELETE", f"/2/tweets/{post_id}")
        except PlatformError as error:
            if error.status == GONE:
                return
            raise
        if not read(response, Deleted).is_done and (error := self.explain(response)).rule != "notFound":
            raise error

    async def measure_account(self, access: Access, since: datetime) -> Measured:
        del since  # there are only totals
        return await self._figures(access).account()

    async def measure_posts(self, access: Access, posts: Sequence[Target]) -> Measured:
        return await self._figures(access).posts(posts, self._clock())

    def list_posts(self, access: Access, since: datetime) -> AsyncGenerator[Seen]:
        return self._figures(access).own(since)

    def _figures(self, access: Access) -> Figures:
        return Figures(self.call, self._ask, self.explain, access)

    async def _timeline(self, access: Access, since: datetime, token: str | None) -> Page:
        query = pages(since, token)
        response, page = await self._ask(
            access, f"/2/users/{access.profile_id}/tweets", Page, lambda dialect: {**dialect.whole, **query}
        )
        if not page.posts and page.meta.result_count is None:  # neither posts nor word that there are none
            raise self.explain(response)
        return page

    async def _ask(
        self, access: Access, path: str, shape: type[Answered], query: Callable[[Dialect], Mapping[str, str]]
    ) -> tuple[httpx2.Response, Answered]:
        """A read of posts, asked again in the other vocabulary if X refuses the first or gives nothing of what was asked for."""
        first, second = self._dialects
        try:
            response = await self.call(access, "GET", path, params=query(first))
            answer = read(response, shape)
            if not answer.is_blind:
                return response, answer
        except ContentRejected as error:
            if error.status != BAD_REQUEST:
                raise
        response = await self.call(access, "GET", path, params=query(second))
        answer = read(response, shape)
        if not answer.is_blind:
            self._dialects = second, first  # what this host speaks
        return response, answer


def _body(outgoing: Outgoing) -> dict[str, Any]:
    """Exactly what X knows: it refuses a post with any other key. Who may reply is set where a conversation begins."""
    text, options = outgoing.part.text, outgoing.options
    body: dict[str, Any] = {"text": text} if text.strip() else {}
    if outgoing.media_ids:
        body["media"] = {"media_ids": outgoing.media_ids}
    if outgoing.part.poll:
        body["poll"] = poll.body(outgoing.part.poll)
    if outgoing.reply_to:
        body["reply"] = {"in_reply_to_tweet_id": outgoing.reply_to}
    elif "reply_settings" in options:
        body["reply_settings"] = options["reply_settings"]
    return body | {name: bool(options[name]) for name in FLAGS if name in options}


def _published(access: Access, post: Post) -> Published:
    return Published(post.id, url(access, post.id), post.created_at)
