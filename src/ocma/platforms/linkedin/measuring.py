"""What LinkedIn tells of an account and its posts: much of a page, and of a member only to apps that it has let see more."""

from collections.abc import AsyncGenerator, Sequence
from datetime import datetime

from ocma.platforms.connector import Access, Call
from ocma.platforms.days import whole_days
from ocma.platforms.linkedin import member_figures, page_figures
from ocma.platforms.linkedin.littletext import read as read_text
from ocma.platforms.linkedin.measures import MEASURING
from ocma.platforms.linkedin.search import COUNT, FINDER
from ocma.platforms.linkedin.wire import Page, Post, made_at, read, segment, url_of
from ocma.platforms.metrics import Measured, Seen, Target
from ocma.platforms.questions import ask_all


async def account(call: Call, access: Access, since: datetime, now: datetime) -> Measured:
    figures = member_figures if _is_member(access) else page_figures
    return await ask_all(figures.questions(call, access, *whole_days(MEASURING, since, now)))


async def posts(call: Call, access: Access, targets: Sequence[Target]) -> Measured:
    figures = member_figures if _is_member(access) else page_figures
    return await figures.posts(call, access, [each.id for each in targets])


async def listed(call: Call, access: Access, since: datetime) -> AsyncGenerator[Seen]:
    """A page's. Which posts a member has made LinkedIn does not tell."""
    path, start = f"/rest/posts?q=author&author={segment(access.profile_id)}&count={COUNT}&sortBy=CREATED", 0
    while not _is_member(access):
        page = read(await call(access, "GET", f"{path}&start={start}", headers=FINDER), Page[Post])
        for post in page.elements:
            if post.is_live and (at := _at(post)) and at >= since:
                yield Seen(post.id, read_text(post.commentary or ""), at, url_of(post.id))
        if page.is_last(COUNT) or _is_before(page.elements[-1], since):
            return
        start += COUNT


def _is_member(access: Access) -> bool:
    return ":person:" in access.profile_id


def _at(post: Post) -> datetime | None:
    return post.created_at or made_at(post.id)


def _is_before(last: Post, since: datetime) -> bool:
    """Was the last of a page made, and changed, before that? Then so was all that comes after it, in either order."""
    at = _at(last)
    return at is not None and max(at, last.last_modified_at or at) < since
