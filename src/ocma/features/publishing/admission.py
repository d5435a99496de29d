"""The question that a message's publications ask together, as admit.lua takes it, and its answer."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from uuid import UUID

from ocma.features.publishing.breaker import Place, Policy, counts_key, since_key
from ocma.features.publishing.claims import Claim
from ocma.features.publishing.quotas import Ages, Window, cost
from ocma.infra.redis import Client
from ocma.infra.scripts import Script
from ocma.platforms.manifest import Quota

if TYPE_CHECKING:  # load.py knows Press, and a press has gates
    from ocma.features.publishing.load import Work

SCRIPT = Script((files("ocma.features.publishing") / "admit.lua").read_text())
GIVE_BACK = Script((files("ocma.features.publishing") / "give_back.lua").read_text())
PARTS = 6  # buckets of the breaker's window


class Gate(IntEnum):
    """What admit.lua says of one publication."""

    OPEN = 0
    PROBE = 1
    QUOTA = 2
    BREAKER = 3
    THROTTLED = 4


REFUSALS = frozenset({Gate.QUOTA, Gate.BREAKER, Gate.THROTTLED})


@dataclass(frozen=True, slots=True)
class Verdict:
    gate: Gate
    seconds: float


def account_door(platform: str, account_id: UUID | str) -> str:
    """While this key lives, the platform wants nothing from this account."""
    return f"ocma:{{{platform}}}:closed:account:{account_id}"


def app_door(place: Place) -> str:
    return place.key("closed:app")


@dataclass(frozen=True, slots=True)
class Answer:
    """`unseeded`: windows whose calls Redis does not know; then nothing was done. Else a verdict for each work.

    `at`: when, in Redis' milliseconds; `mark`: of its books.
    """

    unseeded: list[Window]
    verdicts: list[Verdict]
    at: int
    mark: bytes


@dataclass(frozen=True, slots=True)
class Bill:
    """What those that may go were charged in an `answer`; `sent`: how often each work had been sent then."""

    asked: "Admission"
    answer: Answer
    sent: list[int]

    def unused(self) -> Iterator[tuple["Work", Window, int]]:
        """Publishing calls that were not made."""
        verdicts, costs = self.answer.verdicts, self.asked.costs
        for work, verdict, needed, sent in zip(self.asked.works, verdicts, costs, self.sent, strict=True):
            made = len(work.attempts) - sent
            for window, calls in needed:
                if calls > made and window.quota.on == "publish" and verdict.gate not in REFUSALS:
                    yield work, window, calls - made


@dataclass
class Admission:
    """`works` of one platform, in the order in which they are to go; `places` are theirs.

    `message` tells one message's questions from another's. `counted_at`: what is known of windows was counted for this question,
    from then on (None: it only fills what Redis lost).
    """

    works: Sequence["Work"]
    places: Mapping[UUID, Place]
    quotas: Sequence[Quota]
    policy: Policy
    message: Claim
    keys: dict[str, int] = field(default_factory=dict[str, int])
    windows: dict[Window, int] = field(default_factory=dict[Window, int])
    costs: list[list[tuple[Window, int]]] = field(default_factory=list[list[tuple[Window, int]]])
    counted_at: int | None = None

    def __post_init__(self) -> None:
        platform = self.works[0].claim.platform
        self._number(since_key(platform))
        self._number(counts_key(platform))
        self.standing = list(dict.fromkeys(self.places.values()))
        self._kinds = {each.on for each in self.quotas}
        self._lists: list[list[Any]] = []
        self._known: dict[tuple[int, UUID | Place], Window] = {}
        self._asked = [self._work(each) for each in self.works]

    def _number(self, key: str) -> int:
        """Lua counts from 1."""
        return self.keys.setdefault(key, len(self.keys) + 1)

    def _work(self, work: "Work") -> list[Any]:
        place, account = self.places[work.claim.id], str(work.account.id)
        doors = [self._number(account_door(place.platform, account)), self._number(app_door(place))]
        needed = {kind: cost(work, kind) for kind in self._kinds}
        costs = [
            (self._window(index, quota, place, work.account.id, account), min(needed[quota.on], quota.calls))
            for index, quota in enumerate(self.quotas)
            if needed[quota.on]
        ]
        self.costs.append(costs)
        numbers = [number for window, needed in costs for number in (self.windows[window], needed)]
        return [str(work.claim.id), account, self.standing.index(place) + 1, doors, numbers, work.claim.state == "unknown"]

    def _window(self, index: int, quota: Quota, place: Place, account_id: UUID, account: str) -> Window:
        whose = index, place if quota.of == "app" else account_id
        window = self._known.get(whose)
        if window is None:
            window = self._known[whose] = Window(quota, place, None if quota.of == "app" else account_id)
            self.windows[window] = len(self.windows) + 1
            self._lists.append([self._number(window.key(account)), quota.calls, int(window.seconds * 1000)])
        return window

    async def ask(self, redis: Client, ok: Mapping[Place, int], known: Mapping[Window, Ages], seed: int) -> "Answer":
        """One round trip."""
        question = json.dumps(self._question(ok, known, seed))
        unseeded, answers, at, mark = await SCRIPT.run(redis, list(self.keys), ["", question], ["fresh", question])
        windows = list(self.windows)
        verdicts = [Verdict(Gate(gate), wait / 1000) for gate, wait in zip(answers[::2], answers[1::2], strict=True)]
        return Answer([windows[int(number) - 1] for number in unseeded], verdicts, int(at), mark)

    def bill(self, answer: Answer) -> Bill:
        return Bill(self, answer, [len(work.attempts) for work in self.works])

    def again(self, verdicts: Sequence[Verdict], at: int) -> "Admission":
        """The same for those that may not go, once their accounts' calls have been counted anew, `at` or later."""
        waiting = [work for work, verdict in zip(self.works, verdicts, strict=True) if verdict.gate in REFUSALS]
        return replace(self, works=waiting, keys={}, windows={}, costs=[], counted_at=at)

    @property
    def own_windows(self) -> list[Window]:
        """Of accounts' publishing: every call is an attempt on record, and nobody else holds a claim of the same account."""
        return [each for each in self.windows if each.account_id and each.quota.on == "publish"]

    def _question(self, ok: Mapping[Place, int], known: Mapping[Window, Ages], seed: int) -> dict[str, Any]:
        return {
            "probe": int(self.policy.probe * 1000),
            "bucket": self.policy.window * 1000 / PARTS,
            "seed": seed,
            "places": [
                {name: self._number(each.key(name)) for name in ("breaker", "probe", "tally")} | {"ok": ok.get(each, 0)}
                for each in self.standing
            ],
            "windows": [
                [*each, _ages(known.get(window)), self.counted_at if window in known else None]
                for window, each in zip(self.windows, self._lists, strict=True)
            ],
            "works": self._asked,
        }


async def give_back(redis: Client, answer: Answer, unused: Iterable[tuple["Work", Window, int]]) -> None:
    """Of one platform: calls that were charged in an answer and not made."""
    keys, told = list[str](), list[Any]()
    for work, window, calls in unused:
        keys.append(window.key(str(work.account.id)))
        told += [answer.mark, answer.at, calls]
    await GIVE_BACK.run(redis, keys, told)


def _ages(known: Ages | None) -> list[int] | None:
    """In milliseconds."""
    return None if known is None else [int(each * 1000) for each in known]
