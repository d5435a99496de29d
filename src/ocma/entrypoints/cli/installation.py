"""Where OCMA's servers are: named by the environment, or those that `ocma up` runs in a data folder."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from ocma.errors import Unavailable
from ocma.infra.embedded import environment, ready_file, running
from ocma.infra.embedded.addresses import Addresses
from ocma.infra.embedded.folder import DataFolder
from ocma.settings import Settings
from ocma.settings import environment as user_environment

DEFAULT_DIR = Path(".data")
DEMO_DIR = DEFAULT_DIR / "demo"
Data = Annotated[Path, typer.Option(help="Data folder of `ocma up`; used unless DATABASE_URL is set.", envvar="OCMA_DATA")]


@dataclass(frozen=True, slots=True)
class Installation:
    """`data` None: servers of the operator's own. `owner_url` is the login that owns the tables."""

    settings: Settings
    data: Path | None
    owner_url: str = field(repr=False)


def find(data: Path) -> Installation:
    """Raises Unavailable when the environment names no database and nothing runs in the folder."""
    settings = Settings()
    database_url = settings.database_url.get_secret_value()
    if database_url:
        return Installation(settings, None, settings.owner_database_url.get_secret_value() or database_url)
    return _embedded(data.expanduser().resolve())


def _embedded(path: Path) -> Installation:
    ready = ready_file.find(path) if running.find_supervisor(path) else None
    if ready is None:
        demo = DEMO_DIR.resolve()
        other = f" A demo runs in {DEMO_DIR}: add --data {DEMO_DIR}." if demo != path and running.find_supervisor(demo) else ""
        raise Unavailable(
            f"DATABASE_URL is not set, and no `ocma up` is ready in {path}.",
            remediation=f"Set DATABASE_URL and REDIS_URL, start `ocma up`, or name its folder with --data.{other}",
        )
    folder = DataFolder(path, path / "servers", None)
    # From here on this process is one of the installation's: settings and platforms read the same as its API does.
    os.environ.update(environment.for_api(user_environment(), _addresses(ready), folder))
    return Installation(Settings(), path, ready["ownerDatabaseUrl"])


def _addresses(ready: dict[str, Any]) -> Addresses:
    return Addresses(
        api_url=ready["apiUrl"],
        sandbox_url=ready["sandboxUrl"],
        owner_database_url=ready["ownerDatabaseUrl"],
        database_url=ready["databaseUrl"],
        redis_url=ready["redisUrl"],
    )
