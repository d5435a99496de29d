"""What would make a draft better, each piece of advice tied to what was measured or to a rule of the platform."""

from collections.abc import Iterator, Sequence

from ocma.features.assistant.analysis_schemas import CheckView, Suggestion
from ocma.intelligence.engagement import Prediction
from ocma.intelligence.fit import Fit
from ocma.intelligence.readability import Ease
from ocma.intelligence.seo import Seo

MOST = 8
HARD, LONG_SENTENCE = 50, 22  # a reading ease below which, and words from which, advice is due
WEAK = 0.5  # of a factor of findability, from which down it is told
SLIGHT = -0.05  # spreads; a factor that costs less is not worth a word
CHANGEABLE = ("style", "time")  # of the predictor's factors: a draft's subject and medium are given
SAID = {
    "phraseEarly": "Name the subject in the first sentence: none of the draft's key phrases stands there.",
    "phraseInTags": "Make one of the hashtags say what the draft is about: none does.",
    "length": "Say a little more: the draft is too short to be found for anything.",
    "stuffing": "Repeat one word less often",
    "links": "Keep one link, with words around it that say where it leads.",
    "duplicateTags": "Write each hashtag once",
}


def advise(checks: Sequence[CheckView], fit: Fit, ease: Ease, seo: Seo, prediction: Prediction) -> list[Suggestion]:
    """What the platform refuses first, then what costs most."""
    found = [*_refusals(checks), *_losses(prediction), *_fitting(fit), *_reading(ease), *_finding(seo)]
    return list({each.text: each for each in found}.values())[:MOST]


def _suggestion(text: str, factor: str, effect: float | None = None) -> Suggestion:
    return Suggestion(text=text, factor=factor, effect=None if effect is None else round(effect, 3), source="local")


def _refusals(checks: Sequence[CheckView]) -> Iterator[Suggestion]:
    return (_suggestion(each.message, each.rule) for each in checks if each.severity == "error")


def _losses(prediction: Prediction) -> Iterator[Suggestion]:
    """What the predictor holds against it, of what can be changed."""
    for each in prediction.factors:
        if each.effect <= SLIGHT and each.name in CHANGEABLE:
            yield _suggestion(f"Reconsider: {each.detail[0].lower()}{each.detail[1:]}", f"engagement.{each.name}", each.effect)


def _fitting(fit: Fit) -> Iterator[Suggestion]:
    """Limits are among the refusals already."""
    for each in fit.recommendations:
        if each.rule not in ("overLimit", "overBytes", "tooManyHashtags", "tooManyMentions", "missingText"):
            effect = -fit.optimal_length.lift if each.rule == "length" and fit.optimal_length else None
            yield _suggestion(each.message, f"fit.{each.rule}", effect)


def _reading(ease: Ease) -> Iterator[Suggestion]:
    if ease.score is None or ease.score >= HARD:
        return
    if ease.per_sentence and ease.per_sentence >= LONG_SENTENCE:
        text = f"Shorten the sentences: they have {ease.per_sentence:.0f} words on average."
        yield _suggestion(text, "readability.sentences")
    if ease.rare:
        words = ", ".join(f"“{each}”" for each in ease.rare[:3])
        yield _suggestion(f"Use plainer words where you can, for {words} for instance.", "readability.words")


def _finding(seo: Seo) -> Iterator[Suggestion]:
    for each in seo.factors:
        if each.score < WEAK and each.name in SAID:
            text = SAID[each.name]
            yield _suggestion(text if text.endswith(".") else f"{text}: {each.detail}.", f"seo.{each.name}")
