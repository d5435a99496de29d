"""What OCMA's figures of a post mean, on every platform alike. Told to users in docs/howto/metrics.md."""

from collections.abc import Iterator

from ocma.features.analytics.formula import Figures
from ocma.platforms.metrics import COMMENTS, LIKES, QUOTES, SAVES, SENDS, SHARES, Measure
from ocma.platforms.registry import manifests

# What counts as an interaction. Clicks do not: some platforms count every touch of a picture.
INTERACTIONS = tuple(each.key for each in (LIKES, COMMENTS, SHARES, QUOTES, SENDS, SAVES))
DECIMALS = 4  # of rates


def impressions(figures: Figures) -> float | None:
    """The platform's, else its views."""
    found = figures.get("impressions")
    return figures.get("views") if found is None else found


def interactions(figures: Figures) -> float | None:
    """The sum of those that the platform gives; of one that gives none of them its own sum."""
    known = [value for value in map(figures.get, INTERACTIONS) if value is not None]
    return sum(known) if known else figures.get("engagements")


def basis(figures: Figures) -> float | None:
    """What interactions are a share of: reach, else impressions."""
    reach = figures.get("reach")
    return impressions(figures) if reach is None else reach


def rate(part: float | None, whole: float | None) -> float | None:
    """In percent."""
    return round(part / whole * 100, DECIMALS) if part is not None and whole else None


def counted(value: float | None) -> int | None:
    return None if value is None else round(value)


def doubly_named() -> list[str]:
    """`platform/metric/name` of a post's figures that a platform gives under several names, first that which OCMA shows."""
    return [f"{platform}/{key}/{name}" for platform, key, names in _named() if len(names) > 1 for name in names]


def _named() -> Iterator[tuple[str, str, list[str]]]:
    for manifest in manifests():
        found: dict[str, list[str]] = {}
        for each in manifest.measuring.of("post"):
            if is_plain(each):
                found.setdefault(each.metric.key, []).append(each.name)
        for key, names in found.items():
            yield manifest.key, key, names


def is_plain(measure: Measure) -> bool:
    """One figure of a whole post, not one of a span or a group."""
    return not measure.split and measure.kind != "delta"
