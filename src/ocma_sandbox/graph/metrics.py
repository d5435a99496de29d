"""Insights: what the control API set on posts, in the platform's shape; one unknown name fails the whole request."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ocma_sandbox.graph import errors
from ocma_sandbox.graph.params import Params

Json = dict[str, Any]


def names(params: Params, known: Iterable[str]) -> list[str]:
    asked = [str(name) for name in params.listed("metric")]
    if not asked:
        raise errors.invalid("The parameter metric is required")
    bad = [name for name in asked if name not in set(known)]
    if bad:
        raise errors.invalid(f"The value must be a valid insights metric: {', '.join(bad)}")
    return list(dict.fromkeys(asked))


def lifetime(node_id: str, name: str, value: int | Mapping[str, int]) -> Json:
    """A metric of a post: one value, which can be an object."""
    return {
        "name": name,
        "period": "lifetime",
        "values": [{"value": value}],
        "title": name.replace("_", " ").capitalize(),
        "description": "",
        "id": f"{node_id}/insights/{name}/lifetime",
    }


def total(node_id: str, name: str, period: str, value: int) -> Json:
    return {
        "name": name,
        "period": period,
        "title": name.replace("_", " ").capitalize(),
        "description": "",
        "total_value": {"value": value},
        "id": f"{node_id}/insights/{name}/{period}",
    }


def all_of(wanted: Iterable[str], make: Callable[[str], Json]) -> Json:
    return {"data": [make(name) for name in wanted]}
