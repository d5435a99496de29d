"""Trains `lengths`: which lengths of text did best on a platform, beside the account's other posts of the same media."""

import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from ocma.intelligence import fit
from ocma.intelligence.artefact import Artefact
from ocma.intelligence.target import normalise
from ocma.intelligence.training import corpora

log = logging.getLogger(__name__)

PLATFORMS = {"facebook": "facebook", "twitter": "x"}  # as the data name them: as OCMA does
READ = 280  # characters from which the data, which keep 300, tell no length
LEAST_ACCOUNTS = 10  # whose bucket and rest can be compared; fewer bound no difference between accounts
_LEAST = 10  # posts in a bucket, and in the rest
_DRAWS = 2000
FIRST = 0.7


@dataclass(frozen=True, slots=True)
class Found:
    """Of a bucket: mean over accounts of how much better its posts did than the others, with a 95 % interval over accounts."""

    start: int
    lift: float
    low: float
    high: float
    posts: int
    accounts: int


def train(folder: Path) -> Artefact:
    posts = _posts(folder)
    found = {platform: _buckets(accounts) for platform, accounts in posts.items()}
    best = {platform: one for platform, every in found.items() if (one := _best(every))}
    platforms = tuple(sorted(best))
    rows = [_row(best[each], posts[each]) for each in platforms]
    return Artefact("lengths", {"best": np.array(rows).reshape(-1, 6)}, {"platforms": platforms}, _card(found, _measure(posts)))


def evaluate(folder: Path) -> Mapping[str, Any]:
    return _measure(_posts(folder))


Account = np.ndarray  # a row a post: length, lift
Posts = Mapping[str, Sequence[Account]]


def _posts(folder: Path) -> Posts:
    found: dict[str, list[Account]] = defaultdict(list)
    for rows in corpora.posts(folder).values():
        told = [row for row in rows if row["text"]]
        if len(told) >= fit.LEAST_POSTS:
            lengths = np.array([len(row["text"]) for row in told])
            found[PLATFORMS[rows[0]["platform"]]].append(np.column_stack([lengths, _lifts(told)]))
    return found


def _lifts(rows: Sequence[Mapping[str, str]]) -> np.ndarray:
    """Log engagement less what was usual around then, in robust spreads, less what the kind of media brings the account."""
    engagement = [sum(float(row[each] or 0) for each in ("likes", "comments", "shares")) for row in rows]
    lifts = normalise(engagement, [datetime.fromisoformat(row["published_utc"]).timestamp() for row in rows]).y
    media = np.array([row["media"] for row in rows])
    for kind in set(media.tolist()):
        lifts[media == kind] -= lifts[media == kind].mean()
    return lifts


def _buckets(accounts: Sequence[Account]) -> list[Found]:
    starts = [each for each in fit.EDGES if each <= READ]
    return [found for start in starts if (found := _compare(start, accounts))]


def _compare(start: int, accounts: Sequence[Account]) -> Found | None:
    lifts, posts = list[float](), 0
    for each in accounts:
        inside = _is_in(start, each)
        if _LEAST <= inside.sum() <= len(each) - _LEAST:
            lifts.append(float(each[inside, 1].mean() - each[~inside, 1].mean()))
            posts += int(inside.sum())
    if not lifts:
        return None
    draws = np.random.default_rng(0).choice(np.array(lifts), size=(_DRAWS, len(lifts))).mean(axis=1)
    low, high = np.quantile(draws, [0.025, 0.975]).tolist()
    return Found(start, round(float(np.mean(lifts)), 3), round(low, 3), round(high, 3), posts, len(lifts))


def _is_in(start: int, account: Account) -> np.ndarray:
    last = fit.end(start)
    return (account[:, 0] >= start) & ((account[:, 0] <= last) if last is not None and start < READ else True)


def _best(found: Sequence[Found]) -> Found | None:
    sure = [each for each in found if each.low > 0 and each.accounts >= LEAST_ACCOUNTS]
    return max(sure, key=lambda each: each.lift, default=None)


def _row(best: Found, accounts: Sequence[Account]) -> list[float]:
    """-1: no upper end. Posts: all that were compared."""
    last = fit.end(best.start) if best.start < READ else None
    return [best.start, -1 if last is None else last, best.lift, best.low, best.high, sum(map(len, accounts))]


def _measure(posts: Posts) -> Mapping[str, Any]:
    """The bucket that did best in the first 70 % of each account's posts, in the last 30 %."""
    return {"best length of the earlier posts, in the later": dict(_later(posts))}


def _later(posts: Posts) -> Iterator[tuple[str, Mapping[str, float]]]:
    for platform, accounts in sorted(posts.items()):
        before = [each[: int(FIRST * len(each))] for each in accounts]
        after = [each[int(FIRST * len(each)) :] for each in accounts]
        if (best := _best(_buckets(before))) and (later := _compare(best.start, after)):
            yield platform, {"from": best.start, "lift": best.lift, "later": later.lift, "low": later.low, "high": later.high}


def _card(found: Mapping[str, Sequence[Found]], figures: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "summary": "Which lengths of text did best on a platform; used where an account has too few posts of its own to tell.",
        "method": "Mean over accounts of a bucket's posts against the account's others, for the same kind of media, in robust "
        f"spreads of the account's usual; told where {LEAST_ACCOUNTS} accounts and more have it and the 95 % interval is over 0.",
        "data": corpora.cite(*corpora.POSTS),
        "licence": corpora.LICENCE,
        "figures": {**figures, **{platform: _table(every) for platform, every in sorted(found.items())}},
        "limits": [
            "Association, not cause: what is said in long posts differs from what is said in short ones.",
            "The data keep 300 characters of a post: beyond that no lengths are told apart.",
            "X is of two accounts and of the days of 140 characters: no length is told for it.",
            "Pages of 2016 on Facebook, news and sport for the most part.",
        ],
    }


def _table(every: Sequence[Found]) -> Mapping[str, Mapping[str, float]]:
    return {
        f"from {each.start}": {"lift": each.lift, **_interval(each), "posts": each.posts, "accounts": each.accounts}
        for each in every
    }


def _interval(found: Found) -> Mapping[str, float]:
    """Two accounts have none."""
    return {"low": found.low, "high": found.high} if found.accounts >= LEAST_ACCOUNTS else {}
