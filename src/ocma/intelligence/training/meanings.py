"""What words mean, as far as the company they keep tells: vectors learned from posts and comments, whatever those earned."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix
from sklearn.utils.extmath import randomized_svd

from ocma.intelligence.arrays import Floats
from ocma.intelligence.headlines import spoken
from ocma.intelligence.text import read
from ocma.intelligence.training import corpora, files
from ocma.intelligence.training.corpora import Counts
from ocma.intelligence.training.posts import SEED

FILES = (*corpora.POSTS, corpora.COMMENTS)
_NEAR = (1.0, 1.0, 0.7, 0.5)  # what a neighbour counts, by its distance
_SIZE = 100
_EVEN = 0.75  # neighbours that are frequent count by this power of their count
_USUAL = 0.01  # a word that is this share of all words counts half
_TURNS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Meanings:
    """`vectors`: a row a word, the shorter the more usual the word."""

    places: dict[str, int]
    vectors: Floats

    def of(self, words: Sequence[str]) -> Floats:
        known = [place for each in words if (place := self.places.get(each)) is not None]
        return self.vectors[known].sum(axis=0) / max(len(known), 1) ** 0.5


def learn(folder: Path) -> Meanings:
    counts, said = Counts(), dict[tuple[str, ...], None]()
    for writer, words in _texts(folder):
        if words not in said:  # what is posted again and again tells nothing new
            said[words] = None
            counts.add("texts", writer, words)
    return _vectors(counts.common(), list(said))


def _texts(folder: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    for account, posts in corpora.posts(folder).items():
        for row in posts:
            yield account, spoken(read(row["text"]))
            yield account, spoken(read(row.get("title", "")))
    for place, row in enumerate(files.rows(folder, corpora.COMMENTS)):
        yield f"comment {place}", spoken(read(row["text"]))


def _vectors(names: Sequence[str], said: Sequence[tuple[str, ...]]) -> Meanings:
    places = {each: place for place, each in enumerate(names)}
    table = _association(_together(places, said))
    size = min(_SIZE, len(names))
    left, sizes, _ = randomized_svd(table, size, n_iter=_TURNS, random_state=SEED)  # pyright: ignore[reportArgumentType] - the stub knows "auto" alone
    vectors = left * np.sqrt(sizes)
    counts = Counter(word for words in said for word in words)
    shares = np.array([counts[each] for each in names]) / sum(counts[each] for each in names)
    lengths = np.maximum(np.linalg.norm(vectors, axis=1), 1e-9)
    return Meanings(places, vectors * (_USUAL / (_USUAL + shares) / lengths)[:, None])


def _together(places: dict[str, int], said: Sequence[tuple[str, ...]]) -> csr_matrix:
    """How often two words stand near one another."""
    gap = [-1] * len(_NEAR)
    line = np.array([place for words in said for place in (*(places.get(each, -1) for each in words), *gap)], dtype=np.intp)
    whole = csr_matrix((len(places), len(places)))
    for distance, worth in enumerate(_NEAR, start=1):
        before, after = line[:-distance], line[distance:]
        known = (before >= 0) & (after >= 0)
        found = (np.full(int(known.sum()), worth), (before[known], after[known]))
        whole = whole + coo_matrix(found, shape=whole.shape).tocsr()
    return (whole + whole.T).tocsr()


def _association(together: csr_matrix) -> csr_matrix:
    """How much more often than by chance, as a logarithm; what is rarer is left out."""
    each, totals = together.tocoo(), np.asarray(together.sum(axis=1)).ravel()
    even = totals**_EVEN
    value = np.log(each.data / (totals[each.row] * (even / even.sum())[each.col]))
    more = value > 0
    return csr_matrix((value[more], (each.row[more], each.col[more])), shape=together.shape)
