"""Opaque cursors: where the next page of a list begins."""

import base64
import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python

from ocma.errors import Invalid, Issue

Row = TypeVar("Row")
MAX_LIMIT = 100
MAX_CURSOR = 500  # characters


def encode_cursor(*values: object) -> str:
    """From strings, numbers, ids and times: the sort key of the last row shown."""
    line = json.dumps(to_jsonable_python(values), separators=(",", ":"))
    return base64.urlsafe_b64encode(line.encode()).decode().rstrip("=")


def decode_cursor(cursor: str, *kinds: Any) -> tuple[Any, ...]:
    """The values again, as `kinds`. Raises Invalid when the cursor was not made by encode_cursor for this list."""
    try:
        line = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        shape: Any = tuple[*kinds]
        return TypeAdapter(shape).validate_json(line)
    except ValueError as error:
        message = "This cursor does not belong to this list."
        remediation = "Send the `nextCursor` of the page before, unchanged, or none."
        raise Invalid(message, code="cursor", issues=[Issue("cursor", "cursor", message)], remediation=remediation) from error


def cut(rows: Sequence[Row], limit: int, key: Callable[[Row], tuple[object, ...]]) -> tuple[Sequence[Row], str | None]:
    """Of `limit + 1` rows asked for: those to show, and the cursor of the next page if there is one."""
    shown = rows[:limit]
    return shown, encode_cursor(*key(shown[-1])) if len(rows) > limit and shown else None
