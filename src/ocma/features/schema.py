"""The base of every JSON shape: camelCase outside, snake_case inside."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict
from pydantic.alias_generators import to_camel

Row = TypeVar("Row")


_DATE_AND_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d")


def _written(value: object) -> object:
    """A number would pass as Unix time, in seconds or milliseconds by its size, a date as midnight: too easily not meant."""
    if isinstance(value, datetime) or (isinstance(value, str) and _DATE_AND_TIME.match(value)):
        return value
    raise ValueError("must be a date and time in ISO 8601, e.g. 2030-01-31T09:00:00Z")


def _counted(value: object) -> object:
    if isinstance(value, (bool, str)):
        raise ValueError("must be a whole number")  # noqa: TRY004 - pydantic listens for this one
    return value


def _in_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("is outside the calendar") from None


Instant = Annotated[AwareDatetime, BeforeValidator(_written), AfterValidator(_in_utc)]
Counted = BeforeValidator(_counted)  # behind a Field with bounds, so that /openapi.json tells these
Whole = Annotated[int, Counted]
Time = Annotated[datetime, BeforeValidator(_written)]  # without an offset it is wall time in a zone named elsewhere


class Schema(BaseModel):
    """What goes out, or comes in and tolerates more than it knows. Reads mapped objects by attribute."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, from_attributes=True)


class Input(Schema):
    """What comes in: a field nobody knows is an error, not dropped in silence."""

    model_config = ConfigDict(extra="forbid")


def without_null(schema: dict[str, Any]) -> None:
    """For `json_schema_extra` of what changes something: null stands there for what is left out, and nobody may send it."""
    for found in schema["properties"].values():
        kinds = [each for each in found.pop("anyOf", []) if each != {"type": "null"}]
        if kinds:
            found.pop("default", None)
        found.update(kinds[0] if len(kinds) == 1 else {"anyOf": kinds} if kinds else {})


def given(value: object) -> object:
    """A field's validator to the same end."""
    if value is None:
        raise ValueError("may be left out, but not null")
    return value


class Page(Schema, Generic[Row]):
    """One page of a list; `nextCursor` is null on the last one."""

    data: list[Row]
    next_cursor: str | None = None
