"""Trains and measures the prediction of engagement: accounts are left out of the pooled model, later posts out of all."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ocma.intelligence import engagement
from ocma.intelligence.arrays import Floats
from ocma.intelligence.artefact import Artefact
from ocma.intelligence.engagement import PLATFORMS
from ocma.intelligence.own import Own, learn
from ocma.intelligence.past import slot
from ocma.intelligence.pooled import Pooled, kind_of
from ocma.intelligence.training import baselines, pooling
from ocma.intelligence.training.files import FILES
from ocma.intelligence.training.posts import FILES as USED
from ocma.intelligence.training.posts import Account, accounts, folds, judge, pair_accuracy, summed

_log = logging.getLogger(__name__)
_FOLDS = 4
_SHORT = 250
_FEW = (10, 20, 40, 80, 160)
_NOMINAL = 0.8
_SUMMARY = (
    "How much engagement a post will get beside what is usual for its account. A Gaussian process over the account's own posts "
    "(words, media, hour of the week, style) is learned when it is asked; what is shipped is a ridge over word pairs, style and "
    "media trained across accounts, which stands behind it and answers alone for accounts without posts."
)
_LIMITS = [
    "Trained on English public pages of Facebook (news, sports, persons) of 2016; of X two accounts were there to measure on.",
    "For other platforms, and for texts whose words it does not know, only the account's own posts are used.",
    "Engagement is likes, comments and shares; nobody's reach was known. What goes with engagement need not cause it.",
    "Before it is judged, a later post's engagement is divided by what was usual around it, so growth is not predicted.",
]


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """One account's later posts: what was predicted by each method, and what became of them."""

    account: Account
    scores: Mapping[str, Floats]
    own: Own
    rest: Floats  # log interactions beside the prediction, in spreads

    @property
    def was(self) -> Floats:
        return self.account.target.y[self.account.past :]

    def coverage(self, widen: float) -> float:
        return float(np.mean((self.rest >= widen * min(self.own.low, 0)) & (self.rest <= widen * max(self.own.high, 0))))


def train(folder: Path) -> Artefact:
    found = accounts(folder)
    trials, held = _trials(found)
    pooled = pooling.fit(found, all_posts=True)
    figures = _figures(found, trials, held)
    arrays: dict[str, np.ndarray] = {
        "rarity": pooled.terms.rarity.astype(np.float16),
        "weights": pooled.weights.astype(np.float16),
        "centre": pooled.centre.astype(np.float32),
        "scale": pooled.scale.astype(np.float32),
        "slopes": pooled.slopes.astype(np.float32),
        "media": pooled.media.astype(np.float32),
        "widen": np.array([_widen(trials)], dtype=np.float32),
        "measured": np.array([_measured(found, held, each) for each in PLATFORMS], dtype=np.float32),
    }
    return Artefact("engagement", arrays, {"terms": pooled.terms.names}, _card(found, figures))


def evaluate(folder: Path) -> Mapping[str, Any]:
    found = accounts(folder)
    trials, held = _trials(found)
    return _figures(found, trials, held)


def _card(found: Sequence[Account], figures: Mapping[str, Any]) -> dict[str, Any]:
    data = [f"{name}: {FILES[name].origin} ({FILES[name].licence}; {FILES[name].cite})" for name in USED]
    count = sum(len(each.posts) for each in found)
    return {
        "summary": _SUMMARY,
        "data": [f"{count:,} posts of {len(found)} accounts", *data],
        "licence": "The weights are part of OCMA (Apache-2.0); the data's own terms are named with it. No row of it is shipped: "
        "only word pairs that stand in at least 20 posts of at least 2 accounts.",
        "method": f"Each account's first 70 % of posts are its past, the rest is later. Accounts are left out of the pooled "
        f"model in {_FOLDS} folds. rho: Spearman's, a mean over accounts; pair: how often a post of an account's best quarter is "
        "put above one of its worst; Low and High: 95 % bootstrap bounds over accounts. Strengths of the kernel (ten "
        "numbers for all) were chosen on these accounts.",
        "figures": figures,
        "limits": _LIMITS,
    }


def _trials(found: Sequence[Account]) -> tuple[list[Trial], dict[str, Pooled]]:
    """Also each account's pooled model, which did not see it."""
    held: dict[str, Pooled] = {}
    for number, (seen, out) in enumerate(folds(found, _FOLDS), 1):
        pooled = pooling.fit(seen, all_posts=False)
        held |= {each.name: pooled for each in out}
        _log.info("pooled model %d of %d", number, _FOLDS)
    trials = [_trial(each, held[each.name], against=True) for each in found if each.judged]
    return [each for each in trials if each], held


def _trial(account: Account, pooled: Pooled, *, against: bool) -> Trial | None:
    own = learn(account.posts[: account.past], account.tz, account.platform, pooled=pooled)
    if own is None:
        return None
    said = _said(account, own, pooled)
    scores = {"OCMA": said, **(baselines.scores(account, pooled) if against else {})}
    logs = np.log1p([each.engagement for each in account.posts[account.past :]])
    return Trial(account, scores, own, (logs - own.target.level) / own.target.spread - said)


def _said(account: Account, own: Own, pooled: Pooled) -> Floats:
    later = zip(account.sketches[account.past :], account.posts[account.past :], strict=True)
    rate = engagement.rate
    return np.array([rate(each, own, kind_of(post.media), slot(post.published_at, own.zone), pooled) for each, post in later])


def _figures(found: Sequence[Account], trials: Sequence[Trial], held: Mapping[str, Pooled]) -> dict[str, Any]:
    _log.info("left-out accounts judged")
    latest = [each.latest(_SHORT) for each in found if len(each.posts) >= _SHORT]
    short = [_trial(each, held[each.name], against=True) for each in latest if each.judged]
    pooled = pooling.fit(found, all_posts=False)
    known = [_trial(each, pooled, against=True) for each in found if each.judged]
    _log.info("known accounts judged")
    return {
        "later posts of accounts the pooled model did not see": _judged(trials),
        f"the same, of each account's latest {_SHORT} posts alone": _judged(short),
        "later posts of accounts the pooled model saw the past of": _judged(known),
        "with few own posts (the latest of the past)": _few(found, held),
        "without own posts": {each: _alone(found, held, each) for each in PLATFORMS},
        "interval meant to hold 80 % of later posts": {"all": _coverage(trials), f"latest {_SHORT}": _coverage(short)},
        "accuracy that confidence is made of": {"all": _promised(trials), f"latest {_SHORT}": _promised(short)},
    }


def _judged(trials: Sequence[Trial | None]) -> dict[str, dict[str, float]]:
    there = [each for each in trials if each]
    was = {each.account.name: each.was for each in there}
    return {name: judge({each.account.name: each.scores[name] for each in there}, was) for name in there[0].scores}


def _few(found: Sequence[Account], held: Mapping[str, Pooled]) -> dict[str, dict[str, float]]:
    """The same later posts, with ever more of the past."""
    chosen = [each for each in found if each.judged and each.past >= _FEW[-1]]
    was = {each.name: each.target.y[each.past :] for each in chosen}
    none = {"0": judge({each.name: _general(each, held[each.name]) for each in chosen}, was)}
    return none | {str(count): _judged([_cut(each, count, held[each.name]) for each in chosen])["OCMA"] for count in _FEW}


def _cut(account: Account, count: int, pooled: Pooled) -> Trial | None:
    own = learn(account.posts[account.past - count : account.past], account.tz, account.platform, pooled=pooled)
    return own and Trial(account, {"OCMA": _said(account, own, pooled)}, own, np.zeros(0))


def _alone(found: Sequence[Account], held: Mapping[str, Pooled], platform: str) -> dict[str, float]:
    chosen = _english(found, platform)
    was = {each.name: each.target.y[each.past :] for each in chosen}
    return judge({each.name: _general(each, held[each.name]) for each in chosen}, was)


def _english(found: Sequence[Account], platform: str) -> list[Account]:
    return [each for each in found if each.judged and each.platform == platform and pooling.english(each)]


def _general(account: Account, pooled: Pooled) -> Floats:
    later = zip(account.sketches[account.past :], account.posts[account.past :], strict=True)
    return np.array([pooled.share(each, kind_of(post.media)).score for each, post in later])


def _measured(found: Sequence[Account], held: Mapping[str, Pooled], platform: str) -> tuple[float, float, float, float]:
    """As engagement.Measured."""
    chosen = _english(found, platform)
    said = [(_general(each, held[each.name]), each.target.y[each.past :]) for each in chosen]
    rest = [np.quantile(was - score, [0.1, 0.9]) for score, was in said]
    low, high = np.mean(rest, axis=0)
    accuracy = float(np.mean([pair_accuracy(score, was) for score, was in said]))
    return accuracy, float(low), float(high), float(np.median([each.target.spread for each in chosen]))


def _widen(trials: Sequence[Trial]) -> float:
    """By how much intervals are widened so that, over accounts, they hold as much as they should."""
    steps = np.arange(0.8, 3.0, 0.01)
    return float(next((each for each in steps if np.mean([trial.coverage(each) for trial in trials]) >= _NOMINAL), steps[-1]))


def _coverage(trials: Sequence[Trial | None]) -> dict[str, float]:
    """Each half of the accounts with what the other half was widened by."""
    there = [each for each in trials if each]
    widths = _widen(there[1::2]), _widen(there[::2])
    mean, low, high = summed([each.coverage(widths[place % 2]) for place, each in enumerate(there)])
    return {"accounts": len(there), "coverage": mean, "coverageLow": low, "coverageHigh": high}


def _promised(trials: Sequence[Trial | None]) -> dict[str, float]:
    pairs = [(each.own.accuracy, pair_accuracy(each.scores["OCMA"], each.was)) for each in trials if each and each.own.accuracy]
    told, came = np.array(pairs).T
    return {
        "accounts": len(pairs),
        "told": round(float(told.mean()), 4),
        "came": round(float(came.mean()), 4),
        "meanDifference": round(float(np.abs(told - came).mean()), 4),
        "correlation": round(float(np.corrcoef(told, came)[0, 1]), 4),
    }
