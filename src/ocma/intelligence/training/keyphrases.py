"""Trains `keyphrases`: how many posts have a word, and what makes a word of a post one of the headline beside it."""

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from ocma.intelligence import keyphrases
from ocma.intelligence.artefact import Artefact
from ocma.intelligence.function_words import FUNCTION_WORDS
from ocma.intelligence.keyphrases import FEATURES
from ocma.intelligence.text import Draft, read
from ocma.intelligence.training import corpora

log = logging.getLogger(__name__)

LANGUAGES = ("en", "pt")  # with posts of two accounts and more
TOP = 4  # words
_LINKS = 120  # an account's, spread over its time
_LEAST = 6  # words of a post, and three of a headline


@dataclass(frozen=True, slots=True)
class Link:
    """A post and the headline beside it."""

    account: str
    draft: Draft
    headline: frozenset[str]


def train(folder: Path) -> Artefact:
    accounts = corpora.posts(folder)
    model = _with_counts(folder, accounts)
    links = list(_links(accounts))
    model = _with_weights(model, links)
    return Artefact(model.name, model.arrays, model.words, _card(model, _measure(folder, accounts)))


def evaluate(folder: Path) -> Mapping[str, Any]:
    return _measure(folder, corpora.posts(folder))


def _measure(folder: Path, accounts: Mapping[str, Sequence[Mapping[str, str]]]) -> Mapping[str, Any]:
    """Counts and weights from two thirds of the accounts, figures on the links of the rest."""
    known = {each: rows for each, rows in accounts.items() if not _is_held_out(each)}
    model = _with_weights(_with_counts(folder, known), list(_links(known)))
    links = list(_links({each: rows for each, rows in accounts.items() if _is_held_out(each)}))
    methods: Mapping[str, Callable[[Draft], Sequence[str]]] = {
        "this model": lambda draft: [each.text for each in keyphrases.choose(draft, "en", model, TOP)],
        "RAKE": _rake,
        "most frequent words": _frequent,
        "rarest words": lambda draft: _rarest(draft, model),
        "first words": lambda draft: draft.words,
    }
    table = {name: _score(links, method) for name, method in methods.items()}
    return {
        "links": len(links),
        "accounts": len({each.account for each in links}),
        f"the first {TOP} words of the phrases": table,
    }


def _is_held_out(account: str) -> bool:
    return sha256(account.encode()).digest()[0] % 3 == 0


def _with_counts(folder: Path, accounts: Mapping[str, Sequence[Mapping[str, str]]]) -> Artefact:
    counts = {each: corpora.Counts() for each in LANGUAGES}
    for account, rows in accounts.items():
        if (language := corpora.language_of(rows)) in counts:
            for row in rows:
                counts[language].add("posts", account, read(row["text"]).words)
    for register, drafts in (("comments", corpora.comments(folder)), ("headlines", corpora.headlines(folder))):
        for number, draft in enumerate(drafts):
            counts["en"].add(register, f"{register} {number}", draft.words)
    arrays: dict[str, np.ndarray] = {}
    words: dict[str, tuple[str, ...]] = {}
    for language, each in counts.items():
        words[f"known_{language}"], arrays[f"rarity_{language}"] = _rarity(each, language)
        log.info("keyphrases: %d words of %s", len(words[f"known_{language}"]), language)
    arrays["usual"] = np.array(float(arrays["rarity_en"].mean() / 255))
    return Artefact("keyphrases", arrays, words, {})


def _rarity(counts: corpora.Counts, language: str) -> tuple[tuple[str, ...], np.ndarray]:
    """In 255ths: 0 a word of every text, 255 one of LEAST_TEXTS."""
    size = sum(counts.sizes.values())
    kept = [each for each in counts.common() if each not in FUNCTION_WORDS[language] and not each[0].isnumeric()]
    found = np.array([sum(each[word] for each in counts.texts.values()) for word in kept], dtype=float)
    scaled = np.log(size / found) / np.log(size / corpora.LEAST_TEXTS) if kept else found
    return tuple(kept), np.round(255 * np.clip(scaled, 0, 1)).astype(np.uint8)


def _links(accounts: Mapping[str, Sequence[Mapping[str, str]]]) -> Iterator[Link]:
    for account, rows in accounts.items():
        if corpora.language_of(rows) == "en":
            linked = [row for row in rows if row["media"] == "link" and row["title"]]
            for row in linked[:: max(1, len(linked) // _LINKS)]:
                draft, headline = read(row["text"]), read(row["title"])
                title = frozenset(each for each in headline.words if _is_content(each))
                if len(draft.words) >= _LEAST and len(title) >= 3 and row["title"] not in row["text"]:
                    yield Link(account, draft, title)


def _is_content(word: str) -> bool:
    return word not in FUNCTION_WORDS["en"] and len(word) > 1 and not word[0].isnumeric()


def _with_weights(model: Artefact, links: Sequence[Link]) -> Artefact:
    """Each account counts as much as any other."""
    told: list[tuple[float, ...]] = []
    hit: list[bool] = []
    weight: list[float] = []
    sizes = Counter(each.account for each in links)
    for link in links:
        found = keyphrases.features(list(keyphrases.read_tokens(link.draft)), "en", model)
        told += found.values()
        hit += [each in link.headline for each in found]
        weight += [1 / sizes[link.account] / max(len(found), 1)] * len(found)
    scaled = np.array(weight) * len(weight) / sum(weight)
    fitted = LogisticRegression(C=10, max_iter=500).fit(np.array(told), np.array(hit), sample_weight=scaled)
    weights = np.round(np.append(fitted.coef_[0], fitted.intercept_[0]), 4)
    log.info("keyphrases: %s", dict(zip((*FEATURES, "start"), weights.tolist(), strict=True)))
    return Artefact(model.name, {**model.arrays, "weights": weights}, model.words, {})


def _score(links: Sequence[Link], method: Callable[[Draft], Sequence[str]]) -> Mapping[str, float]:
    """Of as many words from every method, best first, the share that the headline has; means over accounts."""
    shares: dict[str, list[float]] = defaultdict(list)
    for link in links:
        words = list(dict.fromkeys(word for phrase in method(link.draft) for word in read(phrase).words if _is_content(word)))[
            :TOP
        ]
        shares[link.account].append(len(link.headline & {*words}) / len(words) if words else 0.0)
    return {
        "inHeadline": round(float(np.mean([np.mean(each) for each in shares.values()])), 3),
        "any": round(float(np.mean([np.mean([n > 0 for n in each]) for each in shares.values()])), 3),
    }


def _rarest(draft: Draft, model: Artefact) -> list[str]:
    found = keyphrases.features(list(keyphrases.read_tokens(draft)), "en", model)
    return sorted(found, key=lambda word: -found[word][0])


def _frequent(draft: Draft) -> list[str]:
    return [each for each, _ in Counter(each for each in draft.words if _is_content(each)).most_common()]


def _rake(draft: Draft) -> list[str]:
    """Rose et al. 2010: runs of content words, rated by the degree of their words over their frequency."""
    runs: list[list[str]] = [[]]
    for token in keyphrases.read_tokens(draft):
        if _is_content(token.word):
            runs[-1].append(token.word)
        else:
            runs.append([])
    degree, count = Counter[str](), Counter[str]()
    for run in runs:
        for word in run:
            degree[word] += len(run)
            count[word] += 1
    return [" ".join(run) for run in sorted(runs, key=lambda run: -sum(degree[w] / count[w] for w in run))]


def _card(model: Artefact, figures: Mapping[str, Any]) -> Mapping[str, Any]:
    weights = dict(zip((*FEATURES, "start"), model.arrays["weights"].tolist(), strict=True))
    return {
        "summary": "Which words and runs of words a post is about.",
        "method": "A logistic regression on five features of a word; a phrase is rated by the mean of its words.",
        "weights": weights,
        "data": corpora.cite(*corpora.POSTS, corpora.COMMENTS, corpora.HEADLINES),
        "licence": corpora.LICENCE,
        "words": {each: len(model.words[f"known_{each}"]) for each in LANGUAGES},
        "figures": figures,
        "limits": [
            "Only English and Portuguese have counts of words; elsewhere every word is taken for equally rare.",
            "Fitted on links of English-writing pages of 2016: news, sport and celebrities for the most part.",
            "What a headline says is a stand-in for what a post is about.",
        ],
    }
