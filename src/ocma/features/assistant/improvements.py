"""What became different between a draft and its better version, and why: told by comparing them, not by who wrote it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal, TypeAlias

from ocma.features.assistant.calls import Objective, find_call
from ocma.features.assistant.estimates import Forecast
from ocma.features.assistant.material import Material, take_apart
from ocma.features.assistant.strategies import BULLET
from ocma.features.assistant.target import Target

Type: TypeAlias = Literal["length", "characters", "hashtags", "mentions", "callToAction", "opening", "layout", "wording"]
SHORTER = 0.95, 10  # of its length, and characters: a text that is not that much shorter is as long as before
FELT = 0.01  # spreads: less of a factor moves nothing
READ = 400  # words that are compared
UNTRIED = "Not measured for this account: try it against the draft."
_PURPOSES: Mapping[Objective, str] = {
    "engagement": "The objective is engagement, and the draft asked nothing of its readers.",
    "reach": "The objective is reach, and the draft asked nobody to pass it on.",
    "conversions": "The objective is conversions, and the draft asked nothing of its readers.",
    "brand_awareness": "The objective is brand awareness, and the draft asked nothing of its readers.",
}
# Which of the predictor's factors a change may have moved, by what their names hold.
_FACTORS: Mapping[Type, tuple[str, ...]] = {
    "length": ("length", "words", "short", "long"),
    "hashtags": ("hashtag",),
    "mentions": ("mention",),
    "callToAction": ("question", "call"),
    "opening": ("opening", "question", "number"),
    "layout": ("line", "paragraph", "list"),
    "wording": ("wording", "text", "terms"),
}
_WORD = re.compile(r"[#@]?\w+")


@dataclass(frozen=True, slots=True)
class Improvement:
    """`factor`, `effect`: what the predictor makes of it, in the account's usual spreads, where it has a basis."""

    type: Type
    change: str
    reason: str
    factor: str | None = None
    effect: float | None = None


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why a draft was rewritten."""

    to: Target
    objective: Objective
    language: str | None
    include_hashtags: bool = True
    tone: str | None = None


@dataclass(frozen=True, slots=True)
class _Pair:
    before: Material
    after: Material
    occasion: Occasion

    @property
    def texts(self) -> tuple[str, str]:
        return self.before.draft.raw, self.after.draft.raw


def improvements(
    before: str, after: str, occasion: Occasion, expected: tuple[Forecast | None, Forecast | None] = (None, None)
) -> list[Improvement]:
    """None where nothing is different."""
    if before.strip() == after.strip():
        return []
    pair = _Pair(take_apart(before), take_apart(after), occasion)
    found = [
        each for look in (_length, _characters, _hashtags, _mentions, _call, _opening, _layout, _wording) for each in look(pair)
    ]
    return [_measured(each, *expected) for each in found]


def _measured(found: Improvement, before: Forecast | None, after: Forecast | None) -> Improvement:
    """With the factor of the prediction that it moved most."""
    if before is None or after is None:
        return found
    was = {each.name: each.effect for each in before.factors}
    moved = [(each, each.effect - was.get(each.name, 0.0)) for each in after.factors]
    names = _FACTORS.get(found.type, ())
    felt = [(each, by) for each, by in moved if by >= FELT and any(name in each.name.lower() for name in names)]
    if not felt:
        return found
    factor, by = max(felt, key=lambda each: each[1])
    return Improvement(found.type, found.change, factor.detail, factor.name, round(by, 3))


def _length(pair: _Pair) -> Iterator[Improvement]:
    to, (before, after) = pair.occasion.to, pair.texts
    was, now = to.measure(before), to.measure(after)
    over = next((each.message for each in to.issues(before) if each.code.endswith((".length", ".bytes"))), None)
    if over is None and to.max_length is not None and max(was, len(before)) > to.max_length:
        over = f"maxLength is {to.max_length}."
    share, least = SHORTER
    if now < min(was * share, was - least) or (over and now < was):
        yield Improvement("length", f"{was} to {now} {to.rule.unit}.", over or UNTRIED)


def _characters(pair: _Pair) -> Iterator[Improvement]:
    codes = (".forbidden", ".null")
    for each in pair.occasion.to.issues(pair.texts[0]):
        if each.code.endswith(codes):
            yield Improvement("characters", "Characters removed that may not be in it.", each.message.replace("\0", "NUL"))


def _hashtags(pair: _Pair) -> Iterator[Improvement]:
    was, now = pair.before.draft.hashtags, pair.after.draft.hashtags
    occasion = pair.occasion
    if added := _missing(now, was):
        most = occasion.to.hashtags
        basis = f"{occasion.to.manifest.name} heeds up to {most}" if occasion.to.rule.tags.heeded else f"OCMA adds up to {most}"
        yield Improvement("hashtags", f"Added {_tags(added)}.", f"The draft had {len(was)} hashtags; {basis}. {UNTRIED}")
    if gone := _missing(was, now):
        over = next((each.message for each in occasion.to.issues(pair.texts[0]) if each.code.endswith(".hashtags")), None)
        reason = "includeHashtags is false." if not occasion.include_hashtags else over or "To make room."
        yield Improvement("hashtags", f"Removed {_tags(gone)}.", reason)


def _missing(found: Sequence[str], known: Sequence[str]) -> list[str]:
    have = {each.casefold() for each in known}
    return [each for each in dict.fromkeys(found) if each.casefold() not in have]


def _tags(found: Sequence[str]) -> str:
    shown = ", ".join(f"#{each}" for each in found[:10])
    return shown if len(found) <= 10 else f"{shown} and {len(found) - 10} more"


def _mentions(pair: _Pair) -> Iterator[Improvement]:
    if gone := _missing(pair.before.draft.mentions, pair.after.draft.mentions):
        over = next((each.message for each in pair.occasion.to.issues(pair.texts[0]) if each.code.endswith(".mentions")), None)
        yield Improvement("mentions", f"{len(gone)} names are no mentions any more.", over or "To make room.")


def _call(pair: _Pair) -> Iterator[Improvement]:
    language = pair.occasion.language
    was, now = (find_call(each.sentences[-2:], language) for each in (pair.before, pair.after))
    if now and not was and now not in pair.before.sentences:
        yield Improvement("callToAction", f"Asks: {_quoted(now)}", f"{_PURPOSES[pair.occasion.objective]} {UNTRIED}")


def _opening(pair: _Pair) -> Iterator[Improvement]:
    was, now = (each.sentences[0] if each.sentences else "" for each in (pair.before, pair.after))
    if not now or not was or was.startswith(now.rstrip("….:")) or now.startswith(was):
        return
    if _WORD.findall(was) == _WORD.findall(now):
        return
    moved = "stood further back in the draft" if now in pair.before.sentences else "is new"
    yield Improvement("opening", f"Opens with {_quoted(now)}, which {moved}.", UNTRIED)


def _layout(pair: _Pair) -> Iterator[Improvement]:
    was, now = (each.count(BULLET) for each in pair.texts)
    if now > was:
        yield Improvement("layout", f"{now} points are a list.", UNTRIED)
    elif (after := len(pair.after.paragraphs)) > (before := len(pair.before.paragraphs)) + 1:  # one more is the call
        yield Improvement("layout", f"{before} to {after} paragraphs.", UNTRIED)


def _wording(pair: _Pair) -> Iterator[Improvement]:
    """Words that are neither the author's nor told of already."""
    told = {each.casefold() for each in (*_WORD.findall(find_call(pair.after.sentences[-2:], pair.occasion.language) or ""),)}
    was, now = ([each.casefold() for each in _WORD.findall(_bare(each))[:READ]] for each in pair.texts)
    matcher = SequenceMatcher(None, sorted(was), sorted(now), autojunk=False)
    same = sum(block.size for block in matcher.get_matching_blocks())
    new = [each for each in now if each not in was and each not in told]
    if new:
        reason = f"For a tone that is {pair.occasion.tone}. {UNTRIED}" if pair.occasion.tone else UNTRIED
        yield Improvement("wording", f"{len(now) - same} of {len(now)} words are new.", reason)


def _bare(text: str) -> str:
    return re.sub(r"(?:https?://|www\.)\S+|[#@]\w+", " ", text)


def _quoted(text: str) -> str:
    return f"“{text if len(text) <= 80 else text[:79].rstrip() + '…'}”"
