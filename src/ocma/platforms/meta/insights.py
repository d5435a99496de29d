"""Insights: how Meta's APIs give figures, and how they are read by the manifest's table."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, BaseModel

from ocma.platforms.figures import measured, number, together
from ocma.platforms.meta.days import Span, day_until
from ocma.platforms.metrics import Measure, Measured, Reading

GROUP = "type"  # what groups are by, where the answer does not say


class Value(BaseModel):
    value: Any = None
    end_time: AwareDatetime | None = None


class Result(BaseModel):
    dimension_values: list[str] = []
    value: Any = None


class Breakdown(BaseModel):
    dimension_keys: list[str] = []
    results: list[Result] = []


class Total(BaseModel):
    value: Any = None
    breakdowns: list[Breakdown] = []

    @property
    def parts(self) -> dict[str, Any]:
        return {", ".join(each.dimension_values): each.value for part in self.breakdowns for each in part.results}


class Insight(BaseModel):
    """One name's figures: `values` over all time or by the day, or a total of what was asked for.

    `link_total_values`: as Threads gives clicks, by link.
    """

    name: str
    values: list[Value] = []
    total_value: Total | None = None
    link_total_values: list[Value] | None = None

    def figures(self, *, parts: bool) -> Iterator[tuple[Any, AwareDatetime | None]]:
        """With the end of their day, where they are of one. `parts`: by groups, if it is told by them."""
        if self.total_value is not None:
            whole = self.total_value.value
            yield (self.total_value.parts if self.total_value.breakdowns and (parts or whole is None) else whole), None
        elif self.link_total_values is not None:
            yield {str(place): each.value for place, each in enumerate(self.link_total_values)}, None
        else:
            yield from ((each.value, each.end_time) for each in self.values)


class Insights(BaseModel):
    data: list[Insight] = []


def word(measure: Measure) -> str:
    """What a measure is asked for by: `a.b` is part b of a."""
    return measure.name.partition(".")[0]


def readings(
    measures: Sequence[Measure], told: Insights, *, post: str = "", span: Span | None = None, group: str = GROUP
) -> Measured:
    """What an answer gives of `measures`. An empty set is unknown, not 0.

    `span`: what the figures are of, where they do not tell. `group`: what the groups are by.
    """
    by_name = {each.name: each for each in told.data}
    found = [(measure, by_name[word(measure)]) for measure in measures if word(measure) in by_name]
    return together(_of(measure, each, post, span, group) for measure, each in found)


def _of(measure: Measure, told: Insight, post: str, span: Span | None, group: str) -> Measured:
    parts = measure.split or "." in measure.name
    every = [(figure, _span(measure, end, span)) for figure, end in told.figures(parts=parts)]
    placed = [(figure, when) for figure, when in every if when or _is_whole(measure)]
    return together(_figure(measure, figure, post, when, group) for figure, when in placed)


def _is_whole(measure: Measure) -> bool:
    """Is it of all time? What an account's day gave is nothing without the day."""
    return measure.kind == "total" or measure.of == "post"


def _span(measure: Measure, end: AwareDatetime | None, span: Span | None) -> Span | None:
    if measure.kind == "total":
        return None
    return day_until(end) if end else span


def _figure(measure: Measure, figure: Any, post: str, span: Span | None, group: str) -> Measured:
    start, end = (span.start, span.end) if span else (None, None)
    if not measure.split:
        whole = figure if "." in measure.name else _sum(figure)
        return measured([measure], {word(measure): whole}, post=post, start=start, end=end)
    if not isinstance(figure, Mapping):
        return Measured(refused=() if figure is None else (measure.name,))
    return together(
        measured([measure], {measure.name: each}, post=post, start=start, end=end, group=f"{group}={part}")
        for part, each in figure.items()  # pyright: ignore[reportUnknownVariableType] - any JSON
    )


def within(found: Measured, days: Sequence[Span]) -> Measured:
    """Of figures of days only those of `days`, each once: Meta gives those at the edges twice, and the day that is not over."""
    starts = {each.start for each in days}
    kept = {_place(each): each for each in found.readings if each.start is None or each.start in starts}
    return replace(found, readings=tuple(kept.values()))


def _place(reading: Reading) -> tuple[str, str, str, datetime | None]:
    return reading.measure.name, reading.post, reading.group, reading.start


def _sum(figure: Any) -> Any:
    """An object is a figure in parts; one without any says nothing. What has a part that is no number stays what it is."""
    if not isinstance(figure, Mapping):
        return figure
    parts = [number(each) for each in figure.values()]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - any JSON
    known = [each for each in parts if each is not None]
    return (sum(known) if known else None) if len(known) == len(parts) else figure  # pyright: ignore[reportUnknownVariableType] - any JSON
