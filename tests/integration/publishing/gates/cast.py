"""Publications in a worker's hands, as rows and as `Work`; a Valkey of our own that can be flushed, stopped and started."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from ocma.bootstrap import Resources
from ocma.clock import utcnow
from ocma.features.publishing.claims import Claim
from ocma.features.publishing.load import Work, load
from ocma.features.publishing.models import Publication
from ocma.ids import new_id
from ocma.infra.embedded import folder, process, valkey
from ocma.infra.embedded.process import Child

ROWS = """
    INSERT INTO publications (id, workspace_id, post_id, account_id, platform, state, scheduled_at, due_at, attempt, lease_until,
        taken_at, max_attempts, on_unknown)
    VALUES (:id, :workspace, :post, :account, :platform, 'publishing', now(), now(), 1, now() + interval '10 minutes', now(), 12,
        'settle')"""
POST = """
    INSERT INTO posts (id, workspace_id, content, scheduled_at, wall_time, timezone, created_by)
    VALUES (:id, :workspace, CAST(:content AS jsonb), now(), now()::timestamp, 'UTC', 'operator')"""
ACCOUNT = """
    INSERT INTO accounts (id, workspace_id, platform, host, platform_account_id, name, handle)
    VALUES (:id, :workspace, :platform, :host, :id, 'A', 'a')"""
ATTEMPT = """
    INSERT INTO attempts (id, workspace_id, publication_id, account_id, attempt, part, fingerprint, state, started_at)
    VALUES (:id, :workspace, :publication, :account, 1, :part, 'f', 'refused', now() - CAST(:ago AS interval))"""


@dataclass
class Cast:
    """One workspace. `host` is of its accounts, so that tests do not share a place."""

    resources: Resources
    workspace: Any
    host: str = field(default_factory=lambda: f"{new_id().hex}.example")

    async def sql(self, query: str, **values: Any) -> list[Any]:
        async with self.resources.database.transaction(self.workspace) as session:
            found = await session.execute(text(query), values)
            return list(found.all()) if found.returns_rows else []

    async def account(self, platform: str = "mastodon") -> Any:
        account = new_id()
        host = self.host if platform == "mastodon" else ""
        await self.sql(
            ACCOUNT.replace(":id, 'A'", ":name, 'A'"),
            id=account,
            workspace=self.workspace,
            platform=platform,
            host=host,
            name=str(account),
        )
        return account

    async def works(self, account: Any, count: int = 1, platform: str = "mastodon", parts: int = 1, files: int = 0) -> list[Work]:
        """`count` publications of one account that a worker has taken."""
        claims = [await self._row(account, platform, parts, files) for _ in range(count)]
        return await load(self.resources.press(), claims)

    async def _row(self, account: Any, platform: str, parts: int, files: int) -> Claim:
        publication, post = new_id(), new_id()
        ids = ", ".join(f'"{new_id()}"' for _ in range(files))
        content = ", ".join(f'{{"text": "t", "mediaIds": [{ids if not index else ""}]}}' for index in range(parts))
        await self.sql(POST, id=post, workspace=self.workspace, content=f'{{"parts": [{content}], "options": {{}}}}')
        values = {"id": publication, "workspace": self.workspace, "post": post, "account": account, "platform": platform}
        await self.sql(ROWS, **values)
        return Claim(publication, self.workspace, account, platform, "publishing", 1, utcnow())

    async def attempt(self, work: Work, part: int = 0, ago: float = 0.0) -> None:
        """As the write-ahead does it."""
        claim = work.claim
        values = {"publication": claim.id, "account": claim.account_id, "part": part, "ago": timedelta(seconds=ago)}
        await self.sql(ATTEMPT, id=new_id(), workspace=self.workspace, **values)

    async def rest(self, work: Work) -> None:
        """Out of the worker's hands."""
        await self.sql(
            "UPDATE publications SET state = 'scheduled', lease_until = NULL, taken_at = NULL WHERE id = :id", id=work.claim.id
        )


def doubted(work: Work, ago: float) -> None:
    """Its token was refused before."""
    at = utcnow() - timedelta(seconds=ago)
    publication: Publication = work.publication
    publication.error = {"code": "tokenDoubted", "at": at.isoformat()}


@dataclass
class Server:
    """Valkey on a port of its own."""

    where: valkey.Valkey
    child: Child

    @classmethod
    def start(cls, path: Path) -> "Server":
        where = valkey.prepare(folder.prepare(folder.create(path), lambda _: None))
        return cls(where, _run(where))

    @property
    def url(self) -> str:
        return self.where.url

    def stop(self) -> None:
        process.end(self.child)

    def again(self) -> None:
        self.child = _run(self.where)


def _run(where: valkey.Valkey) -> Child:
    child = process.spawn(where.command)
    process.wait_until(lambda: valkey.is_ready(where), child, "Valkey", 30.0)
    return child
