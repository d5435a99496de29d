"""A Graph API as far as measuring needs it: answers in the form that Meta documents, for a test that says what it knows.

The forms are those of the official Threads collection (fbsamples/threads_api, 2026-01-02), of Meta's pages about insights, and of
answers recorded in sns-sdks/python-facebook (`testdata/instagram/apidata`, Apache-2.0).
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2

from contract.graph.host import answer, error
from ocma.platforms.connector import Access
from ocma.platforms.metrics import Measured

Params = Mapping[str, str]
Reply = httpx2.Response | Callable[[Params], httpx2.Response]
DATA = Path(__file__).with_name("data")
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Clock:
    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_hours(self, hours: float) -> None:
        self.now += timedelta(hours=hours)


class Host:
    """`replies`: path below the version -> what is answered there. `asked`: every path and query that came in."""

    def __init__(self, replies: Mapping[str, Reply]) -> None:
        self.replies = dict(replies)
        self.asked: list[tuple[str, dict[str, str]]] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        assert request.method == "GET"
        path, query = request.url.path.partition("/v")[2].partition("/")[2], dict(request.url.params)
        self.asked.append((path, query))
        reply = self.replies[path]
        return reply(query) if callable(reply) else reply

    def of(self, path: str) -> list[dict[str, str]]:
        """The queries that came to one path."""
        return [query for where, query in self.asked if where == path]

    def access(self, profile_id: str, version: str = "v26.0", **more: Any) -> Access:
        client = httpx2.AsyncClient(transport=httpx2.MockTransport(self), base_url="https://graph.example")
        return Access(client, profile_id=profile_id, token="t", **{"settings": {"version": version}, **more})


def insights(**known: Any) -> Callable[[Params], httpx2.Response]:
    """Each name's entry of `data`; None: it is known, and there is nothing. One name that is not known fails the whole call."""

    def reply(query: Params) -> httpx2.Response:
        names = query["metric"].split(",")
        if not set(names) <= set(known):
            return error(100, message="(#100) The value must be a valid insights metric")
        given = {name: known[name](query) if callable(known[name]) else known[name] for name in names}
        return answer({"data": [{"name": name, **entry} for name, entry in given.items() if entry is not None]})

    return reply


def lifetime(value: Any) -> dict[str, Any]:
    return {"period": "lifetime", "values": [{"value": value}]}


def total(value: Any) -> dict[str, Any]:
    return {"period": "day", "total_value": {"value": value}}


def broken_down(by: str, **values: int) -> dict[str, Any]:
    results = [{"dimension_values": [name], "value": value} for name, value in values.items()]
    return {"period": "lifetime", "total_value": {"breakdowns": [{"dimension_keys": [by], "results": results}]}}


def by_day(**ends: Any) -> dict[str, Any]:
    """`d2026_11_22`: the day that ends then, at Pacific midnight in winter."""
    told = [{"value": value, "end_time": f"{end[1:].replace('_', '-')}T08:00:00+0000"} for end, value in ends.items()]
    return {"period": "day", "values": told}


def recorded(name: str) -> Any:
    """data/README.md tells the origin."""
    return json.loads((DATA / f"{name}.json").read_text("utf-8"))


def figures(found: Measured) -> dict[str, float]:
    return {f"{each.measure.name} {each.group}".strip(): each.value for each in found.readings}
