"""Cues as rows of numbers, the way that ocma.intelligence.sentiment.Mind adds them up."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from ocma.intelligence.cues import FIGURES, Cues
from ocma.intelligence.sentiment import BUCKETS, buckets

SEEN = 5  # comments that a term has to stand in
_FIGURE = 0.3  # how much figures count beside terms: the penalty on weights is the same for both


@dataclass(frozen=True, slots=True)
class Space:
    """`spread` of the figures; rarities are inverse document frequencies, as exact as they are kept."""

    terms: tuple[str, ...]
    term_rarity: np.ndarray
    letter_rarity: np.ndarray
    spread: np.ndarray

    def place(self, cues: Sequence[Cues], *, with_letters: bool) -> Any:
        """A sparse matrix: terms, then figures, then letters."""
        at = {each: place for place, each in enumerate(self.terms)}
        parts = [
            _rows(([at[each] for each in one.terms if each in at] for one in cues), self.term_rarity),
            sparse.csr_matrix(_figures(cues) / self.spread),
        ]
        if with_letters:
            parts.append(_rows((_buckets(one) for one in cues), self.letter_rarity))
        return sparse.hstack(parts, format="csr")


def learn_space(cues: Sequence[Cues]) -> Space:
    """Of words in many comments: none that only one or two people wrote."""
    seen = Counter(each for one in cues for each in one.terms)
    terms = tuple(sorted(each for each, count in seen.items() if count >= SEEN))
    runs = Counter(each for one in cues for each in _buckets(one))
    spread = _figures(cues).std(axis=0)
    return Space(
        terms,
        _rarity([seen[each] for each in terms], len(cues)),
        _rarity([runs[each] for each in range(BUCKETS)], len(cues)),
        np.where(spread > 0, spread, 1.0) / _FIGURE,
    )


def _buckets(one: Cues) -> set[int]:
    return {each for word in one.words for each in buckets(word)}


def _figures(cues: Sequence[Cues]) -> np.ndarray:
    return np.array([one.figures for one in cues], dtype=np.float64).reshape(len(cues), len(FIGURES))


def _rarity(counts: Sequence[int], whole: int) -> np.ndarray:
    return (np.log((1 + whole) / (1 + np.array(counts, dtype=np.float64))) + 1).astype(np.float16)


def _rows(places: Iterable[Collection[int]], rarity: np.ndarray) -> Any:
    listed = [sorted(each) for each in places]
    ends = np.cumsum([0, *map(len, listed)])
    columns = np.array([each for row in listed for each in row], dtype=np.int64)
    values = rarity.astype(np.float64)[columns]
    squares = np.add.reduceat(np.append(np.square(values), 0.0), ends[:-1]) if listed else np.zeros(0)
    lengths = np.sqrt(np.where(np.diff(ends) > 0, squares, 1.0))
    return sparse.csr_matrix((values / np.repeat(lengths, np.diff(ends)), columns, ends), shape=(len(listed), len(rarity)))
