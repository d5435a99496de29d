"""The JSON of custom metrics."""

from datetime import datetime
from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints, field_validator

from ocma.features.analytics.parser import LONGEST
from ocma.features.schema import Input, Schema, given, without_null

KEY = r"^[a-z][A-Za-z0-9]{0,39}$"
Key = Annotated[str, StringConstraints(pattern=KEY)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Formula = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LONGEST),
    Field(
        description="Metrics, numbers, `+ - * /`, parentheses and `sum(metric)`, its sum over all posts of an answer.",
        json_schema_extra={"example": "(likes + comments + shares) / reach * 100"},
    ),
]


class NewCustomMetric(Input):
    """`key` is its name in the API; `name` is for people."""

    key: Key
    formula: Formula
    name: Name | None = None


class CustomMetricChange(Input):
    model_config = ConfigDict(json_schema_extra=without_null)

    name: Name | None = None
    formula: Formula | None = None

    _given = field_validator("name", "formula")(given)


class CustomMetricView(Schema):
    """`unit`: `count`, `seconds`, `ratio`, `percent`, `secondsPerCount`, `countPerSecond`, or `number` for any other."""

    key: str
    name: str
    formula: str
    unit: str
    created_by: str
    created_at: datetime
    updated_at: datetime
