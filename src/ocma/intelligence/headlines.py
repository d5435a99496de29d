"""Which of two headlines is clicked more: a linear model of words, their meanings and parts, and how they are written."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ocma.intelligence.arrays import Floats
from ocma.intelligence.artefact import Artefact, load
from ocma.intelligence.terms import Terms
from ocma.intelligence.text import Draft
from ocma.intelligence.traits import sketch

_GROUPS = tuple(
    frozenset(each.split())
    for each in (
        "i my me i'm",
        "he his him she her",
        "they their them",
        "that those",
        "what why how when who which",
        "not no never don't isn't can't doesn't didn't won't",
        "is are was were",
        "the",
        "a an",
        "just actually really so very",
        "if",
        "but",
        "and",
        "because",
        "watch see look video",
        "people kids woman man girl boy women men",
    )
)
_TEXT_TRAITS = 23  # those of traits.TRAITS that are not a link title's
TRAITS = _TEXT_TRAITS + len(_GROUPS) + 4
_LONGEST_WORD, _MOST_WORDS = 40, 200


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """`meanings`: places in `meaning_weights` of words, those too that no headline of the training had. `turn`: log odds per
    unit of the linear score.
    """

    words: Terms
    word_weights: Floats
    pieces: Terms
    piece_weights: Floats
    meanings: Mapping[str, int]
    meaning_weights: Floats
    scale: Floats
    slopes: Floats
    turn: float

    def merit(self, draft: Draft) -> float:
        words, pieces = grams(draft)
        places, weights = self.words.weigh(words)
        parts, shares = self.pieces.weigh(pieces)
        linear = weights @ self.word_weights[places] + shares @ self.piece_weights[parts]
        return self.turn * float(linear + self._meant(draft) + (values(draft) / self.scale) @ self.slopes)

    def _meant(self, draft: Draft) -> float:
        known = [place for each in spoken(draft) if (place := self.meanings.get(each)) is not None]
        return float(self.meaning_weights[known].sum()) / max(len(known), 1) ** 0.5


def prefer(a: Draft, b: Draft) -> float:
    """Log odds that `a` is clicked more than `b`, beside the same picture; 0 for the same text. Measured on English headlines
    of one publisher, 2013 to 2015 (see the model's card).
    """
    model = shipped()
    return model.merit(a) - model.merit(b)


def shipped() -> Model:
    return model_from(load("upworthy"))


@lru_cache(maxsize=4)
def model_from(artefact: Artefact) -> Model:
    arrays = {name: array.astype(np.float64) for name, array in artefact.arrays.items()}

    def terms(name: str) -> Terms:
        return Terms({each: place for place, each in enumerate(artefact.words[name])}, arrays[f"{name}_rarity"])

    return Model(
        words=terms("words"),
        word_weights=arrays["words_weights"],
        pieces=terms("pieces"),
        piece_weights=arrays["pieces_weights"],
        meanings={each: place for place, each in enumerate(artefact.words["meanings"])},
        meaning_weights=arrays["meanings_weights"],
        scale=arrays["scale"],
        slopes=arrays["slopes"],
        turn=float(arrays["turn"][0]),
    )


def spoken(draft: Draft) -> tuple[str, ...]:
    """The words that are looked up for their meaning."""
    return tuple(each.replace("’", "'") for each in draft.words[:_MOST_WORDS])


def grams(draft: Draft) -> tuple[tuple[str, ...], list[str]]:
    """Words and pairs of them; and parts of words, of 3 to 5 letters with the gaps around."""
    words = draft.raw.casefold().split()[:_MOST_WORDS]
    return sketch(draft).terms, [piece for word in words for piece in _pieces(f" {word[:_LONGEST_WORD]} ")]


def _pieces(word: str) -> Iterator[str]:
    for size in (3, 4, 5):
        for start in range(max(len(word) - size + 1, 0)):
            yield word[start : start + size]


def values(draft: Draft) -> Floats:
    """TRAITS numbers."""
    words = draft.words
    groups = [sum(each in group for each in words) for group in _GROUPS]
    raw = draft.raw
    marks = [raw.count(","), raw.count("."), float(raw[:1].isdecimal()), float(bool(words) and words[0] in _GROUPS[4])]
    return np.array([*sketch(draft).values[:_TEXT_TRAITS], *groups, *marks], dtype=np.float64)
