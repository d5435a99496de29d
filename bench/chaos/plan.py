"""What is to be published: drawn from the seed alone, so that the same seed wants the same posts."""

import re
from dataclasses import dataclass
from random import Random

from bench.chaos.options import Options

PLATFORMS = ("x", "mastodon")
MARKER = re.compile(r"\bk(\d+)-(\d+)-(\d+)\b")  # seed, post, part: what a post is known by, on whatever platform
WORDS = ("news", "coffee", "release", "river", "garden", "music", "ticket", "paper", "winter", "travel", "quiet", "late", "first")
TAILS = ("", "", "", "", " – 50 % off & more", " https://example.com/a?b=1&c=2", " 🎉🚀", ' "so it goes" <ok>')


@dataclass(frozen=True, slots=True)
class Seat:
    """An account to be: `name` at the platform, in the workspace of this number."""

    workspace: int
    platform: str
    name: str


@dataclass(frozen=True, slots=True)
class Wish:
    """A post on some accounts. Seconds into the storm: due at `due`, handed in at `told`."""

    number: int
    seats: tuple[Seat, ...]
    parts: tuple[str, ...]
    picture: bool
    due: float
    told: float
    by_api: bool

    @property
    def workspace(self) -> int:
        return self.seats[0].workspace


def seats(options: Options) -> list[Seat]:
    """Dealt out evenly; a workspace has both platforms."""
    found: list[Seat] = []
    for number in range(options.accounts):
        workspace, turn = number % options.workspaces, number // options.workspaces
        found.append(Seat(workspace, PLATFORMS[turn % 2], f"chaos_{number}"))
    return found


def wishes(options: Options, seed: int) -> list[Wish]:
    """At least `options.publications` publications, in the order in which they are handed in."""
    random, found, left = Random(f"{seed}:plan"), list[Wish](), options.publications
    by_workspace = [[seat for seat in seats(options) if seat.workspace == each] for each in range(options.workspaces)]
    while left > 0:
        wish = _wish(random, options, seed, len(found), random.choice(by_workspace))
        found.append(wish)
        left -= len(wish.seats)
    return sorted(found, key=lambda each: (each.told, each.due))


def _wish(random: Random, options: Options, seed: int, number: int, own: list[Seat]) -> Wish:
    count = min(random.choices((1, 2, 3, 5), (70, 15, 10, 5))[0], len(own))
    parts = random.choices((1, 2, 3), (92, 5, 3))[0]
    by_api = random.random() < options.by_api / options.publications
    due = random.uniform(1, options.storm)
    if random.random() < 0.2:  # people like round times
        due = max(1.0, due - due % 5)
    return Wish(
        number=number,
        seats=tuple(random.sample(own, count)),
        parts=tuple(_text(random, f"k{seed}-{number}-{part}") for part in range(parts)),
        picture=random.random() < 0.04,
        due=due,
        told=random.uniform(0, due) if by_api else 0.0,
        by_api=by_api,
    )


def _text(random: Random, marker: str) -> str:
    return " ".join((*random.choices(WORDS, k=random.randint(2, 12)), marker)) + random.choice(TAILS)
