"""A month of figures, played in a minute or two: platforms in the sandbox, OCMA beside them, and one clock for both, put from look to look."""

import asyncio
import secrets
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import httpx2
from sqlalchemy import select, update

import abilities
import stage
import standing
from abilities import PUBLIC, TITLE
from ocma.bootstrap import Resources, resources
from ocma.features.accounts import tokens
from ocma.features.accounts.models import Account
from ocma.features.analytics import collect, months
from ocma.features.analytics.models import AccountPost, Measurement
from ocma.features.workspaces.caller import operator
from ocma.features.workspaces.models import Workspace
from ocma.platforms.connector import Publishes
from ocma.platforms.content import Content, Outgoing, Part
from ocma.platforms.errors import ReauthorizationRequired
from ocma.platforms.registry import get_connector

DYING = Path(__file__).parents[1] / "dying_collector.py"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LENGTH = timedelta(days=30)
STRETCHES = ((DAY, 3.0), (DAY * 7, 8.0), (LENGTH, 20.0))  # until so old, a look every so many hours or so
FAULTS = ("server_error", "rate_limit", "reset", "delay")
KILLS = ("asking", "answered", "writing")
BUDGET = 5.0  # USD a day
USUAL = {"audience": True, "rate_factor": 0}
SETTINGS: Mapping[str, Mapping[str, Any]] = {"facebook": {"insights_lag_hours": 24}, "linkedin": {"statistics_lag_hours": 24}}

FILM = {"files": ("video",)}
PICTURE = {"files": ("image-400",)}
# What is published on each platform: of the case, and of the request.
POSTS: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "x": ({}, PICTURE, {"thread": ("Second of a thread.",)}),
    "mastodon": ({}, PICTURE, {"thread": ("Second of a thread.",)}),
    "bluesky": ({}, PICTURE, {"thread": ("Second of a thread.",)}),
    "tiktok": ({**FILM, "options": PUBLIC}, {**FILM, "options": PUBLIC}, {**FILM, "options": PUBLIC}),
    "facebook": ({}, PICTURE, {"files": ("upright",), "options": {"kind": "reel"}}),
    "instagram": (PICTURE, {"files": ("upright",), "options": {"kind": "reel"}}, PICTURE),
    "linkedin": ({}, PICTURE, {"link": {"url": "https://example.org/month", "title": "A month"}}),
    "threads": ({}, {"link": {"url": "https://example.org/month"}}, {"thread": ("Second of a thread.",)}),
    "youtube": ({**FILM, "options": TITLE}, {"files": ("upright",), "options": TITLE}, {**FILM, "options": TITLE}),
}
UNDELETABLE = abilities.UNDELETABLE | {"instagram"}  # Instagram's own login deletes nothing


class World:
    """The sandbox's side: its clock, its books of figures."""

    def __init__(self, url: str, client: httpx2.AsyncClient) -> None:
        self._url, self._client = url, client

    async def get(self, what: str, **query: Any) -> Any:
        return (await self._client.get(f"{self._url}/_control/{what}", params=query)).raise_for_status().json()

    async def post(self, what: str, **body: Any) -> Any:
        return (await self._client.post(f"{self._url}/_control/{what}", json=body)).raise_for_status().json()

    async def figures(self, platform: str, at: datetime, **of: Any) -> dict[str, Any]:
        return (await self.get("figures", platform=platform, at=at.isoformat(), **of))["figures"]

    async def days(self, platform: str, account: str, first: str, last: str) -> list[dict[str, Any]]:
        return (await self.get("figures", platform=platform, account=account, **{"from": first, "to": last}))["days"]

    async def find(self, account: Account) -> dict[str, Any]:
        """Who that account is there."""
        known = (await self.get("accounts", platform=account.platform))["data"]
        (found,) = (each for each in known if account.platform_account_id.endswith(each["id"]))
        return found


@dataclass
class Month:
    """`looks`: samples that a look said it has written, by account and time. `happened`: how often what befell it."""

    sandbox: stage.Sandbox
    world: World
    platforms: Sequence[str]
    clock: standing.Clock
    random: Random
    workspace: UUID | None = None
    accounts: dict[str, Account] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    others: list[Account] = field(default_factory=list)
    people: dict[UUID, str] = field(default_factory=dict)
    handles: dict[UUID, str] = field(default_factory=dict)
    looks: dict[tuple[UUID, datetime], int] = field(default_factory=dict)
    happened: Counter[str] = field(default_factory=Counter)
    deleted: dict[str, str] = field(default_factory=dict)
    native: dict[str, str] = field(default_factory=dict)
    gaps: list[tuple[datetime, datetime]] = field(default_factory=list)
    begun: datetime | None = None
    found: Resources | None = None
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    # OCMA, which is restarted on the way -----------------------------------------------------------------------------

    async def open(self) -> None:
        self.found = await self._stack.enter_async_context(resources(clock=self.clock))

    async def close(self) -> None:
        await self._stack.aclose()

    async def restart(self) -> None:
        await self.close()
        await self.open()
        self.happened["restart"] += 1

    @property
    def company(self) -> stage.Company:
        return stage.Company(self.found, operator(self.workspace))

    # What is looked at -----------------------------------------------------------------------------------------------

    async def connect(self) -> None:
        """By OAuth, with followers from the start. A login may open several accounts; the last of a platform posts."""
        async with self.found.database.transaction(self.workspace) as session:
            wanted = {"metrics_budget_usd": {"x": BUDGET}}
            await session.execute(update(Workspace).where(Workspace.id == self.workspace).values(**wanted))
        for key in self.platforms:
            await self.world.post("settings", platform=key, settings={**USUAL, **SETTINGS.get(key, {})})
            self.names[key] = f"m{secrets.token_hex(4)}"
            self.accounts[key] = await self.company.connect(key, self.names[key])
        async with self.found.database.transaction(self.workspace) as session:
            mine = select(Account).where(Account.workspace_id == self.workspace)
            found = (await session.scalars(mine.order_by(Account.id))).all()
        main = {each.id for each in self.accounts.values()}
        self.others = [each for each in found if each.id not in main]
        for account in found:
            who = await self.world.find(account)
            self.handles[account.id], self.people[account.id] = who["account"], who["id"]
            followers = self.random.randrange(2_000, 20_000)
            await self.world.post(
                "accounts", platform=account.platform, account=who["account"], followers=followers, following=77
            )

    async def publish(self) -> None:
        """By a worker that somebody else runs."""
        self.workspace = (await stage.company(self.found)).caller.workspace_id
        await self.connect()
        files = {name: await self.company.keep(abilities.file(name)) for name in self._files()}
        jobs = [await self._schedule(self.accounts[key], number, post, files) for key, number, post in self._posts()]
        jobs += [await self._schedule(each, 0, POSTS[each.platform][0], files) for each in self.others]
        for job in jobs:
            await self.company.wait(job, "completed", limit=120)

    def _posts(self) -> list[tuple[str, int, Mapping[str, Any]]]:
        return [(key, number, post) for key in self.platforms for number, post in enumerate(POSTS[key])]

    def _files(self) -> list[str]:
        return sorted({name for _, _, post in self._posts() for name in post.get("files", ())})

    async def _schedule(self, account: Account, number: int, post: Mapping[str, Any], files: Mapping[str, str]) -> Any:
        wanted = {name: each for name, each in post.items() if name != "files"}
        wanted["mediaIds"] = [files[each] for each in post.get("files", ())]
        return await self.company.schedule(f"Number {number} of a month on {account.platform}.", account, **wanted)

    # Time ------------------------------------------------------------------------------------------------------------

    async def begin(self) -> None:
        """From now on both clocks stand, but for being put."""
        await self.world.post("clock", running=False)
        self.begun = datetime.fromisoformat((await self.world.get("clock"))["at"]).replace(microsecond=0) + timedelta(seconds=1)
        await self.put(self.begun)

    async def put(self, at: datetime) -> None:
        await self.world.post("clock", at=at.isoformat())
        self.clock.at = at

    def plan(self) -> list[datetime]:
        """When somebody looks: less and less often, and three times nobody for days."""
        away = [(self.begun + DAY * start, self.begun + DAY * (start + self.random.uniform(1.2, 3))) for start in (3, 11, 20)]
        at, looks = self.begun, [self.begun]
        while at < self.begun + LENGTH:
            every = next(every for until, every in STRETCHES if at - self.begun < until)
            at += timedelta(seconds=round(self.random.uniform(0.6, 1.4) * every * 3600))
            at = next((end.replace(microsecond=0) for start, end in away if start <= at < end), at)
            looks.append(min(at, self.begun + LENGTH))
        self.gaps = away
        return looks

    async def live(self) -> None:
        """The month."""
        await self.begin()
        looks = self.plan()
        at = {name: looks[int(len(looks) * part)] for name, part in (("native", 0.45), ("delete", 0.6))}
        early = [each for each in looks[2:] if each - self.begun < DAY * 9]  # when posts are due at every look
        kills = dict(zip(self.random.sample(early, len(KILLS)), KILLS, strict=True))
        restarts = set(self.random.sample(looks[1:], 6))
        for moment in looks:
            await self.put(moment)
            await self._connect_again()
            await months.keep(self.found.database, moment, timedelta(0))
            if moment in restarts:
                await self.restart()
            if moment == at["native"]:
                await self._publish_beside()
            if moment == at["delete"]:
                await self._delete()
            if moment in kills:
                await self._kill(kills[moment])
            if moment != looks[-1] and self.random.random() < 0.35:
                await self._trouble()
            await self.look()
            await self.sandbox.clear_faults()
        await self.look_at_rest()

    async def _connect_again(self) -> None:
        """What ended is opened by its owner: Bluesky lets a program without a secret go on for two weeks."""
        async with self.found.database.transaction(self.workspace) as session:
            ended = (await session.scalars(select(Account).where(Account.status == "needsReauthorization"))).all()
        for each in ended:
            again = await self.company.connect(each.platform, self.names[each.platform])
            assert again.id == each.id
            self.happened[f"connected again: {each.platform}"] += 1

    async def look(self) -> None:
        """As a worker does: the accounts whose turn it is."""
        collector = replace(self.found.collector(), random=Random(self.random.random()))
        claims = await collect.claim_due(collector, 100)
        for outcome in await asyncio.gather(*(collect.collect(collector, each) for each in claims)):
            if outcome is None:
                self.happened["nothing asked"] += 1
            else:
                self.happened["failed look" if outcome.error else "look"] += 1
                row = await self._measurement(outcome.account_id)
                self.looks[outcome.account_id, row.fetched_at] = outcome.samples

    async def look_at_rest(self) -> None:
        """Until nobody's turn has come any more."""
        for _ in range(10):
            await self.put(self.clock.at + timedelta(minutes=11))
            await self._connect_again()
            await self.look()

    async def _measurement(self, account_id: UUID) -> Measurement:
        async with self.found.database.transaction(self.workspace) as session:
            return await session.get_one(Measurement, account_id)

    # What befalls it -------------------------------------------------------------------------------------------------

    async def _trouble(self) -> None:
        for key in self.random.sample(sorted(self.platforms), min(3, len(self.platforms))):
            kind = self.random.choice(FAULTS)
            more = {"delayMs": self.random.randrange(20, 200)} if kind == "delay" else {}
            await self.sandbox.fault(key, kind, self.random.randrange(1, 4), **more)
            self.happened[kind] += 1

    async def _kill(self, stage_name: str) -> None:
        """A collector dies in the middle; when its lease is over, others go on."""
        accounts = self.random.randrange(1, 3)
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(DYING), stage_name, str(accounts), self.clock.at.isoformat()
        )
        self.happened[f"killed {stage_name}"] += await asyncio.wait_for(process.wait(), 60) == -9
        await asyncio.sleep(2.1)

    async def _access(self, key: str) -> Any:
        """As somebody beside OCMA would have it."""
        account, desk = self.accounts[key], self.found.desk
        try:
            grant, _ = await tokens.fresh(desk, account)
        except ReauthorizationRequired:
            await self._connect_again()
            grant, _ = await tokens.fresh(desk, account)
        return desk.gateway.access(get_connector(key), grant, account.host, account.platform_account_id, account.handle)

    async def _publish_beside(self) -> None:
        """Where a text alone is one call."""
        for key in self.platforms:
            connector, part = get_connector(key), Part("Published beside OCMA.")
            if not isinstance(connector, Publishes) or "text" not in _can(key) or connector.steps(Content((part,))):
                continue
            outgoing = Outgoing(part, 0, secrets.token_hex(8), fingerprint=secrets.token_hex(8))
            published = await connector.publish(await self._access(key), outgoing)
            self.native[key] = published.id

    async def _delete(self) -> None:
        """The oldest of each."""
        for key in set(self.platforms) - UNDELETABLE:
            async with self.found.database.transaction(self.workspace) as session:
                mine = select(AccountPost).where(AccountPost.account_id == self.accounts[key].id)
                post = (await session.scalars(mine.order_by(AccountPost.published_at))).first()
            await get_connector(key).withdraw(await self._access(key), post.platform_post_id)
            self.deleted[key] = post.platform_post_id


def _can(key: str) -> set[str]:
    return {each for each in abilities.TOLD if abilities.has(get_connector(key).manifest, each)}
