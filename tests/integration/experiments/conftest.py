"""Accounts, a clock that is put, and posts that are published and measured as if there were platforms."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import select, update

from answers import good
from ocma.entrypoints.api.app import create_app
from ocma.features.accounts.models import Account
from ocma.features.analytics.models import AccountPost
from ocma.features.analytics.record import Figure, record
from ocma.features.publishing.models import Publication
from ocma.ids import new_id
from ocma.platforms.metrics import Measure, Reading
from ocma.platforms.registry import get_connector
from standing import Clock

URL = "/api/experiments"
TEXTS = {"plain": "We are open on Sunday.", "question": "Are you free on Sunday? We are open."}
HOUR = timedelta(hours=1)


@dataclass
class World:
    """A workspace seen through the API, and what its platforms would do."""

    api: httpx2.AsyncClient
    key: Mapping[str, str]
    workspace: Any
    database: Any
    clock: Clock

    async def accounts(self, count: int, platform: str = "mastodon", **more: Any) -> list[str]:
        now = self.clock()
        rows = [
            Account(
                id=new_id(),
                workspace_id=self.workspace,
                platform=platform,
                host="",
                platform_account_id=f"{new_id()}",
                name=f"A{number}",
                handle=f"@a{number}",
                scopes=[],
                status="active",
                connected_at=now,
                updated_at=now,
                **more,
            )
            for number in range(count)
        ]
        async with self.database.transaction(self.workspace) as session:
            session.add_all(rows)
        return [str(each.id) for each in rows]

    def body(self, accounts, texts: Mapping[str, str] = TEXTS, **more: Any) -> dict[str, Any]:
        variants = [{"key": key, "content": text} for key, text in texts.items()]
        return {"name": "Sunday", "accountIds": list(accounts), "variants": variants, **more}

    async def post(self, path: str = "", body: Any = None, **more: Any):
        return await self.api.post(f"{URL}{path}", headers={**self.key, **more}, json={} if body is None else body)

    async def create(self, accounts, texts: Mapping[str, str] = TEXTS, **more: Any) -> str:
        return good(await self.post("", self.body(accounts, texts, **more)), 201)["id"]

    async def started(self, accounts, texts: Mapping[str, str] = TEXTS, **more: Any) -> dict[str, Any]:
        found = await self.create(accounts, texts, **more)
        return good(await self.post(f"/{found}/start", {"everyHours": 1}))

    async def look(self, experiment: str) -> dict[str, Any]:
        return good(await self.api.get(f"{URL}/{experiment}", headers=self.key))

    async def publish(self, place: Mapping[str, Any], at: datetime | None = None) -> AccountPost:
        """As a worker would."""
        at = at or datetime.fromisoformat(place["scheduledAt"])
        await self.move(place, "publishing", lease_until=at + HOUR)
        await self.move(
            place, "published", lease_until=None, due_at=None, published_at=at, platform_post_id=place["publicationId"]
        )
        row = AccountPost(
            id=new_id(),
            workspace_id=self.workspace,
            account_id=place["accountId"],
            platform_post_id=place["publicationId"],
            published_at=at,
            publication_id=place["publicationId"],
            part=0,
            seen_at=at,
        )
        async with self.database.transaction(self.workspace) as session:
            session.add(row)
        return row

    async def move(self, place: Mapping[str, Any], state: str, **values: Any) -> None:
        async with self.database.transaction(self.workspace) as session:
            own = Publication.id == place["publicationId"]
            await session.execute(update(Publication).where(own).values(state=state, **values))

    async def measure(self, post: AccountPost, after: timedelta, **figures: float) -> None:
        """As the collector would write down what the platform gave so long after publication."""
        async with self.database.transaction(self.workspace) as session:
            account = await session.get(Account, post.account_id)
            found = [Figure(post.id, Reading(_measure(account.platform, key), value)) for key, value in figures.items()]
            await record(session, self.workspace, account.id, found, post.published_at + after)

    async def texts(self) -> list[tuple[str, str]]:
        """Account and text of all that is planned, in the order of time."""
        async with self.database.transaction(self.workspace) as session:
            query = select(Publication.account_id, Publication.post_id).order_by(Publication.scheduled_at)
            rows = (await session.execute(query)).all()
        jobs = [good(await self.api.get(f"/api/queue/jobs/{row.post_id}", headers=self.key)) for row in rows]
        return [(str(row.account_id), job["content"]) for row, job in zip(rows, jobs, strict=True)]


def _measure(platform: str, key: str) -> Measure:
    measures = get_connector(platform).manifest.measuring.of("post")
    return next(each for each in measures if each.metric.key == key and each.kind == "total")


@pytest.fixture
async def world(resources, make, workspace):
    clock = Clock(datetime.now(UTC).replace(microsecond=0))
    app = create_app(replace(resources, clock=clock))
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://api.test") as client,
    ):
        yield World(client, await make.key(workspace), workspace, resources.database, clock)
