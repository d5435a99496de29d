"""VADER's word list: how glad or sad words, faces and emoji were found to be. The package is needed to train, not to ask."""

from collections.abc import Iterator, Mapping
from importlib.resources import files

import regex
from vaderSentiment import vaderSentiment

CREDIT = (
    "VADER's word list (vaderSentiment 3.3.2), MIT, © 2016 C.J. Hutto. "
    "Hutto & Gilbert, VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social Media Text, ICWSM 2014"
)
_WORD = regex.compile(r"\w+")
_FARTHEST = 12.0  # a score is kept in tenths in one byte


def scores() -> Mapping[str, float]:
    """Words and faces as they are listed, emoji by the words of their names; in tenths, those of 0 left out."""
    words = {word: float(score) for word, score, *_ in _lines("vader_lexicon.txt")}
    names = {sign: _WORD.findall(name.lower()) for sign, name in _lines("emoji_utf8_lexicon.txt")}
    emoji = {sign: sum(words.get(each, 0.0) for each in name) for sign, name in names.items()}
    found = {each: round(max(-_FARTHEST, min(_FARTHEST, score)), 1) for each, score in {**emoji, **words}.items()}
    return {each: score for each, score in sorted(found.items()) if score}


def _lines(name: str) -> Iterator[list[str]]:
    text = (files("vaderSentiment") / name).read_text(encoding="utf-8")
    yield from (line.split("\t") for line in text.splitlines() if line.strip())


def compound(texts: list[str]) -> list[float]:
    """VADER itself, to be compared with."""
    analyser = vaderSentiment.SentimentIntensityAnalyzer()
    return [analyser.polarity_scores(each)["compound"] for each in texts]
