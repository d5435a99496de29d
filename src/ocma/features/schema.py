"""The base of every JSON shape: camelCase outside, snake_case inside."""

from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

Row = TypeVar("Row")


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
