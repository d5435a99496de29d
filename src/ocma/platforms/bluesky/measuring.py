"""What people did with posts and an account, as the AppView counts it that the account's own server asks: totals, no history."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ocma.platforms.bluesky.manifest import MANIFEST
from ocma.platforms.bluesky.wire import Entry, Feed, View, Views, address, published, read
from ocma.platforms.connector import Access, Call
from ocma.platforms.figures import measured, together
from ocma.platforms.metrics import Measured, Seen
from ocma.platforms.permission import require

XRPC = "/xrpc/app.bsky."
PAGE = 100
OF_POST, OF_ACCOUNT = MANIFEST.measuring.of("post"), MANIFEST.measuring.of("account")


@dataclass(frozen=True, slots=True)
class Figures:
    call: Call
    access: Access

    async def account(self) -> Measured:
        self._allow()
        answer = await self.call(self.access, "GET", f"{XRPC}actor.getProfile", params={"actor": self.access.profile_id})
        return measured(OF_ACCOUNT, read(answer, dict[str, Any]))

    async def posts(self, ids: Sequence[str]) -> Measured:
        """Of what is no post's address nothing is asked: the whole question would be refused."""
        self._allow()
        uris = [each for each in ids if address(each)]
        if not uris:
            return Measured()
        answer = await self.call(self.access, "GET", f"{XRPC}feed.getPosts", params={"uris": uris})
        return together(_of(each) for each in read(answer, Views).posts if each.uri in uris)

    async def own(self, since: datetime) -> AsyncGenerator[Seen]:
        """Replies too; without what it reposted."""
        self._allow()
        query, walked = {"actor": self.access.profile_id, "limit": str(PAGE), "filter": "posts_with_replies"}, {""}
        while True:
            answer = await self.call(self.access, "GET", f"{XRPC}feed.getAuthorFeed", params=query)
            page = read(answer, Feed)
            for each in page.feed:
                if (found := self._seen(each)) and found.at >= since:
                    yield found
            cursor = page.cursor or ""
            if cursor in walked or _ends_before(page.feed, since):
                return
            walked.add(cursor)
            query["cursor"] = cursor

    def _seen(self, entry: Entry) -> Seen | None:
        """None: it stands there for another reason than that the account posted it, or its time is not known."""
        post = entry.post
        if entry.reason is not None or post.author.did != self.access.profile_id or post.at is None:
            return None
        url = published(post.uri, self.access.urls["web"], post.at).url
        return Seen(post.uri, post.record.text, post.at, url, _of(post).readings)

    def _allow(self) -> None:
        require(MANIFEST, self.access, "measure", "read the account's figures")


def _of(post: View) -> Measured:
    return measured(OF_POST, post.model_extra, post=post.uri)


def _ends_before(feed: Sequence[Entry], since: datetime) -> bool:
    """A feed is in the order of posting and reposting."""
    last = feed[-1] if feed else None
    at = last and (last.reason.indexedAt if last.reason else last.post.at)
    return at is not None and at < since
