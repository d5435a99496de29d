"""The posts that models of engagement are trained from, by account, and how a model of them is judged."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from scipy.stats import rankdata

from ocma.intelligence.arrays import Floats
from ocma.intelligence.past import Past
from ocma.intelligence.target import Target, normalise
from ocma.intelligence.text import read
from ocma.intelligence.training.files import rows
from ocma.intelligence.traits import Sketch, sketch

FILES = ("facebook_2016_train.csv.gz", "twitter_2017_train.csv.gz")
_SHARE = 0.7  # of an account's posts that is past
_LEAST_PAST, _LEAST_LATER = 30, 15  # posts of an account that is judged
SEED = 6


@dataclass(frozen=True, slots=True, eq=False)
class Account:
    """`posts` oldest first, `target` of all of them; the first `past` are what a model may learn from."""

    name: str
    platform: str
    tz: str
    posts: Sequence[Past]
    sketches: Sequence[Sketch]
    target: Target
    past: int

    @property
    def judged(self) -> bool:
        return self.past >= _LEAST_PAST and len(self.posts) - self.past >= _LEAST_LATER

    def latest(self, count: int) -> "Account":
        return account(self.name, self.platform, self.tz, self.posts[-count:], self.sketches[-count:])


def account(name: str, platform: str, tz: str, posts: Sequence[Past], sketches: Sequence[Sketch]) -> Account:
    return Account(name, platform, tz, posts, sketches, target_of(posts), round(_SHARE * len(posts)))


def target_of(posts: Sequence[Past]) -> Target:
    return normalise([each.engagement for each in posts], [each.published_at.timestamp() for each in posts])


def accounts(folder: Path) -> list[Account]:
    """In order of their names; of each at least two posts."""
    found: dict[str, list[Mapping[str, str]]] = {}
    for row in (row for name in FILES for row in rows(folder, name)):
        found.setdefault(row["account"], []).append(row)
    return [_account(name, found[name]) for name in sorted(found) if len(found[name]) > 1]


def _account(name: str, told: Sequence[Mapping[str, str]]) -> Account:
    posts = sorted((_past(row) for row in told), key=lambda each: each.published_at)
    sketches = [sketch(read(each.text), each.title) for each in posts]
    platform = "x" if told[0]["platform"] == "twitter" else told[0]["platform"]
    return account(name, platform, told[0]["tz"], posts, sketches)


def _past(row: Mapping[str, str]) -> Past:
    at = datetime.fromisoformat(row["published_utc"]).astimezone(UTC)
    counts = (float(row[each] or 0) for each in ("likes", "comments", "shares"))
    return Past(row["text"], row["title"], row["media"] or None, at, sum(counts))


def folds(found: Sequence[Account], count: int) -> Iterator[tuple[list[Account], list[Account]]]:
    """Accounts to learn from, and those left out."""
    order = np.random.default_rng(SEED).permutation(len(found))
    for part in range(count):
        out = {int(each) for each in order[part::count]}
        yield [each for place, each in enumerate(found) if place not in out], [found[each] for each in sorted(out)]


def rank_correlation(said: Floats, was: Floats) -> float:
    if np.ptp(said) == 0 or np.ptp(was) == 0:
        return 0.0
    return float(np.corrcoef(rankdata(said), rankdata(was))[0, 1])


def pair_accuracy(said: Floats, was: Floats) -> float:
    """How often a post of the top quarter is put above one of the bottom quarter; a tie is half."""
    low, high = np.quantile(was, [0.25, 0.75])
    best, worst = said[was >= high][:, None], said[was <= low][None]
    return float((best > worst).mean() + (best == worst).mean() / 2)


def summed(values: Sequence[float], draws: int = 2_000) -> tuple[float, float, float]:
    """The mean over accounts, and the bounds of the middle 95 % of what it is over as many accounts drawn again."""
    found = np.asarray(values, dtype=np.float64)
    drawn = np.random.default_rng(SEED).integers(len(found), size=(draws, len(found)))
    low, high = np.quantile(found[drawn].mean(axis=1), [0.025, 0.975])
    return round(float(found.mean()), 4), round(float(low), 4), round(float(high), 4)


def judge(scores: Mapping[str, Floats], was: Mapping[str, Floats]) -> dict[str, float]:
    """Figures of one method: account → score of each later post, beside what became of it."""
    figures: dict[str, float] = {"accounts": len(scores)}
    measures: tuple[tuple[str, Callable[[Floats, Floats], float]], ...] = (("rho", rank_correlation), ("pair", pair_accuracy))
    for name, measure in measures:
        mean, low, high = summed([measure(scores[each], was[each]) for each in sorted(scores)])
        figures |= {name: mean, f"{name}Low": low, f"{name}High": high}
    return figures
