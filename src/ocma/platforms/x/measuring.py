"""What people did with posts and an account: totals, and no history. Reads are billed, so each post is read once."""

from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import httpx2

from ocma.platforms.connector import Access, Call
from ocma.platforms.errors import PlatformError
from ocma.platforms.figures import measured, together
from ocma.platforms.metrics import Measure, Measured, Seen, Target
from ocma.platforms.permission import require
from ocma.platforms.x.likeness import plain
from ocma.platforms.x.manifest import MANIFEST
from ocma.platforms.x.measures import MEASURING
from ocma.platforms.x.wire import Answered, Batch, Counted, Dialect, Myself, pages, read, url

OF_POST, OF_ACCOUNT = MEASURING.of("post"), MEASURING.of("account")
OF_ANY_AGE = tuple(each for each in OF_POST if each.keeps is None)


class Ask(Protocol):
    """A read of posts, in whichever vocabulary the host speaks."""

    async def __call__(
        self, access: Access, path: str, shape: type[Answered], query: Callable[[Dialect], Mapping[str, str]], /
    ) -> tuple[httpx2.Response, Answered]: ...


@dataclass(frozen=True, slots=True)
class Figures:
    call: Call
    ask: Ask
    explain: Callable[[httpx2.Response], PlatformError]
    access: Access

    async def account(self) -> Measured:
        self._allow()
        response = await self.call(self.access, "GET", "/2/users/me", params={"user.fields": ",".join(_fields(OF_ACCOUNT))})
        myself = read(response, Myself).data
        if myself is None:
            raise self.explain(response)
        return measured(OF_ACCOUNT, myself)

    async def posts(self, targets: Sequence[Target], now: datetime) -> Measured:
        """Those of the same age together: a field that a post is too old for would be an error of its own for each.

        What was read is billed: it is not thrown away because of what cannot be read. Raises when nothing can.
        """
        self._allow()
        groups: dict[tuple[Measure, ...], list[str]] = {}
        for each in targets:
            groups.setdefault(_kept(now - each.at), []).append(each.id)
        found: list[Measured] = []
        refused: list[PlatformError] = []
        for measures, ids in groups.items():
            try:
                found.append(await self._batch(ids, measures))
            except PlatformError as error:
                refused.append(error)
        if refused and not found:
            raise refused[0]
        return together(found)

    async def _batch(self, ids: Sequence[str], measures: Sequence[Measure]) -> Measured:
        """A field that X does not show for one post stays unknown. Raises what X says when it tells of no post at all."""
        names = ("created_at", "id", *_fields(measures))
        response, answer = await self.ask(
            self.access, "/2/tweets", Batch, lambda dialect: {"ids": ",".join(ids), **dialect.having(names)}
        )
        missing = answer.missing
        gone = tuple(each for each in ids if each in missing)
        if not answer.posts and not gone:
            raise self.explain(response)
        found = together(_of(each, measures) for each in answer.posts if each.id in ids)
        return Measured(found.readings, found.refused, gone)

    async def own(self, since: datetime) -> AsyncGenerator[Seen]:
        """Replies and quotes too; without what it reposted. With the figures that posts of any age have."""
        self._allow()
        token = None
        while True:
            page = await self._page(since, token)
            for post in page.posts:
                if post.created_at is not None and post.created_at >= since:
                    figures = _of(post, OF_ANY_AGE).readings
                    yield Seen(post.id, plain(post), post.created_at, url(self.access, post.id), figures)
            if page.meta.next_token in {None, token} or any(post.created_at and post.created_at < since for post in page.posts):
                return
            token = page.meta.next_token

    async def _page(self, since: datetime, token: str | None) -> Batch:
        names = ("attachments", "created_at", "entities", "id", "text", *_fields(OF_ANY_AGE))
        query = {**pages(since, token), "exclude": "retweets"}
        path = f"/2/users/{self.access.profile_id}/tweets"
        response, page = await self.ask(self.access, path, Batch, lambda dialect: {**query, **dialect.having(names)})
        if not page.posts and page.meta.result_count is None:  # neither posts nor word that there are none
            raise self.explain(response)
        return page

    def _allow(self) -> None:
        require(MANIFEST, self.access, "measure", "read the account's figures")


def _kept(age: timedelta) -> tuple[Measure, ...]:
    """What a post of this age has."""
    return tuple(each for each in OF_POST if each.keeps is None or age < each.keeps)


def _fields(measures: Sequence[Measure]) -> Iterator[str]:
    """The objects that hold them, each once."""
    return iter(dict.fromkeys(each.name.partition(".")[0] for each in measures))


def _of(post: Counted, measures: Sequence[Measure]) -> Measured:
    return measured(measures, post.model_extra, post=post.id)
