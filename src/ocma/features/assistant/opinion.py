"""What OCMA itself makes of a draft, without any language model. Pure: no database, no network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ocma.features.assistant import advice
from ocma.features.assistant.analysis_schemas import (
    Analysis,
    AnalysisWish,
    Audience,
    CheckView,
    FactorView,
    PlatformFit,
    PredictionView,
    Sentiment,
)
from ocma.features.assistant.best_time import best_time
from ocma.features.assistant.facts import facts_of
from ocma.features.assistant.insight import feel_in, tags_for, tongue
from ocma.features.assistant.learned import Known, Subject
from ocma.features.assistant.score import score
from ocma.intelligence import engagement, fit, keyphrases, readability, seo
from ocma.intelligence.engagement import Prediction
from ocma.intelligence.fit import Fit, Length
from ocma.intelligence.hashtags import Suggested
from ocma.intelligence.sentiment import Feeling
from ocma.intelligence.text import Draft, read
from ocma.platforms.check import advise, check
from ocma.platforms.content import Content, Part
from ocma.platforms.manifest import Manifest

MEDIA = {"photo": "photo", "image": "photo", "video": "video", "reel": "video", "link": "link"}


@dataclass(frozen=True, slots=True)
class Case:
    """A draft, and all that is known around it. `followers`: as find_demographic says."""

    wish: AnalysisWish
    manifest: Manifest
    subject: Subject | None
    known: Known
    followers: str | None
    now: datetime


@dataclass(frozen=True, slots=True)
class Opinion:
    """`probabilities`: of each sentiment, by the calibrated local model. The analysis names no sources yet."""

    analysis: Analysis
    probabilities: Mapping[str, float]


def form(case: Case) -> Opinion:
    draft = read(case.wish.content)
    language = tongue(draft, case.wish.language)
    feeling, ease = feel_in(draft, language), readability.ease(draft, language)
    phrases = keyphrases.find(draft, language)
    found = seo.assess(draft, phrases, language=language)
    fitting = fit.assess(draft, facts_of(case.manifest, draft, language), case.known.published)
    tags = tags_for(draft, phrases, case.known)
    prediction, checks = predict(case, draft), list_checks(case)
    suggestions = advice.advise(checks, fitting, ease, found, prediction)
    whole, parts = score(checks, fitting, ease, found, prediction)
    analysis = Analysis(
        content_score=whole,
        score_parts=parts,
        language=language,
        sentiment_analysis=_sentiment(feeling),
        readability_score=None if ease.score is None else round(ease.score),
        readability_basis=ease.basis or ease.reason,
        seo_score=None if found.score is None else round(found.score),
        keywords=[each.text for each in phrases],
        platform_optimization=_fit(fitting, tags, len(case.wish.content)),
        engagement_prediction=_prediction(prediction, case.known),
        audience_insights=Audience(
            primary_demographic=case.followers, interests=[], optimal_posting_time=best_time(case.known.week, case.subject)
        ),
        improvement_suggestions=[each.text for each in suggestions],
        suggestions=suggestions,
        checks=checks,
        sources={},
    )
    return Opinion(analysis, feeling.probabilities if feeling else {})


def predict(case: Case, draft: Draft) -> Prediction:
    """Of the draft as it stands, whenever it is posted."""
    media = MEDIA.get(case.wish.content_type.lower())
    return engagement.predict(draft, case.known.own, media=media, title=None, at=None, platform=case.manifest.key)


def list_checks(case: Case) -> list[CheckView]:
    """What concerns the text is wrong now; files and options are not part of a draft yet."""
    content, key = Content((Part(case.wish.content),)), case.manifest.key
    found = [
        CheckView(
            rule=each.code,
            severity="error" if each.code.startswith((f"{key}.text", f"{key}.thread")) else "info",
            message=" ".join(filter(None, (each.message, each.remediation))),
        )
        for each in check(content, case.manifest)
    ]
    return found + [CheckView(rule=f"{key}.advice", severity="warning", message=each) for each in advise(content, case.manifest)]


def _sentiment(feeling: Feeling | None) -> Sentiment:
    if feeling is None:
        return Sentiment(sentiment=None, confidence=None, emotions=[])
    return Sentiment(
        sentiment=feeling.sentiment,
        confidence=round(feeling.confidence, 4),
        emotions=[name for name, _ in feeling.emotions],
    )


def _fit(found: Fit, tags: Sequence[Suggested], length: int) -> PlatformFit:
    """`optimalLength` is what of the range that did best is nearest to the draft."""
    best = found.optimal_length
    return PlatformFit(
        score=round(found.score),
        recommendations=[each.message for each in found.recommendations],
        optimal_length=best and nearest(best, length),
        optimal_length_basis=best and f"{best.basis}: {best.posts} posts, {_span(best.least, best.most)} characters",
        hashtag_suggestions=[each.tag for each in tags],
    )


def nearest(best: Length, length: int) -> int:
    least = max(best.least, 1)
    return max(length, least) if best.most is None else min(max(length, least), best.most)


def _span(least: int, most: int | None) -> str:
    return f"{least} and more" if most is None else f"{least} to {most}"


def _prediction(found: Prediction, known: Known) -> PredictionView:
    return PredictionView(
        expected_engagement=rounded(found.expected),
        low=rounded(found.low),
        high=rounded(found.high),
        unit=found.unit,
        confidence=rounded(found.confidence),
        factors=[each.detail for each in found.factors],
        effects=[FactorView(name=each.name, effect=round(each.effect, 3), detail=each.detail) for each in found.factors],
        basis=found.basis,
        posts=known.posts,
    )


def rounded(value: float | None) -> float | None:
    """Three digits say all that such a number can."""
    return None if value is None else float(f"{value:.3g}")
