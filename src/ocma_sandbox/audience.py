"""People who see posts, by arithmetic: each figure is a pure function of what, who and when, so that it can be asked
of any instant, after any restart, and is the same every time.

A post begins with nothing, gains most in its first hours and nothing more after two weeks. How many see it comes from a
hash of its id and from the account's followers; what else they do is a share of those who see it, so that likes never
exceed views. Ages are in seconds since the post was published or the account was made.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from statistics import NormalDist

DAY = 86400
SATURATED = 14 * DAY
"""Nobody sees a post that is older for the first time."""
HOURS = 24


@dataclass(frozen=True)
class Habit:
    """Of those who see a post, between `least` and `most` (parts of 1) do it. `late`, from 1 on: the higher, the later."""

    least: float
    most: float
    late: float


HABITS = {
    "views": Habit(1, 1, 1),
    "reach": Habit(0.6, 0.9, 1.05),
    "engaged_views": Habit(0.35, 0.8, 1.02),
    "likes": Habit(0.01, 0.08, 1.1),
    "dislikes": Habit(0.0005, 0.003, 1.2),
    "comments": Habit(0.002, 0.01, 1.3),
    "shares": Habit(0.002, 0.015, 1.2),
    "quotes": Habit(0.0005, 0.003, 1.3),
    "sends": Habit(0.001, 0.008, 1.2),
    "saves": Habit(0.002, 0.02, 1.1),
    "clicks": Habit(0.01, 0.05, 1.1),
    "visits": Habit(0.005, 0.02, 1.2),
    "follows": Habit(0.001, 0.004, 1.3),
    "unfollows": Habit(0.0, 0.0009, 1.6),
}
"""What people do with a post. Every habit but views is later than reach or the rarer, and unfollows than follows."""


@lru_cache(maxsize=65536)
def share(*seed: str | int) -> float:
    """A number from 0 to below 1 that depends on the seed alone."""
    digest = sha256("\x00".join(map(str, seed)).encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64


def grown(platform: str, post_id: str, kind: str, age: float, followers: int) -> int:
    """How often it was done with a post of this age, all in all."""
    habit = HABITS[kind]
    part = habit.least + (habit.most - habit.least) * share(platform, post_id, kind)
    return math.floor(_size(platform, post_id, followers) * part * _curve(platform, post_id, int(age)) ** habit.late)


@lru_cache(maxsize=65536)
def _size(platform: str, post_id: str, followers: int) -> float:
    """How many views it will have in the end: most posts near the usual, a few far above."""
    luck = NormalDist().inv_cdf(min(max(share(platform, post_id, "size"), 1e-6), 1 - 1e-6))
    return math.ceil((60 + 0.4 * followers) * math.exp(0.9 * luck))


@lru_cache(maxsize=65536)
def _curve(platform: str, post_id: str, age: int) -> float:
    """From 0 to 1. Whole seconds: steps that are far above what arithmetic rounds."""
    if age <= 0:
        return 0.0
    pace = 3600 * (4 + 12 * share(platform, post_id, "pace"))
    return 1.0 if age >= SATURATED else _risen(age / pace) / _risen(SATURATED / pace)


def _risen(times: float) -> float:
    return -math.expm1(-(times**0.6))


def come(platform: str, person_id: str, age: float, followers: int) -> int:
    """Who began to follow without a post that made them, since the account was made."""
    return _stream(_coming, platform, person_id, age, followers)


def gone(platform: str, person_id: str, age: float, followers: int) -> int:
    """Who ceased to follow. Never more than had come: they are of those who came on the day before."""
    return _stream(_going, platform, person_id, age, followers)


Daily = Callable[[str, str, int, int], int]


def _stream(daily: Daily, platform: str, person_id: str, age: float, followers: int) -> int:
    """Evenly over each day of the account's life."""
    if age <= 0:
        return 0
    day, seconds = divmod(int(age), DAY)
    whole = sum(daily(platform, person_id, each, followers) for each in range(day))
    return whole + daily(platform, person_id, day, followers) * seconds // DAY


def _coming(platform: str, person_id: str, day: int, followers: int) -> int:
    return math.floor((4 + followers / 200) * share(platform, person_id, "come", day))


def _going(platform: str, person_id: str, day: int, followers: int) -> int:
    came = _coming(platform, person_id, day - 1, followers) if day else 0
    return math.floor(came * share(platform, person_id, "gone", day))


def online(platform: str, person_id: str, hour: int, followers: int) -> int:
    """How many of the followers are there in this hour of the day (0 to 23), in the platform's zone: a wave with one crest."""
    crest = 8 + 14 * share(platform, person_id, "crest")
    wave = (1 + math.cos(2 * math.pi * (hour - crest) / HOURS)) / 2
    return math.floor(followers * (0.05 + 0.55 * wave))
