"""What a publication has to pass before it may go: its platform's quotas, the platform's own word, and the breaker.

Redis holds the state that workers share. It may be lost or away at any moment: quotas are then counted from the attempts in
PostgreSQL, and the breaker is this process's own.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from random import Random
from time import monotonic
from typing import TYPE_CHECKING, Literal
from uuid import UUID

import structlog
from redis.exceptions import RedisError

from ocma.clock import Clock
from ocma.errors import OcmaError
from ocma.features.accounts.models import Account
from ocma.features.accounts.tokens import CONFIRM_AFTER, TokenDoubted
from ocma.features.publishing.admission import Admission, Answer, Bill, Gate, Verdict, account_door, app_door, give_back
from ocma.features.publishing.breaker import Breaker, Outcome, Place, Policy, Tally, counts_key, outcome_of, place_of, trips
from ocma.features.publishing.circuit import Circuits
from ocma.features.publishing.claims import Claim
from ocma.features.publishing.health import fetch_closed, fetch_health
from ocma.features.publishing.quotas import Ages, Window, fetch_calls, wait
from ocma.infra.database import Database
from ocma.infra.redis import Client
from ocma.platforms.configuration import quotas
from ocma.platforms.errors import PlatformUnavailable, Throttled
from ocma.platforms.limits import spent
from ocma.platforms.manifest import Quota
from ocma.platforms.registry import connectors, get_connector

if TYPE_CHECKING:  # load.py knows Press, and a press has gates
    from ocma.features.publishing.load import Work

log = structlog.get_logger(__name__)

Reason = Literal["quota", "breaker", "throttled"]
REASONS: Mapping[Gate, Reason] = {Gate.QUOTA: "quota", Gate.BREAKER: "breaker", Gate.THROTTLED: "throttled"}
PATIENCE = 1.0  # seconds for an answer of Redis, and until it is asked again after none
SEEDINGS = 4
TIRESOME = 20.0  # seconds of waiting for a quota that are worth counting its calls anew
LONG = 6  # tries in which a token was refused: some ten minutes, in which a platform in trouble refuses more than a few accounts
SNOOZE = 60.0  # seconds, when a platform throttles without saying for how long
EARLY = 0.1  # seconds by which a door opens before whoever was sent away comes back
UNHAPPY = (RedisError, OSError, TimeoutError)


@dataclass(frozen=True, slots=True)
class Wait:
    """Come back at `at`, in so many seconds: costs no try."""

    seconds: float
    reason: Reason
    at: datetime


class Gates:
    """One per process."""

    def __init__(
        self,
        redis: Client,
        database: Database,
        environment: Mapping[str, str],
        clock: Clock,
        *,
        policy: Policy | None = None,
        patience: float = PATIENCE,
        random: Random | None = None,
    ) -> None:
        """Raises Invalid when the environment names quotas that cannot be meant."""
        self._redis, self._database, self._environment, self._clock = redis, database, environment, clock
        self._policy, self._patience, self._random = policy or Policy(), patience, random or Random()  # noqa: S311 - spreads, hides nothing
        self._quotas: dict[str, tuple[Quota, ...]] = {
            key: quotas(each.manifest, environment) for key, each in connectors().items()
        }
        self._breaker, self._circuits = Breaker(redis, self._policy), Circuits(self._policy)
        self._places: dict[tuple[str, str], Place] = {}
        self._ok: dict[Place, tuple[int, float]] = {}  # went well and not told yet, since (monotonic)
        self._halts: dict[Place, float] = {}  # breakers this process knows to be open, until (monotonic)
        self._throttles: dict[Place | UUID, float] = {}  # the platform wants nothing from an app or account, until (monotonic)
        self._probes: set[UUID] = set()
        self._counted: set[UUID] = set()  # publications whose refusal is in the tally already
        self._bills: dict[Claim, list[Bill]] = {}  # by the first claim of a message
        self._spent: dict[UUID, dict[str, float]] = {}  # by account: doors to close, until (monotonic)
        self._away_until = 0.0
        self._seeding = asyncio.Lock()

    def place(self, platform: str, host: str) -> Place:
        known = self._places.get((platform, host))
        if known is None:
            known = self._places[platform, host] = place_of(get_connector(platform).manifest, self._environment, host)
        return known

    def observer(self, account: Account) -> Callable[[Mapping[str, str]], None]:
        """For `Access.answered`: remembers what the headers of an answer say is used up, for `told` to pass on."""
        headers, place = get_connector(account.platform).manifest.limit_headers, self.place(account.platform, account.host)

        def answered(given: Mapping[str, str]) -> None:
            for each in spent(headers, given, self._clock()):
                door = app_door(place) if each.of == "app" else account_door(place.platform, account.id)
                self._spent.setdefault(account.id, {})[door] = monotonic() + each.seconds

        return answered

    # Before ----------------------------------------------------------------------------------------------------------

    async def admit(self, works: Sequence["Work"]) -> dict[UUID, Wait]:
        """Asked once for a message, before anything else is done. Who is not in the answer may go, and has been charged for."""
        waits: dict[UUID, Wait] = {}
        for platform, group in groupby(sorted(works, key=_platform), key=_platform):
            asked = Admission(list(group), self._places_of(works), self._quotas[platform], self._policy, works[0].claim)
            waits |= await self._admit(asked)
        return waits

    def halted(self, work: "Work") -> Wait | None:
        """Asked right before each one, without a round trip: has this process been sent away since it was admitted?"""
        place, now = self.place(work.claim.platform, work.account.host), monotonic()
        left, reason = self._halts.get(place, 0.0) - now, "breaker"
        if left <= 0 or work.claim.id in self._probes:
            left, reason = max(self._throttles.get(each, 0.0) for each in (place, work.account.id)) - now, "throttled"
        if left <= 0:
            return None
        seconds = left + self._random.uniform(0.5, 3.0)
        return Wait(seconds, reason, self._clock() + timedelta(seconds=seconds))

    async def bars(self, account: Account) -> Wait | None:
        """For who only reads: does the platform answer, and may this account ask? Nobody is charged, and none is a probe."""
        place = self.place(account.platform, account.host)
        left: float = self._halts.get(place, 0.0) - monotonic()
        reason: Reason = "breaker"
        until = self._clock() + timedelta(seconds=max(left, 0.0))
        try:
            self._is_there()
            async with asyncio.timeout(self._patience):
                health = (await fetch_health(self._redis, [place], self._clock))[place]
                doors = [account_door(place.platform, account.id), app_door(place)]
                closed = list((await fetch_closed(self._redis, doors, self._clock)).values())
        except UNHAPPY as error:
            self._is_away(error)
        else:
            until = max(until, health.until or until, *closed)
            reason = "throttled" if until in closed else "breaker"
        seconds = (until - self._clock()).total_seconds()
        return Wait(seconds, reason, until) if seconds > 0 else None

    async def unanswered(self, account: Account, error: OcmaError) -> None:
        """From who only reads. That nobody answers concerns all; an answer to a reader says little of how publishing goes."""
        if type(error) is PlatformUnavailable and error.status is None and error.rule == PlatformUnavailable.code:
            await self._failed(self.place(account.platform, account.host), account.id, "down")

    def _halt(self, place: Place, seconds: float) -> None:
        self._halts[place] = monotonic() + seconds

    def _places_of(self, works: Sequence["Work"]) -> dict[UUID, Place]:
        return {each.claim.id: self.place(each.claim.platform, each.account.host) for each in works}

    async def _admit(self, asked: Admission) -> dict[UUID, Wait]:
        try:
            verdicts = await self._shared(asked)
        except UNHAPPY as error:
            self._is_away(error)
            verdicts = await self._alone(asked)
        waits: dict[UUID, Wait] = {}
        for work, verdict in zip(asked.works, verdicts, strict=True):
            if verdict.gate is Gate.PROBE:
                self._probes.add(work.claim.id)
            if reason := REASONS.get(verdict.gate):
                waits[work.claim.id] = Wait(verdict.seconds, reason, self._clock() + timedelta(seconds=verdict.seconds))
        return waits

    async def _shared(self, asked: Admission) -> list[Verdict]:
        """One round trip; two, and a query, where Redis has lost what it knew, or a wait would be long."""
        answer = await self._ask(asked, {})
        if any(each.account_id is None for each in answer.unseeded):
            async with self._seeding:  # or every message of this moment counts all of the app's calls
                answer = await self._seeded(asked, await self._ask(asked, {}))
        else:
            answer = await self._seeded(asked, answer)
        verdicts = answer.verdicts
        if any(each.gate is Gate.QUOTA and each.seconds > TIRESOME for each in verdicts):
            verdicts = await self._counted_anew(asked, answer)
        for work, verdict in zip(asked.works, verdicts, strict=True):
            if verdict.gate is Gate.OPEN:
                self._halts.pop(asked.places[work.claim.id], None)
            if verdict.gate is Gate.BREAKER:
                self._circuits.hold(asked.places[work.claim.id], verdict.seconds)
                self._halt(asked.places[work.claim.id], min(verdict.seconds, self._policy.first))
        return verdicts

    async def _seeded(self, asked: Admission, answer: Answer) -> Answer:
        """Tells Redis what it lacks and PostgreSQL knows; more than once only if Redis forgets again meanwhile."""
        known: dict[Window, Ages] = {}
        for _ in range(SEEDINGS):
            if not answer.unseeded:
                return answer
            known |= await fetch_calls(self._database, answer.unseeded, [each.claim.id for each in asked.works])
            answer = await self._ask(asked, known)
        if answer.unseeded:
            raise TimeoutError
        return answer

    async def _counted_anew(self, asked: Admission, answer: Answer) -> list[Verdict]:
        """Who was let go and lost its claim before its call is charged and has not called: PostgreSQL knows who has.

        Charges made since `answer` stand; so do an app's, as others are at work for it.
        """
        again = asked.again(answer.verdicts, answer.at)
        known = await fetch_calls(self._database, again.own_windows, [each.claim.id for each in asked.works])
        found = await self._ask(again, known)
        if found.unseeded:
            return answer.verdicts
        later = dict(zip((each.claim.id for each in again.works), found.verdicts, strict=True))
        return [later.get(work.claim.id, verdict) for work, verdict in zip(asked.works, answer.verdicts, strict=True)]

    async def _ask(self, asked: Admission, known: Mapping[Window, Ages]) -> Answer:
        self._is_there()
        ok = {place: self._take_ok(place) for place in asked.standing}
        async with asyncio.timeout(self._patience):
            answer = await asked.ask(self._redis, ok, known, self._random.getrandbits(31))
        if not answer.unseeded:
            self._bills.setdefault(asked.message, []).append(asked.bill(answer))
        return answer

    def _is_there(self) -> None:
        if monotonic() < self._away_until:
            raise TimeoutError

    def _is_away(self, error: Exception) -> None:
        if monotonic() >= self._away_until:
            log.warning("gates.alone", error=type(error).__name__)
            self._away_until = monotonic() + self._patience

    async def _alone(self, asked: Admission) -> list[Verdict]:
        """Without Redis: what PostgreSQL counts, and this process's own breaker."""
        known = await fetch_calls(self._database, list(asked.windows), [each.claim.id for each in asked.works])
        owed: dict[Window, int] = {}
        held: dict[UUID, Verdict] = {}
        verdicts: list[Verdict] = []
        for work, needed in zip(asked.works, asked.costs, strict=True):
            verdict = _judge(known, owed, needed)
            looks = work.claim.state == "unknown"
            if not looks and (before := held.get(work.account.id)) and before.seconds >= verdict.seconds:
                verdict = Verdict(before.gate, before.seconds + 0.001)  # in order, but for what only looks for a post
            if verdict.gate is Gate.OPEN:
                verdict = self._alone_breaker(asked.places[work.claim.id], work)
            if verdict.gate is Gate.OPEN or verdict.gate is Gate.PROBE:
                _charge(known, needed)
            else:
                held[work.account.id] = verdict
            verdicts.append(verdict)
        return verdicts

    def _alone_breaker(self, place: Place, work: "Work") -> Verdict:
        seconds, probe = self._circuits.wait(place, str(work.claim.id))
        if seconds:
            return Verdict(Gate.BREAKER, seconds + self._random.random())
        return Verdict(Gate.PROBE if probe else Gate.OPEN, 0.0)

    # After -----------------------------------------------------------------------------------------------------------

    async def told(self, work: "Work", error: OcmaError | None) -> None:
        """What became of a publication that was let go. Nothing is awaited when all is well."""
        place, outcome = self.place(work.claim.platform, work.account.host), outcome_of(error)
        if outcome == "ok":
            count, since = self._ok.get(place, (0, monotonic()))
            self._ok[place] = count + 1, since
        if isinstance(error, Throttled):
            self._shut(work, place, error)
        if work.account.id in self._spent:
            await self._close_doors(place, self._spent.pop(work.account.id))
        if work.claim.id in self._probes:
            self._probes.discard(work.claim.id)
            await self._probed(place, work, outcome)
        elif outcome in {"down", "refused"} and work.claim.id not in self._counted:
            await self._failed(place, work.account.id, outcome)
        self._counted.discard(work.claim.id)

    async def done(self, works: Sequence["Work"]) -> None:
        """What was asked for together is out of hand.

        Calls that were not made are given back, or whoever is looked at ten times uses up ten calls; so is the turn of a probe of
        which nobody was `told`.
        """
        for bill in self._bills.pop(works[0].claim, ()) if works else ():
            if unused := list(bill.unused()):
                await self._give_back(bill, unused)
        for work in works:
            self._counted.discard(work.claim.id)
            if work.claim.id in self._probes:
                self._probes.discard(work.claim.id)
                await self._probed(self.place(work.claim.platform, work.account.host), work, None)

    async def _give_back(self, bill: Bill, unused: Sequence[tuple["Work", Window, int]]) -> None:
        try:
            self._is_there()
            async with asyncio.timeout(self._patience):
                await give_back(self._redis, bill.answer, unused)
        except UNHAPPY as error:  # too much is charged, until it leaves the window
            self._is_away(error)

    def _shut(self, work: "Work", place: Place, error: Throttled) -> None:
        """For as long as the platform says (before what its headers say), else for SNOOZE: nobody needs to try in vain."""
        app = error.rule in work.connector.manifest.app_wide
        door = app_door(place) if app else account_door(place.platform, work.account.id)
        until = monotonic() + max((error.retry_after or SNOOZE) - EARLY, 0.0)
        self._spent.setdefault(work.account.id, {})[door] = until
        self._throttles = {whose: at for whose, at in self._throttles.items() if at > monotonic()}
        self._throttles[place if app else work.account.id] = until

    async def _close_doors(self, place: Place, doors: Mapping[str, float]) -> None:
        try:
            self._is_there()
            async with asyncio.timeout(self._patience):
                pipeline = self._redis.pipeline(transaction=False)
                for door, until in doors.items():
                    if (left := int((until - monotonic()) * 1000)) > 0:
                        pipeline.set(door, "1", px=left)
                pipeline.hincrby(counts_key(place.platform), "throttled", 1)
                await pipeline.execute()
        except UNHAPPY as error:  # each of them asks the platform itself, and is told to wait
            self._is_away(error)

    async def _failed(self, place: Place, account_id: UUID, outcome: Outcome) -> Tally:
        account, ok = str(account_id), self._take_ok(place)
        try:
            self._is_there()
            async with asyncio.timeout(self._patience):
                tally = await self._breaker.failed(place, outcome, account, ok)
                if not tally.tripped and trips(self._policy, outcome, tally):
                    self._opened(place, outcome, await self._breaker.trip(place, outcome, self._random.random()))
        except UNHAPPY as error:
            self._is_away(error)
            self._circuits.ok(place, ok)
            tally = self._circuits.failed(place, outcome, account)
            if not tally.tripped and trips(self._policy, outcome, tally):
                self._opened(place, outcome, self._circuits.trip(place, self._random.random()))
        return tally

    async def _probed(self, place: Place, work: "Work", outcome: Outcome | None) -> None:
        """One call was let through to see how things are."""
        probe = str(work.claim.id)
        if outcome == "ok":
            self._circuits.close(place)
            self._halts.pop(place, None)
        elif outcome is None:
            self._circuits.release(place, probe)
        try:
            self._is_there()
            async with asyncio.timeout(self._patience):
                if outcome == "ok":
                    await self._breaker.close(place)
                elif outcome is None:
                    await self._breaker.release(place, probe)
                else:
                    self._opened(place, outcome, await self._breaker.trip(place, outcome, self._random.random()))
        except UNHAPPY as error:
            self._is_away(error)
            if outcome in {"down", "refused"}:
                self._opened(place, outcome, self._circuits.trip(place, self._random.random()))

    def _opened(self, place: Place, outcome: Outcome, seconds: float) -> None:
        """`seconds` 0: somebody else has opened it a moment ago."""
        self._halt(place, seconds or 1.0)
        if seconds:
            log.warning("breaker.open", platform=place.platform, place=place.name, reason=outcome, seconds=round(seconds, 1))

    def _take_ok(self, place: Place) -> int:
        """What is older than the breaker's window says nothing of now."""
        count, since = self._ok.pop(place, (0, 0.0))
        return count if monotonic() - since < self._policy.window else 0

    async def confirms(self, work: "Work") -> bool:
        """A token that cannot be renewed was refused: is it the account's (True), or may the platform be in trouble?

        True when this very publication was refused for the same reason a while ago, and others are not refused now. Whoever
        gets False raises what they have and comes back later.
        """
        if work.claim.id in self._probes or not self._was_doubted(work):
            return False
        tally = await self._failed(self.place(work.claim.platform, work.account.host), work.account.id, "refused")
        self._counted.add(work.claim.id)
        total = tally.ok + tally.down + tally.refused
        few = tally.accounts <= 1 or tally.refused < self._policy.refused_share * total
        return not tally.tripped and (few or work.publication.tries >= LONG)

    def _was_doubted(self, work: "Work") -> bool:
        before = work.publication.error or {}
        if before.get("code") != TokenDoubted.code:
            return False
        age = (self._clock() - datetime.fromisoformat(before["at"])).total_seconds()
        return age >= CONFIRM_AFTER * 0.9  # its retry comes no sooner; clocks differ a little


def _platform(work: "Work") -> str:
    return work.claim.platform


def _judge(known: Mapping[Window, Ages], owed: dict[Window, int], needed: Sequence[tuple[Window, int]]) -> Verdict:
    waits = {window: wait(window, known[window], cost, owed.get(window, 0)) for window, cost in needed}
    for window, cost in needed:
        if waits[window]:
            owed[window] = owed.get(window, 0) + cost
    longest = max(waits.values(), default=0.0)
    return Verdict(Gate.QUOTA if longest else Gate.OPEN, longest)


def _charge(known: dict[Window, Ages], needed: Sequence[tuple[Window, int]]) -> None:
    for window, cost in needed:
        known[window] = [0.0] * cost + list(known[window])
