"""Listening without a hole: the server's list is the truth, its stream only makes it sooner.

Whatever is missed while no stream is open stands in the list, which is asked before a stream, when it opens and now and then. So
a server without such a stream is heard as well: once a minute.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing

import structlog
from pydantic import ValidationError

from ocma.platforms.connector import Heard
from ocma.platforms.errors import PlatformError, PlatformUnavailable, Throttled
from ocma.platforms.mastodon.events import Event
from ocma.platforms.mastodon.manifest import MANIFEST
from ocma.platforms.mastodon.notices import FIRST, Notices, heard
from ocma.platforms.mastodon.stream import Stream
from ocma.platforms.mastodon.wire import Notification
from ocma.platforms.permission import require

log = structlog.get_logger(__name__)

OFTEN = 20  # signs of life between two looks at the list; with nothing else to hear, 5 minutes
SHORTEST, LONGEST = 1.0, 60.0  # seconds of a pause
REMEMBERED = 10_000  # ids, of which the stream brings OFTEN or so before the list has passed them


class Listening:
    """`random` gives numbers from 0 to 1."""

    def __init__(
        self, notices: Notices, stream: Stream, sleep: Callable[[float], Awaitable[None]], random: Callable[[], float]
    ) -> None:
        self._notices, self._stream, self._sleep, self._random = notices, stream, sleep, random
        self._known: dict[str, None] = {}
        self._last, self._failures, self._reached = FIRST, 0, False

    async def heard(self, since: str | None) -> AsyncGenerator[Heard]:
        require(MANIFEST, self._notices.access, "listen", "read what others say to the account")
        await self._begin(since)
        while True:
            try:
                async with aclosing(self._connected()) as found:
                    async for each in found:
                        yield each
            except (PlatformUnavailable, Throttled) as error:
                await self._pause(error)

    async def _begin(self, since: str | None) -> None:
        if since is not None:
            self._last = since
            return
        page = await self._notices.newest()
        self._reached = True
        self._known = dict.fromkeys(each.id for each in page)
        self._last = page[0].id if page else FIRST

    async def _connected(self) -> AsyncGenerator[Heard]:
        """Until the connection breaks.

        The list is asked again at the first two signs of life: between the look before and a server's really beginning to send
        there is a moment, and it opens a stream some time before it does. Only then comes what the stream itself brought.
        """
        async for each in self._missed():
            yield each
        signs = 0
        async with aclosing(self._stream.events()) as batches:
            async for events in batches:
                signs += 1
                if signs <= 2 or signs % OFTEN == 0:
                    async for each in self._missed():
                        yield each
                if signs == OFTEN:  # it has held
                    self._failures = 0
                for each in events:
                    if (found := self._live(each)) is not None:
                        yield found

    async def _missed(self) -> AsyncGenerator[Heard]:
        async for page in self._notices.after(self._last):
            self._reached = True
            for each in reversed(page):
                if (found := self._new(each)) is not None:
                    yield found
            self._last = page[0].id
        self._reached = True

    def _live(self, event: Event) -> Heard | None:
        """What cannot be read is passed over here: it is in the list."""
        if event.name != "notification":
            return None
        try:
            return self._new(Notification.model_validate_json(event.data))
        except ValidationError:
            return None

    def _new(self, notice: Notification) -> Heard | None:
        if notice.id in self._known:
            return None
        self._known[notice.id] = None
        if len(self._known) > REMEMBERED:
            del self._known[next(iter(self._known))]
        return heard(notice, self._notices.access)

    async def _pause(self, error: PlatformError) -> None:
        """Longer each time, and never in step with others. Who has not been reached once has to be told so."""
        if not self._reached:
            raise error
        pause = min(LONGEST, SHORTEST * 2 ** min(self._failures, 10)) * (0.5 + self._random() / 2)
        self._failures += 1
        pause = max(pause, error.retry_after or 0.0)
        log.warning("listening.paused", host=self._notices.access.host, rule=error.rule, seconds=round(pause, 1))
        await self._sleep(pause)
