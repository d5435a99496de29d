"""Versions of a text that may be put before its author: every one fits its platform."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from ocma.features.assistant.calls import Objective
from ocma.features.assistant.likeness import distinct
from ocma.features.assistant.material import Material, take_apart
from ocma.features.assistant.strategies import Strategy, called, concise, strategies, tagged
from ocma.features.assistant.target import Target


@dataclass(frozen=True, slots=True)
class Candidate:
    """`tone` None: as the author wrote it."""

    content: str
    title: str
    focus: str
    source: Literal["model", "local"] = "local"
    tone: str | None = None


def local_versions(material: Material, to: Target, objective: Objective) -> list[Candidate]:
    """Of each strategy that has something to work with, in the order of the strategies."""
    return [found for each in strategies(objective, to.hashtags) if (found := _by(each, material, to))]


def _by(strategy: Strategy, material: Material, to: Target) -> Candidate | None:
    text = strategy.rewrite(material) if material.sentences else None
    fitted = to.fit(text).text if text else ""
    return Candidate(fitted, strategy.title, strategy.focus) if fitted.strip() else None


def polished(material: Material, to: Target, objective: Objective, *, hashtags: bool = True) -> Candidate:
    """The draft as it is, but short enough, and with what it lacks where there is room: a call to action, hashtags."""
    text = material.draft.raw if hashtags else material.text()
    if not to.takes(text) and (shorter := concise(material)):
        text = shorter if to.takes(shorter) else text
    for improve in (partial(called, objective=objective), partial(tagged, most=to.hashtags)):
        again = replace(take_apart(text), language=material.language, tags=material.tags)
        more = improve(again)
        text = more if more and to.takes(more) else text
    return Candidate(to.fit(text).text, "Optimized", "What the draft lacked")


def different(found: Iterable[Candidate], known: Iterable[str]) -> Iterator[Candidate]:
    """Those that are like none before them, and like none of `known`."""
    found = list(found)
    kept = set(distinct((each.content for each in found), known))
    for each in found:
        if each.content in kept:
            kept.discard(each.content)
            yield each
