"""The proof of an unknown outcome: one part, looked for among what its account has posted."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ocma.platforms.connector import Absent, Access, Call, Unprovable
from ocma.platforms.content import Outgoing
from ocma.platforms.errors import ContentRejected
from ocma.platforms.mastodon.history import History, read_history
from ocma.platforms.mastodon.likeness import alikeness, is_same, is_same_text, may_be
from ocma.platforms.mastodon.poll import is_same_poll
from ocma.platforms.mastodon.wire import ME, Account, Instance, Status, StatusSource, read, segment, told, unreadable

SKEW = timedelta(minutes=5)  # between a server's clock and ours: many are run by one person
ROUNDED = timedelta(seconds=2)  # some servers give whole seconds, rounded down
NEAR = 0.5  # alikeness from which a rewritten text may be ours
ASKED = 3  # sources asked for, of the statuses that come nearest
PARTIAL = 206  # a home timeline that the server is still putting together
LISTED = frozenset({"public", "unlisted"})  # what every server shows among an account's statuses


@dataclass(frozen=True, slots=True)
class Search:
    call: Call
    access: Access
    outgoing: Outgoing
    sent_at: datetime

    async def result(self) -> Status | Absent | Unprovable:
        """Absent only if the server lists all that the account posted since, and is known to list this visibility at all.

        What some servers (snac) keep out of an account's statuses stands in its home timeline.
        """
        try:
            return await self._result()
        except ContentRejected:  # the server does not know what it is asked for
            return Unprovable()

    async def _result(self) -> Status | Absent | Unprovable:
        own = await self._history(f"/api/v1/accounts/{segment(self.access.profile_id)}/statuses")
        if found := await self._pick(own):
            return found
        visibility = self.outgoing.options.get("visibility") or await self._default_visibility()
        if own.complete and (visibility in LISTED or own.shows(visibility)):
            return Absent()
        home = (await self._history("/api/v1/timelines/home")).of(self.access.profile_id)
        if found := await self._pick(home):
            return found
        sure = (home.complete and home.shows(visibility)) or (own.complete and await self._is_mastodon())
        return Absent() if sure else Unprovable()

    async def _history(self, path: str) -> History:
        async def ask(query: Mapping[str, str]) -> list[Status]:
            response = await self.call(self.access, "GET", path, params={**query, "exclude_reblogs": "true"})
            if response.status_code == PARTIAL:
                raise unreadable(response)
            return read(response, list[Status])

        return await read_history(ask, self.sent_at - SKEW)

    async def _pick(self, history: History) -> Status | Unprovable | None:
        """The one that is ours by its text; else by its source, which the server is asked for where the text comes near."""
        recent = [each for each in history.statuses if may_be(each, self.outgoing) and self._is_since(each, SKEW)]
        same = [each for each in recent if is_same_text(each, self.outgoing)]
        if ours := self._with_our_poll(same):
            return self._first(ours)
        sourced = await self._by_source([each for each in recent if each not in same])
        if ours := self._with_our_poll(sourced):
            return ours[0]
        return Unprovable() if await self._is_doubtful([*same, *sourced]) else None

    def _with_our_poll(self, statuses: Iterable[Status]) -> list[Status]:
        return [each for each in statuses if is_same_poll(each, self.outgoing)]

    async def _by_source(self, recent: Iterable[Status]) -> list[Status]:
        """Those of the nearest whose author typed our text, up to the first that is ours."""
        near = {each.id: alikeness(each, self.outgoing) for each in recent if each.text is None}
        found: list[Status] = []
        for status in sorted(recent, key=lambda each: -near.get(each.id, 0))[:ASKED]:
            if near.get(status.id, 0) >= NEAR and await self._has_source(status):
                found.append(status)
                if is_same_poll(status, self.outgoing):
                    break
        return found

    async def _is_doubtful(self, alike: Sequence[Status]) -> bool:
        """May one of them be ours, though its poll is not? A server may drop a poll, or change it; Mastodon does neither."""
        if any(is_same_poll(each, self.outgoing) is None for each in alike):
            return True
        return bool(alike) and self.outgoing.part.poll is not None and not await self._is_mastodon()

    def _first(self, same: Iterable[Status]) -> Status:
        """Of several the first since the sending; those before it, which a slow clock may have dated, come last."""
        return min(same, key=lambda each: (not self._is_since(each, ROUNDED), each.created_at is None, each.created_at))

    def _is_since(self, status: Status, tolerance: timedelta) -> bool:
        return status.created_at is None or status.created_at >= self.sent_at - tolerance

    async def _has_source(self, status: Status) -> bool:
        source = await told(self.call, self.access, f"/api/v1/statuses/{segment(status.id)}/source", StatusSource)
        return source is not None and is_same(self.outgoing.part.text, source.text)

    async def _is_mastodon(self) -> bool:
        """Mastodon proper shows an account all of its own statuses; it is known by its API version."""
        instance = await told(self.call, self.access, "/api/v2/instance", Instance)
        return instance is not None and instance.api_versions.mastodon > 0

    async def _default_visibility(self) -> str:
        account = read(await self.call(self.access, "GET", ME), Account)
        return (account.source and account.source.privacy) or "public"
