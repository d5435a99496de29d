"""A local analysis and a model's judgement made one answer, each part marked by where it comes from."""

from collections.abc import Mapping

from ocma.features.assistant.analysis_schemas import Analysis, Suggestion
from ocma.features.assistant.consult import Consulted, Source
from ocma.features.assistant.judgement import Judgement
from ocma.features.assistant.opinion import Opinion
from ocma.features.assistant.source_schemas import SourceView

LOCAL = SourceView(source="local")
ALWAYS_LOCAL = ("readability", "seo", "platformOptimization", "engagementPrediction", "checks", "contentScore")
JUDGED = ("sentimentAnalysis", "audienceInsights", "improvementSuggestions")  # what a model is asked
MOST = 8  # suggestions


def merge(opinion: Opinion, consulted: Consulted[Judgement]) -> Analysis:
    """What a model did not say is as the local answer has it."""
    analysis, judgement = opinion.analysis, consulted.value
    sources = dict.fromkeys(ALWAYS_LOCAL, LOCAL) | dict.fromkeys(JUDGED, view(consulted.source))
    if judgement is None:
        return analysis.model_copy(update={"sources": sources})
    analysis = _judged(analysis, judgement, opinion.probabilities)
    return analysis.model_copy(update={"sources": sources})


def _judged(analysis: Analysis, judgement: Judgement, probabilities: Mapping[str, float]) -> Analysis:
    sentiment = analysis.sentiment_analysis.model_copy(
        update={
            "sentiment": judgement.sentiment,
            "confidence": round(probabilities[judgement.sentiment], 4) if probabilities else None,
            "emotions": judgement.emotions,
        }
    )
    audience = analysis.audience_insights
    audience = audience.model_copy(
        update={
            "primary_demographic": audience.primary_demographic or judgement.primary_demographic,
            "interests": judgement.interests,
        }
    )
    suggestions = [*analysis.suggestions, *(_suggestion(each) for each in judgement.suggestions)][:MOST]
    return analysis.model_copy(
        update={
            "sentiment_analysis": sentiment,
            "audience_insights": audience,
            "suggestions": suggestions,
            "improvement_suggestions": [each.text for each in suggestions],
        }
    )


def _suggestion(text: str) -> Suggestion:
    return Suggestion(text=text, factor="judgement", effect=None, source="model")


def view(source: Source) -> SourceView:
    return SourceView(
        source=source.source,
        model=source.model,
        tokens=source.tokens,
        cost_usd=None if source.cost_usd is None else float(source.cost_usd),
        reason=source.reason,
    )
