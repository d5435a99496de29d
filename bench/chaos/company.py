"""The users' side: workspaces with a key each, accounts connected by OAuth, pictures; over HTTP, as users come."""

import asyncio
import io
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

import httpx2
from bench.chaos.plan import Seat
from PIL import Image

from ocma.bootstrap import Resources
from ocma.features.workspaces import keys
from ocma.features.workspaces.caller import operator
from ocma.features.workspaces.workspaces import create_workspace
from ocma.ids import new_id

Json = dict[str, Any]
Result = TypeVar("Result")
AT_ONCE = 6
TIMEOUT = 15.0  # seconds
START = 90.0  # seconds the API may need at first


class Unanswered(Exception):
    """The API is down, broke off, or says that it cannot now: ask again."""


class Refused(Exception):
    """A definite no."""

    def __init__(self, answer: httpx2.Response) -> None:
        super().__init__(f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text[:500]}")
        self.status = answer.status_code


@dataclass(frozen=True, slots=True)
class Workspace:
    id: UUID
    key: str = field(repr=False)
    medium_id: str = ""


class Company:
    """`accounts`: id by seat."""

    def __init__(self, api: httpx2.AsyncClient, browser: httpx2.AsyncClient) -> None:
        self._api, self._browser = api, browser
        self.workspaces: list[Workspace] = []
        self.accounts: dict[Seat, UUID] = {}

    async def until_up(self) -> None:
        async with asyncio.timeout(START):
            while True:
                try:
                    if (await self._api.get("/readyz")).is_success:
                        return
                except httpx2.TransportError:
                    pass
                await asyncio.sleep(0.1)

    async def settle_in(self, resources: Resources, seats: Iterable[Seat], count: int) -> None:
        """Before the storm."""
        self.workspaces = [await self._open(resources, number) for number in range(count)]
        seats = list(seats)
        made = await together((self.connect(seat) for seat in seats), AT_ONCE)
        self.accounts = dict(zip(seats, made, strict=True))

    async def _open(self, resources: Resources, number: int) -> Workspace:
        caller = operator(new_id())
        async with resources.database.transaction(caller.workspace_id) as session:
            await create_workspace(session, caller, f"Company {number}", resources.clock)
            key = (await keys.create_key(session, caller, "chaos", resources.clock)).key
        files = {"file": ("picture.png", _picture(number), "image/png")}
        medium = await self.ask(Workspace(caller.workspace_id, key), "POST", "/api/media", files=files)
        return Workspace(caller.workspace_id, key, medium["id"])

    async def connect(self, seat: Seat) -> UUID:
        """The whole walk: our authorize, the platform's page (where the account says yes), our callback."""
        begun = await self.ask(self.workspaces[seat.workspace], "POST", "/api/social/authorize", json={"platform": seat.platform})
        url = f"{begun['url']}&approve=1&account={seat.name}"
        return UUID((await _answer(self._browser.get(url)))["account"]["id"])

    async def ask(self, workspace: Workspace, method: str, path: str, *, key: str | None = None, **request: Any) -> Any:
        """Raises Unanswered when nobody knows whether it was done, Refused when it was not. `key`: the Idempotency-Key."""
        headers = {"Authorization": f"Bearer {workspace.key}"} | ({"Idempotency-Key": key} if key else {})
        return await _answer(self._api.request(method, path, headers=headers, **request))


async def _answer(asked: Awaitable[httpx2.Response]) -> Any:
    try:
        answer = await asked
    except httpx2.HTTPError as error:
        raise Unanswered(type(error).__name__) from error
    if answer.status_code >= 500 or answer.status_code in {409, 429}:
        raise Unanswered(f"{answer.status_code} {answer.text[:300]}")
    if not answer.is_success:
        raise Refused(answer)
    return answer.json()


async def together(work: Iterable[Awaitable[Result]], at_once: int) -> list[Result]:
    """All of it, so many at a time; results in order."""
    limit = asyncio.Semaphore(at_once)

    async def one(each: Awaitable[Result]) -> Result:
        async with limit:
            return await each

    return list(await asyncio.gather(*map(one, work)))


async def until_done(
    act: Callable[[], Awaitable[Result]], again: tuple[type[Exception], ...], pause: float
) -> tuple[Result, int]:
    """The result, and how often it had to be asked for again. Whoever calls bounds it in time."""
    repeats = 0
    while True:
        try:
            return await act(), repeats
        except again:
            repeats += 1
            await asyncio.sleep(pause)


def _picture(number: int) -> bytes:
    """A PNG that no other workspace has."""
    kept = io.BytesIO()
    Image.new("RGB", (64, 48), ((number * 37) % 256, 120, (number * 91) % 256)).save(kept, "PNG")
    return kept.getvalue()


@asynccontextmanager
async def open_company(api_url: str) -> AsyncGenerator[Company]:
    async with (
        httpx2.AsyncClient(base_url=api_url, timeout=TIMEOUT, trust_env=False) as api,
        httpx2.AsyncClient(follow_redirects=True, timeout=TIMEOUT, trust_env=False) as browser,
    ):
        yield Company(api, browser)
