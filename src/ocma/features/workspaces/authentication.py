"""From a bearer token to an identity: API key, session, or JWT of the configured issuer."""

import time
from collections import OrderedDict
from collections.abc import Callable

import structlog

from ocma.clock import Clock
from ocma.features.workspaces import identity, keys, people, sessions
from ocma.features.workspaces.credentials import API_KEY, SESSION, digest
from ocma.features.workspaces.identity import Identity
from ocma.features.workspaces.issuer import Issuer
from ocma.features.workspaces.keys import FoundKey
from ocma.features.workspaces.workspaces import list_memberships
from ocma.infra.database import FAILURES, Database
from ocma.infra.line import Line

KEY_CACHE_SECONDS = 5  # a revoked key works this much longer at most
KEY_CACHE_SIZE = 10_000

log = structlog.get_logger(__name__)


class Authenticator:
    """One per process. API keys are remembered for five seconds; sessions are asked for, and roles looked up, every time."""

    def __init__(
        self,
        database: Database,
        line: Line,
        issuer: Issuer,
        clock: Clock,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database, self._line, self._issuer, self._clock, self._monotonic = database, line, issuer, clock, monotonic
        self._keys: OrderedDict[bytes, tuple[FoundKey, float]] = OrderedDict()
        self._marked: dict[object, float] = {}

    async def identify(self, token: str) -> Identity:
        """Raises Unauthenticated."""
        if token.startswith(API_KEY):
            return identity.key(await self._key(token))
        if token.startswith(SESSION):
            user_id = await sessions.find_user_id(self._database, self._line, token, self._clock)
        else:
            user_id = await people.get_or_add(self._database, await self._issuer.check(token), self._clock)
        if user_id is None:
            raise identity.unknown()
        return identity.user(user_id, await list_memberships(self._database, user_id))

    async def _key(self, token: str) -> FoundKey:
        found = await self._find_key(token)
        if found is None or not found.is_valid(self._clock()):
            raise identity.unknown()
        await self._mark(found)
        return found

    async def _find_key(self, token: str) -> FoundKey | None:
        wanted, now = digest(token), self._monotonic()
        remembered = self._keys.get(wanted)
        if remembered and now < remembered[1]:
            return remembered[0]
        found = await keys.find_key(self._database, token)
        self._keys.pop(wanted, None)
        if found is not None:
            self._keys[wanted] = (found, now + KEY_CACHE_SECONDS)
            if len(self._keys) > KEY_CACHE_SIZE:
                self._keys.popitem(last=False)
        return found

    async def _mark(self, found: FoundKey) -> None:
        """`last_used_at`, once a minute. That it fails is no reason to turn somebody away."""
        now = self._monotonic()
        if now < self._marked.get(found.id, float("-inf")) + keys.USED_RESOLUTION.total_seconds():
            return
        if len(self._marked) > KEY_CACHE_SIZE:
            self._marked.clear()
        self._marked[found.id] = now
        try:
            await keys.mark_used(self._database, found, self._clock)
        except FAILURES as error:
            log.warning("key_use_unmarked", error=type(error).__name__)
