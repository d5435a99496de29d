"""A database of the commands' own, so that "the only workspace" means something."""

import itertools
from uuid import UUID

import pytest

import stage
from conftest import make_settings
from factories import Factory
from integration.cli.program import Program
from integration.sandbox.walks import MastodonApp, XApp
from ocma.infra import migrations
from ocma.infra.embedded.database import ensure_database

NAME = "operators"
people = (f"cli_{number}" for number in itertools.count())


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
            "OCMA_SCHEDULE_HORIZON_DAYS": "36525",
            "OCMA_DATA": None,
            "OCMA_WORKSPACE": None,
            "OCMA_LOG_LEVEL": None,
            **platforms.environment(),
        }
    )


@pytest.fixture
def make_workspace(program):
    def make(name="Test workspace") -> UUID:
        return program.within(lambda resources: Factory(resources).workspace(name))

    return make


@pytest.fixture
def workspace(program, make_workspace):
    """A fresh one, named by the environment as an operator with several would."""
    made = make_workspace()
    program.environment["OCMA_WORKSPACE"] = str(made)
    return made


class OperatorsApp(XApp):
    """The app that the operator has configured, not the sandbox's usual one."""

    def authorize(self, **changed):
        return super().authorize(client_id=self.client[0], **changed)


@pytest.fixture
def x(platforms):
    """Somebody on X, with tokens of the operator's app."""
    return OperatorsApp(platforms.url, (platforms.client_id, platforms.client_secret)).connect(next(people))


@pytest.fixture
def mastodon(platforms):
    """Somebody on Mastodon, with a token of an app of their own."""
    return MastodonApp(platforms.url).connect(next(people))


@pytest.fixture
def x_account(program, workspace, x):
    """Connected; its id."""
    words = ("accounts", "add", "x", "--token", "-", "--refresh-token", "-", "--json")
    return program(*words, given=f"{x.tokens['access_token']}\n{x.tokens['refresh_token']}\n").row()["id"]


@pytest.fixture
def mastodon_account(program, workspace, mastodon):
    return program("accounts", "add", "mastodon", "--json", OCMA_ACCOUNT_TOKEN=mastodon.access_token).row()["id"]
