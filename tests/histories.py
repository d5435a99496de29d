"""Posts of an account whose engagement we made up, and so know what does well."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from math import exp
from random import Random

from ocma.intelligence.past import Past

WORDS = [
    "coffee",
    "garden",
    "morning",
    "recipe",
    "harbour",
    "window",
    "bicycle",
    "letter",
    "market",
    "winter",
    "kitchen",
    "paper",
    "river",
    "lamp",
    "orchard",
]
START = datetime(2025, 1, 6, tzinfo=UTC)  # a Monday


def history(count: int, merit: Callable[[Past], float], *, seed: int = 1, usual: float = 5.0, noise: float = 0.4) -> list[Past]:
    """`merit`: what a post has over the usual, in logs."""
    dice = Random(seed)
    return [_came(post, merit(post), dice, usual, noise) for post in (_post(dice, hour) for hour in _hours(dice, count))]


def _hours(dice: Random, count: int) -> list[int]:
    return sorted(dice.randrange(count * 8) for _ in range(count))


def _post(dice: Random, hour: int) -> Past:
    text = " ".join(dice.choices(WORDS, k=dice.randint(4, 9)))
    return Past(text, "", dice.choice(("photo", "link")), START + timedelta(hours=hour, minutes=dice.randrange(60)), 0.0)


def _came(post: Past, merit: float, dice: Random, usual: float, noise: float) -> Past:
    count = round(exp(usual + merit + dice.gauss(0, noise)))
    return Past(post.text, post.title, post.media, post.published_at, float(count))


def shuffled(past: list[Past], seed: int = 1) -> list[Past]:
    """The same posts and the same counts, but no longer of each other."""
    counts = [each.engagement for each in past]
    Random(seed).shuffle(counts)
    return [Past(p.text, p.title, p.media, p.published_at, count) for p, count in zip(past, counts, strict=True)]
