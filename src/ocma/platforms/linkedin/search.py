"""The proof of an unknown outcome: one part, looked for among what its author has posted."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError

from ocma.platforms.connector import Absent, Access, Call, Published, Unprovable
from ocma.platforms.content import Outgoing
from ocma.platforms.linkedin.littletext import is_same
from ocma.platforms.linkedin.posts import thread
from ocma.platforms.linkedin.wire import COMMENT, Comment, Page, Post, read, segment, url_of

SKEW = timedelta(minutes=1)  # between LinkedIn's clock and ours
COUNT, PAGES = 100, 10
FINDER = {"X-RestLi-Method": "FINDER"}
PAGE_READERS = ("r_organization_social", "r_organization_social_feed")
MEMBER_READERS = ("r_member_social", "r_member_social_feed")  # given to hardly anybody


@dataclass(frozen=True, slots=True)
class Candidate:
    """A post or a comment that was read back. `same` None: what LinkedIn gave does not suffice to tell."""

    urn: str
    at: datetime | None
    changed_at: datetime | None
    same: bool | None


@dataclass(frozen=True, slots=True)
class Search:
    call: Call
    access: Access
    outgoing: Outgoing
    sent_at: datetime

    @property
    def may_look(self) -> bool:
        """Most members' tokens may not read even the member's own posts."""
        readers = MEMBER_READERS if ":person:" in self.access.profile_id else PAGE_READERS
        return any(each in self.access.scopes for each in readers)

    async def result(self) -> Published | Absent | Unprovable:
        """Absent only if LinkedIn has listed everything since the first sending, and nothing of it can be this part."""
        since, sure, pages = self.sent_at - SKEW, True, 0
        async for page in self._pages():
            pages += 1
            listed = [self._candidate(each) for each in page.elements]
            recent = [each for each in listed if each is not None and self._may_be(each, since)]
            if found := [each for each in recent if each.same and each.at]:
                return _published(min(found, key=lambda each: ((each.at or since) < self.sent_at, each.at)))
            sure = sure and None not in listed and all(each.same is False for each in recent)
            if page.is_last(COUNT) or (thread(self.outgoing) is None and _is_before(listed, since)):
                return Absent() if sure else Unprovable()
        return Unprovable()

    async def _pages(self) -> AsyncIterator[Page[dict[str, Any]]]:
        if post := thread(self.outgoing):
            path = f"/rest/socialActions/{segment(post)}/comments?count={COUNT}"
        else:
            path = f"/rest/posts?q=author&author={segment(self.access.profile_id)}&count={COUNT}&sortBy=CREATED"
        headers = {} if post else FINDER
        for number in range(PAGES):
            yield read(
                await self.call(self.access, "GET", f"{path}&start={number * COUNT}", headers=headers), Page[dict[str, Any]]
            )

    def _may_be(self, each: Candidate, since: datetime) -> bool:
        return each.urn not in self.outgoing.others and (each.at is None or each.at >= since)

    def _candidate(self, element: dict[str, Any]) -> Candidate | None:
        """None: it cannot be read."""
        try:
            return self._comment(element) if thread(self.outgoing) else self._post(element)
        except ValidationError:
            return None

    def _post(self, element: dict[str, Any]) -> Candidate:
        post = Post.model_validate(element)
        same = is_same_post(post, self.outgoing) if post.is_live else False
        return Candidate(post.id, post.created_at, post.last_modified_at, same)

    def _comment(self, element: dict[str, Any]) -> Candidate:
        comment = Comment.model_validate(element)
        urn = comment.comment_urn or f"urn:li:comment:({thread(self.outgoing)},{comment.id})"
        text, ours = comment.message.text, comment.actor in {None, self.access.profile_id}
        same = False if not ours else None if text is None else is_same(self.outgoing.part.text, text)
        return Candidate(urn, comment.created.time, None, same if COMMENT.fullmatch(urn) else None)


def _is_before(listed: Iterable[Candidate | None], since: datetime) -> bool:
    """Was the last of a page made, and changed, before that? Then so was all that comes after it, in either order."""
    *_, last = listed
    return last is not None and last.at is not None and max(last.at, last.changed_at or last.at) < since


def _published(found: Candidate) -> Published:
    return Published(found.urn, url_of(found.urn), found.at)


def is_same_post(post: Post, outgoing: Outgoing) -> bool | None:
    """By its files, which have names of their own; else by text and what it shows. None: it cannot be told."""
    content, text = post.content or {}, post.commentary
    same = None if text is None else is_same(outgoing.part.text, text)
    if outgoing.part.media:
        live = _files(content)
        return (
            True if live == outgoing.media_ids else None if same is not False and len(live) == len(outgoing.media_ids) else False
        )
    if same is False or _files(content):
        return False
    shown = _is_shown(content, outgoing)
    return same if shown else shown


def _files(content: dict[str, Any]) -> list[str]:
    """The URNs of the files that a post shows."""
    several = content.get("multiImage")
    listed = several.get("images") if isinstance(several, dict) else [content.get("media")]
    return [str(each.get("id")) for each in listed or () if isinstance(each, dict)]


def _is_shown(content: dict[str, Any], outgoing: Outgoing) -> bool | None:
    """Its poll, or its link: LinkedIn may write the address in another way, so another one proves nothing."""
    poll, article = content.get("poll"), content.get("article")
    if outgoing.part.poll:
        return isinstance(poll, dict) and [_text(each) for each in poll.get("options") or ()] == list(outgoing.part.poll.options)
    if outgoing.part.link:
        return (
            True if isinstance(article, dict) and article.get("source") == outgoing.part.link.url else None if article else False
        )
    return not poll


def _text(option: object) -> str:
    return str(option.get("text", "")) if isinstance(option, dict) else ""
