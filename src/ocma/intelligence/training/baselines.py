"""Simpler ways to predict engagement, for the model to be measured beside."""

from collections.abc import Mapping

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import Ridge

from ocma.intelligence.arrays import Floats
from ocma.intelligence.past import HOURS, slots, zone_of
from ocma.intelligence.pooled import Pooled, kind_of
from ocma.intelligence.timing import posterior
from ocma.intelligence.training.posts import Account, target_of

_PENALTY = 4.0
_BELIEF = 15  # posts
# Weights of a published blend: pooled, own words, medium, hour.
_BLEND = (0.49, 1.13, 0.30, 0.27)


def scores(account: Account, pooled: Pooled) -> Mapping[str, Floats]:
    """Of the later posts, by each method; all learn from the past alone."""
    past, later = account.posts[: account.past], account.posts[account.past :]
    y = target_of(past).y
    texts = [f"{post.text} {post.title}" for post in account.posts]
    kinds = [kind_of(post.media) or "" for post in account.posts]
    zone = zone_of(account.tz)
    week = posterior(y, slots(past, zone), account.platform, np.zeros(HOURS))
    general = zip(account.sketches[account.past :], kinds[account.past :], strict=True)
    parts = {
        "pooled ridge": np.array([pooled.share(sketch, kind).score for sketch, kind in general]),
        "own TF-IDF ridge": _words(texts[: account.past], y, texts[account.past :]),
        "own media mean": _means(kinds[: account.past], y, kinds[account.past :]),
        "hour of the week": week.mean[slots(later, zone)],
    }
    blend = sum(weight * part for weight, part in zip(_BLEND, parts.values(), strict=True))
    return {"length": np.array([float(len(post.text)) for post in later]), **parts, "blend": np.asarray(blend)}


def _words(texts: list[str], y: Floats, later: list[str]) -> Floats:
    try:
        reader = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2).fit(texts)
    except ValueError:  # no word stands in two posts
        return np.zeros(len(later))
    return Ridge(alpha=_PENALTY, solver="lsqr").fit(reader.transform(texts), y).predict(reader.transform(later))


def _means(kinds: list[str], y: Floats, later: list[str]) -> Floats:
    found = np.array(kinds)
    means = {kind: float(y[found == kind].sum() / ((found == kind).sum() + _BELIEF)) for kind in set(kinds)}
    return np.array([means.get(kind, 0.0) for kind in later])
