"""Failures of the libraries below us, told as our own."""

import re
import socket
from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg
import structlog
from fastapi.exceptions import RequestValidationError
from pydantic.alias_generators import to_camel
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ocma.errors import Conflict, Invalid, Issue, OcmaError, Unavailable
from ocma.infra.database import FAILURES

log = structlog.get_logger(__name__)

FOREIGN: tuple[type[Exception], ...] = (RedisError, *FAILURES)
_MAX_ISSUES = 50
_MAX_PATH = 200
_PLACES = frozenset({"body", "query", "path", "header", "cookie"})
_CODES: Mapping[str, str] = {"missing": "missingField", "extra_forbidden": "unknownField", "value_error": "invalid"}
_GONE = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # shut down, crashed, or starting up
    asyncpg.InsufficientResourcesError,  # too many connections, disk full
    asyncpg.TransactionRollbackError,  # deadlock, serialization
    asyncpg.QueryCanceledError,
    asyncpg.LockNotAvailableError,
    asyncpg.InvalidPasswordError,
    asyncpg.InvalidCatalogNameError,
)


def find(error: Exception) -> OcmaError | None:
    """None: nobody foresaw this."""
    if isinstance(error, OcmaError):
        return error
    if isinstance(error, RequestValidationError):
        return _of_validation(error)
    if isinstance(error, RedisError):
        return _unavailable("Redis", error)
    if isinstance(error, (ConnectionError, TimeoutError, socket.gaierror)):
        return _unavailable("A server of ours", error)
    return _of_database(error)


def _of_database(error: Exception) -> OcmaError | None:
    if isinstance(error, PoolTimeout):
        return _unavailable("PostgreSQL", error)
    cause = error.orig.__cause__ if isinstance(error, DBAPIError) and error.orig else error
    if isinstance(cause, asyncpg.DataError) or (isinstance(cause, asyncpg.InterfaceError) and isinstance(cause, ValueError)):
        log.info("value_refused_by_database", error=type(cause).__name__)
        return Invalid("A value is out of the range that can be stored.", code="outOfRange")
    if isinstance(error, IntegrityError) or isinstance(cause, asyncpg.IntegrityConstraintViolationError):
        log.warning("write_refused_by_database", constraint=getattr(cause, "constraint_name", None), exc_info=error)
        return Conflict("Somebody changed this at the same time, or it is used elsewhere.")
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    return _unavailable("PostgreSQL", error) if lost or isinstance(cause, (*_GONE, asyncpg.InterfaceError)) else None


def _unavailable(what: str, error: Exception) -> Unavailable:
    log.warning("unavailable", what=what, error=type(error).__name__, exc_info=error)
    return Unavailable(f"{what} does not answer just now.", retry_after=1, remediation="Try again in a moment.")


def _of_validation(error: RequestValidationError) -> Invalid:
    """What the framework and pydantic found, without repeating what was sent."""
    found: Sequence[Any] = error.errors()
    if found and found[0]["type"] == "json_invalid":
        where = f" (at character {found[0]['loc'][-1]}: {found[0]['ctx']['error']})"
        message = f"The body is not JSON{where}."
        return Invalid(message, code="invalidJson", issues=[Issue("body", "invalidJson", message)])
    issues = [_issue(each) for each in found[:_MAX_ISSUES]]
    first = f"{issues[0].path}: {issues[0].message}" if issues else ""
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    only_missing = bool(found) and all(each["type"] == "missing" for each in found)
    return Invalid(f"{first}{more}", issues=issues, code="missingField" if only_missing else None)


def _issue(found: Mapping[str, Any]) -> Issue:
    location = found["loc"]
    if location == ("body",) and found["type"] != "value_error":
        message = "Send a JSON object, with Content-Type: application/json."
        return Issue("body", _code(found["type"]), message)
    parts = location[1:] if len(location) > 1 and location[0] in _PLACES else location
    path = ".".join(str(part) for part in parts)[:_MAX_PATH]
    message = re.sub(r"^(Value|Assertion) error, ", "", str(found["msg"]))
    return Issue(path, _code(found["type"]), message)


def _code(kind: str) -> str:
    return _CODES.get(kind, to_camel(kind))
