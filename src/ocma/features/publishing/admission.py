"""The question that a message's publications ask together, as admit.lua takes it, and its answer."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from uuid import UUID

from ocma.features.publishing.breaker import Place, Policy, counts_key
from ocma.features.publishing.quotas import Ages, Window, cost
from ocma.infra.redis import Client
from ocma.infra.scripts import Script
from ocma.platforms.manifest import Quota

if TYPE_CHECKING:  # load.py knows Press, and a press has gates
    from ocma.features.publishing.load import Work

SCRIPT = Script((files("ocma.features.publishing") / "admit.lua").read_text())
PARTS = 6  # buckets of the breaker's window


class Gate(IntEnum):
    """What admit.lua says of one publication."""

    OPEN = 0
    PROBE = 1
    QUOTA = 2
    BREAKER = 3
    THROTTLED = 4


@dataclass(frozen=True, slots=True)
class Verdict:
    gate: Gate
    seconds: float


def account_door(platform: str, account_id: UUID | str) -> str:
    """While this key lives, the platform wants nothing from this account."""
    return f"ocma:{{{platform}}}:closed:account:{account_id}"


def app_door(place: Place) -> str:
    return place.key("closed:app")


@dataclass
class Admission:
    """`works` of one platform, in the order in which they are to go; `places` are theirs."""

    works: Sequence["Work"]
    places: Mapping[UUID, Place]
    quotas: Sequence[Quota]
    policy: Policy
    keys: dict[str, int] = field(default_factory=dict[str, int])
    windows: dict[Window, int] = field(default_factory=dict[Window, int])
    costs: list[list[tuple[Window, int]]] = field(default_factory=list[list[tuple[Window, int]]])

    def __post_init__(self) -> None:
        platform = self.works[0].claim.platform
        self._number(f"ocma:{{{platform}}}:since")
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

    async def ask(
        self, redis: Client, ok: Mapping[Place, int], known: Mapping[Window, Ages], seed: int
    ) -> tuple[list[Window], list[Verdict]]:
        """One round trip. Returns windows whose calls Redis does not know (then nothing was done), or a verdict for each work."""
        question = json.dumps(self._question(ok, known, seed))
        unseeded, answers = await SCRIPT.run(redis, list(self.keys), ["", question], ["fresh", question])
        windows = list(self.windows)
        verdicts = [Verdict(Gate(gate), wait / 1000) for gate, wait in zip(answers[::2], answers[1::2], strict=True)]
        return [windows[int(number) - 1] for number in unseeded], verdicts

    def _question(self, ok: Mapping[Place, int], known: Mapping[Window, Ages], seed: int) -> dict[str, Any]:
        return {
            "probe": int(self.policy.probe * 1000),
            "bucket": self.policy.window * 1000 / PARTS,
            "seed": seed,
            "places": [
                {name: self._number(each.key(name)) for name in ("breaker", "probe", "tally")} | {"ok": ok.get(each, 0)}
                for each in self.standing
            ],
            "windows": [[*each, _ages(known.get(window))] for window, each in zip(self.windows, self._lists, strict=True)],
            "works": self._asked,
        }


def _ages(known: Ages | None) -> list[int] | None:
    """In milliseconds."""
    return None if known is None else [int(each * 1000) for each in known]
