"""Trains `readability`: which English words are common.

Nobody's judgement of how easy a text is comes with the data, so that is not measured here (`ocma models predict readability` lets
others). What can be told is how much a score is the writing's and not chance: whether two halves of what one account wrote agree.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from ocma.intelligence import readability, syllables
from ocma.intelligence.artefact import Artefact
from ocma.intelligence.text import Draft, read
from ocma.intelligence.training import corpora

log = logging.getLogger(__name__)

MOST = 10_000
PASSAGE = 150  # words, as judged passages have
_OF_ACCOUNT, _OF_OTHERS = 50, 500  # passages


def train(folder: Path) -> Artefact:
    texts = _read(folder)
    model = _fit(texts)
    return Artefact(model.name, model.arrays, model.words, _card(model, _measure(texts)))


def evaluate(folder: Path) -> Mapping[str, Any]:
    return _measure(_read(folder))


Texts = Mapping[tuple[str, str], Sequence[Draft]]  # by register and account


def _read(folder: Path) -> Texts:
    found: dict[tuple[str, str], Sequence[Draft]] = {
        ("comments", ""): corpora.comments(folder),
        ("headlines", ""): corpora.headlines(folder),
    }
    for account, rows in corpora.posts(folder).items():
        if corpora.language_of(rows) == "en":
            found["posts", account] = [read(row["text"]) for row in rows]
    return found


def _fit(texts: Texts) -> Artefact:
    counts, passages = corpora.Counts(), list[Draft]()
    for (register, account), drafts in texts.items():
        for number, draft in enumerate(drafts):
            counts.add(register, account or f"{register} {number}", draft.words)
        passages += _join(drafts)[: _OF_ACCOUNT if account else _OF_OTHERS]
    common = _rank(counts)
    match = _match(passages, {word: rank for rank, word in enumerate(common, 1)})
    log.info("readability: %d common words, %d passages, %s", len(common), len(passages), match)
    return Artefact("readability", {"match": np.round(match, 4)}, {"common": tuple(common)}, {})


def _measure(texts: Texts) -> Mapping[str, Any]:
    """By the words of two thirds of the accounts, on the passages of the rest."""
    model = _fit({each: drafts for each, drafts in texts.items() if not _is_held_out(each[1])})
    held_out = {account: drafts for (_, account), drafts in texts.items() if _is_held_out(account)}
    pairs = [pair for drafts in held_out.values() for pair in _halves(drafts)]
    methods: Mapping[str, Callable[[Draft], float]] = {
        "this model": lambda draft: readability.ease(draft, "en", model).score or 0.0,
        "Flesch": lambda draft: _two(draft, {})[0],
        "length of sentences": lambda draft: -len(draft.words) / readability.count_sentences(draft),
        "length of words": lambda draft: -float(np.mean([len(each) for each in draft.words])),
    }
    table = {name: {"correlation": _agreement(pairs, method)} for name, method in methods.items()}
    facts = {"accounts": len(held_out), "pairs of passages": len(pairs), "judgements of readers": 0}
    return {**facts, f"two passages of {PASSAGE} words of one account": table}


def _is_held_out(account: str) -> bool:
    return bool(account) and sha256(account.encode()).digest()[0] % 3 == 0


def _halves(drafts: Sequence[Draft]) -> list[tuple[Draft, Draft]]:
    """Of every other post, from the same time."""
    return list(zip(_join(drafts[::2])[:_OF_ACCOUNT], _join(drafts[1::2])[:_OF_ACCOUNT], strict=False))


def _agreement(pairs: Sequence[tuple[Draft, Draft]], method: Callable[[Draft], float]) -> float:
    first, second = np.array([(method(one), method(other)) for one, other in pairs]).T
    return round(float(np.corrcoef(first, second)[0, 1]), 3)


def _join(drafts: Sequence[Draft]) -> list[Draft]:
    """Passages of PASSAGE words and a few more."""
    found, parts, words = list[Draft](), list[str](), 0
    for draft in drafts:
        if draft.words:
            parts.append(draft.prose)
            words += len(draft.words)
        if words >= PASSAGE:
            found.append(read("\n".join(parts)))
            parts, words = [], 0
    return found


def _rank(counts: corpora.Counts) -> list[str]:
    """By the geometric mean over registers: what only news or only comments say is not what everybody knows."""
    usual: dict[str, float] = {}
    for word in counts.common():
        if word.isascii() and word.replace("'", "").isalpha():
            rates = [(counts.texts[each][word] + 0.5) / size for each, size in sorted(counts.sizes.items())]
            usual[word] = float(np.mean(np.log(rates)))
    ranked = sorted(usual, key=lambda word: (-usual[word], word))
    return [word for word in ranked if all(usual.get(each, -99.0) <= usual[word] for each in readability.bases(word))][:MOST]


def _match(passages: Sequence[Draft], ranks: Mapping[str, int]) -> tuple[float, float]:
    """Slope and start that give Dale and Chall's formula the mean and the spread of Flesch's over passages."""
    ease, other = np.array([_two(each, ranks) for each in passages]).T
    slope = float(ease.std() / other.std())
    return slope, float(ease.mean() - slope * other.mean())


def _two(draft: Draft, ranks: Mapping[str, int]) -> tuple[float, float]:
    words = [each for each in draft.words if not each[0].isnumeric()]
    per_sentence = len(words) / readability.count_sentences(draft)
    strange = readability.strangeness(draft, words, lambda word: readability.find_rank(word, ranks))
    per_word = sum(syllables.count(each, "en") for each in words) / len(words)
    flesch = readability.FORMULAS["en"]
    ease = flesch.start - flesch.per_sentence * per_sentence - flesch.per_word * per_word
    return ease, readability.dale_chall(words, strange, per_sentence)


def _card(model: Artefact, figures: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "summary": "How common English words are, for Dale and Chall's formula of how easy a text is to read.",
        "method": "Words ranked by the geometric mean of the shares of posts, comments and headlines that have them; the "
        "formula's scale laid on Flesch's by mean and spread; the score is the mean of both formulas.",
        "data": corpora.cite(*corpora.POSTS, corpora.COMMENTS, corpora.HEADLINES),
        "licence": corpora.LICENCE,
        "words": len(model.words["common"]),
        "figures": figures,
        "limits": [
            "No reader's judgement was trained on or measured against.",
            "Common is what is common in social media of 2013 to 2019, not what children know.",
            "Other languages are measured by their published formulas alone, whose scales are not quite the same.",
            f"Under {readability.STEADY} words a score says more of the subject than of the writing (`steady` is false).",
        ],
    }
