"""The feeling of a draft, by a linear model of its words, letters and other cues. docs/models.md tells how well it does."""

import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, cast

import numpy as np

from ocma.intelligence.artefact import Artefact, load
from ocma.intelligence.cues import FIGURES, Cues, gather, letters
from ocma.intelligence.text import Draft, read

Label = Literal["negative", "neutral", "positive"]
LABELS: tuple[Label, ...] = ("negative", "neutral", "positive")
BUCKETS = 1 << 16  # of letters: runs of letters are too many to name
TENTHS = 10.0  # the word list is kept in tenths


@dataclass(frozen=True, slots=True)
class Feeling:
    """`sentiment` is the likeliest of the three, `confidence` its probability if the three were equally frequent: on comments
    that the model had not seen, answers of confidence p were right in about p of the cases (the card's calibration error tells
    how nearly). `emotions` are those likely enough, likeliest first, each with its probability among such comments; often there
    are none. All of it is for English: of another language the model knows no word, and calls most of it neutral.
    """

    sentiment: Label
    confidence: float
    probabilities: Mapping[str, float]
    emotions: tuple[tuple[str, float], ...]


def feel(draft: Draft) -> Feeling:
    return _mind(load("sentiment")).feel(draft)


def predict_rows(rows: Iterator[Mapping[str, str]]) -> Iterator[Mapping[str, str]]:
    for row in rows:
        yield {"row_id": row["row_id"], "label": feel(read(row["text"])).sentiment}


@lru_cache(maxsize=4)
def _mind(model: Artefact) -> "Mind":
    return Mind(model)


@lru_cache(maxsize=20_000)
def buckets(word: str) -> tuple[int, ...]:
    return tuple({zlib.crc32(each.encode()) % BUCKETS for each in letters(word)})


class Mind:
    """A model, ready to be asked. Raises Invalid when the artefact is not one of feelings."""

    def __init__(self, model: Artefact) -> None:
        terms, self.emotions, scored = (model.listed(each) for each in ("terms", "emotions", "scored"))
        answers = len(LABELS) + len(self.emotions)
        self._terms = {each: at for at, each in enumerate(terms)}
        self._term = model.array("term", len(terms), answers)
        self._term_rarity = model.array("term_rarity", len(terms)).astype(np.float32)
        self._letter = model.array("letter", BUCKETS, len(LABELS))
        self._letter_rarity = model.array("letter_rarity", BUCKETS).astype(np.float32)
        self._figure = model.array("figure", len(FIGURES), answers)
        self._scales = model.array("scales", 2, answers)  # of a step in term and letter
        self._start = model.array("start", answers)
        self._thresholds = model.array("thresholds", len(self.emotions))
        self.scores = dict(zip(scored, (model.array("score", len(scored)) / TENTHS).tolist(), strict=True))

    def feel(self, draft: Draft) -> Feeling:
        sums = self.sums(gather(draft, self.scores))
        odds = np.exp(sums[:3] - sums[:3].max())
        chances = cast("list[float]", (odds / odds.sum()).tolist())
        at = max(range(3), key=chances.__getitem__)
        return Feeling(LABELS[at], chances[at], dict(zip(LABELS, chances, strict=True)), self._felt(sums[3:]))

    def sums(self, cues: Cues) -> np.ndarray:
        """Three log odds of the sentiment (with a constant in common), then one of each emotion."""
        sums = self._start + np.asarray(cues.figures, dtype=np.float32) @ self._figure
        known = sorted(at for each in cues.terms if (at := self._terms.get(each)) is not None)
        _add(sums, self._term, self._term_rarity, known, self._scales[0])
        seen = sorted({at for word in cues.words for at in buckets(word)})
        _add(sums[:3], self._letter, self._letter_rarity, seen, self._scales[1, :3])
        return sums

    def _felt(self, sums: np.ndarray) -> tuple[tuple[str, float], ...]:
        chances = cast("list[float]", (1.0 / (1.0 + np.exp(-sums))).tolist())
        felt = [(name, p) for name, p, least in zip(self.emotions, chances, self._thresholds, strict=True) if p >= least]
        return tuple(sorted(felt, key=lambda each: -each[1]))


def _add(sums: np.ndarray, weights: np.ndarray, rarity: np.ndarray, at: Iterable[int], scale: np.ndarray) -> None:
    """The rows' weights (rarity is in them already) over the length of their vector."""
    rows = np.fromiter(at, dtype=np.intp)
    if rows.size:
        length = np.sqrt(np.square(rarity[rows]).sum())
        sums += weights[rows].sum(axis=0, dtype=np.int32) * scale / length
