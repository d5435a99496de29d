"""What an account's own posts tell of its next: a Gaussian process whose kernel is a sum, so that its answer is one too.

The parts: words, words by kind of media, media, hour of the week, traits straight and bent, and what the pooled model says.
Their strengths were chosen across accounts (see training/engagement.py); how much each matters here is what is learned.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict
from zoneinfo import ZoneInfo

import numpy as np

from ocma.intelligence.arrays import Floats, Ints, Singles
from ocma.intelligence.past import Past, countable, slots, zone_of
from ocma.intelligence.pooled import FARTHEST, Pooled, kind_of, shipped
from ocma.intelligence.target import Target, normalise
from ocma.intelligence.terms import Terms, collect, spans
from ocma.intelligence.text import read
from ocma.intelligence.timing import kernel_of
from ocma.intelligence.traits import Sketch, sketch

FEWEST = 10  # posts: with fewer nothing is learned
MOST = 2_000  # the latest are taken
_LEAST_MEASURED = 40  # posts: with fewer no confidence is told
_TERMS = 4_096
_BLOCKS = 8
# Squared strengths, in spreads; the noise's is 1.
_WORDS, _MEDIA_WORDS, _MEDIA, _WEEK, _TRAITS, _BENT, _POOLED = 0.25, 0.16, 0.25, 0.36, 0.09, 0.16, 0.09
_NOISE = 1.0
TRUST = 0.6  # spreads per spread of the pooled model, before anything is learned of the account
MEASURED = ("facebook", "x", "twitter")  # platforms on which the pooled model was measured


@dataclass(frozen=True, slots=True, eq=False)
class Bend:
    """Traits, compared with those of every post."""

    centre: Floats
    scale: Floats
    posts: Singles
    norms: Singles
    pull: Singles
    slopes: Floats

    def away(self, values: Sequence[float]) -> Floats:
        return np.clip((np.array(values) - self.centre) / self.scale, -FARTHEST, FARTHEST)

    def effect(self, values: Sequence[float]) -> float:
        away = self.away(values)
        single = away.astype(np.float32)
        apart = self.norms + single @ single - 2 * (self.posts @ single)
        return float(away @ self.slopes + np.exp(-apart * _width(len(away))) @ self.pull)


@dataclass(frozen=True, slots=True)
class Effects:
    """What each part gives, in spreads."""

    words: float
    style: float
    media: float
    time: float

    @property
    def total(self) -> float:
        return self.words + self.style + self.media + self.time


@dataclass(frozen=True, slots=True, eq=False)
class Own:
    """What `learn` makes. `low`, `high`: the middle 80 % of what
    left-out stretches of its posts were beside their prediction; `accuracy`: how often, there, a post of the best quarter was
    put above one of the worst (None: too few posts to measure).
    """

    posts: int
    zone: ZoneInfo
    target: Target
    base: float
    trust: float
    terms: Terms
    words: Floats  # a row for any media, then one for each of `media`
    media: Mapping[str, int]
    kinds: Floats
    seen: Ints  # posts of each kind
    week: Floats
    hours: Ints  # posts of each slot
    bend: Bend
    middle: Effects  # of the average post
    traits: Floats  # what each gives the average post by the pooled model, without `trust`
    low: float
    high: float
    accuracy: float | None


@dataclass(frozen=True, slots=True, eq=False)
class _Posts:
    sketches: list[Sketch]
    media: list[str | None]
    kinds: Ints
    names: Mapping[str, int]
    at: Ints
    table: Singles
    terms: Terms
    away: Floats
    centre: Floats
    scale: Floats
    shares: Floats  # of the pooled model's score, a row a post: terms, traits, media
    traits: Floats  # means of what the pooled model gives each

    @property
    def pooled(self) -> Floats:
        return self.shares.sum(axis=1)


def learn(past: Sequence[Past], tz: str, platform: str | None = None, *, pooled: Pooled | None = None) -> Own | None:
    """None when fewer than 10 posts have a count of engagement, or all have the same. Raises Invalid for an unknown zone."""
    zone = zone_of(tz)
    known = countable(past)[-MOST:]
    if len(known) < FEWEST or len({each.engagement for each in known}) == 1:
        return None
    target = normalise([each.engagement for each in known], [each.published_at.timestamp() for each in known])
    posts = _gather(known, zone, pooled or shipped())
    trust = TRUST if platform is None or platform in MEASURED else 0.0
    return _fit(posts, target, trust, zone, platform)


def _gather(known: Sequence[Past], zone: ZoneInfo, pooled: Pooled) -> _Posts:
    sketches = [sketch(read(each.text), each.title) for each in known]
    media = [kind_of(each.media) for each in known]
    names = {name: place for place, name in enumerate(sorted({each for each in media if each}))}
    pairs = list(zip(sketches, media, strict=True))
    terms = collect([each.terms for each in sketches], 2, _TERMS)
    values = np.array([each.values for each in sketches])
    centre, scale = values.mean(axis=0), values.std(axis=0)
    scale[scale < 1e-9] = np.inf  # a trait that never varies says nothing
    return _Posts(
        sketches=sketches,
        media=media,
        kinds=np.array([names[each] if each else -1 for each in media], dtype=np.intp),
        names=names,
        at=slots(known, zone),
        table=terms.table([each.terms for each in sketches]),
        terms=terms,
        away=np.clip((values - centre) / scale, -FARTHEST, FARTHEST),
        centre=centre,
        scale=scale,
        shares=np.array([[(share := pooled.share(each, kind)).terms, share.traits, share.media] for each, kind in pairs]),
        traits=np.mean([pooled.traits(each) for each in sketches], axis=0),
    )


def _fit(posts: _Posts, target: Target, trust: float, zone: ZoneInfo, platform: str | None) -> Own:
    rest = target.y - trust * posts.pooled
    base = float(rest.sum()) / (len(rest) + 5)
    root = _inverse(np.linalg.cholesky(_kernel(posts, platform) + np.float32(_NOISE) * np.eye(len(rest), dtype=np.float32)))
    alpha = (root.T @ (root @ (rest - base).astype(np.float32))).astype(np.float64)
    missed = _left_out(root, alpha)
    low, high = np.quantile(missed, [0.1, 0.9])
    trust += _POOLED * float(alpha @ posts.pooled)
    return Own(
        posts=len(rest),
        zone=zone,
        target=target,
        base=base,
        trust=trust,
        **_parts(posts, alpha, trust, platform),
        traits=posts.traits,
        low=float(low),
        high=float(high),
        accuracy=_accuracy(target.y - missed, target.y),
    )


def _kernel(posts: _Posts, platform: str | None) -> Singles:
    away = posts.away.astype(np.float32)
    inner = away @ away.T
    norms = np.diag(inner)
    apart = norms[:, None] + norms[None] - 2 * inner
    same = (posts.kinds[:, None] == posts.kinds[None]) & (posts.kinds >= 0)[:, None]
    kernel = (_WORDS + _MEDIA_WORDS * same.astype(np.float32)) * (posts.table @ posts.table.T)
    kernel += _MEDIA * same
    kernel += _WEEK * kernel_of(platform).astype(np.float32)[np.ix_(posts.at, posts.at)]
    kernel += _TRAITS / away.shape[1] * inner
    kernel += _BENT * np.exp(-apart * _width(away.shape[1]))
    kernel += _POOLED * np.outer(posts.pooled, posts.pooled)
    return kernel.astype(np.float32, copy=False)


def _width(traits: int) -> np.float32:
    return np.float32(1 / (2 * 0.7**2 * traits))


def _inverse(lower: Singles) -> Singles:
    """Of a lower triangle, by halves: numpy has no solver for triangles, and this is a sixth of the work of a full inverse."""
    size = len(lower)
    if size <= 64:
        return np.tril(np.linalg.inv(lower))
    half = size // 2
    upper, under = _inverse(lower[:half, :half]), _inverse(lower[half:, half:])
    whole = np.zeros_like(lower)
    whole[:half, :half], whole[half:, half:] = upper, under
    whole[half:, :half] = -under @ (lower[half:, :half] @ upper)
    return whole


def _left_out(root: Singles, alpha: Floats) -> Floats:
    """What each post was beside what the others say of it, its neighbours in time left out with it (exact, by the inverse)."""
    missed = np.empty_like(alpha)
    for span in spans(len(alpha), _BLOCKS):
        part = root[:, span].astype(np.float64)
        missed[span] = np.linalg.solve(part.T @ part, alpha[span])
    return missed


def _accuracy(said: Floats, was: Floats) -> float | None:
    if len(was) < _LEAST_MEASURED:
        return None
    low, high = np.quantile(was, [0.25, 0.75])
    worst, best = np.sort(said[was <= low]), said[was >= high]
    if low == high:
        return None
    above = np.searchsorted(worst, best, side="left") + np.searchsorted(worst, best, side="right")
    return float(above.mean() / 2 / len(worst))


class _Parts(TypedDict):
    terms: Terms
    words: Floats
    media: Mapping[str, int]
    kinds: Floats
    seen: Ints
    week: Floats
    hours: Ints
    bend: Bend
    middle: Effects


def _parts(posts: _Posts, alpha: Floats, trust: float, platform: str | None) -> _Parts:
    """The kernel's weights gathered by part, so that a prediction need not look at every post."""
    hits = posts.kinds[None] == np.arange(len(posts.names))[:, None]
    single = alpha.astype(np.float32)
    words = np.vstack([_WORDS * single, *(_MEDIA_WORDS * single * hit for hit in hits)]) @ posts.table
    kinds = _MEDIA * (hits @ alpha)
    week = _WEEK * kernel_of(platform)[:, posts.at] @ alpha
    bend = _bend(posts, alpha)
    general = trust * posts.shares.mean(axis=0)
    middle = Effects(
        words=_mean_words(posts, words) + float(general[0]),
        style=float(np.mean([bend.effect(each.values) for each in posts.sketches])) + float(general[1]),
        media=float(np.append(kinds, 0.0)[posts.kinds].mean()) + float(general[2]),
        time=float(week[posts.at].mean()),
    )
    return _Parts(
        terms=posts.terms,
        words=words.astype(np.float64),
        media=posts.names,
        kinds=kinds,
        seen=hits.sum(axis=1),
        week=week,
        hours=np.bincount(posts.at, minlength=len(week)),
        bend=bend,
        middle=middle,
    )


def _bend(posts: _Posts, alpha: Floats) -> Bend:
    away = posts.away.astype(np.float32)
    slopes = _TRAITS / away.shape[1] * (alpha @ posts.away)
    return Bend(posts.centre, posts.scale, away, (away * away).sum(axis=1), _BENT * alpha.astype(np.float32), slopes)


def _mean_words(posts: _Posts, words: Floats) -> float:
    own = np.vstack([words[1:], np.zeros_like(words[:1])])[posts.kinds]
    return float(np.einsum("ij,ij->", posts.table, words[0] + own) / len(posts.kinds))
