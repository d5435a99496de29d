"""What a server has put down for an account: mentions, replies, quotes, oldest first."""

import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass

import httpx2

from ocma.infra.outbound import LIVE
from ocma.platforms.connector import Access, Call, Heard
from ocma.platforms.mastodon.likeness import renderings
from ocma.platforms.mastodon.wire import Account, Notification, Said, handle, read

PATH = "/api/v1/notifications"
TYPES = ("mention", "quote")
PAGE = 80
FIRST = "0"  # before the id of any notice: they are numbers, or begin with one
BREAKS = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True)
class Notices:
    call: Call
    access: Access

    async def newest(self) -> list[Notification]:
        """The latest page, newest first, as the server has it."""
        return read(await self._page({}), list[Notification])

    async def after(self, last: str) -> AsyncGenerator[list[Notification]]:
        """All that came after `last`: pages in order, each newest first. A server that does not know pages gives its one."""
        walked = {last}
        while True:
            response = await self._page({"min_id": last})
            page = read(response, list[Notification])
            if not page:
                return
            yield page
            last = _further(response) or page[0].id
            if last in walked:
                return
            walked.add(last)

    async def _page(self, query: dict[str, str]) -> httpx2.Response:
        params = {"types[]": list(TYPES), "limit": str(PAGE), **query}
        return await self.call(self.access, "GET", PATH, params=params, extensions=dict(LIVE))


def _further(response: httpx2.Response) -> str | None:
    """Where the next page begins. Only that is taken from the link: its address may be another than the one we came by."""
    try:
        link = httpx2.URL(response.links.get("prev", {}).get("url", ""))
    except httpx2.InvalidURL:
        return None
    return link.params.get("min_id")


def heard(notice: Notification, access: Access) -> Heard | None:
    """None for what says nothing to the account: other kinds, and a status that is gone again."""
    said = notice.status
    if said is None or notice.type not in TYPES:
        return None
    author = notice.account or said.account or Account(id=said.id)
    kind = "reply" if notice.type == "mention" and said.in_reply_to_account_id == access.profile_id else notice.type
    return Heard(
        id=notice.id,
        kind=kind,
        handle=handle(author, access.host),
        name=author.display_name or author.username,
        text=text_of(said),
        post_id=said.id,
        url=said.url or said.uri,
        at=said.created_at or notice.created_at,
        in_reply_to=_quoted(said) if kind == "quote" else said.in_reply_to_id,
    )


def text_of(said: Said) -> str:
    shown = BREAKS.sub("\n\n", renderings(said.content or "")[0]).strip()
    return "\n\n".join(each for each in ((said.spoiler_text or "").strip(), shown) if each)


def _quoted(said: Said) -> str | None:
    quote = said.quote
    return quote and ((quote.quoted_status and quote.quoted_status.id) or quote.quoted_status_id)
