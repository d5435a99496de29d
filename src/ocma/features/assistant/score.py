"""One number for a draft: the mean of what was found out about it, by weights that are OCMA's own convention."""

from collections.abc import Sequence
from math import erf, sqrt

from ocma.features.assistant.analysis_schemas import CheckView, ScorePart
from ocma.intelligence.engagement import Prediction
from ocma.intelligence.fit import Fit
from ocma.intelligence.readability import Ease
from ocma.intelligence.seo import Seo

WEIGHTS = {"platformFit": 30, "engagement": 35, "readability": 20, "seo": 15}
REFUSED = 30  # at most, for a draft that the platform does not take


def score(
    checks: Sequence[CheckView], fit: Fit, ease: Ease, seo: Seo, prediction: Prediction
) -> tuple[int | None, list[ScorePart]]:
    """What is not known does not count; None where no more is known than that the platform takes it. `engagement` is the share of
    posts, by the predictor, that do worse than this one; a predictor that nobody has measured does not count either.
    """
    found = {
        "platformFit": fit.score,
        "engagement": None if prediction.confidence is None else 50 * (1 + erf(prediction.score / sqrt(2))),
        "readability": ease.score,
        "seo": seo.score,
    }
    known = {name: value for name, value in found.items() if value is not None}
    parts = [ScorePart(part=name, score=round(value), weight=WEIGHTS[name]) for name, value in known.items()]
    mean = sum(known[name] * WEIGHTS[name] for name in known) / sum(WEIGHTS[name] for name in known)
    refused = any(each.severity == "error" for each in checks)
    if known.keys() == {"platformFit"} and not refused:
        return None, parts
    return round(min(mean, REFUSED) if refused else mean), parts
