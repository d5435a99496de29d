"""How well feelings are told, on comments that were not trained on, beside simpler methods trained on the same ones."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from ocma.intelligence.sentiment import LABELS, Feeling, Mind
from ocma.intelligence.text import read
from ocma.intelligence.training import wordlist
from ocma.intelligence.training.goemotions import EMOTIONS, MIXED, Comments
from ocma.intelligence.training.measures import calibration_error, classes, f1, interval, rounded
from ocma.intelligence.training.written import POSTS


def measure(mind: Mind, data: Comments, others: Comments) -> dict[str, Any]:
    feelings = [mind.feel(read(each)) for each in others.texts]
    clear = others.sentiments != MIXED
    told = others.sentiments[clear]
    ours = _labels(feelings)[clear]
    plain, plain_emotions = _plain(data, others)
    return {
        "measured on": "GoEmotions' development part",
        "comments": int(clear.sum()),
        "comments left out as mixed": int((~clear).sum()),
        "95 % interval of macro recall": interval(told, ours, lambda told, answered: classes(told, answered)["macro recall"]),
        "calibration error of confidence": _calibration(feelings, others),
        "sentiment": {
            "OCMA": rounded(classes(told, ours)),
            "TF-IDF + logistic regression": rounded(classes(told, plain[clear])),
            "VADER": rounded(classes(told, _vader(others.texts)[clear])),
        },
        "posts_written_by_us": {"OCMA": written(mind), "VADER": _written(_vader([text for text, _ in POSTS]))},
        **_emotions(mind, feelings, others, plain_emotions),
    }


def written(mind: Mind) -> dict[str, float | None]:
    return _written(_labels([mind.feel(read(text)) for text, _ in POSTS]))


def _written(answered: np.ndarray) -> dict[str, float | None]:
    return rounded(classes(np.array([LABELS.index(label) for _, label in POSTS]), answered))


def _labels(feelings: Sequence[Feeling]) -> np.ndarray:
    return np.array([LABELS.index(each.sentiment) for each in feelings])


def _vader(texts: Sequence[str]) -> np.ndarray:
    """With the bounds that its authors name."""
    found = np.array(wordlist.compound(list(texts)))
    return np.where(found >= 0.05, 2, np.where(found <= -0.05, 0, 1))


def _plain(data: Comments, others: Comments) -> tuple[np.ndarray, np.ndarray]:
    """Sentiment, and all emotions at a probability of a half."""
    words = TfidfVectorizer(min_df=2, sublinear_tf=True)
    known, asked = words.fit_transform(data.texts), words.transform(others.texts)
    clear = data.sentiments != MIXED
    model = LogisticRegression(class_weight="balanced", max_iter=1000).fit(known[clear], data.sentiments[clear])
    found = np.zeros((len(others.texts), len(EMOTIONS)), dtype=bool)
    for at in np.flatnonzero(data.emotions.any(axis=0)):
        one = LogisticRegression(solver="liblinear", random_state=0, class_weight="balanced")
        found[:, at] = one.fit(known, data.emotions[:, at]).predict(asked)
    return model.predict(asked), found


def _calibration(feelings: Sequence[Feeling], others: Comments) -> float | None:
    """Each of the three counts the same, as in what confidence means."""
    clear = others.sentiments != MIXED
    told = others.sentiments[clear]
    confidence = np.array([each.confidence for each in feelings])[clear]
    found = calibration_error(confidence, _labels(feelings)[clear] == told, 1.0 / np.bincount(told, minlength=len(LABELS))[told])
    return None if found is None else round(found, 4)


def _emotions(mind: Mind, feelings: Sequence[Feeling], others: Comments, plain: np.ndarray) -> dict[str, Any]:
    """Of those that are answered."""
    columns = [EMOTIONS.index(each) for each in mind.emotions]
    if not columns:
        return {}
    felt = [dict(each.emotions) for each in feelings]
    ours = np.array([[name in each for name in mind.emotions] for each in felt])
    chances = np.array([p for each in felt for p in each.values()])
    right = np.array([others.emotions[row, EMOTIONS.index(name)] for row, each in enumerate(felt) for name in each], dtype=bool)
    told = others.emotions[:, columns]
    error = calibration_error(chances, right)
    return {
        "calibration error of named emotions": None if error is None else round(error, 4),
        "emotions": {
            "OCMA": _summary(told, ours),
            "TF-IDF + logistic regression": _summary(told, plain[:, columns]),
        },
        "emotions_one_by_one": {name: _one(told[:, at], ours[:, at]) for at, name in enumerate(mind.emotions)},
    }


def _summary(told: np.ndarray, answered: np.ndarray) -> dict[str, float | None]:
    each = [f1(told[:, at], answered[:, at]) for at in range(told.shape[1])]
    return rounded({"macro F1": float(np.mean(each)), "micro F1": f1(told.ravel(), answered.ravel())})


def _one(told: np.ndarray, answered: np.ndarray) -> dict[str, float | int | None]:
    hits = int((told & answered).sum())
    return {
        "comments": int(told.sum()),
        "precision": round(hits / int(answered.sum()), 4) if answered.any() else None,
        "recall": round(hits / int(told.sum()), 4) if told.any() else None,
        "F1": round(f1(told, answered), 4),
    }
