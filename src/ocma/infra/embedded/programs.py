"""The programs the supervisor runs beside the servers: our own commands, unless a test puts others in their place."""

import itertools
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ocma.infra.embedded.folder import DataFolder
from ocma.infra.embedded.process import Command
from ocma.infra.embedded.supervised import Service

Argv = tuple[str, ...]
OCMA: Argv = (sys.executable, "-m", "ocma")
WORKER_GRACE = 30.0  # seconds: a call to a platform may take as long; killed in the middle, its outcome would be unknown
METRICS_PORT = "OCMA_METRICS_PORT"
OTHERS_GRACE = 10.0  # seconds: an open event stream must not keep the API from ending


@dataclass(frozen=True, slots=True, kw_only=True)
class Programs:
    migrate: Argv = (*OCMA, "migrate")
    bootstrap: Argv = (*OCMA, "keys", "bootstrap")
    sandbox: Argv = (sys.executable, "-m", "ocma_sandbox")
    api: Argv = (*OCMA, "api")
    worker: Argv = (*OCMA, "worker")
    dispatcher: Argv = (*OCMA, "dispatcher")


def command(argv: Argv, name: str, folder: DataFolder, environment: Mapping[str, str], *, captures: bool = False) -> Command:
    """In the current directory, where the user's `.env` is."""
    return Command(
        argv=argv,
        log=folder.log(name),
        folder=Path.cwd(),
        environment=environment,
        captures=captures,
        grace=WORKER_GRACE if name.startswith("worker") else OTHERS_GRACE,
    )


def sandbox(programs: Programs, port: int, app: tuple[str, str], folder: DataFolder, environment: Mapping[str, str]) -> Service:
    """The port is chosen by us, so that it is the same after a restart. The secret of `app` stands in argv: it opens
    the sandbox alone, whose control API is open to the whole machine anyhow.
    """
    client_id, client_secret = app
    place = ("--port", str(port), "--state", str(folder.path / "sandbox"), "--audience")
    argv = (*programs.sandbox, *place, f"--x-client-id={client_id}", f"--x-client-secret={client_secret}")
    return Service("sandbox", "sandbox", command(argv, "sandbox", folder, {**environment, "PYTHONUNBUFFERED": "1"}))


def application(
    programs: Programs, port: int, workers: int, dispatchers: int, folder: DataFolder, environment: Mapping[str, str]
) -> Iterator[Service]:
    """API first, dispatchers last: they are ended in the reverse order. Each that has no door gets a port for its metrics."""
    ports = _ports(environment.get(METRICS_PORT, ""))
    api = (*programs.api, "--port", str(port))
    yield Service("api", "api", command(api, "api", folder, environment))
    for role, argv, count in (("worker", programs.worker, workers), ("dispatcher", programs.dispatcher, dispatchers)):
        for number in range(1, count + 1):
            name = f"{role}-{number}"
            yield Service(name, role, command(argv, name, folder, {**environment, **next(ports)}))


def _ports(first: str) -> Iterator[dict[str, str]]:
    """One after the other; what is no port the processes complain about themselves."""
    if not first.isdecimal() or not int(first):
        return itertools.repeat({})
    return ({METRICS_PORT: str(port)} for port in itertools.count(int(first)))
