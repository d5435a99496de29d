"""How good answers are, in the measures that others publish."""

from collections.abc import Callable, Mapping

import numpy as np


def classes(told: np.ndarray, answered: np.ndarray) -> dict[str, float]:
    """Each class counts the same: recall and F1 are means over the classes there are."""
    both = [_recall_and_f1(told == each, answered == each) for each in np.unique(told)]
    recall, f1 = np.mean(both, axis=0)
    return {"macro recall": float(recall), "macro F1": float(f1), "accuracy": float((told == answered).mean())}


def _recall_and_f1(told: np.ndarray, answered: np.ndarray) -> tuple[float, float]:
    hits = int((told & answered).sum())
    return hits / int(told.sum()), 2 * hits / int(told.sum() + answered.sum())


def f1(told: np.ndarray, answered: np.ndarray) -> float:
    return 2 * int((told & answered).sum()) / max(int(told.sum() + answered.sum()), 1)


def interval(told: np.ndarray, answered: np.ndarray, measure: Callable[[np.ndarray, np.ndarray], float]) -> list[float]:
    """95 %, by drawing rows again a thousand times."""
    generator = np.random.default_rng(0)
    draws = (generator.integers(0, len(told), len(told)) for _ in range(1000))
    low, high = np.percentile([measure(told[rows], answered[rows]) for rows in draws], [2.5, 97.5])
    return [round(float(low), 4), round(float(high), 4)]


def calibration_error(confidence: np.ndarray, right: np.ndarray, weight: np.ndarray | None = None) -> float | None:
    """How far answers of one confidence are from being right so often, on average over fifteen bands. None: no answers."""
    weights = np.ones(len(confidence)) if weight is None else weight
    if not len(confidence):
        return None
    bands = np.minimum((confidence * 15).astype(int), 14)
    gaps = [abs((weights[bands == each] * (confidence - right)[bands == each]).sum()) for each in range(15)]
    return float(sum(gaps) / weights.sum())


def rounded(found: Mapping[str, float | None]) -> dict[str, float | None]:
    return {key: None if value is None else round(value, 4) for key, value in found.items()}
