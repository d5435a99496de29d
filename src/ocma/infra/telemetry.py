"""Logs: structured, one line each, on stderr; nothing secret gets through, whoever wrote the line."""

import logging
import re
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

from ocma.infra.tracing import name_trace
from ocma.settings import Settings

HIDDEN = "[hidden]"
_EXACT = frozenset({"code", "auth", "credentials"})
_PARTS = re.compile(
    r"token|secret|password|passwd|passphrase|authorization|verifier|cookie|api_?key|private_?key|auth_?code", re.IGNORECASE
)
_VALUES = re.compile(
    r"""ocma_[ks]_[\w-]+                                   # our own keys and sessions
      | (?<=bearer\s)[^\s'",]+                             # whatever follows Bearer or Basic
      | (?<=basic\s)[A-Za-z0-9+/=]{8,}
      | \beyJ[\w-]{8,}\.[\w-]+\.[\w-]*                     # a JWT
      | (?<=://)[^/\s:@]*:[^/\s@]*(?=@)                    # user:password in a URL
      | (?<=[?&]code=)[^&\s'"]+
      | (?<=[?&]state=)[^&\s'"]+
      | (?<=_token=)[^&\s'"]+
      | (?<=_secret=)[^&\s'"]+
      | (?<=\[parameters:\s).*?(?=\]\s*$|\]\n)             # what a database driver would repeat
    """,
    re.IGNORECASE | re.VERBOSE | re.MULTILINE | re.DOTALL,
)
_MAX_DEPTH = 8


def configure(settings: Settings) -> None:
    """For this process: our own lines and those of every library that uses the standard library's logging."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if settings.otel_endpoint:
        shared.append(name_trace)
    last = _last(settings.log_format)
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(settings.log_level),
        logger_factory=Line,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    remove = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[remove, *last]))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level.upper())
    _quiet(settings.log_level.upper())


class Line(structlog.WriteLogger):
    """Our own lines go straight out: by the standard library they cost as much again. One that cannot be written is lost."""

    def __init__(self, name: str | None = None) -> None:
        super().__init__(sys.stderr)
        self.name = name

    def msg(self, message: str) -> None:
        with suppress(OSError, ValueError):
            super().msg(message)

    log = debug = info = warn = warning = msg
    fatal = failure = err = error = critical = exception = msg


def _last(form: str) -> Sequence[Processor]:
    """An exception becomes text before it is searched for secrets."""
    shown: Processor = (
        structlog.processors.JSONRenderer() if form == "json" else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    return structlog.processors.format_exc_info, redact, shown


def _quiet(level: str) -> None:
    """Libraries log through ours, and those that narrate only when asked to.

    HTTP clients never do: they would tell whole URLs, and the path of a webhook is a secret. `outbound` is our line instead.
    SQLAlchemy tells its statements, and not the rows that came.
    """
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
    narrators = logging.DEBUG if level == "DEBUG" else logging.WARNING
    for name in ("asyncio", "alembic", "taskiq", "stamina", "opentelemetry"):
        logging.getLogger(name).setLevel(narrators)
    logging.getLogger("sqlalchemy").setLevel(max(narrators, logging.INFO))
    for name in ("httpx2", "httpx", "httpcore", "httpcore2", "aiohttp", "pyreqwest"):
        logging.getLogger(name).setLevel(logging.WARNING)


def redact(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """A structlog processor: hides values by the name they go by, and by what they look like."""
    return {key: _hidden(key, value, 0) for key, value in event.items()}


def _hidden(key: str, value: Any, depth: int) -> Any:
    """Numbers stay: `tokens=120` is a count."""
    if isinstance(value, (bool, int, float)) or value is None:
        return value
    if _names_secret(key):
        return HIDDEN
    return _clean(value, depth)


def _clean(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return _VALUES.sub(HIDDEN, value)
    if isinstance(value, (bool, int, float)) or value is None:
        return value
    if depth > _MAX_DEPTH:
        return HIDDEN
    if isinstance(value, Mapping):
        return {str(key): _hidden(str(key), each, depth + 1) for key, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_clean(each, depth + 1) for each in value]
    return _VALUES.sub(HIDDEN, value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value))


@lru_cache(maxsize=4096)
def _names_secret(key: str) -> bool:
    return key.lower() in _EXACT or _PARTS.search(key) is not None
