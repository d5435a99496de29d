"""`ocma api` under load while Redis is away: what callers get before, during and after.

    make bench-outage                           a minute; killed, and started again on the same port
    make bench-outage ARGS='--how freeze'       a minute; stopped with SIGSTOP: connections stand, nothing answers

When Redis answers again it is emptied, so that what is in it afterwards shows that it is in use. Exit code 1: a promise was not
kept. Bounded, on servers of its own.
"""

import argparse
import asyncio
import base64
import os
import secrets
import signal
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import asyncpg
from bench.numbers.rows import Crowd
from bench.outage.callers import ASKED, CALM, LIMIT, PHASES, STREAM, Answer, Cast, Outage, broken_promises, load
from bench.rate_limits import api, key
from bench.stopping import stoppable
from pydantic import SecretStr
from redis import Redis

from ocma.bootstrap import resources
from ocma.clock import utcnow
from ocma.features.workspaces import login, sessions
from ocma.features.workspaces.schemas import Registration
from ocma.ids import new_id
from ocma.infra import embedded, migrations
from ocma.infra.embedded import process, valkey
from ocma.infra.embedded.servers import Services
from ocma.settings import Settings

PLATFORMS = ("x", "linkedin", "facebook", "instagram", "tiktok", "youtube", "threads", "bluesky", "mastodon")
CONTROL = "PostgreSQL alone, asked by the bench"
SLOWEST = 3.0  # seconds of an answer
IN_USE = {"limits": "ocma:{limits}:*", "sessions": "ocma:session:*", "figures": "ocma:cache:*"}
PATIENCE = 60.0  # seconds until all of them are in use again


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.outage", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--how", choices=("kill", "freeze"), default="kill")
    parser.add_argument("--seconds", type=float, default=60.0, help="that Redis is away (60)")
    parser.add_argument("--around", type=float, default=20.0, help="seconds of load before and after (20)")
    return parser.parse_args()


def variables(services: Services, folder: Path) -> dict[str, str]:
    return {
        "DATABASE_URL": services.postgres.app_url,
        "REDIS_URL": services.valkey.url,
        "OCMA_VAULT_KEYS": f"k1:{base64.b64encode(secrets.token_bytes(32)).decode()}",
        "OCMA_MEDIA_DIR": str(folder),
    }


async def people(services: Services, values: Mapping[str, str]) -> Cast:
    """A workspace with thirty days of nine accounts' figures, and all who ask."""
    raw = await asyncpg.connect(services.postgres.owner_url, server_settings={"search_path": "ocma"})
    workspace_id, owner = await key(values)
    crowd = Crowd(raw, workspace_id)
    accounts = [account for platform in PLATFORMS for account in await crowd.add(1, platform)]
    await crowd.settle()
    await raw.close()
    keys = [{"Authorization": f"Bearer {(await key(values))[1]}"} for _ in range(2)]
    return Cast(keys[0], await session(values), {"Authorization": f"Bearer {owner}"}, keys[1], str(accounts[-1]))


async def session(values: Mapping[str, str]) -> dict[str, str]:
    wanted = Registration(email=f"{new_id().hex}@example.com", password=SecretStr(secrets.token_urlsafe()), name="")
    settings = Settings(_env_file=None, **values)  # pyright: ignore[reportCallIssue] - by their aliases
    async with resources(settings) as opened:
        user, _ = await login.register(opened.database, wanted, utcnow)
        return {"Authorization": f"Bearer {(await sessions.open_session(opened.database, user.id, utcnow)).token}"}


def stop(services: Services, how: str) -> Callable[[], None]:
    """Returns what brings it back."""
    child = services.processes[1]
    if how == "freeze":
        os.kill(child.pid, signal.SIGSTOP)
        return lambda: os.kill(child.pid, signal.SIGCONT)
    child.kill()
    return lambda: start(services)


def start(services: Services) -> None:
    child = process.spawn(services.valkey.command)  # dies with this process
    process.wait_until(lambda: valkey.is_ready(services.valkey), child, "Valkey", 30.0)


async def in_use_again(url: str, since: float) -> dict[str, float]:
    """Seconds from the outage's end until each use of Redis shows there."""
    found = dict[str, float]()
    with Redis.from_url(url, socket_timeout=2) as redis:
        await asyncio.to_thread(redis.flushall)
        while len(found) < len(IN_USE) and time.monotonic() - since < PATIENCE:
            for name, pattern in IN_USE.items():
                if name not in found and await asyncio.to_thread(lambda pattern=pattern: next(redis.scan_iter(pattern), None)):
                    found[name] = time.monotonic() - since
            await asyncio.sleep(0.05)
    return found


async def control(url: str, answers: list[Answer]) -> None:
    """What the machine's other work costs, without us."""
    raw = await asyncpg.connect(url)
    while True:
        sent = time.monotonic()
        await raw.fetchval("SELECT count(*) FROM pg_class")
        answers.append(Answer(CONTROL, sent, time.monotonic(), "row"))
        await asyncio.sleep(CALM)


async def run(services: Services, url: str, cast: Cast, chosen: argparse.Namespace) -> bool:
    beside = list[Answer]()
    async with load(url, cast) as found:
        beating = asyncio.create_task(control(services.postgres.owner_url, beside))
        await asyncio.sleep(chosen.around)
        began = time.monotonic()
        back = stop(services, chosen.how)
        await asyncio.sleep(chosen.seconds)
        await asyncio.to_thread(back)
        outage = Outage(began, time.monotonic())
        again = await in_use_again(services.valkey.url, outage.ended)
        await asyncio.sleep(max(0.0, chosen.around - (time.monotonic() - outage.ended)))
        beating.cancel()
    table(found.answers + beside, outage)
    told = ", ".join(f"{name} {again[name]:.1f} s" if name in again else f"{name} never" for name in IN_USE)
    print(f"\nAway for {outage.ended - outage.began:.1f} s. In Redis again after its return: {told}.\n")
    broken = broken_promises(found.answers, outage, SLOWEST) + [f"{name}: not in Redis again" for name in IN_USE.keys() - again]
    print("\n".join(broken) or "No 5xx, nobody within the limit refused, the limit held, no event lost.")
    return not broken


def table(answers: list[Answer], outage: Outage) -> None:
    print("| what | when | answers | p50, ms | p99, ms | longest, ms | first, ms |\n| --- | --- | --- | --: | --: | --: | --: |")
    for kind in (*ASKED, STREAM, CONTROL):
        for phase in PHASES:
            here = [each for each in answers if each.kind == kind and outage.phase(each) == phase]
            if here:
                print(f"| {kind} | {phase} | {row(here)} |", flush=True)


def row(here: list[Answer]) -> str:
    """`first`: how long the first one took that was asked in this phase."""
    statuses = ", ".join(f"{many:,} × {status}" for status, many in sorted(Counter(each.status for each in here).items()))
    took, first = sorted(each.seconds * 1000 for each in here), min(here, key=lambda each: each.sent)
    p99 = took[min(len(took) - 1, round(len(took) * 0.99))]
    return f"{statuses} | {statistics.median(took):.0f} | {p99:.0f} | {took[-1]:.0f} | {first.seconds * 1000:.0f}"


def main() -> bool:
    chosen = arguments()
    with tempfile.TemporaryDirectory() as folder, embedded.temporary() as services:
        migrations.run(services.postgres.owner_url)
        values = variables(services, Path(folder))
        cast = asyncio.run(people(services, values))
        with api(values, LIMIT) as door:
            return asyncio.run(run(services, f"http://127.0.0.1:{door.port}", cast, chosen))


if __name__ == "__main__":
    with stoppable():
        raise SystemExit(0 if main() else 1)
