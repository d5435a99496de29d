"""What the predictor expects of texts, and of one instead of another."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import hypot
from typing import Literal, Protocol, TypeAlias

SURE = 0.3  # measured confidence from which on a prediction may choose between texts
MARGIN = 0.1  # in the account's usual spreads: less is no reason to prefer a text


class Influence(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def effect(self) -> float: ...
    @property
    def detail(self) -> str: ...


class Forecast(Protocol):
    """Of one text: intelligence.engagement.Prediction is one."""

    @property
    def score(self) -> float: ...
    @property
    def expected(self) -> float | None: ...
    @property
    def low(self) -> float | None: ...
    @property
    def high(self) -> float | None: ...
    @property
    def unit(self) -> Literal["interactions", "timesUsual"] | None: ...
    @property
    def confidence(self) -> float | None: ...
    @property
    def basis(self) -> Literal["account", "global", "none"]: ...
    @property
    def factors(self) -> Sequence[Influence]: ...


Score: TypeAlias = Callable[[Sequence[str]], Sequence[Forecast]]


def forecasts(score: Score | None, texts: Sequence[str]) -> list[Forecast | None]:
    """None of each where there is no basis."""
    found = score(texts) if score and texts else []
    return [each if each.basis != "none" else None for each in found] or [None] * len(texts)


@dataclass(frozen=True, slots=True)
class Gain:
    """`percent` more engagement, between `low` and `high`."""

    percent: float | None
    low: float | None
    high: float | None
    confidence: float | None
    basis: Literal["account", "global"]


def gain(before: Forecast | None, after: Forecast | None) -> Gain | None:
    """The difference of two predictions. Its interval takes their errors for independent: rather too wide than too narrow."""
    if before is None or after is None or not before.expected or after.expected is None:
        return None
    if before.basis == "none" or after.basis != before.basis or after.unit != before.unit:
        return None
    usual, more = before.expected, after.expected - before.expected
    down, up = _width(after.expected, after.low), _width(before.high, usual)
    low = None if down is None or up is None else max(more - hypot(down, up), -usual)  # there is no less than nothing
    up, down = _width(after.high, after.expected), _width(usual, before.low)
    high = None if down is None or up is None else more + hypot(down, up)
    confidence = None if before.confidence is None or after.confidence is None else min(before.confidence, after.confidence)
    return Gain(_percent(more, usual), _percent(low, usual), _percent(high, usual), confidence, before.basis)


def _width(upper: float | None, lower: float | None) -> float | None:
    return None if upper is None or lower is None else upper - lower


def _percent(value: float | None, of: float) -> float | None:
    return None if value is None else round(100 * value / of, 1)
