"""Trains the pooled model: terms, traits and media of posts of all accounts against what was usual for each."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import Ridge

from ocma.intelligence.arrays import Floats
from ocma.intelligence.pooled import FARTHEST, MEDIA, Pooled, kind_of
from ocma.intelligence.terms import Terms
from ocma.intelligence.training.posts import Account, target_of

_LEAST_TEXTS, _LEAST_ACCOUNTS = 20, 2
_PENALTY = 8.0
_TRAIT, _KIND = 0.15, 0.5  # how strongly they are believed beside terms
_ENGLISH = frozenset(("the", "to", "of", "and", "is", "in", "for", "this", "you", "with", "on", "that", "was", "are", "it", "at"))


def fit(found: Sequence[Account], *, all_posts: bool) -> Pooled:
    """From the past of each English page of Facebook, or from all its posts. The two accounts of X write of each other: what
    is learned from one misleads about the other, and pages alone rank the posts of both better.
    """
    pages = [each for each in found if each.platform == "facebook" and english(each)]
    chosen = [(each, len(each.posts) if all_posts else each.past) for each in pages]
    chosen = [(each, count) for each, count in chosen if count > 1]
    terms = _terms(chosen)
    values = np.array([sketch.values for each, count in chosen for sketch in each.sketches[:count]])
    centre, scale = values.mean(axis=0), np.maximum(values.std(axis=0), 1e-6)
    traits = np.clip((values - centre) / scale, -FARTHEST, FARTHEST)
    table = hstack([_words(terms, chosen), csr_matrix(traits * _TRAIT), csr_matrix(_kinds(chosen) * _KIND)]).tocsr()
    y = np.concatenate([target_of(each.posts[:count]).y for each, count in chosen])
    ridge = Ridge(alpha=_PENALTY, solver="lsqr", max_iter=60).fit(table, y, sample_weight=_weights(chosen))
    words, slopes, kinds = np.split(np.asarray(ridge.coef_), [len(terms.places), len(terms.places) + traits.shape[1]])
    return Pooled(terms, words, centre, scale, slopes * _TRAIT, kinds * _KIND)


def english(account: Account) -> bool:
    """Whether a good part of its texts have the small words of English: the pooled model knows no other tongue."""
    hits = sum(not _ENGLISH.isdisjoint(each.terms) for each in account.sketches)
    return hits >= 0.3 * len(account.sketches)


def _terms(chosen: Sequence[tuple[Account, int]]) -> Terms:
    texts: Counter[str] = Counter()
    users: Counter[str] = Counter()
    for each, count in chosen:
        own = Counter(term for sketch in each.sketches[:count] for term in set(sketch.terms))
        texts.update(own)
        users.update(own.keys())
    kept = sorted(term for term, count in texts.items() if count >= _LEAST_TEXTS and users[term] >= _LEAST_ACCOUNTS)
    total = sum(count for _, count in chosen)
    rarity = np.array([np.log((1 + total) / (1 + texts[term])) + 1 for term in kept])
    return Terms({term: place for place, term in enumerate(kept)}, rarity)


def _words(terms: Terms, chosen: Sequence[tuple[Account, int]]) -> csr_matrix:
    rows = [terms.weigh(sketch.terms) for each, count in chosen for sketch in each.sketches[:count]]
    edges = np.concatenate([[0], np.cumsum([len(places) for places, _ in rows])])
    weights, places = np.concatenate([each for _, each in rows]), np.concatenate([each for each, _ in rows])
    return csr_matrix((weights, places, edges), shape=(len(rows), len(terms.places)))


def _kinds(chosen: Sequence[tuple[Account, int]]) -> Floats:
    kinds = np.array([kind_of(post.media) or "" for each, count in chosen for post in each.posts[:count]])
    return (kinds[:, None] == np.array(MEDIA)[None]).astype(np.float64)


def _weights(chosen: Sequence[tuple[Account, int]]) -> Floats:
    """An account of many posts counts for more than one of few, but by the root."""
    weights = np.concatenate([np.full(count, count**-0.5) for _, count in chosen])
    return weights / weights.mean()
