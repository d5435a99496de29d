"""Lists with cursors, newest first: `limit`, `after`, `before`, `since` and `until`."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request

from ocma_sandbox import books
from ocma_sandbox.books import Post
from ocma_sandbox.graph import errors
from ocma_sandbox.graph.params import Params
from ocma_sandbox.world import World

Json = dict[str, Any]

DEFAULT, MOST = 25, 100


def cursor(seq: int) -> str:
    return base64.urlsafe_b64encode(f"c{seq}".encode()).decode().rstrip("=")


def _seq(text: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().removeprefix("c"))
    except (ValueError, binascii.Error):
        raise errors.invalid("Invalid cursors values passed") from None


def limit(params: Params, most: int = MOST) -> int:
    asked = params.number("limit")
    if asked is not None and asked < 0:
        raise errors.invalid("Param limit must be greater than or equal to 0")
    return min(DEFAULT if asked is None else asked, most)


def posts(world: World, params: Params, where: str, *values: Any) -> tuple[list[Post], bool]:
    """One page of posts by a condition of our own, and whether more come after it."""
    if "before" in params and "after" in params:
        raise errors.invalid("Cannot specify both after and before in the same request")
    bounds: list[tuple[str, float | int | None]] = [
        ("at >= ?", params.moment("since")),
        ("at <= ?", params.moment("until")),
        ("seq < ?", _seq(params.need("after")) if "after" in params else None),
        ("seq > ?", _seq(params.need("before")) if "before" in params else None),
    ]
    given = [(sql, value) for sql, value in bounds if value is not None]
    sql = " AND ".join([where, *(text for text, _value in given)])
    count = limit(params)
    found = books.select(world.store, sql, *values, *(value for _text, value in given), limit=count + 1)
    return found[:count], len(found) > count


def shown(request: Request, items: Sequence[Post], show: Callable[[Post], Json], *, more: bool) -> Json:
    if not items:
        return {"data": []}
    first, last = cursor(items[0].seq), cursor(items[-1].seq)
    paging: Json = {"cursors": {"before": first, "after": last}}
    if more:
        query = {**request.query_params, "after": last}
        paging["next"] = f"{request.url.replace(query='')}?{urlencode(query)}"
    return {"data": [show(item) for item in items], "paging": paging}


def whole(items: Sequence[Json]) -> Json:
    """A list that is always short enough for one page."""
    return {"data": list(items)}
