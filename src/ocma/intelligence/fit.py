"""Does a draft fit where it is to go: limits that the platform tells, and lengths that were measured. No folklore.

A best length is told only where one was measured: from the account's own posts if they are enough, else from public posts of the
platform (`ocma models card lengths`), else not at all.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from statistics import NormalDist
from typing import Literal

from ocma.intelligence import artefact
from ocma.intelligence.text import Draft

EDGES = (0, 40, 70, 100, 140, 200, 280, 500, 1000)  # characters; a bucket begins at each
LEAST_POSTS = 60  # of an account with known engagement
LEAST_IN_BUCKET = 12
_LINK_HEAVY = 0.15  # of the limit
_BESIDE = 0.1  # of the nearest best length; so far beside it nothing is said, as buckets have edges and what does well has none
# What each recommendation takes off 100: our own convention, the more the surer the loss.
COSTS = {
    "overLimit": 60,
    "overBytes": 60,
    "tooManyHashtags": 40,
    "tooManyMentions": 40,
    "missingText": 40,
    "hashtagsNotHeeded": 15,
    "length": 10,
    "linksTakeRoom": 5,
    "repeatedHashtags": 5,
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What must be known of a platform, for this kind of post. `length`, `bytes`: of the draft, as the platform counts; `thread`:
    most posts of one publication; `heeded`: hashtags that do anything; `link_costs`: what each link counts, None: its own length;
    `key`: the platform, for what was measured on it.
    """

    key: str
    limit: int | None
    length: int
    unit: str = "characters"
    bytes_limit: int | None = None
    bytes: int | None = None
    required: bool = False
    hashtags: int | None = None
    heeded: int | None = None
    mentions: int | None = None
    thread: int = 1
    link_costs: int | None = None


@dataclass(frozen=True, slots=True)
class Published:
    """A post of the account: its length in characters, and how it did in robust spreads from the account's usual."""

    length: int
    lift: float


@dataclass(frozen=True, slots=True)
class Recommendation:
    """`rule` is one of COSTS; `fact`: the number it rests on; `found`: the draft's."""

    rule: str
    message: str
    fact: float
    found: float


@dataclass(frozen=True, slots=True)
class Length:
    """Characters from `least` to `most` (None: no upper end) did `lift` robust spreads better than the rest of `posts` posts.

    `low`, `high`: a 95 % interval of that. Association, not cause. `basis`: whose posts they were.
    """

    least: int
    most: int | None
    lift: float
    low: float
    high: float
    posts: int
    basis: Literal["account", "platform"]


@dataclass(frozen=True, slots=True)
class Fit:
    score: float
    recommendations: tuple[Recommendation, ...]
    optimal_length: Length | None


def assess(draft: Draft, facts: Facts, past: Sequence[Published] = ()) -> Fit:
    """`score` 0 to 100: 100 less what the recommendations cost."""
    best = own_best(past) or platform_best(facts.key, facts.limit)
    found = (*_limits(draft, facts), *_tags(draft, facts), *_room(draft, facts), *_length(draft, best))
    return Fit(max(0.0, 100.0 - sum(COSTS[each.rule] for each in found)), found, best)


def _limits(draft: Draft, facts: Facts) -> Iterator[Recommendation]:
    if facts.limit is not None and facts.length > facts.limit * facts.thread:
        over = facts.length - facts.limit * facts.thread
        where = f"{facts.thread} posts of {facts.limit}" if facts.thread > 1 else f"{facts.limit}"
        yield Recommendation(
            "overLimit", f"Shorten by {over} {facts.unit}: there is room for {where}.", facts.limit, facts.length
        )
    if facts.bytes_limit is not None and facts.bytes is not None and facts.bytes > facts.bytes_limit:
        over = facts.bytes - facts.bytes_limit
        yield Recommendation(
            "overBytes", f"Shorten by {over} bytes: there is room for {facts.bytes_limit}.", facts.bytes_limit, facts.bytes
        )
    if facts.required and not draft.raw.strip():
        yield Recommendation("missingText", "Write a text: a post without one is not taken here.", 1, 0)


def _tags(draft: Draft, facts: Facts) -> Iterator[Recommendation]:
    tags, mentions = len(draft.hashtags), len(draft.mentions)
    if facts.hashtags is not None and tags > facts.hashtags:
        text = f"Take out {tags - facts.hashtags} of {tags} hashtags: {facts.hashtags} are allowed."
        yield Recommendation("tooManyHashtags", text, facts.hashtags, tags)
    elif facts.heeded is not None and tags > facts.heeded:
        text = f"Keep the best {facts.heeded} of {tags} hashtags: more are not heeded."
        yield Recommendation("hashtagsNotHeeded", text, facts.heeded, tags)
    if facts.mentions is not None and mentions > facts.mentions:
        text = f"Take out {mentions - facts.mentions} of {mentions} mentions: {facts.mentions} are allowed."
        yield Recommendation("tooManyMentions", text, facts.mentions, mentions)
    if (different := len({each.casefold() for each in draft.hashtags})) < tags:
        yield Recommendation(
            "repeatedHashtags", f"Write each hashtag once: {tags - different} say the same again.", different, tags
        )


def _room(draft: Draft, facts: Facts) -> Iterator[Recommendation]:
    """Only where room is short and links are not counted at a flat rate."""
    taken = sum(map(len, draft.urls)) if facts.link_costs is None else facts.link_costs * len(draft.urls)
    if facts.limit and taken > _LINK_HEAVY * facts.limit and 4 * facts.length > 3 * facts.limit:
        text = f"Links take {taken} of {facts.limit} {facts.unit}: use fewer or shorter ones."
        yield Recommendation("linksTakeRoom", text, facts.limit, taken)


def _length(draft: Draft, best: Length | None) -> Iterator[Recommendation]:
    length = len(draft.raw)
    if best and length and _is_far(length, best):
        whose = "posts of this account" if best.basis == "account" else "public posts on this platform"
        span = f"{max(best.least, 1)} to {best.most}" if best.most else f"{best.least} and more"
        text = f"Of {best.posts:,} {whose}, those of {span} characters did best; this has {length}."
        yield Recommendation("length", text, best.least if length < best.least else best.most or 0, length)


def _is_far(length: int, best: Length) -> bool:
    return length < best.least * (1 - _BESIDE) or (best.most is not None and length > best.most * (1 + _BESIDE))


def own_best(past: Sequence[Published]) -> Length | None:
    """The account's bucket that surely did better than its other posts; None: none did, or there are too few posts to tell."""
    if len(past) < LEAST_POSTS:
        return None
    buckets: dict[int, list[float]] = defaultdict(list)
    for each in past:
        buckets[bucket(each.length)].append(each.lift)
    rated = [_against_rest(buckets, start) for start in buckets if LEAST_IN_BUCKET <= len(buckets[start]) < len(past)]
    return max((each for each in rated if each.low > 0), key=lambda each: each.lift, default=None)


def bucket(length: int) -> int:
    """Where its bucket begins."""
    return max(each for each in EDGES if each <= max(length, 0))


def end(start: int) -> int | None:
    """The last length of the bucket that begins there; None: it has no end."""
    return next((after - 1 for before, after in pairwise(EDGES) if before == start), None)


def _against_rest(buckets: dict[int, list[float]], start: int) -> Length:
    """Normal intervals, wide enough that of all buckets together one in twenty is wrong."""
    inside = buckets[start]
    rest = [each for other, lifts in buckets.items() if other != start for each in lifts]
    lift = _mean(inside) - _mean(rest)
    margin = _z(len(buckets)) * sqrt(_variance(inside) / len(inside) + _variance(rest) / len(rest))
    total = len(inside) + len(rest)
    return Length(start, end(start), round(lift, 3), round(lift - margin, 3), round(lift + margin, 3), total, "account")


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _variance(values: Sequence[float]) -> float:
    mean = _mean(values)
    return sum((each - mean) ** 2 for each in values) / max(len(values) - 1, 1)


def _z(tests: int) -> float:
    return NormalDist().inv_cdf(1 - 0.025 / tests)


def platform_best(key: str, limit: int | None) -> Length | None:
    """As measured of public posts; None where nothing sure was, or where there is no room for it."""
    model = artefact.load("lengths")
    if key not in model.words["platforms"]:
        return None
    number = model.words["platforms"].index(key)
    least, most, lift, low, high, posts = model.arrays["best"][number].tolist()
    if limit is not None and least > limit:
        return None
    return Length(int(least), int(most) if most >= 0 else None, lift, low, high, int(posts), "platform")


def predict_rows(rows: Iterable[Mapping[str, str]]) -> Iterator[Mapping[str, str]]:
    """Of a platform: cells are empty where no length was surely better, `most` also where there is no upper end."""
    for row in rows:
        best = platform_best(row["platform"].strip().casefold(), None)
        told = (best.least, best.most, best.lift) if best else (None, None, None)
        cells = ("" if each is None else str(each) for each in told)
        yield {"row_id": row["row_id"], **dict(zip(("least", "most", "lift"), cells, strict=True))}
