"""A text that is too long, cut where it hurts least."""

from collections.abc import Callable, Sequence
from itertools import accumulate, takewhile

from ocma.features.assistant.atoms import (
    Atom,
    atoms,
    characters,
    clean_ends,
    is_marked,
    links,
    unsigned,
    without_marked,
    word_ends,
)
from ocma.platforms.rules import Text

LINKS = 3  # that outlive a cut, if they fit into half of the text
HALF = 0.5  # of what would fit, at least, has to be left by a cut at a sentence or a word
ELLIPSIS = "…"
ROOM = 8  # code points that may give way to an ellipsis
DANGLING = " \t\r\n,;:–—-([{“„«"

# What was done.
OVERSIZE, CUT, NO_TEXT = "oversizeRemoved", "cut", "noTextTaken"


class Size:
    """Whether a text is short enough, by every limit there is."""

    def __init__(self, rule: Text, max_length: int | None) -> None:
        self._rule, self._most = rule, max_length
        self._known: dict[str, bool] = {}

    @property
    def takes_text(self) -> bool:
        return self._rule.limit > 0

    def fits(self, text: str) -> bool:
        rule, most = self._rule, self._most
        if most is not None and len(text) > most:
            return False
        if rule.bytes and len(text.encode("utf-8", "replace")) > rule.bytes:
            return False
        return rule.measure(text) <= (rule.limit if most is None else min(rule.limit, most))

    @property
    def window(self) -> int:
        """More code points than will fit of any text, but for odd ones, whose rest is not missed."""
        return 16 * (self._rule.limit if self._most is None else min(self._rule.limit, self._most)) + 2000

    def takes(self, text: str) -> bool:
        """`fits`, remembered: of characters and words, most of which come again and again."""
        if text not in self._known:
            self._known[text] = self.fits(text)
        return self._known[text]


def shortened(text: str, size: Size) -> tuple[str, list[str]]:
    """One that fits, and what was done."""
    if not size.takes_text:
        return "", [NO_TEXT]
    bare = without_marked(text, size.takes)
    changes = [OVERSIZE] if bare != text else []
    if not bare.strip():  # tags that are too long are words, at least
        bare = unsigned(without_marked(text, lambda each: each[0] in "#@"))
    if size.fits(bare.strip()):
        return bare.strip(), changes
    found = _usable(bare[: size.window], size) or _usable(bare, size)
    if size.fits(whole := _joined(found)) and len(bare) <= size.window:
        return whole, [*changes, OVERSIZE]
    return _cut(found, links(bare), size), [*changes, CUT]


def _usable(text: str, size: Size) -> list[Atom]:
    """What of it fits alone, from the first to the last that is no blank."""
    found = [each for atom in atoms(text) for each in ([atom] if size.takes(atom.text) else characters(atom.text))]
    usable = [each for each in found if size.takes(each.text)]
    says = [index for index, each in enumerate(usable) if not each.text.isspace()]
    return usable[says[0] : says[-1] + 1] if says else []


def _joined(found: Sequence[Atom]) -> str:
    return "".join(each.text for each in found)


def _cut(found: Sequence[Atom], mentioned: Sequence[str], size: Size) -> str:
    """Each of `found` fits alone."""
    kept, behind = _prefix(found, size, ""), list[str]()
    wanted = _affordable(mentioned, size)
    while lost := [each for each in wanted if each not in kept and each not in behind]:
        behind = [each for each in wanted if each in lost or each in behind]
        kept = _prefix(found, size, "".join(f" {each}" for each in behind))
    return kept


def _affordable(mentioned: Sequence[str], size: Size) -> Sequence[str]:
    """The first links, as long as they take no more than half."""
    counts = takewhile(lambda count: size.fits(" ".join([*mentioned[:count]] * 2)), range(1, min(len(mentioned), LINKS) + 1))
    return mentioned[: max(counts, default=0)]


def _prefix(found: Sequence[Atom], size: Size, tail: str) -> str:
    """As much of the beginning as fits together with `tail`, and that."""
    text, ends = _joined(found), [0, *accumulate(len(each.text) for each in found)]

    def fits(kept: str) -> bool:
        return size.fits(f"{kept}{tail}".strip())

    end = ends[_most(lambda count: fits(text[: ends[count]].rstrip()), len(found))]
    return f"{_ended(text, end, set(ends), fits)}{tail}".strip()


def _most(holds: Callable[[int], bool], count: int) -> int:
    """The largest number up to `count` that holds, if all smaller ones do; looks at twice of it at most. 0 is taken to hold."""
    low, high = 0, 1
    while high < count and holds(high):
        low, high = high, high * 2
    high = min(high, count + 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


def _ended(text: str, end: int, edges: set[int], fits: Callable[[str], bool]) -> str:
    """`text[:end]`, or less: up to where something ends."""
    if end >= len(text):
        return text
    for position in clean_ends(text, end):
        if position >= end * HALF and position in edges and fits(kept := text[:position].rstrip()):
            return kept
    for position in word_ends(text, end):
        if position >= end * HALF and position in edges and fits(kept := _elided(text[:position])):
            return kept
    for position in sorted((each for each in edges if end - ROOM <= each <= end and each), reverse=True):
        if text[:position].strip() and fits(kept := _elided(text[:position])):
            return kept
    return text[:end].rstrip()


def _elided(text: str) -> str:
    kept = text.rstrip(DANGLING) or text.rstrip()
    return kept if is_marked(kept.split()[-1]) else f"{kept}{ELLIPSIS}"
