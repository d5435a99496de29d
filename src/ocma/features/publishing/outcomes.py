"""What an error means for a publication: the worker's table of the error tree (ocma/errors.py)."""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from random import Random
from typing import Any

from ocma.errors import Conflict, Forbidden, Invalid, NotFound, OcmaError, QuotaExceeded, Unauthenticated, Unavailable
from ocma.features.publishing.claims import AHEAD
from ocma.features.publishing.gates import Reason, Wait
from ocma.platforms.errors import (
    AccountRestricted,
    ContentRejected,
    DuplicateContent,
    NotReady,
    OutcomeUnknown,
    PermissionMissing,
    PlatformUnavailable,
    PreparationLost,
    ReauthorizationRequired,
    Throttled,
)
from ocma.platforms.manifest import Retry


class Verdict(Enum):
    """RETRY costs a try, SNOOZE does not; PAUSE marks the account, the next claim holds it; SETTLE asks the platform first."""

    RETRY = "retry"
    SNOOZE = "snooze"
    FAIL = "fail"
    PAUSE = "pause"
    SETTLE = "settle"


VERDICTS: Mapping[type[OcmaError], Verdict] = {
    OcmaError: Verdict.RETRY,
    Invalid: Verdict.FAIL,
    NotFound: Verdict.FAIL,
    Conflict: Verdict.FAIL,
    Unauthenticated: Verdict.FAIL,
    Forbidden: Verdict.FAIL,
    QuotaExceeded: Verdict.SNOOZE,
    Unavailable: Verdict.RETRY,
    ContentRejected: Verdict.FAIL,
    DuplicateContent: Verdict.FAIL,  # after an ambiguous send it is proof instead: see publish.py
    PermissionMissing: Verdict.FAIL,
    ReauthorizationRequired: Verdict.PAUSE,
    AccountRestricted: Verdict.PAUSE,
    Throttled: Verdict.SNOOZE,
    PlatformUnavailable: Verdict.RETRY,
    NotReady: Verdict.SNOOZE,
    PreparationLost: Verdict.RETRY,
    OutcomeUnknown: Verdict.SETTLE,
}


def verdict(error: OcmaError) -> Verdict:
    return next(VERDICTS[kind] for kind in type(error).__mro__ if kind in VERDICTS)


def backoff(retry: Retry, tries: int, error: OcmaError, random: Random) -> float:
    """Seconds until the next try: full jitter, and never before the platform's own Retry-After."""
    spread = random.uniform(0, min(retry.cap, retry.base * 2.0 ** max(tries - 1, 0)))
    return max(spread, error.retry_after or 0.0)


def next_look(first: float, most: float | None, age: float) -> float:
    """Seconds until something that a platform has worked on for `age` seconds is looked at again: when it is twice as old.

    Between `first` and `most`: what is quick is seen soon, what is slow not asked for all the time. A claim comes early, a look
    shall not.
    """
    return AHEAD.total_seconds() + (first if most is None else min(max(first, age), most))


WAITS: Mapping[Reason, tuple[str, str]] = {
    "quota": ("quotaReached", "The platform's quota is used up until then."),
    "throttled": ("platformThrottles", "The platform wants nothing until then."),
    "breaker": ("platformPaused", "The platform does not answer well; it is tried again then."),
}


def describe_wait(wait: Wait, now: datetime) -> dict[str, Any]:
    """Why a publication that is due waits, as the row keeps it."""
    code, detail = WAITS[wait.reason]
    return {"code": code, "detail": detail, "until": wait.at.isoformat(), "at": now.isoformat()}


def describe(error: OcmaError, at: datetime) -> dict[str, Any]:
    """The error as the row keeps it and users read it: no bodies, no secrets."""
    known = {
        "code": error.rule,
        "kind": error.code,
        "detail": error.detail,
        "remediation": error.remediation,
        "status": getattr(error, "status", None),
        "at": at.isoformat(),
    }
    return {key: value for key, value in known.items() if value is not None}
