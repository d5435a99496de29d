"""JSON that every door shares: the problem, and how lists are asked for."""

from typing import Annotated

from fastapi import Query

from ocma.features.paging import MAX_CURSOR, MAX_LIMIT
from ocma.features.schema import Schema


class Violation(Schema):
    """One thing that is wrong with the request; `path` is dotted, as in `variants.x.content`."""

    path: str
    code: str
    message: str
    remediation: str | None = None
    platform: str | None = None


class Problem(Schema):
    """RFC 9457. `code` is for programs, `detail` for people; `error` and `details` are the same for older clients."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    error: str
    details: str
    platform: str | None = None
    account_id: str | None = None
    rule: str | None = None
    remediation: str | None = None
    retry_after: float | None = None
    errors: list[Violation] | None = None


Cursor = Annotated[str | None, Query(max_length=MAX_CURSOR, description="`nextCursor` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Rows per page.")]
