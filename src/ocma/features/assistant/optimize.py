"""A draft made better for its platform: by a language model if there is one, else, and besides, by rules on its own words."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from ocma.clock import Clock
from ocma.errors import Invalid, Issue
from ocma.features.assistant.calls import find_call
from ocma.features.assistant.candidates import Candidate, different, local_versions, polished
from ocma.features.assistant.consult import Consultant, Consulted, Question, Source
from ocma.features.assistant.estimates import MARGIN, SURE, Forecast, Score, forecasts, gain
from ocma.features.assistant.improvements import Occasion, improvements
from ocma.features.assistant.insight import Insight, Look, look
from ocma.features.assistant.material import Material, take_apart, without_hashtags
from ocma.features.assistant.optimize_schemas import (
    Expected,
    ImprovementView,
    Keyword,
    Optimization,
    OptimizationAnswer,
    OptimizeWish,
    Predicted,
    Seo,
    Specifics,
    VersionView,
)
from ocma.features.assistant.rewriting import Rewrites, rewrite_question, usable
from ocma.features.assistant.source_schemas import SourceView
from ocma.features.assistant.target import REMEDY, Target, target
from ocma.intelligence.text import read
from ocma.platforms.registry import get_connector


@dataclass(frozen=True, slots=True)
class Tools:
    """`look`: the local models. `score`: the predictor for the account and its platform; None: there is none."""

    consultant: Consultant
    clock: Clock
    look: Look = look
    score: Score | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """A draft, taken apart and looked at. `original`: the draft itself, made to fit; what all versions are compared with."""

    wish: OptimizeWish
    to: Target
    material: Material
    original: str


async def optimize(tools: Tools, workspace_id: UUID, wish: OptimizeWish) -> OptimizationAnswer:
    """Raises Invalid for an unknown platform, and for a draft of which nothing is left on it."""
    to = target(get_connector(wish.platform).manifest, wish.content_type, wish.max_length)
    task = await asyncio.to_thread(prepare, tools.look, wish, to)
    consulted = await tools.consultant.ask(workspace_id, _question(task))
    found = await asyncio.to_thread(finish, tools, task, consulted)
    return OptimizationAnswer(optimized_at=tools.clock(), platform=wish.platform, optimization=found)


def prepare(look: Look, wish: OptimizeWish, to: Target) -> Task:
    original = to.fit(wish.content).text
    if not original.strip():
        message = f"Nothing of it can be said on {to.manifest.name}" + (f" in {wish.max_length}." if wish.max_length else ".")
        raise Invalid(message, code="nothingLeft", issues=[Issue("content", "nothingLeft", message)], remediation=REMEDY)
    return Task(wish, to, material_of(look, wish.content, wish.language, hashtags=wish.include_hashtags), original)


def material_of(look: Look, text: str, language: str | None, *, hashtags: bool = True) -> Material:
    material = take_apart(text)
    found = look(material.draft, language)
    known = replace(material, language=found.language, phrases=tuple(each for each, _ in found.phrases), tags=found.tags)
    return known if hashtags else without_hashtags(known)


def _question(task: Task) -> Question[Rewrites]:
    wish, material = task.wish, task.material
    told = {
        "objective": wish.objective,
        "targetAudience": wish.target_audience,
        "contentType": wish.content_type,
        "tone": wish.tone,
        "language": wish.language or material.language,
        "includeHashtags": wish.include_hashtags,
        "hashtags": [f"#{each}" for each in material.tags[: task.to.hashtags]],
    }
    return rewrite_question(wish.content, task.to, wish.versions, told)


def finish(tools: Tools, task: Task, consulted: Consulted[Rewrites]) -> Optimization:
    wish, to = task.wish, task.to
    tags = wish.include_hashtags
    written = list(usable(consulted.value, wish.content, to, hashtags=tags)) if consulted.value else []
    own = [
        polished(task.material, to, wish.objective, hashtags=tags),
        *local_versions(task.material, to, wish.objective),
    ]
    pool = [each for each in (*written, *own) if each.content.strip()]
    texts = [task.original, *(each.content for each in pool)]
    known = dict(zip(texts, forecasts(tools.score, texts), strict=True))
    chosen = _best(task, pool, known)
    others = list(different((each for each in pool if each is not chosen), (chosen.content, task.original)))
    others.sort(key=lambda each: -_score(known[each.content]))  # keeps the order where there is no basis
    return _told(_Outcome(tools, task, chosen, others[: wish.versions], known, consulted))


def _best(task: Task, pool: Sequence[Candidate], known: Mapping[str, Forecast | None]) -> Candidate:
    """The first, unless another, or the draft itself, is predicted to do better by more than a little, and surely enough."""
    as_is = Candidate(task.original, "As it is", "The draft itself")
    stays = task.wish.include_hashtags or not read(task.original).hashtags
    found = [*pool, as_is] if stays or not pool else pool
    best = max(found, key=lambda each: _score(known[each.content]))
    return best if _score(known[best.content]) - _score(known[found[0].content]) > MARGIN else found[0]


def _score(found: Forecast | None) -> float:
    return found.score if found and (found.confidence or 0.0) >= SURE else 0.0


@dataclass(frozen=True, slots=True)
class _Outcome:
    tools: Tools
    task: Task
    chosen: Candidate
    others: Sequence[Candidate]
    known: Mapping[str, Forecast | None]
    consulted: Consulted[Rewrites]


def _told(found: _Outcome) -> Optimization:
    task, text = found.task, found.chosen.content
    wish, draft = task.wish, read(text)
    insight = found.tools.look(draft, wish.language or task.material.language)
    tone = wish.tone if found.chosen.source == "model" else None
    occasion = Occasion(task.to, wish.objective, task.material.language, wish.include_hashtags, tone)
    expected = found.known[task.original], found.known[text]
    better = improvements(wish.content, text, occasion, expected)
    return Optimization(
        original_content=wish.content,
        optimized_content=text,
        improvements=[ImprovementView.model_validate(each) for each in better],
        platform_specific_optimizations=Specifics(
            hashtags=list(dict.fromkeys(draft.hashtags)),
            mentions=list(dict.fromkeys(draft.mentions)),
            emoji=list(dict.fromkeys(draft.emoji)),
            call_to_action=find_call(take_apart(text).sentences[-2:], task.material.language),
        ),
        expected_improvements=_expected(found),
        predicted=_predicted(expected[1]),
        alternative_versions=[_version(each, found.known[each.content]) for each in found.others],
        seo_optimizations=_seo(insight),
        notes=list(_notes(found, unchanged=not better)),
        sources=_sources(found),
    )


def _expected(found: _Outcome) -> Expected | None:
    """Null where the draft stays as it is, too."""
    before, after = found.known[found.task.original], found.known[found.chosen.content]
    more = gain(before, after) if found.chosen.content != found.task.original else None
    if more is None:
        return None
    return Expected(
        engagement_increase=more.percent, low=more.low, high=more.high, confidence_score=more.confidence, basis=more.basis
    )


def _predicted(found: Forecast | None) -> Predicted | None:
    return Predicted.model_validate(found) if found else None


def _version(found: Candidate, predicted: Forecast | None) -> VersionView:
    return VersionView(
        title=found.title,
        content=found.content,
        focus=found.focus,
        tone=found.tone,
        predicted=_predicted(predicted),
        source=found.source,
    )


def _seo(found: Insight) -> Seo:
    return Seo(
        keywords=[Keyword(keyword=phrase, score=score) for phrase, score in found.phrases],
        readability_score=_rounded(found.readability),
        sentiment_score=_rounded(found.sentiment),
    )


def _rounded(found: float | None) -> int | None:
    return None if found is None else round(found)


def _notes(found: _Outcome, *, unchanged: bool) -> Iterator[str]:
    wish, language = found.task.wish, found.task.material.language
    if unchanged:
        yield "Nothing was found that would improve the draft; it is returned as it is."
    if len(found.others) < wish.versions:
        yield f"{wish.versions} versions were asked for; {len(found.others)} that differ enough could be made of this draft."
    if found.consulted.value is None:
        asked = [name for name, value in (("tone", wish.tone), ("targetAudience", wish.target_audience)) if value]
        if asked:
            yield f"Not heeded: {' and '.join(asked)}. To write differently takes a language model."
        if language is None:
            yield "The draft's language is not known: nothing was added to its words. Send `language`."
    elif not any(each.source == "model" for each in (found.chosen, *found.others)):
        yield "What the language model wrote is not used: it said what the draft does not, or is predicted to do worse."


def _sources(found: _Outcome) -> dict[str, SourceView]:
    heard = any(each.source == "model" for each in (found.chosen, *found.others))
    views = {"model": source_view(found.consulted.source), "local": local_view(found.consulted, heard=heard)}
    versions = "model" if any(each.source == "model" for each in found.others) else "local"
    measured = ("expectedImprovements", "keywords", "readability", "sentiment", "hashtags")
    return {
        "optimizedContent": views[found.chosen.source],
        "alternativeVersions": views[versions],
        **{name: SourceView(source="local") for name in measured},
    }


def source_view(found: Source) -> SourceView:
    return SourceView.model_validate(found)


def local_view(found: Consulted[Any], *, heard: bool) -> SourceView:
    """With the reason why no model was heard and what asking it took; neither where another part of the answer is a model's."""
    if found.value is None:
        return source_view(found.source)
    if heard:
        return SourceView(source="local")
    return source_view(found.source).model_copy(update={"source": "local", "model": None, "reason": "notUsed"})
