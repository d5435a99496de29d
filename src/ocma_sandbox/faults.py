import random
from dataclasses import dataclass
from typing import Any

BEFORE = ("delay", "rate_limit", "server_error", "reset", "expired_token", "revoked_token", "token_endpoint_down")
AFTER = ("accept_hang", "accept_reset", "accept_500")
DURING = ("stream_cut",)
KINDS = BEFORE + AFTER + DURING

Json = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """What a fault looks at: one request to a platform. `path` begins with the platform's prefix."""

    platform: str
    method: str
    path: str
    is_api: bool
    is_token: bool
    is_publish: bool


@dataclass
class Fault:
    """`left` None: as often as it matches; `probability` None: always.

    `events` is for a stream: so many more events get through, the next is lost with the connection; None: cut at once.
    """

    id: int
    platform: str
    kind: str
    left: int | None
    probability: float | None
    path: str | None
    delay_ms: int | None
    events: int | None = None
    used: int = 0

    def matches(self, call: Call) -> bool:
        if self.platform != call.platform or self.left == 0:
            return False
        if self.kind in DURING:
            return self.path is None or self.path in call.path
        if self.path is not None:
            return self.path in call.path and (self.kind not in AFTER or call.method not in {"GET", "HEAD"})
        if self.kind in AFTER:
            return call.is_publish
        return call.is_token if self.kind == "token_endpoint_down" else call.is_api

    def shown(self) -> Json:
        return {
            "id": self.id,
            "platform": self.platform,
            "kind": self.kind,
            "remaining": self.left,
            "probability": self.probability,
            "path": self.path,
            "delayMs": self.delay_ms,
            "events": self.events,
            "used": self.used,
        }


class Faults:
    """The faults asked for and not yet used up, in the order in which they were asked for."""

    def __init__(self, seed: int | None = None) -> None:
        self._faults: list[Fault] = []
        self._last_id = 0
        self._random = random.Random(seed)  # noqa: S311 - dice for faults, not secrets

    def add(self, wish: Json) -> Fault:
        """`wish` is a checked body of the control API; neither count nor probability means once."""
        self._last_id += 1
        count, probability = wish.get("count"), wish.get("probability")
        left = 1 if count is None and probability is None else count
        path, delay_ms, events = wish.get("path"), wish.get("delayMs"), wish.get("events")
        fault = Fault(self._last_id, wish["platform"], wish["kind"], left, probability, path, delay_ms, events)
        self._faults.append(fault)
        return fault

    def matching(self, call: Call, kinds: tuple[str, ...]) -> list[Fault]:
        return [fault for fault in self._faults if fault.kind in kinds and fault.matches(call)]

    def strikes(self, fault: Fault) -> bool:
        """Throws the dice, and counts the fault as used when it strikes."""
        if fault.left == 0 or (fault.probability is not None and self._random.random() >= fault.probability):
            return False
        fault.used += 1
        if fault.left is not None:
            fault.left -= 1
        if fault.left == 0:
            self._faults.remove(fault)
        return True

    def shown(self) -> list[Json]:
        return [fault.shown() for fault in self._faults]

    def clear(self) -> None:
        self._faults.clear()
