"""GoEmotions' comments, and which feeling each of its emotions is."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ocma.errors import Invalid
from ocma.intelligence.sentiment import LABELS
from ocma.intelligence.training.files import rows

POSITIVE = frozenset(
    (
        *("admiration", "amusement", "approval", "caring", "desire", "excitement"),
        *("gratitude", "joy", "love", "optimism", "pride", "relief"),
    )
)
NEGATIVE = frozenset(
    (
        *("anger", "annoyance", "disappointment", "disapproval", "disgust", "embarrassment"),
        *("fear", "grief", "nervousness", "remorse", "sadness"),
    )
)
# A thing can be surprising, or be wondered about, for better or worse: by itself that is neither.
AMBIGUOUS = frozenset(("confusion", "curiosity", "realization", "surprise"))
EMOTIONS = tuple(sorted(POSITIVE | NEGATIVE | AMBIGUOUS))
GROUPING = {
    "positive": sorted(POSITIVE),
    "negative": sorted(NEGATIVE),
    "neutral": ["neutral", *sorted(AMBIGUOUS), "(of a comment with several, the more frequent side counts)"],
    "left out": ["comments with as many positive emotions as negative ones"],
}
MIXED = -1


@dataclass(frozen=True, slots=True)
class Comments:
    """`sentiments`: places in LABELS, or MIXED. `emotions`: a column for each of EMOTIONS."""

    texts: list[str]
    sentiments: np.ndarray
    emotions: np.ndarray

    def __getitem__(self, chosen: np.ndarray) -> "Comments":
        texts = [self.texts[at] for at in np.arange(len(self.texts))[chosen]]
        return Comments(texts, self.sentiments[chosen], self.emotions[chosen])


def comments(folder: Path, name: str) -> Comments:
    texts: list[str] = []
    felt: list[frozenset[str]] = []
    for row in rows(folder, name):
        texts.append(row["text"])
        felt.append(frozenset(row["emotions"].split("|")))
        if unknown := felt[-1] - {*EMOTIONS, "neutral"}:
            raise Invalid(f"{name}, row {len(texts)}: there is no emotion {min(unknown)!r}.", code="dataBroken")
    marks = np.array([[each in known for each in EMOTIONS] for known in felt], dtype=bool).reshape(len(felt), len(EMOTIONS))
    return Comments(texts, np.array([_sentiment(each) for each in felt], dtype=np.int64), marks)


def _sentiment(felt: frozenset[str]) -> int:
    glad, sad = len(felt & POSITIVE), len(felt & NEGATIVE)
    if glad == sad:
        return MIXED if glad else LABELS.index("neutral")
    return LABELS.index("positive" if glad > sad else "negative")
