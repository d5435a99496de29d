"""The one figure of a post that an experiment goes by."""

from collections.abc import Iterable

from ocma.errors import Invalid, Issue
from ocma.features.analytics import definitions
from ocma.features.analytics.formula import Figures
from ocma.features.analytics.names import unknown_metric
from ocma.platforms.metrics import METRICS
from ocma.platforms.registry import get_connector

INTERACTIONS, ENGAGEMENT = "interactions", "engagement"
OWN = (INTERACTIONS, ENGAGEMENT)  # beside what platforms give, as definitions.py has them


def reckon(metric: str, figures: Figures) -> float | None:
    if metric == INTERACTIONS:
        return definitions.interactions(figures)
    if metric == ENGAGEMENT:
        return definitions.rate(definitions.interactions(figures), definitions.basis(figures))
    return definitions.impressions(figures) if metric == "impressions" else figures.get(metric)


def check_metric(metric: str, platforms: Iterable[str]) -> None:
    """Raises Invalid for one that nobody knows, or that one of the platforms does not give of posts."""
    if metric not in METRICS and metric not in OWN:
        raise unknown_metric(metric, "metric", OWN)
    issues = [issue for key in sorted(platforms) if (issue := _lacking(metric, key))]
    if issues:
        raise Invalid(f"`{metric}` is not measured everywhere.", code="notMeasured", issues=issues)


def _lacking(metric: str, platform: str) -> Issue | None:
    manifest = get_connector(platform).manifest
    given = [each.metric.key for each in manifest.measuring.of("post") if definitions.is_plain(each)]
    if reckon(metric, dict.fromkeys(given, 1.0)) is not None:
        return None
    has = ", ".join(dict.fromkeys(given)) or "nothing"
    message = f"{manifest.name} does not give `{metric}` of a post as one figure."
    return Issue("metric", "notMeasured", message, f"It gives: {has}.", platform)
