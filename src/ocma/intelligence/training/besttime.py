"""Trains the curve that Facebook pages share over the week, and measures best times on each account's later posts."""

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ocma.intelligence.arrays import Floats, Ints
from ocma.intelligence.artefact import Artefact
from ocma.intelligence.past import HOURS, slots, zone_of
from ocma.intelligence.timing import posterior
from ocma.intelligence.training.files import FILES
from ocma.intelligence.training.posts import Account, accounts, folds, rank_correlation, summed, target_of

_log = logging.getLogger(__name__)
_FILE = "facebook_2016_train.csv.gz"
_PLATFORM = "facebook"
_FOLDS = 4
_BEST = 0.2
_SHORT = 50
Way = Callable[[Floats, Ints, Floats], Floats]  # of y, slots and the shared curve: a score for each slot
_SUMMARY = (
    "Which local hours of the week do well for an account: a Gaussian process over the 168 hours, learned from its own posts "
    "when it is asked. What is shipped is the curve that Facebook pages share, from which it starts; others start from nothing."
)


def train(folder: Path) -> Artefact:
    found = _facebook(folder)
    shared = {"facebook": curve(found, all_posts=True).astype(np.float32)}
    return Artefact("besttime", shared, {}, _card(found, _figures(found)))


def evaluate(folder: Path) -> Mapping[str, Any]:
    return _figures(_facebook(folder))


def _facebook(folder: Path) -> list[Account]:
    return [each for each in accounts(folder) if each.platform == _PLATFORM]


def _card(found: Sequence[Account], figures: Mapping[str, Any]) -> dict[str, Any]:
    source = FILES[_FILE]
    return {
        "summary": _SUMMARY,
        "data": [f"{len(found)} pages", f"{_FILE}: {source.origin} ({source.licence}; {source.cite})"],
        "licence": "168 numbers, part of OCMA (Apache-2.0); the data's own terms are named with it.",
        "method": "Each page's first 70 % of posts are its past, the rest is judged; the shared curve is fitted on other pages. "
        "lift20: the mean of later posts in the best-scored fifth less that of all, in spreads; rho: Spearman's; Low and High: "
        "95 % bootstrap bounds over pages.",
        "figures": figures,
        "limits": [
            "Pages of 2016, mostly news, sports and celebrities; their time zones are guesses.",
            "What is posted at an hour is not random: about 60 % of the lift remained once the text was accounted for.",
        ],
    }


def curve(found: Sequence[Account], *, all_posts: bool) -> Floats:
    """The mean of the accounts' own curves, each known as well as its posts allow, drawn towards none."""
    start = np.zeros(HOURS)
    weeks = [_posterior(each, len(each.posts) if all_posts else each.past, start) for each in found]
    return np.mean([each - each.mean() for each in weeks], axis=0)


def _posterior(account: Account, count: int, start: Floats) -> Floats:
    y, at = _known(account, count)
    return posterior(y, at, _PLATFORM, start).mean


def _known(account: Account, count: int) -> tuple[Floats, Ints]:
    past = account.posts[:count]
    return target_of(past).y, slots(past, zone_of(account.tz))


def _figures(found: Sequence[Account]) -> dict[str, Any]:
    told: dict[str, list[tuple[float, float]]] = {name: [] for name in (*_WAYS, *_SHORT_WAYS)}
    for seen, out in folds(found, _FOLDS):
        shared = curve(seen, all_posts=False)
        for account in (each for each in out if each.judged):
            y, at = _known(account, account.past)
            for name, way in _WAYS.items():
                told[name].append(_judge(way(y, at, shared), account))
            for name, way in _SHORT_WAYS.items():
                told[name].append(_judge(way(y[-_SHORT:], at[-_SHORT:], shared), account))
    return {
        "later posts, whole past": {name: _summed(told[name]) for name in _WAYS},
        f"later posts, last {_SHORT} posts of the past": {name: _summed(told[name]) for name in _SHORT_WAYS},
    }


def _judge(scores: Floats, account: Account) -> tuple[float, float]:
    later = slots(account.posts[account.past :], zone_of(account.tz))
    was, said = account.target.y[account.past :], scores[later]
    most = max(round(_BEST * len(said)), 1)
    edge = np.sort(said)[-most]
    # Posts of one slot tie: those at the edge count by as much of their mean as makes up the fifth.
    above, at_edge = said > edge, said == edge
    share = (most - above.sum()) / at_edge.sum()
    weights = above + share * at_edge
    return float(np.average(was, weights=weights) - was.mean()), rank_correlation(said, was)


def _summed(pairs: Sequence[tuple[float, float]]) -> dict[str, float]:
    figures: dict[str, float] = {"accounts": len(pairs)}
    for name, values in zip(("lift20", "rho"), zip(*pairs, strict=True), strict=True):
        mean, low, high = summed(values)
        figures |= {name: mean, f"{name}Low": low, f"{name}High": high}
    return figures


def _raw(y: Floats, at: Ints, _: Floats) -> Floats:
    return np.bincount(at, weights=y, minlength=HOURS) / np.maximum(np.bincount(at, minlength=HOURS), 1)


def _hours(y: Floats, at: Ints, _: Floats) -> Floats:
    means = np.bincount(at % 24, weights=y, minlength=24) / np.maximum(np.bincount(at % 24, minlength=24), 1)
    return np.tile(means, 7)


def _advice(_y: Floats, _at: Ints, _: Floats) -> Floats:
    place = np.arange(HOURS)
    return (np.isin(place // 24, (1, 2, 3)) & (place % 24 >= 9) & (place % 24 < 12)).astype(np.float64)


_SHORT_WAYS: Mapping[str, Way] = {
    "OCMA, few posts": lambda y, at, shared: posterior(y, at, _PLATFORM, shared).mean,
    "slot means, few posts": _raw,
}
_WAYS: Mapping[str, Way] = {
    "OCMA": lambda y, at, shared: posterior(y, at, _PLATFORM, shared).mean,
    "OCMA without the shared curve": lambda y, at, _: posterior(y, at, _PLATFORM, np.zeros(HOURS)).mean,
    "shared curve": lambda _y, _at, shared: shared,
    "slot means": _raw,
    "hour means": _hours,
    "Tuesday to Thursday, 9 to 12": _advice,
}
