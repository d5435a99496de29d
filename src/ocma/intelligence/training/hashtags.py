"""Trains `hashtags`: what tells which of its tags an account will use. Fitted on the first 70 % of each account's posts in time,
measured on the last 30 % of accounts it was not fitted on.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from ocma.intelligence import hashtags, keyphrases
from ocma.intelligence.artefact import Artefact
from ocma.intelligence.hashtags import FEATURES, FEW, MANY, History, Tagged
from ocma.intelligence.text import Draft, read, without_tags
from ocma.intelligence.training import corpora

log = logging.getLogger(__name__)

FIRST = 0.7
TOP = 5
FOLDS = 5
_LEAST = 8  # tagged posts of an account
_DRAFTS = 80  # of an account, spread over its later time


@dataclass(frozen=True, slots=True)
class Case:
    """An account's past, and what it tagged later: the tags, and the draft without them."""

    account: str
    platform: str
    history: History
    later: Sequence[tuple[frozenset[str], Draft]]


def train(folder: Path) -> Artefact:
    accounts = list(_accounts(folder))
    model = _fit(accounts)
    return Artefact(model.name, model.arrays, model.words, _card(model, _measure(accounts)))


def evaluate(folder: Path) -> Mapping[str, Any]:
    return _measure(list(_accounts(folder)))


Post = tuple[Tagged, Draft]


def _accounts(folder: Path) -> Iterator[tuple[str, str, list[Post]]]:
    for account, rows in corpora.posts(folder).items():
        posts = [_post(row["text"]) for row in rows]
        if sum(bool(each.tags) for each, _ in posts) >= _LEAST:
            yield account, rows[0]["platform"], posts


def _post(text: str) -> Post:
    """The draft is what the post would have been before its tags were chosen: without them, not only without their signs."""
    bare = read(without_tags(text))
    return Tagged(tuple(dict.fromkeys(each.casefold() for each in read(text).hashtags)), bare.words), bare


def _case(account: str, platform: str, posts: Sequence[Post], remembered: int | None = None) -> Case | None:
    cut = int(FIRST * len(posts))
    past = [each for each, _ in posts[:cut]][-(remembered or cut) :]
    later = [(frozenset(each.tags), draft) for each, draft in posts[cut:] if each.tags]
    history = History(past)
    if len(later) < 3 or not history.uses:
        return None
    return Case(account, platform, history, later[:: max(1, len(later) // _DRAFTS)])


def _cases(accounts: Sequence[tuple[str, str, list[Post]]], remembered: int | None) -> list[Case]:
    return [case for each in accounts if (case := _case(*each, remembered=remembered))]


def _fit(accounts: Sequence[tuple[str, str, list[Post]]]) -> Artefact:
    few, many = _weights(_cases(accounts, FEW)), _weights(_cases(accounts, 2 * MANY))
    for name, each in (("few", few), ("many", many)):
        log.info("hashtags, %s posts: %s", name, dict(zip(FEATURES, each.tolist(), strict=True)))
    return Artefact("hashtags", {"weights": np.array([few, many])}, {}, {})


def _weights(cases: Sequence[Case]) -> np.ndarray:
    """Each account counts as much as any other."""
    told: list[tuple[float, ...]] = []
    hit: list[bool] = []
    weight: list[float] = []
    for case in cases:
        for tags, draft in case.later:
            found = hashtags.features(case.history, draft)
            told += found.values()
            hit += [each in tags for each in found]
            weight += [1 / len(case.later)] * len(found)
    fitted = LogisticRegression(C=10, fit_intercept=False, max_iter=500).fit(
        np.array(told), np.array(hit), sample_weight=np.array(weight)
    )
    return np.round(fitted.coef_[0], 4)


def _measure(accounts: Sequence[tuple[str, str, list[Post]]]) -> Mapping[str, Any]:
    """Every account by weights of the others."""
    tables: dict[str, dict[str, Mapping[str, float]]] = {}
    for name, remembered in (("all of the past", None), ("the last 10 posts", 10)):
        shares: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
        for fold in range(FOLDS):
            model = _fit([each for each in accounts if _fold(each[0]) != fold])
            for case in _cases([each for each in accounts if _fold(each[0]) == fold], remembered):
                for method, suggest in _methods(case, model).items():
                    shares[method][case.platform].append(_recall(case, suggest))
        tables[f"recall at {TOP}, {name}"] = {method: _means(each) for method, each in shares.items()}
    return tables


def _fold(account: str) -> int:
    return sha256(account.encode()).digest()[0] % FOLDS


def _methods(case: Case, model: Artefact) -> Mapping[str, Callable[[Draft], Sequence[str]]]:
    often = [each for each, _ in case.history.uses.most_common(TOP)]
    return {
        "this model": lambda draft: _tags(hashtags.suggest(draft, case.history, phrases=_phrases(draft), most=TOP, model=model)),
        "the same without the draft's phrases": lambda draft: _tags(hashtags.suggest(draft, case.history, most=TOP, model=model)),
        "account's most frequent": lambda _: often,
        "tags of the posts most alike": lambda draft: _best(case.history.alike(draft.words)),
        "phrases of the draft": lambda draft: _tags(hashtags.suggest(draft, (), phrases=_phrases(draft), most=TOP, model=model)),
    }


def _phrases(draft: Draft) -> Sequence[keyphrases.Phrase]:
    return keyphrases.find(draft, "en")


def _tags(found: Sequence[hashtags.Suggested]) -> list[str]:
    return [each.tag.casefold() for each in found]


def _best(scores: Mapping[str, float]) -> list[str]:
    return sorted(scores, key=lambda tag: (-scores[tag], tag))[:TOP]


def _recall(case: Case, suggest: Callable[[Draft], Sequence[str]]) -> float:
    return float(np.mean([len(tags.intersection(suggest(draft))) / len(tags) for tags, draft in case.later]))


def _means(by_platform: Mapping[str, Sequence[float]]) -> Mapping[str, float]:
    every = [each for shares in by_platform.values() for each in shares]
    found = {platform: round(float(np.mean(shares)), 3) for platform, shares in sorted(by_platform.items())}
    return {"all": round(float(np.mean(every)), 3), **found, "accounts": len(every)}


def _card(model: Artefact, figures: Mapping[str, Any]) -> Mapping[str, Any]:
    few, many = model.arrays["weights"].tolist()
    return {
        "summary": "Which of the tags it has used an account will use with a draft.",
        "method": f"A logistic regression on features of each tag, with weights for histories of {FEW} and of {MANY} posts.",
        "weights": {"few": dict(zip(FEATURES, few, strict=True)), "many": dict(zip(FEATURES, many, strict=True))},
        "data": corpora.cite(*corpora.POSTS),
        "licence": corpora.LICENCE,
        "figures": figures,
        "limits": [
            "Two Twitter accounts, and pages of 2016 on Facebook; nothing of other platforms.",
            "It tells what an account would tag, not what does well: performance is told beside it.",
            "A tag the account never used is only suggested from the draft's own words or from those tracked.",
        ],
    }
