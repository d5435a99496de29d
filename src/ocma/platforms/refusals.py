"""What a platform's "no" comes to: an entry of its table of refusals, the error made of one, and what an answer says of it."""

import json
import math
from dataclasses import dataclass
from typing import Any

import httpx2

from ocma.platforms.errors import PlatformError

LONGEST = 65_536  # bytes of a body worth reading; those that explain something have some hundred


@dataclass(frozen=True, slots=True)
class Refusal:
    """What we make of a refusal, and what whoever reads it can do. `retry_after` in seconds, where it is always the same."""

    error: type[PlatformError]
    rule: str
    detail: str
    remediation: str
    retry_after: float | None = None

    def to_error(self, platform: str, status: int | None = None, *, retry_after: float | None = None) -> PlatformError:
        """`status`: of the answer, where one said it. `retry_after`: what that answer tells; it wins."""
        return self.error(
            self.detail,
            platform=platform,
            rule=self.rule,
            status=status,
            remediation=self.remediation,
            retry_after=self.retry_after if retry_after is None else retry_after,
        )


def body_of(response: httpx2.Response) -> dict[str, Any]:
    """The JSON object of an answer that is no trusted one; empty where it is something else, or too long to be meant."""
    try:
        body = json.loads(response.content) if len(response.content) <= LONGEST else None
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def number_of(header: str | None) -> float | None:
    """What a header says, where that is a number."""
    try:
        number = float(header or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None
