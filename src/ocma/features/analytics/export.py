"""Posts with their newest figures, row by row, however many there are."""

import csv
import io
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ocma.features.analytics import definitions
from ocma.features.analytics.definitions import doubly_named, rate
from ocma.features.analytics.figures import NEWEST
from ocma.features.analytics.report import Question
from ocma.features.analytics.sources import get_sources
from ocma.infra.reader import Reader
from ocma.platforms.registry import manifests

PAGE = 500  # rows of one query; a slow reader keeps no transaction open
FIXED = (
    *("id", "platform", "accountId", "account", "platformPostId", "publicationId", "createdAt", "url", "content"),
    *("measuredAt", "goneAt", "interactions", "engagement"),
)
RISKY = ("=", "+", "-", "@", "\t", "\r")  # with which a spreadsheet takes text for a formula
_ROWS = text(f"""
    SELECT p.id, a.platform, p.account_id, a.handle, p.platform_post_id, p.publication_id, p.published_at, p.url, p.content,
        f.read_at, p.gone_at, f.figures
    FROM accounts a
    JOIN account_posts p ON p.account_id = a.id AND p.published_at >= :start AND p.published_at < :end
    LEFT JOIN LATERAL ({NEWEST}) f ON true
    WHERE a.id = ANY (CAST(:accounts AS uuid[]))
        AND (CAST(:after_id AS uuid) IS NULL OR (p.published_at, p.id) < (:after_at, CAST(:after_id AS uuid)))
    ORDER BY p.published_at DESC, p.id DESC LIMIT :most""")  # noqa: S608 - of constants

Row = Mapping[str, Any]
Rows = Sequence[Row]
Place = tuple[datetime, UUID]


def metric_names() -> list[str]:
    """The columns of figures: all that any platform gives of a post."""
    return sorted({each.metric.key for one in manifests() for each in one.measuring.of("post") if definitions.is_plain(each)})


async def pages(reader: Reader, workspace_id: UUID, question: Question) -> AsyncGenerator[Rows]:
    """Newest first; a transaction each, so what is published meanwhile may be missing. Raises NotFound without an account."""
    after: Place | None = None
    names = metric_names()
    while True:
        found = await reader.read(workspace_id, lambda session, after=after: _page(session, question, after))
        yield [_row(each, names) for each in found]
        if len(found) < PAGE:
            return
        after = found[-1].published_at, found[-1].id


async def _page(session: AsyncSession, question: Question, after: Place | None) -> Sequence[Any]:
    sources, _ = await get_sources(session, question.platform, question.account_id)
    at, post_id = after or (None, None)
    values = {
        "accounts": [each.account_id for each in sources],
        "start": question.period.start,
        "end": question.period.end,
        "named": doubly_named(),
        "after_at": at,
        "after_id": post_id,
        "most": PAGE,
    }
    return (await session.execute(_ROWS, values)).all()


def _row(found: Any, names: Sequence[str]) -> Row:
    figures: Mapping[str, float] = found.figures or {}
    interactions = definitions.interactions(figures)
    read_at = found.read_at
    known = (
        *(str(found.id), found.platform, str(found.account_id), found.handle, found.platform_post_id),
        *(found.publication_id and str(found.publication_id), _instant(found.published_at), found.url, found.content),
        *(_instant(read_at), _instant(found.gone_at), interactions, rate(interactions, definitions.basis(figures))),
    )
    return dict(zip(FIXED, known, strict=True)) | {name: figures.get(name) for name in names}


def _instant(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None


async def as_csv(found: AsyncIterator[Rows]) -> AsyncGenerator[bytes]:
    """RFC 4180, with a header. Nothing known is an empty cell; text that a spreadsheet would run has a ' before it."""
    yield _written([[*FIXED, *metric_names()]])
    async for page in found:
        yield _written([[_cell(value) for value in row.values()] for row in page])


def _written(rows: Sequence[Sequence[Any]]) -> bytes:
    text_of = io.StringIO()
    csv.writer(text_of).writerows(rows)
    return text_of.getvalue().encode()


def _cell(value: Any) -> Any:
    if isinstance(value, float):
        return _number(value)
    return f"'{value}" if isinstance(value, str) and value.startswith(RISKY) else value


def _number(value: float) -> float | int:
    return int(value) if value.is_integer() else value


async def as_json(found: AsyncIterator[Rows]) -> AsyncGenerator[bytes]:
    """An array, a row per line."""
    before = b"[\n"
    async for page in found:
        for row in page:
            shown = {name: _number(value) if isinstance(value, float) else value for name, value in row.items()}
            yield before + json.dumps(shown, ensure_ascii=False).encode()
            before = b",\n"
    yield b"[]\n" if before == b"[\n" else b"\n]\n"
