"""Hashtags for a draft, best first: the account's own, what is tracked, and what the draft itself says. No trend is made up.

Each tag of the account's past is scored by a few features and weights fitted on what accounts did tag later (see
`ocma models card hashtags`): how often it was used lately, with posts like this one, and whether the draft names it.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp, log
from typing import Literal

from ocma.intelligence import artefact
from ocma.intelligence.artefact import Artefact
from ocma.intelligence.keyphrases import Phrase
from ocma.intelligence.text import Draft, spell

REMEMBERED = 400  # posts; the latest
LATELY = 30  # posts in which a use counts for half as much as in the latest
_LIKE = 25  # posts most like the draft
_LONGEST = 40  # characters of a tag made of a phrase
_POSSESSIVE = re.compile("['’]s$", re.IGNORECASE)
FEATURES = ("lately", "alike", "named", "start")

FEW, MANY = 12, 150  # posts of a history that the two sets of weights were fitted for
# What a tracked tag that the draft names is rated, and a phrase of the draft at most, on the scale of history's chances: our own
# convention, as no data tells how such tags do. Accounts use one tag in six that they never used before.
NAMED, FILLING = 0.3, 0.01
LIKELY = (
    0.03  # chance from which on a tag of the past is worth offering to people, where the draft does not name it; a convention
)


@dataclass(frozen=True, slots=True)
class Tagged:
    """A published post: its tags without `#`, the words of its text (`Draft.words`), how much it counts (1: as any), and how it
    did in robust spreads from the account's usual (None: not known).
    """

    tags: tuple[str, ...]
    words: tuple[str, ...]
    weight: float = 1.0
    lift: float | None = None


@dataclass(frozen=True, slots=True)
class Tracked:
    """A tag that the workspace watches: words of posts found with it, how many there were, and how they did beside others."""

    tag: str
    words: tuple[str, ...] = ()
    posts: int | None = None
    lift: float | None = None


@dataclass(frozen=True, slots=True)
class Suggested:
    """`score`: for history, the chance that the account would use the tag here, as fitted; for others a place on the
    same scale (see NAMED). `uses`: in the posts given. `lift`: mean of those with the tag, None where none is known.
    """

    tag: str
    score: float
    source: Literal["draft", "history", "tracked"]
    uses: int | None = None
    lift: float | None = None


class History:
    """An account's tagged posts, prepared once for many drafts. `past` in the order of publication."""

    def __init__(self, past: Sequence[Tagged]) -> None:
        self.posts = tuple(past[-REMEMBERED:])
        self.uses: Counter[str] = Counter()
        self.spelt: dict[str, Counter[str]] = defaultdict(Counter)
        self.lately: dict[str, float] = defaultdict(float)
        self.lifts: dict[str, list[float]] = defaultdict(list)
        self.tags: list[tuple[str, ...]] = []
        for age, post in enumerate(reversed(self.posts)):
            self._count(post, age)
        self.tags.reverse()
        self.tagged = sum(bool(each) for each in self.tags)
        self.places = _index(each.words for each in self.posts)

    def _count(self, post: Tagged, age: int) -> None:
        tags = {each.casefold(): each for each in reversed(post.tags)}
        self.tags.append(tuple(tags))
        for tag, spelt in tags.items():
            self.uses[tag] += 1
            self.spelt[tag][spelt] += 1
            self.lately[tag] += post.weight * 0.5 ** (age / LATELY)
            if post.lift is not None:
                self.lifts[tag].append(post.lift)

    def alike(self, words: Iterable[str]) -> dict[str, float]:
        """By tag: the share it has in the posts most like these words, each counting by how like it is."""
        likeness: dict[int, float] = defaultdict(float)
        for word in set(words):
            places = self.places.get(word, ())
            weight = log((1 + len(self.posts)) / (1 + len(places))) ** 2
            for place in places:
                likeness[place] += weight
        nearest = sorted(likeness, key=lambda place: (-likeness[place], -place))[:_LIKE]
        total = sum(likeness[each] for each in nearest)
        found: dict[str, float] = defaultdict(float)
        for place in nearest:
            for tag in self.tags[place]:
                found[tag] += likeness[place] / total if total else 0.0
        return found

    def lift(self, tag: str) -> float | None:
        lifts = self.lifts.get(tag)
        return round(sum(lifts) / len(lifts), 3) if lifts else None

    def spelling(self, tag: str) -> str:
        """As the account writes it most often."""
        return self.spelt[tag].most_common(1)[0][0]


def _index(texts: Iterable[tuple[str, ...]]) -> Mapping[str, list[int]]:
    """Where each word stands; words of every third text and more tell nothing apart, but few texts have no such words."""
    places: dict[str, list[int]] = defaultdict(list)
    count = 0
    for count, words in enumerate(texts, 1):
        for word in set(words):
            places[word].append(count - 1)
    return {word: found for word, found in places.items() if len(found) <= max(3, count / 3)}


def features(history: History, draft: Draft) -> dict[str, tuple[float, ...]]:
    """Of every tag in the history, in the order of FEATURES."""
    alike, named = history.alike(draft.words), _named(draft)
    recent = sum(0.5 ** (age / LATELY) for age in range(len(history.posts)))
    return {
        tag: (
            log((history.lately[tag] + 0.1) / (recent + 0.2)),
            log(alike.get(tag, 0.0) + 0.02),
            float(tag in named),
            1.0,
        )
        for tag in history.uses
    }


def _named(draft: Draft) -> set[str]:
    """What a tag would be if it said a word of the draft, or two or three in a row."""
    words = draft.words[:2000]
    pairs = {a + b for a, b in pairwise(words)}
    return {*words, *pairs, *(a + b + c for a, b, c in zip(words, words[1:], words[2:], strict=False))}


def suggest(
    draft: Draft,
    past: Sequence[Tagged] | History,
    tracked: Sequence[Tracked] = (),
    phrases: Sequence[Phrase] = (),
    most: int = 5,
    model: Artefact | None = None,
    least: float = 0.0,
) -> tuple[Suggested, ...]:
    """Best first, without those that the draft has. Tags of the account's past, then tracked ones that have to do with the draft;
    what is left is filled with the draft's own phrases as tags. `least`: the chance a tag of the past needs that is not named.
    """
    history = past if isinstance(past, History) else History(past)
    used = {each.casefold() for each in draft.hashtags}
    found: dict[str, Suggested] = {}
    for each in (
        *_from_history(draft, history, model or artefact.load("hashtags"), least),
        *_from_tracked(draft, tracked),
        *_from_draft(phrases),
    ):
        key = each.tag.casefold()
        if key not in used and (key not in found or found[key].score < each.score):
            found[key] = each
    return tuple(sorted(found.values(), key=lambda each: (-each.score, each.tag)))[:most]


def _from_history(draft: Draft, history: History, model: Artefact, least: float) -> Iterator[Suggested]:
    weights = weights_for(model, len(history.posts))
    for tag, values in features(history, draft).items():
        chance = 1 / (1 + exp(-sum(w * x for w, x in zip(weights, values, strict=True))))
        if chance >= least or values[FEATURES.index("named")]:
            yield Suggested(history.spelling(tag), round(chance, 4), "history", history.uses[tag], history.lift(tag))


def weights_for(model: Artefact, posts: int) -> list[float]:
    """Of a few posts how often says more than which; in between, in between."""
    few, many = model.arrays["weights"]
    share = min(1.0, max(0.0, log(max(posts, 1) / FEW) / log(MANY / FEW)))
    return (few * (1 - share) + many * share).tolist()


def _from_tracked(draft: Draft, tracked: Sequence[Tracked]) -> Iterator[Suggested]:
    """One that the draft names, or whose posts share telling words with it: two at least, as one is chance."""
    named, words = _named(draft), {each for each in draft.words if len(each) > 3}
    for each in tracked:
        shared = len(words.intersection(each.words)) / max(len(words), 1) if len(words.intersection(each.words)) > 1 else 0.0
        score = NAMED if each.tag.casefold() in named else NAMED * min(1.0, shared)
        if score:
            yield Suggested(each.tag, round(score, 4), "tracked", each.posts, each.lift)


def _from_draft(phrases: Sequence[Phrase]) -> Iterator[Suggested]:
    for each in phrases:
        tag = as_tag(each.text)
        if tag:
            yield Suggested(tag, round(FILLING * each.score, 4), "draft")


def as_tag(phrase: str) -> str | None:
    """`solar power` → `SolarPower`. None where that is no tag: too long, or without a letter."""
    words = [_POSSESSIVE.sub("", each) for each in spell(phrase) if not each.endswith("%")]
    joined = "".join(map(_begun, words)).lstrip("_") if len(words) > 1 else "".join(words)
    tag = "".join(each for each in joined if each.isalnum() or each == "_" or unicodedata.category(each).startswith("M"))
    return tag if tag and len(tag) <= _LONGEST and any(each.isalpha() for each in tag) else None


def _begun(word: str) -> str:
    """With what tells it from the word before: a capital, or `_` in scripts that have none."""
    capital = word[0].title()
    return f"{'_' if capital == word[0].lower() and capital.isalpha() else ''}{capital}{word[1:]}"
