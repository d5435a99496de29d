"""How much of a Graph API's rate limits is used: percentages in headers, told apart by app and by account.

The common tongue knows limits as "so many left, more at"; `holds` says the percentages in these words, under names of our own.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from ocma.platforms.manifest import LimitHeaders

LIMITS = (
    LimitHeaders("meta-app-left", "meta-app-reset", of="app"),
    LimitHeaders("meta-account-left", "meta-account-reset"),
)
APP, ACCOUNTS = "x-app-usage", ("x-business-use-case-usage", "x-page-usage")
PERCENTAGES = ("call_count", "total_cputime", "total_time")
SLOW, FULL = 80.0, 100.0  # percent
SLOWLY = 30.0  # seconds between calls from SLOW on
REST = 300.0  # seconds, where a limit is used up and nothing says for how long


def holds(headers: Mapping[str, str], now: datetime) -> dict[str, str]:
    """Headers as LIMITS has them; empty while there is no need to slow down."""
    waits = {"app": app_wait(headers), "account": account_wait(headers)}
    told = {f"meta-{of}": seconds for of, seconds in waits.items() if seconds}
    left = {f"{name}-left": "0" for name in told}
    return left | {f"{name}-reset": str(now.timestamp() + seconds) for name, seconds in told.items()}


def app_wait(headers: Mapping[str, str]) -> float:
    """Seconds to leave the whole app alone."""
    return max((_wait(each) for each in _objects(headers.get(APP))), default=0.0)


def account_wait(headers: Mapping[str, str]) -> float:
    """Seconds to leave this account alone."""
    return max((_wait(each) for name in ACCOUNTS for each in _objects(headers.get(name))), default=0.0)


def _wait(usage: Mapping[str, Any]) -> float:
    minutes = _number(usage.get("estimated_time_to_regain_access"))
    if minutes > 0:
        return minutes * 60
    used = max(_number(usage.get(name)) for name in PERCENTAGES)
    return REST if used >= FULL else SLOWLY if used >= SLOW else 0.0


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _objects(text: str | None) -> Iterator[Mapping[str, Any]]:
    """The usage objects of a header: itself, or those listed under business ids."""
    try:
        told = json.loads(text or "null")
    except (ValueError, RecursionError):
        return
    if isinstance(told, dict):
        yield told
        for listed in told.values():
            yield from (each for each in (listed if isinstance(listed, list) else ()) if isinstance(each, dict))
