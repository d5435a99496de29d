"""Can a draft be found: where its key phrases stand, and what search and readers stumble over.

The factors are a checklist and their weights are OCMA's own convention, chosen by judgement: no data of ours measures how often a
post is found. A factor that does not apply (no title, no tags) is left out, and the others share its weight.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from ocma.intelligence.function_words import FUNCTION_WORDS
from ocma.intelligence.keyphrases import Phrase
from ocma.intelligence.text import Draft, read

PREVIEW = 125  # characters: about what feeds show before "more"
WEIGHTS = {
    "phraseEarly": 25,  # a key phrase in the first sentence, within PREVIEW
    "phraseInTitle": 20,  # one in the title (of a video, document or link)
    "phraseInTags": 15,  # a hashtag that says one
    "length": 15,  # enough words to have a subject
    "stuffing": 15,  # no word is most of the text
    "links": 5,  # links with words around them, and few
    "duplicateTags": 5,  # each tag once
}
_SUBJECT = 12  # words from which on `length` is full
_OFTEN = 3  # uses of a word that are never stuffing
_SHARE = 0.12  # of all words, from which on a word's repetition is
_AROUND_LINK = 4  # words
_SHORT = 3  # letters up to which a word is no subject by itself
_STEM, _ENDING = 5, 3  # letters that forms of a word share at least, and may differ by at most
_LEADING = 3  # phrases that count as what the draft is about


@dataclass(frozen=True, slots=True)
class Factor:
    """`score` 0 to 1; `detail`: what it was found in, for a sentence to name."""

    name: str
    score: float
    weight: int
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Seo:
    """`score` 0 to 100: the weighted mean of the factors; None for a draft without words."""

    score: float | None
    keywords: tuple[Phrase, ...]
    factors: tuple[Factor, ...]


def assess(draft: Draft, phrases: Sequence[Phrase], *, title: str | None = None, language: str | None = None) -> Seo:
    """`title`: what stands over the post, where the platform has such a thing; empty: it is missing."""
    if not draft.words:
        return Seo(None, tuple(phrases), ())
    leading = [tuple(read(each.text).words) for each in phrases[:_LEADING]]
    factors = tuple(_factors(draft, [each for each in leading if each], title, FUNCTION_WORDS.get(language or "", frozenset())))
    total = sum(each.weight for each in factors)
    return Seo(round(100 * sum(each.score * each.weight for each in factors) / total, 1), tuple(phrases), factors)


def _factors(draft: Draft, leading: Sequence[tuple[str, ...]], title: str | None, idle: frozenset[str]) -> Iterator[Factor]:
    yield _early(draft, leading)
    if title is not None:
        yield _titled(leading, title)
    if draft.hashtags:
        yield _tagged(draft, leading)
        yield _once(draft)
    words = len(draft.words)
    yield Factor("length", min(1.0, words / _SUBJECT), WEIGHTS["length"], f"{words} words")
    yield _stuffing(draft, idle)
    if draft.urls:
        yield _links(draft)


def _early(draft: Draft, leading: Sequence[tuple[str, ...]]) -> Factor:
    """The best phrase counts in full, the next ones less."""
    first = draft.sentences[0] if draft.sentences else draft.prose
    words = read(first[:PREVIEW]).words
    for rank, phrase in enumerate(leading):
        if _holds(words, phrase):
            return Factor("phraseEarly", 1 - 0.2 * rank, WEIGHTS["phraseEarly"], " ".join(phrase))
    return Factor("phraseEarly", 0.0, WEIGHTS["phraseEarly"])


def _titled(leading: Sequence[tuple[str, ...]], title: str) -> Factor:
    words = read(title[:1000]).words
    found = next((phrase for phrase in leading if _holds(words, phrase)), None)
    partly = 0.5 * any(word in words for phrase in leading for word in phrase)
    return Factor("phraseInTitle", 1.0 if found else partly, WEIGHTS["phraseInTitle"], " ".join(found or ()))


def _tagged(draft: Draft, leading: Sequence[tuple[str, ...]]) -> Factor:
    """A tag says a phrase when it is its words in one, or one of them (in whatever form) that is long enough to be a subject."""
    tags = {each.casefold().replace("_", "") for each in draft.hashtags}
    whole = next((phrase for phrase in leading if "".join(phrase) in tags), None)
    part = next((word for phrase in leading for word in phrase if any(_kin(word, tag) for tag in tags)), None)
    score = 1.0 if whole else 0.6 if part else 0.0
    return Factor("phraseInTags", score, WEIGHTS["phraseInTags"], "".join(whole or ()) or part or "")


def _kin(word: str, tag: str) -> bool:
    """The same word, or another form of it: planner, planning."""
    if len(word) <= _SHORT or word == tag:
        return len(word) > _SHORT and word == tag
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(word, tag, strict=False)))
    return shared >= _STEM and max(len(word), len(tag)) - shared <= _ENDING


def _once(draft: Draft) -> Factor:
    counts = Counter(each.casefold() for each in draft.hashtags)
    twice = [tag for tag, count in counts.items() if count > 1]
    return Factor("duplicateTags", len(counts) / len(draft.hashtags), WEIGHTS["duplicateTags"], " ".join(twice[:3]))


def _stuffing(draft: Draft, idle: frozenset[str]) -> Factor:
    """Full up to _OFTEN uses or _SHARE of the words, none at three times that."""
    counts = Counter(each for each in draft.words if each not in idle and len(each) > 2 and not each[0].isnumeric())
    word, uses = max(counts.items(), key=lambda each: each[1], default=("", 0))
    allowed = max(_OFTEN, _SHARE * len(draft.words))
    score = min(1.0, max(0.0, 1 - (uses - allowed) / (2 * allowed)))
    return Factor("stuffing", score, WEIGHTS["stuffing"], f"{word} ×{uses}" if score < 1 else "")


def _links(draft: Draft) -> Factor:
    """A bare link says nothing of where it leads; of several, readers take none."""
    around = min(1.0, len(draft.words) / _AROUND_LINK)
    count = len(draft.urls)
    return Factor("links", around if count == 1 else around / count, WEIGHTS["links"], f"{count} links" if count > 1 else "")


def _holds(words: Sequence[str], phrase: tuple[str, ...]) -> bool:
    """Whole words in a row, not letters in a row."""
    return any(tuple(words[each : each + len(phrase)]) == phrase for each in range(len(words) - len(phrase) + 1))
