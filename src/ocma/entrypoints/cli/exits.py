"""What a failure is to the shell: an exit code and one clear line. The only table of error -> code."""

import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

import typer

from ocma.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    OcmaError,
    QuotaExceeded,
    Unauthenticated,
    Unavailable,
)
from ocma.platforms.errors import (
    AccountRestricted,
    ContentRejected,
    DuplicateContent,
    NotReady,
    OutcomeUnknown,
    PermissionMissing,
    PlatformError,
    PlatformUnavailable,
    PreparationLost,
    ReauthorizationRequired,
    Throttled,
)

# 1 is for what nobody foresaw, 2 for the shell's own complaints; the rest as in sysexits.h where that has a word for it.
TABLE: Mapping[type[OcmaError], int] = {
    Invalid: 65,
    NotFound: 66,
    Conflict: 73,
    Unauthenticated: 77,
    Forbidden: 77,
    QuotaExceeded: 75,
    Unavailable: 69,
    ContentRejected: 65,
    DuplicateContent: 65,
    PermissionMissing: 77,
    ReauthorizationRequired: 77,
    AccountRestricted: 77,
    Throttled: 75,
    PlatformUnavailable: 69,
    NotReady: 75,
    PreparationLost: 75,
    OutcomeUnknown: 76,
    PlatformError: 76,
    OcmaError: 70,
}


def code(error: OcmaError) -> int:
    """Of the nearest class in the table."""
    return next(TABLE[each] for each in type(error).__mro__ if each in TABLE)


@contextmanager
def errors_told() -> Generator[None]:
    """A failure that has a name ends the program with its exit code, and its sentences on stderr."""
    try:
        yield
    except Exception as error:
        named = find(error)
        if named is None:
            raise
        tell(named)
        raise typer.Exit(code(named)) from None


def find(error: Exception) -> OcmaError | None:
    """The failure by our name for it; None for what nobody foresaw."""
    if isinstance(error, OcmaError):
        return error
    module = type(error).__module__.partition(".")[0]
    if module in {"sqlalchemy", "asyncpg"}:
        return Unavailable(f"PostgreSQL: {_first_line(error)}", remediation="Check DATABASE_URL and OCMA_OWNER_DATABASE_URL.")
    if module == "alembic":
        return Invalid(f"The schema cannot go there: {_first_line(error)}", code="migration")
    if module == "redis":
        return Unavailable(f"Redis: {_first_line(error)}", remediation="Check REDIS_URL.")
    if module == "pydantic_core":
        return Invalid(f"A setting is not valid: {_fields(error)}", remediation="See .env.template.")
    return Unavailable(str(error)) if isinstance(error, OSError) else None


def _first_line(error: Exception) -> str:
    """Without the statement and its values, which the driver's text goes on with."""
    original = getattr(error, "orig", None) or error
    text = str(original).partition("\n")[0]
    return text.rpartition(">: ")[2].rstrip(".") or type(error).__name__


def _fields(error: Any) -> str:
    return "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())


def tell(error: OcmaError) -> None:
    lines = [f"error: {error.detail}"]
    lines += [f"  {issue.path}: {issue.message}" for issue in error.issues if issue.message != error.detail]
    lines += [error.remediation] if error.remediation else []
    print("\n".join(lines), file=sys.stderr)
