"""Reading numbers and times from a query: 400 when they are none."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from starlette.datastructures import QueryParams

from ocma_sandbox.x import problems

Value = TypeVar("Value")
MAX_ID = 2**63 - 1


def number(params: QueryParams, name: str, otherwise: int) -> int:
    value = params.get(name)
    return otherwise if value is None else _read(name, value, _whole, "a whole number")


def _whole(value: str) -> int:
    if not (value.isascii() and value.isdecimal()):
        raise ValueError(value)
    return min(int(value[:20]), MAX_ID)


def time(params: QueryParams, name: str, otherwise: float) -> float:
    value = params.get(name)
    return otherwise if value is None else _read(name, value, _instant, "a time like 2026-01-31T12:00:00Z")


def _instant(value: str) -> float:
    at = datetime.fromisoformat(value)
    if at.tzinfo is None:
        raise ValueError(value)
    return at.timestamp()


def _read(name: str, value: str, read: Callable[[str], Value], what: str) -> Value:
    try:
        return read(value)
    except ValueError:
        raise problems.invalid(name, value, f"{name} must be {what}") from None
