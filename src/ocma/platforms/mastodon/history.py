"""An account's latest statuses, read back to a point in time."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from ocma.platforms.mastodon.wire import Status

PAGE = 40
PAGES = 10

Ask = Callable[[Mapping[str, str]], Awaitable[list[Status]]]


@dataclass(frozen=True, slots=True)
class History:
    """`complete`: nothing that the server lists, and that was posted since, is missing."""

    statuses: list[Status]
    complete: bool

    def shows(self, visibility: str) -> bool:
        return any(status.visibility == visibility for status in self.statuses)

    def of(self, account_id: str) -> "History":
        own = [status for status in self.statuses if status.account and status.account.id == account_id]
        return History(own, self.complete)


async def read_history(ask: Ask, since: datetime) -> History:
    """Newest first, page by page. `ask` gets the query of one page.

    A server may not know pages (snac 2.75 lists its latest 256 whatever the query): then the same statuses come again, and they
    are all there is only if they are fewer than what was asked for.
    """
    seen: dict[str, Status] = {}
    query = {"limit": str(PAGE)}
    for _ in range(PAGES):
        page = await ask(query)
        if not page or _is_before(page[-1], since):
            return History([*seen.values(), *page], complete=True)
        if all(status.id in seen for status in page):
            return History([*seen.values()], complete=len(page) < PAGE)
        seen |= {status.id: status for status in page}
        query = {"limit": str(PAGE), "max_id": page[-1].id}
    return History([*seen.values()], complete=False)


def _is_before(status: Status, since: datetime) -> bool:
    return status.created_at is not None and status.created_at < since
