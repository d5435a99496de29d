"""Asking for figures by name. One name that Meta does not know makes the whole call fail (#100), and it does not say which."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from ocma.clock import Clock
from ocma.platforms.errors import ContentRejected
from ocma.platforms.meta.refusal import INVALID
from ocma.platforms.metrics import Measure

LASTS = timedelta(hours=6)  # then it is asked again: Meta adds names, too
MOST = 4096  # entries that are kept; the oldest go first
EVERYBODY = ""  # no object is called that

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class About:
    """What is asked: an object (a post, an account) and its kind, both with the host that is asked."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class Asked(Generic[Answer]):
    """`refused`: the names, as the table has them."""

    answers: tuple[Answer, ...] = ()
    refused: tuple[str, ...] = ()


class Names:
    """Which names were refused lately, so that a dead one does not cost many calls at each look.

    A refusal may be the object's fault: Meta gives some old posts less than others of their kind. So a name is left out for an
    object that refused it, and for its whole kind only once two objects refused it and none took it.
    """

    def __init__(self, clock: Clock, lasts: timedelta = LASTS, most: int = MOST) -> None:
        self._clock, self._lasts, self._most = clock, lasts, most
        self._refused: dict[tuple[str, str], tuple[str, datetime]] = {}
        self._taken: dict[tuple[str, str], tuple[str, datetime]] = {}

    def refused(self, about: About, name: str) -> bool:
        return self._find(self._refused, about.id, name) is not None or self._dead(about, name)

    def learn(self, about: About, taken: Iterable[str], refused: Iterable[str]) -> None:
        """What an object took once it knows: what it refuses then is a day, or whatever else was asked with it."""
        took = list(taken)
        for name in took:
            self._keep(self._taken, about.kind, name, about.id)
            self._keep(self._taken, about.id, name, about.id)
            self._refused.pop((about.kind, name), None)
        for name in refused:
            if self._find(self._taken, about.id, name) is None:
                self._keep(self._refused, about.id, name, about.id)
                self._suspect(about, name, took)

    def _suspect(self, about: About, name: str, took: Sequence[str]) -> None:
        """An object that refuses everything says nothing of its kind; nor does one, where others take the name."""
        if not took or self._find(self._taken, about.kind, name) is not None:
            return
        first = self._find(self._refused, about.kind, name)
        self._keep(self._refused, about.kind, name, about.id if first in {None, about.id} else EVERYBODY)

    def _dead(self, about: About, name: str) -> bool:
        return self._find(self._refused, about.kind, name) == EVERYBODY

    def _find(self, held: dict[tuple[str, str], tuple[str, datetime]], where: str, name: str) -> str | None:
        by, until = held.get((where, name), ("", self._clock()))
        return by if until > self._clock() else None

    def _keep(self, held: dict[tuple[str, str], tuple[str, datetime]], where: str, name: str, by: str) -> None:
        held.pop((where, name), None)
        while len(held) >= self._most:
            del held[next(iter(held))]
        held[where, name] = by, self._clock() + self._lasts


async def ask(
    measures: Sequence[Measure],
    word: Callable[[Measure], str],
    question: Callable[[Sequence[str]], Awaitable[Answer]],
    names: Names,
    about: About,
) -> Asked[Answer]:
    """All in one call; when that fails by a name, in halves, until each name that is to blame is found.

    `word`: what a measure is asked for by. Raises what is wrong with anything but a name.
    """
    words = list(dict.fromkeys(map(word, measures)))
    wanted = [each for each in words if not names.refused(about, each)]
    answers, refused = await _halves(wanted, question)
    names.learn(about, (each for each in wanted if each not in refused), refused)
    left_out = {*refused, *(each for each in words if each not in wanted)}
    return Asked(tuple(answers), tuple(each.name for each in measures if word(each) in left_out))


async def _halves(words: Sequence[str], question: Callable[[Sequence[str]], Awaitable[Answer]]) -> tuple[list[Answer], list[str]]:
    if not words:
        return [], []
    try:
        return [await question(words)], []
    except ContentRejected as error:
        if error.rule != INVALID.rule:
            raise
    if len(words) == 1:
        return [], list(words)
    middle = len(words) // 2
    (left, no), (right, neither) = await _halves(words[:middle], question), await _halves(words[middle:], question)
    return left + right, no + neither
