"""What people did with statuses and an account, as far as its own server knows: totals, and no history."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ocma.platforms.connector import Access, Call
from ocma.platforms.errors import ContentRejected
from ocma.platforms.figures import measured, together
from ocma.platforms.mastodon.history import PAGE
from ocma.platforms.mastodon.manifest import MANIFEST
from ocma.platforms.mastodon.notices import text_of
from ocma.platforms.mastodon.wire import GONE, ME, Said, read, segment, told
from ocma.platforms.metrics import Measured, Seen
from ocma.platforms.permission import require

STATUSES = "/api/v1/statuses"
OF_POST, OF_ACCOUNT = MANIFEST.measuring.of("post"), MANIFEST.measuring.of("account")
MESSAGE = "direct"  # a visibility: to those whom it names, so it is no post


@dataclass(frozen=True, slots=True)
class Figures:
    call: Call
    access: Access

    async def account(self) -> Measured:
        self._allow()
        return measured(OF_ACCOUNT, _counted(read(await self.call(self.access, "GET", ME), dict[str, Any])))

    async def posts(self, ids: Sequence[str]) -> Measured:
        """Many at once, which Mastodon can since 4.3. It leaves out what is gone, and others know no such question: what has
        not been answered is asked for one by one.
        """
        self._allow()
        listed = await told(self.call, self.access, STATUSES, list[Any], params={"id[]": list(ids)}) if len(ids) > 1 else None
        answered = {str(each.get("id")): each for each in listed or () if isinstance(each, dict)}  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType, reportUnknownVariableType] - any JSON
        return together([_of(each, answered[each]) if each in answered else await self._one(each) for each in ids])

    async def _one(self, post_id: str) -> Measured:
        """What a server will not tell of this one, it may tell of others."""
        try:
            response = await self.call(self.access, "GET", f"{STATUSES}/{segment(post_id)}")
        except ContentRejected as error:
            return Measured(gone=(post_id,)) if error.status in GONE else Measured()
        return _of(post_id, read(response, dict[str, Any]))

    async def own(self, since: datetime) -> AsyncGenerator[Seen]:
        """Without what it boosted, and without messages to single people. A server that knows no pages lists the same again."""
        self._allow()
        seen: set[str] = set()
        page = await self._page()
        while fresh := [(status, body) for status, body in page if status.id not in seen]:
            for status, body in fresh:
                if (found := _seen(status, body)) and found.at >= since:
                    yield found
            last = page[-1][0]
            if last.created_at is not None and last.created_at < since:
                return
            seen |= {status.id for status, _ in fresh}
            page = await self._page(max_id=last.id)

    async def _page(self, **after: str) -> list[tuple[Said, dict[str, Any]]]:
        """Each status as what it says, and as it came."""
        path, query = f"/api/v1/accounts/{segment(self.access.profile_id)}/statuses", {"limit": str(PAGE), **after}
        response = await self.call(self.access, "GET", path, params={**query, "exclude_reblogs": "true"})
        return list(zip(read(response, list[Said]), read(response, list[dict[str, Any]]), strict=True))

    def _allow(self) -> None:
        require(MANIFEST, self.access, "measure", "read the account's figures")


def _counted(account: dict[str, Any]) -> dict[str, Any]:
    """Without the zeros of a server that does not count: snac says 0 statuses of who has posted, and hides followers as 0."""
    if account.get("statuses_count") == 0 and account.get("last_status_at"):
        return {name: value for name, value in account.items() if value != 0}
    return account


def _of(post_id: str, body: Any) -> Measured:
    return measured(OF_POST, body, post=post_id)


def _seen(status: Said, body: dict[str, Any]) -> Seen | None:
    """None: no post of the account's own, or from an unknown time."""
    if status.reblog or status.visibility == MESSAGE or status.created_at is None:
        return None
    url = status.url or status.uri
    return Seen(status.id, text_of(status), status.created_at, url, _of(status.id, body).readings)
