"""How much engagement a draft will get: from the account's own posts, failing that from what holds across accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from math import exp
from typing import Literal

import numpy as np

from ocma.intelligence.arrays import Floats
from ocma.intelligence.artefact import Artefact, load
from ocma.intelligence.function_words import FUNCTION_WORDS
from ocma.intelligence.own import FEWEST, Effects, Own, learn
from ocma.intelligence.past import Past, slot
from ocma.intelligence.pooled import Pooled, Share, kind_of, pooled_from
from ocma.intelligence.text import Draft
from ocma.intelligence.traits import OF_TEXT, SPOKEN, TRAITS, Sketch, sketch

__all__ = ["FEWEST", "Factor", "Own", "Past", "Prediction", "learn", "predict", "predict_many"]

PLATFORMS = ("facebook", "x")  # those of which there were public posts to measure on
_ALSO = {"twitter": "x"}
_TOO_FEW = frozenset({"x"})  # two accounts, which is no measure of a platform
_LEAST_KNOWN = 0.5  # of a draft's words: with fewer its language is not that of the pooled model
_TELLING = 0.02  # spreads: what does less is no factor
_IDLE = frozenset[str]().union(*FUNCTION_WORDS.values())
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Factor:
    """`name`: words, style, media or time; `effect`: in spreads, beside the account's average post (or any account's)."""

    name: str
    effect: float
    detail: str


@dataclass(frozen=True, slots=True)
class Prediction:
    """`score`: robust spreads from what is usual for the account (see target.py); 0 says nothing when `basis` is none.

    `expected`: the middle of what is to be expected, `low` to `high` 80 % of it: interactions (likes, comments, shares), or
    multiples of what is usual. The interval is as wide as left-out posts of the account (or left-out accounts) asked for.
    `confidence`: 2a - 1, where a is how often, among left-out posts of the account (or accounts), one of its best quarter was
    scored above one of its worst: 0 is a coin, 1 never wrong. None: not measured. `factors`: largest first.
    """

    score: float
    expected: float | None
    low: float | None
    high: float | None
    unit: Literal["interactions", "timesUsual"] | None
    confidence: float | None
    basis: Literal["account", "global", "none"]
    factors: tuple[Factor, ...]


NOTHING = Prediction(0.0, None, None, None, None, None, "none", ())


@dataclass(frozen=True, slots=True)
class Measured:
    """Of a platform's left-out accounts: pair accuracy of the pooled model, the middle 80 % of what posts were beside its
    score, and an account's spread in log interactions (the median).
    """

    accuracy: float
    low: float
    high: float
    spread: float


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """`widen`: how much wider than on left-out posts the interval must be to hold 80 % of later ones."""

    pooled: Pooled
    widen: float
    platforms: dict[str, Measured]


@lru_cache(maxsize=4)
def model_from(artefact: Artefact) -> Model:
    rows = artefact.arrays["measured"].astype(np.float64)
    platforms = {name: Measured(*map(float, row)) for name, row in zip(PLATFORMS, rows, strict=True)}
    return Model(pooled_from(artefact), float(artefact.arrays["widen"][0]), platforms)


def shipped() -> Model:
    return model_from(load("engagement"))


def predict(
    draft: Draft, own: Own | None, *, media: str | None, title: str | None, at: datetime | None, platform: str | None
) -> Prediction:
    """`at`: aware; None leaves the time out. What `media` means is the platform's: the names of the past posts."""
    return predict_many([draft], own, media=media, title=title, at=at, platform=platform)[0]


def predict_many(
    drafts: Sequence[Draft], own: Own | None, *, media: str | None, title: str | None, at: datetime | None, platform: str | None
) -> list[Prediction]:
    """Versions of one post beside each other: they differ by their text alone."""
    model = shipped()
    sketches = [sketch(each, title or "") for each in drafts]
    kind = kind_of(media)
    if own is not None:
        hour = None if at is None else slot(at, own.zone)
        return [_by_account(each, own, kind, hour, model) for each in sketches]
    measured = model.platforms.get(_ALSO.get(platform or "", platform or ""))
    if measured is None or _ALSO.get(platform or "", platform) in _TOO_FEW:
        return [NOTHING] * len(sketches)
    return [_by_all(each, kind, model.pooled, measured) for each in sketches]


def rate(sketch: Sketch, own: Own, kind: str | None, hour: int | None, pooled: Pooled) -> float:
    """The score alone."""
    return own.base + _effects(sketch, own, kind, hour, pooled.share(sketch, kind)).total


def _by_account(sketch: Sketch, own: Own, kind: str | None, hour: int | None, model: Model) -> Prediction:
    share = model.pooled.share(sketch, kind)
    effects = _effects(sketch, own, kind, hour, share)
    score = own.base + effects.total
    count = own.target.count
    return Prediction(
        score=score,
        expected=count(score),
        low=count(score + model.widen * min(own.low, 0.0)),
        high=count(score + model.widen * max(own.high, 0.0)),
        unit="interactions",
        confidence=None if own.accuracy is None else _confidence(own.accuracy),
        basis="account",
        factors=_account_factors(sketch, own, kind, hour, effects, model.pooled, share),
    )


def _effects(sketch: Sketch, own: Own, kind: str | None, hour: int | None, share: Share) -> Effects:
    places, weights = own.terms.weigh(sketch.terms)
    place = own.media.get(kind or "")
    rows = own.words[0] if place is None else own.words[0] + own.words[place + 1]
    return Effects(
        words=float(weights @ rows[places]) + own.trust * share.terms,
        style=own.bend.effect(sketch.values) + own.trust * share.traits,
        media=own.middle.media if kind is None else (0.0 if place is None else float(own.kinds[place])) + own.trust * share.media,
        time=own.middle.time if hour is None else float(own.week[hour]),
    )


def _by_all(sketch: Sketch, kind: str | None, pooled: Pooled, measured: Measured) -> Prediction:
    share = pooled.share(sketch, kind)
    if share.known < _LEAST_KNOWN:
        return NOTHING
    score, spread = share.score, measured.spread
    return Prediction(
        score=score,
        expected=exp(score * spread),
        low=exp((score + min(measured.low, 0.0)) * spread),
        high=exp((score + max(measured.high, 0.0)) * spread),
        unit="timesUsual",
        confidence=_confidence(measured.accuracy),
        basis="global",
        factors=_general_factors(sketch, kind, share, pooled, spread),
    )


def _confidence(accuracy: float) -> float:
    return max(2 * accuracy - 1, 0.0)


def _account_factors(
    sketch: Sketch, own: Own, kind: str | None, hour: int | None, effects: Effects, pooled: Pooled, share: Share
) -> tuple[Factor, ...]:
    middle, spread = own.middle, own.target.spread
    words, style = effects.words - middle.words, effects.style - middle.style
    found = [
        _factor("words", words, spread, _words_said(words, _own_words(sketch, own, kind, pooled, share))),
        _factor("style", style, spread, _style_said(style, _own_traits(sketch, own, pooled), sketch)),
    ]
    if kind is not None:
        seen = int(own.seen[own.media[kind]]) if kind in own.media else 0
        said = f"The medium, {kind}, which {seen} of the account's {own.posts} posts had"
        found.append(_factor("media", effects.media - middle.media, spread, said))
    if hour is not None:
        said = f"{_DAYS[hour // 24]}, {hour % 24} to {hour % 24 + 1} h ({own.zone.key}), when it had {int(own.hours[hour])} posts"
        found.append(_factor("time", effects.time - middle.time, spread, said))
    return _sorted(found)


def _general_factors(sketch: Sketch, kind: str | None, share: Share, pooled: Pooled, spread: float) -> tuple[Factor, ...]:
    names = pooled.terms.names
    words = [(names[place], float(part)) for place, part in zip(share.places, share.parts, strict=True)]
    traits = pooled.traits(sketch)
    if sketch.values[TRAITS.index("untitled")]:
        traits = traits[:OF_TEXT]  # whether there will be a title is not known
    found = [
        _factor("words", share.terms, spread, _words_said(share.terms, words), "a usual post"),
        _factor("style", share.traits, spread, _style_said(share.traits, traits, sketch), "a usual post"),
        _factor("media", share.media, spread, f"The medium, {kind}, on pages in general", "a usual post"),
    ]
    return _sorted(found)


def _factor(name: str, effect: float, spread: float, said: str, beside: str = "its average post") -> Factor:
    return Factor(name, effect, f"{said}: about {exp(effect * spread):.2f} times the engagement of {beside}.")


def _sorted(found: Sequence[Factor]) -> tuple[Factor, ...]:
    return tuple(sorted((each for each in found if abs(each.effect) >= _TELLING), key=lambda each: -abs(each.effect)))


def _own_words(sketch: Sketch, own: Own, kind: str | None, pooled: Pooled, share: Share) -> list[tuple[str, float]]:
    places, weights = own.terms.weigh(sketch.terms)
    place = own.media.get(kind or "")
    rows = own.words[0] if place is None else own.words[0] + own.words[place + 1]
    parts = {own.terms.names[each]: float(part) for each, part in zip(places, weights * rows[places], strict=True)}
    for each, part in zip(share.places, share.parts, strict=True):
        name = pooled.terms.names[each]
        parts[name] = parts.get(name, 0.0) + own.trust * float(part)
    return list(parts.items())


def _own_traits(sketch: Sketch, own: Own, pooled: Pooled) -> Floats:
    return own.bend.away(sketch.values) * own.bend.slopes + own.trust * (pooled.traits(sketch) - own.traits)


def _words_said(effect: float, words: Sequence[tuple[str, float]]) -> str:
    """The terms that pull the way the whole does; a `the` by itself tells nobody anything."""
    pulling = sorted((each for each in words if each[1] * effect > 0 and each[0] not in _IDLE), key=lambda each: -abs(each[1]))
    named = list(dict.fromkeys(f"“{term.lstrip(chr(9))}”" for term, _ in pulling[:3]))
    return f"Its words, above all {', '.join(named)}" if named else "Its words"


def _style_said(effect: float, traits: Floats, sketch: Sketch) -> str:
    place = int(np.argmax(traits * np.sign(effect)))
    if traits[place] * effect <= 0:
        return "How it is written"
    has = sketch.values[place] or SPOKEN[place].startswith(("its ", "the "))
    return f"How it is written, above all {'' if has else 'without '}{SPOKEN[place]}"
