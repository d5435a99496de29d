"""Who asks `ocma api` while its Redis is away, and what they got."""

import asyncio
import json
import math
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import httpx2

from ocma.ids import new_id

QUOTA, WINDOW = 60, 5  # requests, seconds: what each caller may
LIMIT = f"{QUOTA}/{WINDOW}s"
CALM, HASTY = 0.2, 0.01  # seconds between an answer and the next question: within the limit, and far above it
LAST_WORDS, PAUSE = 10.0, 0.1  # seconds that an event may come after the last question, and between two looks
BROKEN, LOST = "broken", "lost"
KEY, SESSION, AT_HAND, NOT_AT_HAND = "read, key", "read, session", "figures at hand", "figures not at hand"
WRITE, STREAM, GREEDY = "plan a post", "live event", "more than allowed"
PHASES = ("before", "during", "after")
ASKED = (KEY, SESSION, AT_HAND, NOT_AT_HAND, WRITE, GREEDY)


@dataclass(frozen=True, slots=True)
class Answer:
    """Times are monotonic. `status`: HTTP's; `broken`: there was no answer; `lost`: an event that never came."""

    kind: str
    sent: float
    came: float
    status: str

    @property
    def seconds(self) -> float:
        return self.came - self.sent

    @property
    def is_ours(self) -> bool:
        """A failure that is not the caller's."""
        return self.status.startswith("5") or self.status in {BROKEN, LOST}

    @property
    def is_good(self) -> bool:
        return self.status in {"200", "202", "event"}


@dataclass(frozen=True, slots=True)
class Cast:
    """Headers. Each is somebody for themselves, so that each has the whole limit.

    `owner`: a key of the workspace that has figures, and the account to which posts are planned.
    """

    key: Mapping[str, str]
    session: Mapping[str, str]
    owner: Mapping[str, str]
    greedy: Mapping[str, str]
    account: str


@dataclass(frozen=True, slots=True)
class Outage:
    began: float
    ended: float

    def phase(self, answer: Answer) -> str:
        """What touches the outage is of it."""
        return "before" if answer.came < self.began else "after" if answer.sent > self.ended else "during"


@dataclass
class Load:
    """Everybody asks until it ends. `heard`: when an event of a post came; `planned`: when it was asked to be planned."""

    client: httpx2.AsyncClient
    cast: Cast
    answers: list[Answer] = field(default_factory=list[Answer])
    heard: dict[str, float] = field(default_factory=dict[str, float])
    planned: dict[str, float] = field(default_factory=dict[str, float])

    async def _ask(self, kind: str, method: str, path: str, headers: Mapping[str, str], body: Any = None) -> Any:
        sent, status, found = time.monotonic(), BROKEN, None
        try:
            answer = await self.client.request(method, path, headers={**headers}, json=body)
            status, found = str(answer.status_code), answer.json()
        except httpx2.TransportError:
            pass
        self.answers.append(Answer(kind, sent, time.monotonic(), status))
        return found

    async def read(self, kind: str, headers: Mapping[str, str], paths: Iterator[str], pause: float = CALM) -> None:
        for path in paths:
            await self._ask(kind, "GET", path, headers)
            await asyncio.sleep(pause)

    async def plan(self) -> None:
        """Each with an `Idempotency-Key`, as a careful client does it."""
        at = (datetime.now(UTC) + timedelta(days=20)).isoformat()
        while True:
            body = {"content": f"post {new_id()}", "accountIds": [self.cast.account], "scheduledAt": at}
            headers, sent = {**self.cast.owner, "Idempotency-Key": str(new_id())}, time.monotonic()
            found = await self._ask(WRITE, "POST", "/api/queue/schedule", headers, body)
            if found and "jobId" in found:
                self.planned[found["jobId"]] = sent
            await asyncio.sleep(CALM)

    async def listen(self) -> None:
        """One stream for the whole time: a break counts as a failure, though a client would come back."""
        began = time.monotonic()
        try:
            async with self.client.stream("GET", "/api/queue/events", headers={**self.cast.owner}, timeout=30) as answer:
                async for line in answer.aiter_lines():
                    if line.startswith("data:"):
                        self.heard.setdefault(json.loads(line.removeprefix("data:"))["jobId"], time.monotonic())
        except httpx2.TransportError:
            pass
        self.answers.append(Answer(STREAM, began, time.monotonic(), BROKEN))

    def everybody(self) -> Iterable[Any]:
        cast = self.cast
        yield self.read(KEY, cast.key, _always("/api/queue/jobs?limit=5"))
        yield self.read(SESSION, cast.session, _always("/api/auth/me"))
        yield self.read(AT_HAND, cast.owner, _always("/api/social/metrics?platform=all&timeRange=30d"))
        yield self.read(NOT_AT_HAND, cast.owner, _others())
        yield self.plan()
        yield self.read(GREEDY, cast.greedy, _always("/api/webhook-event-types"), HASTY)

    async def settle(self) -> None:
        """Events are told like answers: from the question to the event."""
        for _ in range(round(LAST_WORDS / PAUSE)):
            if self.planned.keys() <= self.heard.keys():
                break
            await asyncio.sleep(PAUSE)
        for job, sent in self.planned.items():
            came = self.heard.get(job)
            self.answers.append(Answer(STREAM, sent, came or time.monotonic(), "event" if came else LOST))


def _always(path: str) -> Iterator[str]:
    while True:
        yield path


def _others() -> Iterator[str]:
    """A span of its own each time."""
    now = datetime.now(UTC)
    for number in count(1):
        start = (now - timedelta(days=30, seconds=number)).strftime("%Y-%m-%dT%H:%M:%SZ")
        yield f"/api/social/metrics?platform=all&from={start}"


@asynccontextmanager
async def load(url: str, cast: Cast):
    """While the block runs, everybody asks."""
    async with httpx2.AsyncClient(base_url=url, timeout=30) as client:
        found = Load(client, cast)
        listening = asyncio.create_task(found.listen())
        await asyncio.sleep(1)  # it hears what comes from now on
        tasks = [asyncio.create_task(each) for each in found.everybody()]
        try:
            yield found
            _raise_what_failed(tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await found.settle()
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)


def _raise_what_failed(tasks: Iterable["asyncio.Task[None]"]) -> None:
    """Nobody ends by themselves."""
    for task in tasks:
        if task.done():
            task.result()


def broken_promises(answers: Iterable[Answer], outage: Outage, slowest: float) -> list[str]:
    """Nobody is failed by us, whoever keeps to the limit is let in, whoever does not is sent away, and nobody waits long."""
    every, found = list(answers), Counter[str]()
    for each in every:
        what = f"{each.kind}, {outage.phase(each)} the outage"
        found[f"{what}: {each.status}"] += each.is_ours
        found[f"{what}: {each.status}, though within the limit"] += each.kind != GREEDY and not each.is_ours and not each.is_good
        found[f"{what}: longer than {slowest:.0f} s"] += each.seconds > slowest and each.status != BROKEN
    return [f"{many} × {what}" for what, many in found.items() if many] + _let_in(every, outage)


def _let_in(answers: list[Answer], outage: Outage) -> list[str]:
    """In each phase not more than the windows that it can touch grant; and somebody was sent away, or this shows nothing."""
    found = list[str]()
    for phase in PHASES:
        here = [each for each in answers if each.kind == GREEDY and outage.phase(each) == phase]
        if not here:
            found.append(f"Nobody asked for more than allowed {phase} the outage.")
            continue
        seconds = max(each.came for each in here) - min(each.sent for each in here)
        granted, let_in = QUOTA * (math.ceil(seconds / WINDOW) + 1), sum(each.is_good for each in here)
        sent_away = sum(each.status == "429" for each in here)
        if let_in > granted or not sent_away:
            found.append(f"The limit did not hold {phase} the outage: in {seconds:.0f} s {let_in} let in, {sent_away} sent away.")
    return found
