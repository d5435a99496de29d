"""Figures out of an answer, by the table of the manifest."""

import math
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from ocma.platforms.metrics import Measure, Measured, Reading

NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")  # YouTube writes its counts as text
UNREADABLE = ""  # what stands below something that is no object


def measured(
    measures: Iterable[Measure],
    body: Any,
    *,
    post: str = "",
    start: datetime | None = None,
    end: datetime | None = None,
    group: str = "",
) -> Measured:
    """What `body`, a JSON object, gives of `measures`.

    What is absent or null has no reading; what is no number, or less than none, has its name in `refused`.
    """
    given = [(measure, each) for measure in measures if (each := _given(body, measure)) is not None]
    values = [(measure, number(each, measure.factor)) for measure, each in given]
    return Measured(
        tuple(Reading(measure, value, post, start, end, group) for measure, value in values if value is not None),
        refused=tuple(measure.name for measure, value in values if value is None),
    )


def together(parts: Iterable[Measured]) -> Measured:
    """All of them as one; what several refused or miss is named once."""
    every = list(parts)
    return Measured(
        tuple(each for part in every for each in part.readings),
        tuple(dict.fromkeys(each for part in every for each in part.refused)),
        tuple(dict.fromkeys(each for part in every for each in part.gone)),
    )


def number(value: Any, factor: float = 1.0) -> float | None:
    """`value` times `factor`. None: it is no count, no time and no share."""
    if isinstance(value, str) and NUMBER.fullmatch(value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value) * factor
    except OverflowError:
        return None
    return found if math.isfinite(found) and found >= 0 else None


def _given(body: Any, measure: Measure) -> Any:
    """Under its name, else under the first of its other names. None: it is not given."""
    return next((each for name in (measure.name, *measure.also) if (each := _at(body, name)) is not None), None)


def _at(body: Any, name: str) -> Any:
    """`a.b` is b in the object a."""
    for key in name.split("."):
        if body is None:
            return None
        body = body.get(key) if isinstance(body, Mapping) else UNREADABLE  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - any JSON
    return body
