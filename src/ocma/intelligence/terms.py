"""Which terms count, and how much each is worth in a text (TF-IDF, of length one)."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import log

import numpy as np

from ocma.intelligence.arrays import Floats, Ints, Singles


@dataclass(frozen=True, eq=False)
class Terms:
    """`places`: in their order."""

    places: Mapping[str, int]
    rarity: Floats

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(self.places)

    def weigh(self, terms: Iterable[str]) -> tuple[Ints, Floats]:
        """The places of the terms that are known, and their weights."""
        counts = Counter(place for each in terms if (place := self.places.get(each)) is not None)
        places = np.fromiter(counts.keys(), dtype=np.intp, count=len(counts))
        weights = (1.0 + np.log(np.fromiter(counts.values(), dtype=np.float64, count=len(counts)))) * self.rarity[places]
        return places, weights / (np.sqrt(weights @ weights) or 1.0)

    def table(self, texts: Sequence[Iterable[str]]) -> Singles:
        """A row a text."""
        table = np.zeros((len(texts), len(self.places)), dtype=np.float32)
        for row, text in zip(table, texts, strict=True):
            places, weights = self.weigh(text)
            row[places] = weights
        return table


def collect(texts: Sequence[Iterable[str]], least: int, most: int) -> Terms:
    """The terms that stand in at least `least` texts, the most frequent of them."""
    found = Counter(term for text in texts for term in set(text))
    kept = sorted((term for term, count in found.items() if count >= least), key=lambda term: (-found[term], term))[:most]
    rarity = [log((1 + len(texts)) / (1 + found[term])) + 1 for term in kept]
    return Terms({term: place for place, term in enumerate(kept)}, np.array(rarity, dtype=np.float64))


def spans(count: int, parts: int) -> list[slice]:
    """`count` things in order, as `parts` stretches of about the same length, none empty."""
    edges = sorted({round(each * count / parts) for each in range(parts + 1)})
    return [slice(low, high) for low, high in pairwise(edges)]
