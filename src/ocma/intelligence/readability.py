"""How easy a draft is to read: published formulas, one a language, on one scale of 0 to 100 (higher: easier).

For English it is the mean of Flesch's reading ease and of Dale and Chall's formula with a list of our own: of how common words
are in public posts, comments and headlines (`ocma models card readability`). What no formula is published for is measured by LIX
where a script has letters and spaces, and else not at all.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import log, tanh

import regex

from ocma.intelligence import artefact, syllables
from ocma.intelligence.artefact import Artefact
from ocma.intelligence.language import guess
from ocma.intelligence.text import Draft, read, spell

LEAST = 5  # words; fewer have no style
STEADY = 30  # words from which a score says more of the writing than of the subject
_READ = 4000  # words; more only takes time


@dataclass(frozen=True, slots=True)
class Formula:
    """`start - per_sentence × words in a sentence - per_word × syllables in a word` is a reading ease."""

    name: str
    start: float
    per_sentence: float
    per_word: float


FORMULAS: Mapping[str, Formula] = {
    "en": Formula("flesch", 206.835, 1.015, 84.6),  # Flesch 1948
    "de": Formula("fleschAmstad", 180, 1, 58.5),  # Amstad 1978
    "es": Formula("fernandezHuerta", 206.84, 1.02, 60),  # Fernández Huerta 1959
    "it": Formula("fleschVacca", 217, 1.3, 60),  # Franchina and Vacca 1986
    "fr": Formula("kandelMoles", 207, 1.015, 73.6),  # Kandel and Moles 1958
    "nl": Formula("douma", 206.835, 0.93, 77),  # Douma 1960
    "pt": Formula("martins", 248.835, 1.015, 84.6),  # Martins et al. 1996
    "ru": Formula("oborneva", 206.835, 1.3, 60.1),  # Oborneva 2006
    "tr": Formula("atesman", 198.825, 2.61, 40.175),  # Ateşman 1997
}
# A vowel is not always written, or neither is a space: a count of letters or words would say nothing.
_UNMEASURED = frozenset(["ar", "bn", "fa", "hi", "ja", "ko", "mr", "ta", "te", "th", "ur", "vi", "he", "zh"])
_SPACED = regex.compile(r"[\p{Latin}\p{Cyrillic}\p{Greek}\p{Armenian}\p{Georgian}]")
_LETTER = regex.compile(r"\p{L}")
_ABBREVIATED = regex.compile(r"(?:^|[\s(])(?:Mr|Mrs|Ms|Dr|St|Prof|Jr|Sr|vs|No|e\.g|i\.e|\p{Lu})\.$")
_SPEECH = frozenset('"“‘„«')  # sentences come without the sign that closes speech
_PLAIN = (
    ("es", ""),
    ("s", ""),
    ("ed", ""),
    ("ed", "e"),
    ("ing", ""),
    ("ing", "e"),
    ("er", ""),
    ("er", "e"),
    ("est", ""),
    ("est", "e"),
)
_ENDINGS = (*_PLAIN, ("ly", ""), ("ies", "y"), ("ied", "y"), ("ier", "y"), ("iest", "y"), ("ily", "y"))
_EASY, _HARD = log(1000), log(10_000)  # ranks: Dale and Chall's 3,000 words are the middle between them


@dataclass(frozen=True, slots=True)
class Ease:
    """`score` None: `reason` says why (tooShort, noFormula). `basis`: the formula. `grade`: US school years, for English alone.

    `steady` False: fewer words than a score of the writing takes. The rest is what the score is made of: words in a sentence,
    syllables in a word, the share of words of more than six letters, and (English) the words that few texts use.
    """

    score: float | None
    grade: float | None
    basis: str | None
    reason: str | None
    steady: bool
    words: int
    per_sentence: float | None = None
    per_word: float | None = None
    long: float | None = None
    rare: tuple[str, ...] = ()


def ease(draft: Draft, language: str | None, model: Artefact | None = None) -> Ease:
    """`language` None: not known, which leaves LIX. `model`: another than the shipped one."""
    words = [each for each in draft.words[:_READ] if not each[0].isnumeric()]
    if words and _is_unspaced(draft, language):
        return _no_score("noFormula", words)
    if len(words) < LEAST:
        return _no_score("tooShort", words)
    per_sentence = len(words) / count_sentences(draft)
    if (formula := FORMULAS.get(language or "")) is None:
        return _lix(words, per_sentence)
    per_word = sum(syllables.count(each, language or "") for each in words) / len(words)
    score = formula.start - formula.per_sentence * per_sentence - formula.per_word * per_word
    found = _found(formula.name, words, per_sentence)
    if language == "en":
        return _english(found, draft, words, (score, per_sentence, per_word), model or artefact.load("readability"))
    return replace(found, score=_bounded(score), per_word=round(per_word, 2))


def _no_score(reason: str, words: Sequence[str]) -> Ease:
    return Ease(None, None, None, reason, steady=False, words=len(words))


def _is_unspaced(draft: Draft, language: str | None) -> bool:
    if language in _UNMEASURED:
        return True
    start = draft.prose[:1000]
    return 2 * len(_SPACED.findall(start)) < len(_LETTER.findall(start))


def count_sentences(draft: Draft) -> int:
    """Those of the words read: full stops after `Mr` or an initial end none, and neither does speech before who said it."""
    count = words = 0
    before = ""
    for each in draft.sentences:
        speech = before[-1:] in "?!" and each[:1].islower() and not _SPEECH.isdisjoint(before)
        if not (speech or _ABBREVIATED.search(before[-8:])):
            count += 1
        words += each.count(" ") + 1
        before = each
        if words >= _READ:
            break
    return max(count, 1)


def _found(basis: str, words: Sequence[str], per_sentence: float) -> Ease:
    steady = len(words) >= STEADY
    return Ease(None, None, basis, None, steady, len(words), round(per_sentence, 1), None, _share_of_long(words))


def _lix(words: Sequence[str], per_sentence: float) -> Ease:
    """Björnsson 1968. His scale (30 easy, 40 middling, 50 hard, 60 very hard) is laid on Flesch's (90, 70, 50, 30)."""
    return replace(_found("lix", words, per_sentence), score=_bounded(150 - 2 * (per_sentence + 100 * _share_of_long(words))))


def _english(found: Ease, draft: Draft, words: Sequence[str], flesch: tuple[float, float, float], model: Artefact) -> Ease:
    """The mean with Dale and Chall's formula, one scale laid on the other. The grade is Kincaid's (1975)."""
    score, per_sentence, per_word = flesch
    strange = strangeness(draft, words, lambda word: _rank(word, model))
    slope, start = model.arrays["match"].tolist()
    both = (score + start + slope * dale_chall(words, strange, per_sentence)) / 2
    rare = sorted((each for each in strange if strange[each] >= 1), key=lambda each: (-len(each), each))[:5]
    grade = round(max(0.0, 0.39 * per_sentence + 11.8 * per_word - 15.59), 1)
    basis = "flesch+daleChall"
    return replace(found, score=_bounded(both), grade=grade, basis=basis, per_word=round(per_word, 2), rare=tuple(rare))


def _share_of_long(words: Sequence[str]) -> float:
    return round(sum(len(each) > 6 for each in words) / len(words), 3)


def _bounded(score: float) -> float:
    """As it is between 10 and 90, and beyond that ever more slowly, so that what is easier stays so within 0 to 100."""
    if 10 <= score <= 90:
        return score
    edge, sign = (90, 1) if score > 90 else (10, -1)
    return edge + sign * 10 * tanh(abs(score - edge) / 40)


def dale_chall(words: Sequence[str], strange: Mapping[str, float], per_sentence: float) -> float:
    """Chall and Dale 1995, on their scale of 0 to 64."""
    return 64 - 95 * sum(strange[each] for each in words) / len(words) - 0.69 * per_sentence


def strangeness(draft: Draft, words: Sequence[str], rank: Callable[[str], int]) -> Mapping[str, float]:
    """0 for the thousand most common words and for names, 1 beyond the ten-thousandth; between them by the logarithm."""
    names = {each.casefold() for sentence in draft.sentences for each in spell(sentence)[1:] if each[0].isupper()}
    span = _HARD - _EASY
    return {each: 0.0 if each in names else min(1.0, max(0.0, (log(rank(each)) - _EASY) / span)) for each in set(words)}


def find_rank(word: str, ranks: Mapping[str, int]) -> int:
    """Of the most common word that it may be a form of."""
    return min(ranks.get(each, len(ranks) + 1) for each in bases(word))


@lru_cache(maxsize=20_000)
def _rank(word: str, model: Artefact) -> int:
    return find_rank(word, _ranks(model))


@lru_cache(maxsize=4)
def _ranks(model: Artefact) -> Mapping[str, int]:
    return {word: rank for rank, word in enumerate(model.words["common"], 1)}


def bases(word: str) -> Iterator[str]:
    """What an English word may be a form of, itself included."""
    word = word.replace("’", "'")
    yield word
    word = word.removesuffix("'s")
    yield word
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            stem = word[: -len(ending)]
            yield stem + instead
            if stem[-1] == stem[-2]:
                yield stem[:-1]


def predict_rows(rows: Iterable[Mapping[str, str]]) -> Iterator[Mapping[str, str]]:
    """A cell is empty where there is no score. A column `language`, where there is one, is believed."""
    for row in rows:
        draft = read(row["text"])
        score = ease(draft, row.get("language") or guess(draft)).score
        yield {"row_id": row["row_id"], "score": "" if score is None else f"{score:.4f}"}
