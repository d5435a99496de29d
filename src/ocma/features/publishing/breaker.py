"""The circuit breaker: when a platform is in trouble, posts wait and nobody is disconnected; one call at a time tries again.

One per place: a platform's app, or one host of a platform that is many servers. Its state is shared in Redis (breaker.lua);
without Redis each process has its own (circuit.py). Why not purgatory: docs/decisions/0005-own-gates.md.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal

from ocma.errors import OcmaError
from ocma.infra.redis import Client
from ocma.infra.scripts import Script
from ocma.platforms.configuration import find_app
from ocma.platforms.errors import OutcomeUnknown, PlatformError, PlatformUnavailable, ReauthorizationRequired
from ocma.platforms.manifest import Manifest

Trouble = Literal["down", "refused"]
Outcome = Literal["ok"] | Trouble
SCRIPT = Script((files("ocma.features.publishing") / "breaker.lua").read_text())
REFUSED = frozenset({"tokenDoubted", "freshTokenRefused"})
REQUEST_TIMEOUT = 408


@dataclass(frozen=True, slots=True)
class Policy:
    """Seconds, and shares of all calls in the last `window`.

    It opens when `share` of at least `calls` calls found the platform down, on `accounts` distinct accounts; or when tokens of
    `refused_accounts` distinct accounts were refused, and that was `refused_share` of the calls. It stays open for `first`,
    twice as long after each probe that failed, at most `longest`; a time it remembers for `memory`. A probe that says nothing
    for `probe` is as good as dead.
    """

    window: float = 60.0
    calls: int = 8
    share: float = 0.5
    accounts: int = 3
    refused_accounts: int = 5
    refused_share: float = 0.2
    first: float = 15.0
    longest: float = 300.0
    memory: float = 600.0
    probe: float = 60.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a breaker stands. `name` is the host, or stands for the app; `key` names are of one hash slot per platform."""

    platform: str
    name: str
    host: str = ""

    def key(self, kind: str) -> str:
        return f"ocma:{{{self.platform}}}:{kind}:{self.name}"

    def keys(self) -> list[str]:
        """As breaker.lua takes them."""
        own = [self.key(each) for each in ("breaker", "probe", "tally", "down", "refused")]
        return [*own, places_key(self.platform), counts_key(self.platform)]


def places_key(platform: str) -> str:
    return f"ocma:{{{platform}}}:places"


def counts_key(platform: str) -> str:
    return f"ocma:{{{platform}}}:counts"


def since_key(platform: str) -> str:
    """When the books of calls begin (admit.lua)."""
    return f"ocma:{{{platform}}}:since"


def place_of(manifest: Manifest, environment: Mapping[str, str], host: str) -> Place:
    """An app is the operator's client id; each host of a platform that is many servers stands for itself."""
    if manifest.oauth.per_host:
        return Place(manifest.key, host or "-", host)
    app = find_app(manifest, environment)
    return Place(manifest.key, hashlib.sha256(app.client_id.encode()).hexdigest()[:12] if app else "-")


@dataclass(frozen=True, slots=True)
class Tally:
    """Calls of the last window, by outcome; `accounts`: distinct ones that met the last outcome."""

    ok: int
    down: int
    refused: int
    accounts: int
    tripped: bool


def trips(policy: Policy, outcome: Outcome, tally: Tally) -> bool:
    total = tally.ok + tally.down + tally.refused
    if outcome == "down":
        return total >= policy.calls and tally.down >= policy.share * total and tally.accounts >= policy.accounts
    return tally.accounts >= policy.refused_accounts and tally.refused >= policy.refused_share * total


def outcome_of(error: OcmaError | None) -> Outcome | None:
    """What a call says of its platform's health; None: nothing, e.g. when it was not asked. A definite no is an answer: ok."""
    match error:
        case None:
            return "ok"
        case PlatformError() if _is_refusal(error):
            return "refused"
        case PlatformUnavailable() | OutcomeUnknown():
            return "down" if _is_outage(error) else None
        case PlatformError(status=int()) if not isinstance(error, ReauthorizationRequired):
            return "ok"
        case _:
            return None


def _is_refusal(error: PlatformError) -> bool:
    """By the platform's word: without one it is an account that was known to be unusable."""
    if isinstance(error, ReauthorizationRequired):
        return error.status is not None or error.rule != ReauthorizationRequired.code
    return error.rule in REFUSED


def _is_outage(error: PlatformError) -> bool:
    """By a 5xx, a timeout or a reset; not by an answer that leaves something open, nor by what we know ourselves."""
    if error.status is not None:
        return error.status >= 500 or error.status == REQUEST_TIMEOUT
    if isinstance(error, PlatformUnavailable):
        return error.rule != "provenAbsent"
    return error.__cause__ is not None and not isinstance(error.__cause__, OcmaError)


class Breaker:
    """The shared one. Raises RedisError or OSError when Redis does not answer."""

    def __init__(self, redis: Client, policy: Policy) -> None:
        self._redis, self._policy = redis, policy

    async def failed(self, place: Place, outcome: Outcome, account: str, ok: int) -> Tally:
        """`ok`: calls of this process that went well and were not told yet."""
        found = await self._run(place, "failed", place.name, outcome, account, _ms(self._policy.window), ok)
        *counts, tripped = map(int, found)
        return Tally(*counts, tripped=bool(tripped))

    async def trip(self, place: Place, outcome: Outcome, jitter: float) -> float:
        """Opens it, longer each time. Returns seconds; 0: it was open already. `jitter` from 0 to 1."""
        policy = self._policy
        return await self._run(place, "trip", outcome, _ms(policy.first), _ms(policy.longest), jitter) / 1000

    async def close(self, place: Place) -> None:
        await self._run(place, "close", _ms(self._policy.memory))

    async def release(self, place: Place, probe: str) -> None:
        await self._run(place, "release", probe)

    async def pass_(self, place: Place, call: str) -> tuple[float, bool]:
        """Seconds until this call may go (0: now), and whether it goes as the probe."""
        found = await self._run(place, "pass", call, _ms(self._policy.probe))
        return max(found, 0) / 1000, found < 0

    async def well(self, place: Place) -> None:
        await self._run(place, "well", _ms(self._policy.window))

    async def _run(self, place: Place, *arguments: str | float) -> Any:
        return await SCRIPT.run(self._redis, place.keys(), arguments)


def _ms(seconds: float) -> int:
    return int(seconds * 1000)
