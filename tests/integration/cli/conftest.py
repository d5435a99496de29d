"""The operator's commands, run in this process as the `ocma` program runs them, on a database of their own."""

import asyncio
import json
from dataclasses import dataclass
from uuid import UUID

import pytest
from typer.testing import CliRunner

import stage
from conftest import make_settings
from factories import Factory
from ocma import bootstrap
from ocma.entrypoints.cli import main
from ocma.infra import migrations
from ocma.infra.embedded.database import ensure_database

NAME = "operators"


@dataclass
class Said:
    code: int
    out: str
    err: str

    def rows(self):
        return [json.loads(line) for line in self.out.splitlines()]

    def row(self):
        (only,) = self.rows()
        return only


class Program:
    """`program("accounts", "list")`; `environment` is what the operator has set."""

    def __init__(self, environment):
        self.environment = environment

    def __call__(self, *words, given=None, **more):
        environment = {name: value for name, value in {**self.environment, **more}.items()}
        result = CliRunner().invoke(main.app, [str(word) for word in words], input=given, env=environment)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Said(result.exit_code, result.stdout, result.stderr)


@pytest.fixture(scope="session")
def own_database(services):
    ensure_database(services.postgres, NAME)
    migrations.run(services.postgres.owner_url_to(NAME))
    return services.postgres


@pytest.fixture(scope="session")
def platforms():
    with stage.sandbox() as found:
        yield found


@pytest.fixture
def program(services, own_database, platforms, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # no `.env`, no `.data`
    settings = make_settings(services)
    return Program(
        {
            "DATABASE_URL": own_database.app_url_to(NAME),
            "OCMA_OWNER_DATABASE_URL": own_database.owner_url_to(NAME),
            "REDIS_URL": services.valkey.url,
            "OCMA_VAULT_KEYS": settings.vault_keys.get_secret_value(),
            "OCMA_MEDIA_DIR": str(tmp_path / "media"),
            "OCMA_DATA": None,
            "OCMA_WORKSPACE": None,
            "OCMA_LOG_LEVEL": None,
            **platforms.environment(),
        }
    )


def within(program, act):
    """Runs `act(resources)` as a process of the operator's would, with its own loop."""

    async def whole():
        with pytest.MonkeyPatch.context() as patch:
            for name, value in program.environment.items():
                patch.delenv(name, raising=False) if value is None else patch.setenv(name, value)
            async with bootstrap.resources() as resources:
                return await act(resources)

    return asyncio.run(whole())


@pytest.fixture
def make_workspace(program):
    def make(name="Test workspace") -> UUID:
        return within(program, lambda resources: Factory(resources).workspace(name))

    return make


@pytest.fixture
def workspace(program, make_workspace):
    """A fresh one, named by the environment as an operator with several would."""
    made = make_workspace()
    program.environment["OCMA_WORKSPACE"] = str(made)
    return made
