"""Insights in Meta's shape. One name that is not known fails the whole request; a set can be empty, which is not 0."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ocma_sandbox import audience
from ocma_sandbox.figures import Figures
from ocma_sandbox.graph import errors
from ocma_sandbox.graph.calls import Visit
from ocma_sandbox.graph.params import Params
from ocma_sandbox.people import Person

Json = dict[str, Any]
Values = Mapping[str, int]

HOUR = 3600
NOTHING: Mapping[str, list[Json]] = {"data": []}


def names(params: Params, known: Iterable[str]) -> list[str]:
    asked = [str(name) for name in params.listed("metric")]
    if not asked:
        raise errors.invalid("The parameter metric is required")
    bad = [name for name in asked if name not in set(known)]
    if bad:
        raise errors.invalid(f"The value must be a valid insights metric: {', '.join(bad)}")
    return list(dict.fromkeys(asked))


def told_until(visit: Visit) -> float:
    """Insights are late by a setting; fields of posts and accounts are not."""
    return visit.world.clock() - visit.caller.house.settings(visit.world).insights_lag_hours * HOUR


def is_small(visit: Visit, figures: Figures, person: Person, gauge: str) -> bool:
    """Whether there are so few followers that something is kept back."""
    return figures.gauge(person, gauge) < visit.caller.house.settings(visit.world).least_followers


def lifetime(node_id: str, name: str, value: float | Values) -> Json:
    """A metric of a post: one value, which can be an object."""
    return series(node_id, name, "lifetime", [{"value": value}])


def series(node_id: str, name: str, period: str, values: Sequence[Json]) -> Json:
    return _titled(node_id, name, period, {"values": list(values)})


def total(node_id: str, name: str, period: str, value: float, **more: Any) -> Json:
    return _titled(node_id, name, period, {"total_value": {"value": value, **more}})


def by_part(node_id: str, name: str, period: str, key: str, parts: Values) -> Json:
    """A total told in the parts of one breakdown, and not as a whole."""
    return _titled(node_id, name, period, {"total_value": broken_down(key, parts)})


def by_link(node_id: str, name: str, period: str, values: Values) -> Json:
    told = [{"value": value, "link_url": url} for url, value in values.items()]
    return _titled(node_id, name, period, {"link_total_values": told})


def broken_down(key: str, parts: Values) -> Json:
    results = [{"dimension_values": [part], "value": value} for part, value in parts.items()]
    return {"breakdowns": [{"dimension_keys": [key], "results": results}]}


def _titled(node_id: str, name: str, period: str, told: Json) -> Json:
    title, own_id = name.replace("_", " ").capitalize(), f"{node_id}/insights/{name}/{period}"
    return {"name": name, "period": period, "title": title, "description": "", **told, "id": own_id}


def all_of(wanted: Iterable[str], make: Callable[[str], Json | None]) -> Json:
    """None: there is nothing to tell, and the metric stands nowhere."""
    return {"data": [shown for name in wanted if (shown := make(name)) is not None]}


DEMOGRAPHICS: Mapping[str, Sequence[str]] = {
    "age": ("13-17", "18-24", "25-34", "35-44", "45-54", "55-64", "65+"),
    "gender": ("F", "M", "U"),
    "country": ("US", "DE", "BR", "IN", "GB", "JP", "FR", "ZA"),
    "city": ("New York, New York", "Berlin, Berlin", "São Paulo, São Paulo (state)", "Mumbai, Maharashtra", "London, England"),
}


def breakdown(params: Params) -> str:
    asked = params.need("breakdown")
    if asked not in DEMOGRAPHICS:
        raise errors.invalid(f"Param breakdown must be one of {{{', '.join(DEMOGRAPHICS)}}}")
    return asked


def demographics(person: Person, key: str, count: int) -> Values:
    """So many people by kind: the parts add up to them, and are the same shares of them at any time."""
    parts = DEMOGRAPHICS[key]
    weights = [0.2 + audience.share(person.platform, person.id, key, part) for part in parts]
    split = {part: int(count * weight / sum(weights)) for part, weight in zip(parts, weights, strict=True)}
    largest = max(split, key=split.__getitem__)
    return {**split, largest: split[largest] + count - sum(split.values())}
