"""BullMQ on Node, outside the checkout: installed from the lock file beside jobs.mjs, once per version of it."""

import hashlib
import os
import shutil
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

from bench.burst.stage import FLOOR, HERE, Stage, started, until

from ocma.infra.embedded.process import failed

FILES = ("package.json", "package-lock.json", "jobs.mjs")
INSTALL_LIMIT, ADD_LIMIT = 180.0, 60.0  # seconds
TABLE = """
    CREATE SCHEMA IF NOT EXISTS bench;
    CREATE TABLE IF NOT EXISTS bench.jobs (
        id integer PRIMARY KEY, state text NOT NULL DEFAULT 'scheduled', platform_post_id text, published_at timestamptz);
    TRUNCATE bench.jobs"""


def cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "ocma-bench"


class Missing(Exception):
    """BullMQ cannot be measured here, and why."""


def install(where: Path) -> Path:
    """The folder with jobs.mjs and its packages; made when it is not there yet. Raises Missing."""
    if absent := [each for each in ("node", "npm") if shutil.which(each) is None]:
        raise Missing(f"{' and '.join(absent)} not found; Node 20.18 or newer is needed")
    source = HERE / "bullmq"
    mark = hashlib.sha256(b"".join((source / each).read_bytes() for each in FILES)).hexdigest()[:12]
    target = where / f"bullmq-{mark}"
    if not (target / "node_modules" / "bullmq").is_dir():
        target.mkdir(parents=True, exist_ok=True)
        for each in FILES:
            shutil.copy(source / each, target / each)
        command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
        try:
            subprocess.run(command, cwd=target, check=True, timeout=INSTALL_LIMIT, capture_output=True, text=True)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            raise Missing(f"npm could not install it: {error.stderr or error}") from error
    return target


async def fill(stage: Stage, raw: Any, folder: Path, count: int, accounts: int, due: datetime) -> None:
    await raw.execute(TABLE)
    await raw.execute(f"GRANT USAGE ON SCHEMA bench TO {FLOOR}")
    await raw.execute("INSERT INTO bench.jobs (id) SELECT generate_series(0, $1::int - 1)", count)
    await raw.execute("ANALYZE bench.jobs")
    words = ["add", stage.valkey.url, str(count), str(accounts), str(int(due.timestamp() * 1000))]
    with started(stage.path, "bullmq-add", ["node", str(folder / "jobs.mjs"), *words]) as child:
        await until(lambda: child.ended() is not None, child, ADD_LIMIT)
        if child.ended():
            raise failed(child, "Adding the jobs")
