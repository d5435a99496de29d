"""The platforms' side: our sandbox in a process that nothing here ever kills, because its books are the judge."""

import asyncio
import secrets
import sys
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
from bench.chaos.options import Options
from bench.chaos.plan import PLATFORMS
from bench.chaos.servers import command

from ocma.infra.embedded import ports, process
from ocma.infra.embedded.process import Child

Json = dict[str, Any]
START = 60.0  # seconds
LARGE = 1000  # publications
# Their own guards are off: what we send twice is live twice, and shows. So are limits, which would only slow us down.
CHOSEN = {
    "x.duplicate_window_seconds": "0",
    "mastodon.idempotency_seconds": "0",
    "x.rate_factor": "0",
    "mastodon.rate_factor": "0",
    "x.processing_seconds": "0.2",
    "mastodon.processing_seconds": "0.2",
}
# Of every call (of every call that publishes, for accept_…), how many it strikes.
BOTH: tuple[Json, ...] = (
    {"kind": "delay", "probability": 0.04, "delayMs": 400},
    {"kind": "delay", "probability": 0.01, "delayMs": 1500},
    {"kind": "rate_limit", "probability": 0.02, "delayMs": 1500},
    {"kind": "server_error", "probability": 0.02},
    {"kind": "reset", "probability": 0.02},
    {"kind": "accept_hang", "probability": 0.01},
    {"kind": "accept_reset", "probability": 0.02},
    {"kind": "accept_500", "probability": 0.02},
)


def chosen(options: Options) -> dict[str, str]:
    """A token of X is renewed five minutes before its end: each rotates every half minute, oftener in a short storm."""
    return {**CHOSEN, "x.access_token_seconds": str(round(300 + min(30.0, options.storm / 4)))}


def faults(options: Options) -> list[Json]:
    """A revoked token disconnects its account for good, and so does an expired one on Mastodon: a few, early. Where there is
    little to strike, each strikes oftener; and Mastodon's tokens are spared, because OCMA believes their end after a minute only.
    """
    few, more = min(0.5, 40 / options.publications), min(4.0, max(1.0, (2000 / options.publications) ** 0.5))
    ends = [("x", "revoked_token", 2)]
    ends += [("mastodon", "revoked_token", 1), ("mastodon", "expired_token", 1)] if options.publications >= LARGE else []
    often: list[Json] = [{"platform": platform, **fault} for platform in PLATFORMS for fault in BOTH]
    often += [{"platform": "x", "kind": "expired_token", "probability": 0.02}]
    down: list[Json] = [{"platform": platform, "kind": "token_endpoint_down", "probability": 0.2} for platform in PLATFORMS]
    return [
        *({**fault, "probability": min(0.5, fault["probability"] * more)} for fault in often),
        *down,
        *({"platform": key, "kind": kind, "count": count, "probability": few} for key, kind, count in ends),
    ]


class Platforms:
    def __init__(self, url: str, client: httpx2.AsyncClient, app: tuple[str, str]) -> None:
        self.url, self._client, self._app = url, client, app
        self._asked: list[Json] = []

    def environment(self) -> dict[str, str]:
        """How an operator points OCMA at them."""
        return {
            "OCMA_X_API_URL": f"{self.url}/x",
            "OCMA_X_AUTH_URL": f"{self.url}/x",
            "OCMA_MASTODON_API_URL": f"{self.url}/mastodon",
            "TWITTER_CLIENT_ID": self._app[0],
            "TWITTER_CLIENT_SECRET": self._app[1],
        }

    async def begin_faults(self, wanted: list[Json]) -> None:
        for fault in wanted:
            answer = await self._client.post("/_control/faults", json=fault)
            self._asked.append(answer.raise_for_status().json())

    async def end_faults(self) -> Counter[str]:
        """How often each kind struck. A fault with a count leaves the list when it is used up."""
        left = {each["id"]: each for each in await self._data("/_control/faults")}
        (await self._client.delete("/_control/faults")).raise_for_status()
        struck: Counter[str] = Counter()
        for fault in self._asked:
            struck[fault["kind"]] += left[fault["id"]]["used"] if fault["id"] in left else fault["remaining"]
        return struck

    async def books(self) -> list[Json]:
        """Every post they accepted, oldest first."""
        return await self._data("/_control/books")

    async def _data(self, path: str) -> list[Json]:
        return (await self._client.get(path)).raise_for_status().json()["data"]


@asynccontextmanager
async def open_platforms(options: Options, data: Path, seed: int, environment: dict[str, str]) -> AsyncGenerator[Platforms]:
    port, app = ports.keep(data, "sandbox"), (f"chaos-{seed}", secrets.token_hex(24))
    argv = (sys.executable, "-m", "ocma_sandbox", "--port", str(port), "--seed", str(seed), "--state", str(data / "sandbox"))
    argv += (f"--x-client-id={app[0]}", f"--x-client-secret={app[1]}")
    argv += tuple(f"--set={name}={value}" for name, value in chosen(options).items())
    child = process.spawn(command(argv, "sandbox", data, environment))
    url = f"http://127.0.0.1:{port}"
    try:
        async with httpx2.AsyncClient(base_url=url, timeout=30, trust_env=False) as client:
            await _until_up(client, child)
            yield Platforms(url, client, app)
    finally:
        process.end(child)


async def _until_up(client: httpx2.AsyncClient, child: Child) -> None:
    async with asyncio.timeout(START):
        while True:
            if child.ended() is not None:
                raise process.failed(child, "the sandbox")
            try:
                if (await client.get("/_control/health")).is_success:
                    return
            except httpx2.TransportError:
                await asyncio.sleep(0.05)
