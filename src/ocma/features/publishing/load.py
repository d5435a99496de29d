"""Everything a worker has to know of the publications it took, in a fixed number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from ocma.features.accounts.models import Account, AccountToken
from ocma.features.media.models import Medium
from ocma.features.posts.variants import for_platform, media_ids
from ocma.features.publishing.claims import Claim
from ocma.features.publishing.line import Line
from ocma.features.publishing.press import Press
from ocma.infra.database import Connection, Model
from ocma.platforms.connector import Connector, Publishes
from ocma.platforms.content import Content
from ocma.platforms.registry import get_connector

Row = TypeVar("Row", bound=Model)
# By our driver alone: SQLAlchemy's rows cost more than all that is done with them. LATERAL: as in journal.py.
_ROWS = """
    SELECT p.*, o.content, o.variants FROM unnest($1::uuid[]) AS w (id)
    CROSS JOIN LATERAL (
        SELECT q.id, q.account_id, q.platform, q.progress, q.tries, q.looks, q.max_attempts, q.on_unknown, q.error,
            q.post_id, q.scheduled_at
        FROM publications q WHERE q.id = w.id OFFSET 0) p
    CROSS JOIN LATERAL (SELECT x.content, x.variants FROM posts x WHERE x.id = p.post_id OFFSET 0) o"""
_ATTEMPTS = """
    SELECT publication_id, id, part, started_at, state, platform_post_id, url, finished_at FROM attempts
    WHERE publication_id = ANY ($1) ORDER BY started_at, id"""


@dataclass(slots=True)
class Copy:
    """A publication with its post, as they were when it was taken. `progress` is kept as it goes on."""

    id: UUID
    account_id: UUID
    platform: str
    progress: dict[str, Any]
    tries: int
    looks: int
    max_attempts: int
    on_unknown: str
    error: dict[str, Any] | None
    post_id: UUID
    scheduled_at: datetime
    content: dict[str, Any]
    variants: dict[str, Any]


@dataclass(slots=True)
class Sending:
    """A send: what its attempt's row says of it."""

    id: UUID
    part: int
    started_at: datetime
    state: str = "sending"
    platform_post_id: str | None = None
    url: str | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """One publication under a claim."""

    claim: Claim
    publication: Copy
    account: Account
    line: Line
    media: dict[UUID, Medium]
    attempts: list[Sending]

    def content(self, press: Press) -> Content:
        """Raises NotFound when a file was deleted since."""
        found = self.publication
        return for_platform(found.content, found.variants, found.platform, self.media, press.library.outgoing)

    @property
    def connector(self) -> Connector:
        return get_connector(self.publication.platform)

    @property
    def publisher(self) -> Publishes:
        connector = self.connector
        if not isinstance(connector, Publishes):
            raise TypeError(connector)  # planning refuses platforms that cannot publish
        return connector


async def load(press: Press, claims: Sequence[Claim]) -> list[Work]:
    """In the order of `claims`. One transaction sees the workspaces of these claims, and no other."""
    if not claims:
        return []
    async with press.database.batch(claim.workspace_id for claim in claims) as connection:
        copies = {row[0]: Copy(*row) for row in await connection.fetch(_ROWS, [claim.id for claim in claims])}
        lines = await _lines(press, connection, list({claim.account_id for claim in claims}))
        attempts = await _sent(connection, [claim.id for claim in claims if claim.fence > 1])
        media = await _media(connection, [one for each in copies.values() for one in media_ids(each.content, each.variants)])
    return [
        Work(claim, copies[claim.id], *lines[claim.account_id], media.get(claim.workspace_id, {}), attempts.get(claim.id, []))
        for claim in claims
        if claim.id in copies and claim.account_id in lines
    ]


async def _lines(press: Press, connection: Connection, ids: Sequence[UUID]) -> dict[UUID, tuple[Account, Line]]:
    accounts = await _read(connection, Account, "id", ids)
    tokens = {each.account_id: each for each in await _read(connection, AccountToken, "account_id", ids)}
    return {each.id: (each, Line(press.desk, each, tokens.get(each.id), press.gates.observer(each))) for each in accounts}


async def _sent(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, list[Sending]]:
    """Earlier sends; a first claim has none."""
    found: dict[UUID, list[Sending]] = {}
    for publication_id, *values in await connection.fetch(_ATTEMPTS, ids) if ids else ():
        found.setdefault(publication_id, []).append(Sending(*values))
    return found


async def _media(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, dict[UUID, Medium]]:
    """By workspace: nobody's post shows another's file."""
    found: dict[UUID, dict[UUID, Medium]] = {}
    for each in await _read(connection, Medium, "id", ids) if ids else ():
        found.setdefault(each.workspace_id, {})[each.id] = each
    return found


async def _read(connection: Connection, model: type[Row], key: str, ids: Sequence[UUID]) -> list[Row]:
    """Objects of no session: to be read only."""
    rows = await connection.fetch(_query(model, key), ids)
    return [model(**row) for row in rows]


@cache
def _query(model: type[Model], key: str) -> str:
    columns = ", ".join(f"{column.name}" for column in model.__table__.columns)
    return f"SELECT {columns} FROM {model.__tablename__} WHERE {key} = ANY ($1)"  # noqa: S608 - names of our own
