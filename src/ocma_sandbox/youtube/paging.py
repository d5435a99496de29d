import base64
import binascii
from collections.abc import Sequence
from typing import Any, TypeVar

from starlette.requests import Request

from ocma_sandbox.youtube import errors

Json = dict[str, Any]
Item = TypeVar("Item")


def page(request: Request, found: Sequence[Item], *, default: int, most: int, least: int = 0) -> tuple[Sequence[Item], Json]:
    """The items asked for, and what the answer says of the page."""
    size, first = _size(request, default, most, least), _first(request)
    more: Json = {"pageInfo": {"totalResults": len(found), "resultsPerPage": size}}
    if first + size < len(found):
        more["nextPageToken"] = _token(first + size)
    if first:
        more["prevPageToken"] = _token(max(0, first - size))
    return found[first : first + size], more


def _size(request: Request, default: int, most: int, least: int) -> int:
    text = request.query_params.get("maxResults", str(default))
    if not (text.isascii() and text.isdecimal() and least <= int(text) <= most):
        message = f"Invalid value {text!r}. Values must be within the range: [{least}, {most}]"
        raise errors.parameter("invalidParameter", message)
    return int(text)


def _token(first: int) -> str:
    return base64.urlsafe_b64encode(f"p{first}".encode()).rstrip(b"=").decode()


def _first(request: Request) -> int:
    token = request.query_params.get("pageToken", "")
    if not token:
        return 0
    try:
        text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
        return int(text.removeprefix("p"))
    except (binascii.Error, ValueError):
        raise errors.parameter("invalidPageToken", "The request specifies an invalid page token.") from None
