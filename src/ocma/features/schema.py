"""The base of every JSON shape: camelCase outside, snake_case inside."""

from typing import Annotated, Generic, TypeVar

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict
from pydantic.alias_generators import to_camel

Row = TypeVar("Row")


def _no_number(value: object) -> object:
    number = isinstance(value, (int, float)) or (isinstance(value, str) and value.strip("+-.0123456789") == "")
    if number:
        raise ValueError("must be a time in ISO 8601 with an offset, e.g. 2030-01-31T09:00:00Z")
    return value


# A number would pass as Unix time, in seconds or milliseconds by its size: too easily not what was meant.
Instant = Annotated[AwareDatetime, BeforeValidator(_no_number)]


class Schema(BaseModel):
    """What goes out, or comes in and tolerates more than it knows. Reads mapped objects by attribute."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, from_attributes=True)


class Input(Schema):
    """What comes in: a field nobody knows is an error, not dropped in silence."""

    model_config = ConfigDict(extra="forbid")


class Page(Schema, Generic[Row]):
    """One page of a list; `nextCursor` is null on the last one."""

    data: list[Row]
    next_cursor: str | None = None
