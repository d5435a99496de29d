"""Trains and measures the model of feelings (ocma.intelligence.sentiment)."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from ocma.errors import Invalid
from ocma.intelligence.artefact import Artefact, load
from ocma.intelligence.cues import FIGURES, Cues, gather
from ocma.intelligence.sentiment import LABELS, TENTHS, Mind
from ocma.intelligence.text import read
from ocma.intelligence.training import sentiment_figures, wordlist
from ocma.intelligence.training.goemotions import EMOTIONS, MIXED, Comments, comments
from ocma.intelligence.training.sentiment_card import card
from ocma.intelligence.training.vectors import Space, learn_space

TRAIN, MEASURED = "goemotions_train.csv.gz", "goemotions_dev.csv.gz"
PENALTY, EMOTION_PENALTY = 0.3, 4.0  # inverse, the best on every tenth comment; the smaller, the more even the weights
SUPPORT = 250  # comments with an emotion, below which nothing is said of it
LEAST = 1 / 3  # probability below which none is named, however rare it is
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Fitted:
    """Weights of one answer a row: over terms, figures and letters (an emotion's have none of the last)."""

    weights: np.ndarray
    start: np.ndarray

    def sums(self, matrix: Any) -> np.ndarray:
        return matrix @ self.weights.T + self.start


def train(folder: Path) -> Artefact:
    data, measured = comments(folder, TRAIN), comments(folder, MEASURED)
    frequent = _check(data)
    scores = wordlist.scores()
    _log.info("reading %d comments", len(data.texts))
    cues = [gather(read(each), scores) for each in data.texts]
    space = learn_space(cues)
    heat, chances, thresholds = _tune(space, data, cues, frequent)
    _log.info("fitting on all of them")
    feelings, felt = _fit(space, data, cues, frequent)
    feelings = _Fitted(feelings.weights / heat, feelings.start / heat)
    felt = _Fitted(felt.weights * chances[:, :1], felt.start * chances[:, 0] + chances[:, 1])
    model = _pack(space, scores, feelings, felt, frequent, thresholds)
    _log.info("measuring on %d others", len(measured.texts))
    return Artefact(
        model.name, model.arrays, model.words, card(sentiment_figures.measure(Mind(model), data, measured), data, frequent)
    )


def evaluate(folder: Path) -> Mapping[str, Any]:
    return sentiment_figures.measure(Mind(load("sentiment")), comments(folder, TRAIN), comments(folder, MEASURED))


def _check(data: Comments) -> list[str]:
    """The emotions that there are enough of. Raises Invalid when one of the three sentiments is missing."""
    tenth = _tenth(data)
    missing = [
        label for at, label in enumerate(LABELS) if not all((data.sentiments[part] == at).any() for part in (tenth, ~tenth))
    ]
    if missing:
        raise Invalid(f"{TRAIN} has too few comments that are {missing[0]}.", code="dataMissing")
    enough = (data.emotions.sum(axis=0) >= SUPPORT) & data.emotions[tenth].any(axis=0) & ~data.emotions[tenth].all(axis=0)
    return [name for name, there in zip(EMOTIONS, enough, strict=True) if there]


def _tenth(data: Comments) -> np.ndarray:
    return np.arange(len(data.texts)) % 10 == 9


def _tune(space: Space, data: Comments, cues: Sequence[Cues], emotions: Sequence[str]) -> tuple[float, np.ndarray, np.ndarray]:
    """What makes probabilities of sums, and from where on an emotion is named: on every tenth comment, by a fit on the others."""
    tenth = _tenth(data)
    _log.info("fitting on nine tenths")
    feelings, felt = _fit(space, data[~tenth], [each for each, out in zip(cues, tenth, strict=True) if not out], emotions)
    kept, rest = [each for each, out in zip(cues, tenth, strict=True) if out], data[tenth]
    sums = feelings.sums(space.place(kept, with_letters=True))
    heat = _heat(sums[rest.sentiments != MIXED], rest.sentiments[rest.sentiments != MIXED])
    lines = felt.sums(space.place(kept, with_letters=False))
    marks = rest.emotions[:, [EMOTIONS.index(each) for each in emotions]]
    found = [_threshold(lines[:, at], marks[:, at]) for at in range(len(emotions))]
    chances = np.array([each[:2] for each in found], dtype=np.float64).reshape(len(emotions), 2)
    return heat, chances, np.array([each[2] for each in found], dtype=np.float32)


def _fit(space: Space, data: Comments, cues: Sequence[Cues], emotions: Sequence[str]) -> tuple[_Fitted, _Fitted]:
    clear = data.sentiments != MIXED
    model = LogisticRegression(C=PENALTY, class_weight="balanced", max_iter=1000)
    model.fit(space.place(cues, with_letters=True)[clear], data.sentiments[clear])
    matrix = space.place(cues, with_letters=False)
    weights, starts = np.zeros((len(emotions), matrix.shape[1])), np.zeros(len(emotions))
    for at, name in enumerate(emotions):
        one = LogisticRegression(C=EMOTION_PENALTY, solver="liblinear", random_state=0, max_iter=1000)
        one.fit(matrix, data.emotions[:, EMOTIONS.index(name)])
        weights[at], starts[at] = np.asarray(one.coef_)[0], np.asarray(one.intercept_)[0]
    return _Fitted(np.asarray(model.coef_), np.asarray(model.intercept_)), _Fitted(weights, starts)


def _heat(sums: np.ndarray, told: np.ndarray) -> float:
    """By which sums are divided, so that probabilities are as often right as they say, were the three equally frequent."""
    weights = 1.0 / np.bincount(told, minlength=len(LABELS))[told]

    def loss(heat: float) -> float:
        warm = sums / heat
        whole = np.logaddexp.reduce(warm, axis=1)
        return float((weights * (whole - warm[np.arange(len(told)), told])).sum())

    return float(min(np.arange(0.4, 2.5, 0.02), key=loss))


def _threshold(sums: np.ndarray, told: np.ndarray) -> tuple[float, float, float]:
    """Slope and start of the probability, and from where on naming the emotion gives the best F1."""
    line = LogisticRegression(C=100.0).fit(sums[:, None], told)
    slope, start = float(line.coef_[0, 0]), float(line.intercept_[0])
    chances = 1.0 / (1.0 + np.exp(-(slope * sums + start)))
    order = np.argsort(-chances, kind="stable")
    hits = np.cumsum(told[order])
    best = int(np.argmax(2 * hits / (np.arange(1, len(told) + 1) + told.sum())))
    return slope, start, max(float(chances[order[best]]), LEAST)


def _pack(
    space: Space, scores: Mapping[str, float], feelings: _Fitted, felt: _Fitted, emotions: Sequence[str], thresholds: np.ndarray
) -> Artefact:
    """Weights of terms and letters take in how rare these are, in steps of a byte."""
    count, figures = len(space.terms), len(FIGURES)
    both = np.vstack([feelings.weights[:, : count + figures], felt.weights])
    term, term_scale = _steps(both[:, :count].T * space.term_rarity[:, None])
    letter, letter_scale = _steps(feelings.weights[:, count + figures :].T * space.letter_rarity[:, None])
    arrays = {
        "term": term,
        "term_rarity": space.term_rarity,
        "letter": letter,
        "letter_rarity": space.letter_rarity,
        "figure": (both[:, count:] / space.spread).T.astype(np.float32),
        "scales": np.stack([term_scale, np.append(letter_scale, np.zeros(len(emotions)))]).astype(np.float32),
        "start": np.concatenate([feelings.start, felt.start]).astype(np.float32),
        "thresholds": thresholds,
        "score": np.round(np.array(list(scores.values())) * TENTHS).astype(np.int8),
    }
    return Artefact("sentiment", arrays, {"terms": space.terms, "emotions": tuple(emotions), "scored": tuple(scores)}, {})


def _steps(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    scale = np.maximum(np.abs(weights).max(axis=0, initial=0.0), 1e-9) / 127
    return np.round(weights / scale).astype(np.int8), scale
