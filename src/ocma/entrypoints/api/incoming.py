"""What comes in: bodies of a bounded size, and JSON without what nothing behind us can hold."""

import json
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterator, MutableMapping, Sequence
from typing import Any, Never

from fastapi import Request
from starlette.exceptions import HTTPException

from ocma.errors import Invalid, Issue

JSON_LIMIT = 2 * 1024 * 1024  # bytes
_ESCAPED = re.compile(r"\\u(0000|d[89a-f])", re.IGNORECASE)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_MAX_ISSUES = 20
_APPENDED_TO = frozenset({"/api/social/callback"})  # platforms send browsers there, with parameters of their own

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


class Incoming(Request):
    """Reads at most `limit` bytes. Its JSON is strict: UTF-8, no NaN, no NUL, no half of a surrogate pair, no name twice."""

    def __init__(self, request: Request, limit: int) -> None:
        super().__init__(request.scope, _bounded(request, limit))

    async def json(self) -> Any:
        if not hasattr(self, "_json"):
            self._json = read_json(await self.body())
        return self._json


def _bounded(request: Request, limit: int) -> Receive:
    read = 0

    async def receive() -> MutableMapping[str, Any]:
        nonlocal read
        message = await request.receive()
        read += len(message.get("body", b""))
        if read > limit:
            raise _too_large()
        return message

    async def refuse() -> Never:
        raise _too_large()

    declared = request.headers.get("content-length", "")
    return refuse if declared.isdecimal() and int(declared[:20]) > limit else receive


def _too_large() -> HTTPException:
    return HTTPException(413, headers={"Connection": "close"})


def read_json(body: bytes) -> Any:
    """Raises Invalid that says where, json.JSONDecodeError for what is not JSON at all."""
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise _not_json(f"The body is not UTF-8 (byte {error.start}).") from error
    try:
        value = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_distinct)
    except json.JSONDecodeError:
        raise
    except (ValueError, RecursionError) as error:
        raise _not_json("The body holds a number that is too long, or is nested too deeply.") from error
    if _ESCAPED.search(text) and (issues := _unstorable(value)):
        raise Invalid("Some text holds characters that cannot be stored.", code="invalidCharacter", issues=issues)
    return value


def _refuse_constant(name: str) -> Never:
    raise _not_json(f"{name} is not JSON.")


def _distinct(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Readers disagree on which of two counts, so none does."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        raise _not_json(f"The field {twice[:100]!r} stands twice in one object.")
    return found


def _not_json(message: str) -> Invalid:
    return Invalid(message, code="invalidJson", issues=[Issue("body", "invalidJson", message)])


def _unstorable(value: Any) -> list[Issue]:
    message = "Holds a NUL or half of a surrogate pair."
    found = [Issue(path, "invalidCharacter", message) for path, text in _texts(value) if _UNSTORABLE.search(text)]
    return found[:_MAX_ISSUES]


def _texts(root: Any) -> Iterator[tuple[str, str]]:
    """Every string with its dotted path, keys included. No recursion: the caller chooses the depth."""
    waiting: list[tuple[str, Any]] = [("", root)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, str):
            yield path, value
        elif isinstance(value, dict):
            waiting += [(f"{path}.{key}".lstrip("."), each) for key, each in value.items()]
            yield from ((path, key) for key in value)
        elif isinstance(value, list):
            waiting += [(f"{path}.{index}".lstrip("."), each) for index, each in enumerate(value)]


def check_address(request: Request) -> None:
    """No NUL in path or query: PostgreSQL has no place for it."""
    found = {"path": "\x00" in request.scope["path"], "query": b"%00" in request.scope["query_string"]}
    message = "The address holds a NUL character."
    issues = [Issue(part, "requestLine", message) for part, holds in found.items() if holds]
    if issues:
        raise Invalid(message, code="requestLine", issues=issues)


def check_query(request: Request, known: Collection[str]) -> None:
    """A parameter that nobody knows is an error, not dropped in silence: `?dryrun=true` would publish. So is one sent twice."""
    if not request.scope["query_string"] or request.scope["path"] in _APPENDED_TO:
        return
    sent = Counter(name for name, _ in request.query_params.multi_items())
    message = f"There is no such parameter; known: {', '.join(sorted(known)) or 'none'}."
    issues = [Issue(name[:100], "unknownParameter", message) for name in sent if name not in known]
    issues += [Issue(name, "repeatedParameter", "May be sent once.") for name in sent if name in known and sent[name] > 1]
    if issues:
        first = issues[0]
        raise Invalid(f"{first.path}: {first.message}", code=first.code, issues=issues[:_MAX_ISSUES])
