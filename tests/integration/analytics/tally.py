"""A platform that counts: a server of its own that speaks HTTP and keeps books, and a connector that asks it. Nothing else is it."""

import asyncio
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from ocma.platforms.connector import Connector, Measures, Profile
from ocma.platforms.errors import (
    AccountRestricted,
    PermissionMissing,
    PlatformError,
    PlatformUnavailable,
    ReauthorizationRequired,
    Throttled,
)
from ocma.platforms.metrics import FOLLOWERS, LIKES, VIEWS, Measure, Measured, Measuring, Reading, Seen
from unit.platforms.manifests import manifest

FANS = Measure(FOLLOWERS, "fans", of="account")
SEEN = Measure(VIEWS, "seen", of="account", kind="delta")
HEARTS = Measure(LIKES, "hearts")
ODD = Measure(LIKES, "odd")


@dataclass
class Post:
    id: str
    at: datetime
    text: str = "Words."
    hearts: int = 0
    gone: bool = False


@dataclass
class Books:
    """`days` maps the midnight of a day to its views. `asked` are the questions, as they came. `fails` maps a path to the status
    that it answers with, 0: it hangs up."""

    fans: int = 0
    days: dict[datetime, int] = field(default_factory=dict)
    posts: dict[str, Post] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    fails: dict[str, int] = field(default_factory=dict)
    page: int = 100
    odd: bool = False
    refused: tuple[str, ...] = ()
    pause: asyncio.Event = field(default_factory=asyncio.Event)
    reached: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, *posts: Post) -> None:
        self.posts |= {each.id: each for each in posts}

    def questions(self, path: str) -> list[dict[str, str]]:
        return [query for each, query in self.asked if each == path]

    async def answer(self, request: web.Request) -> web.Response:
        path, query = request.path, dict(request.query)
        self.asked.append((path, query))
        self.reached.set()
        await self.pause.wait()
        if (status := self.fails.get(path)) is not None:
            if not status:
                request.transport.abort()
            return web.json_response({}, status=status or 500, headers={"Retry-After": "900"} if status == 429 else {})
        return web.json_response(
            {"/who": self._who, "/account": self._account, "/posts": self._posts, "/list": self._list}[path](query)
        )

    def _who(self, _: dict[str, str]) -> Any:
        return {"id": "tally-1"}

    def _account(self, query: dict[str, str]) -> Any:
        since = datetime.fromisoformat(query["since"])
        days = {at.isoformat(): views for at, views in self.days.items() if at + timedelta(days=1) > since}
        return {"fans": self.fans, "days": days, "odd": self.odd, "refused": self.refused}

    def _posts(self, query: dict[str, str]) -> Any:
        wanted = [self.posts[each] for each in query["ids"].split(",") if each in self.posts]
        return {
            "hearts": {each.id: each.hearts for each in wanted if not each.gone},
            "gone": [each.id for each in wanted if each.gone],
        }

    def _list(self, query: dict[str, str]) -> Any:
        since = datetime.fromisoformat(query["since"])
        found = sorted((each for each in self.posts.values() if each.at >= since), key=lambda each: each.at, reverse=True)
        start = int(query["start"])
        page = found[start : start + self.page]
        return {
            "posts": [{"id": each.id, "at": each.at.isoformat(), "text": each.text} for each in page],
            "next": start + self.page if start + self.page < len(found) else None,
        }


class Tally(Connector, Measures):
    def __init__(self, url: str, **measuring: Any) -> None:
        known = {"measures": (FANS, SEEN, HEARTS, ODD), "at_once": 100, "days": timedelta(days=30)}
        self.manifest = manifest(key="tally", name="Tally", api_url=url, measuring=Measuring(**(known | measuring)))

    async def identify(self, access):
        return [Profile((await self.call(access, "GET", "/who")).json()["id"], "Tally", "@tally")]

    def explain(self, response):
        kinds: dict[int, Callable[..., PlatformError]] = {
            401: ReauthorizationRequired, 403: PermissionMissing, 423: AccountRestricted, 429: Throttled
        }  # fmt: skip
        kind = kinds.get(response.status_code, PlatformUnavailable if response.status_code >= 500 else PlatformError)
        after = response.headers.get("Retry-After")
        return kind(platform="tally", status=response.status_code, retry_after=float(after) if after else None)

    async def measure_account(self, access, since):
        body = (await self.call(access, "GET", "/account", params={"since": since.isoformat()})).json()
        days = [
            Reading(SEEN, float(views), start=datetime.fromisoformat(at), end=datetime.fromisoformat(at) + timedelta(days=1))
            for at, views in body["days"].items()
        ]
        odd = [Reading(SEEN, 1.0)] if body["odd"] else []
        return Measured((Reading(FANS, float(body["fans"])), *days, *odd), refused=tuple(body["refused"]))

    async def measure_posts(self, access, posts):
        body = (await self.call(access, "GET", "/posts", params={"ids": ",".join(each.id for each in posts)})).json()
        return Measured(
            tuple(Reading(HEARTS, float(hearts), post=each) for each, hearts in body["hearts"].items()), gone=tuple(body["gone"])
        )

    async def list_posts(self, access, since):
        start = 0
        while start is not None:
            body = (await self.call(access, "GET", "/list", params={"since": since.isoformat(), "start": start})).json()
            for each in body["posts"]:
                yield Seen(each["id"], each["text"], datetime.fromisoformat(each["at"]))
            start = body["next"]


@dataclass
class Server:
    """One for all tests, as a platform's address is known for good; each has books of its own."""

    url: str = ""
    books: Books = field(default_factory=Books)

    def fresh(self) -> Books:
        self.books = Books()
        self.books.pause.set()
        return self.books

    async def answer(self, request: web.Request) -> web.Response:
        return await self.books.answer(request)


@asynccontextmanager
async def counting():
    server, app = Server(), web.Application()
    app.router.add_get("/{rest:.*}", server.answer)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()
