"""`ocma migrate`."""

import pytest

from integration.cli.program import Program
from ocma.infra import migrations
from ocma.infra.embedded.database import ensure_database

NAME = "migrated"


@pytest.fixture
def ocma(services, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ensure_database(services.postgres, NAME)
    return Program({"DATABASE_URL": None, "OCMA_OWNER_DATABASE_URL": services.postgres.owner_url_to(NAME)})


def test_up_again_down_and_up(ocma):
    newest = migrations.newest()
    for words, revision in (((), newest), ((), newest), (("--revision", "base"), None), (("--revision", newest), newest)):
        answer = ocma("migrate", *words)
        assert (answer.code, answer.out) == (0, f"schema ocma is at revision {revision}\n"), answer.err


def test_the_other_variable(ocma, services):
    answer = ocma("migrate", OCMA_OWNER_DATABASE_URL=None, DATABASE_URL=services.postgres.owner_url_to(NAME))
    assert answer.code == 0


def test_what_is_wrong_is_said_in_words(ocma, services):
    port = services.postgres.port
    for url, code, said in (
        (None, 65, "Neither OCMA_OWNER_DATABASE_URL nor DATABASE_URL is set"),
        (f"postgresql://postgres:secret@127.0.0.1:{port}/{NAME}", 69, "password authentication failed"),
        (services.postgres.owner_url_to("nothing"), 69, 'database "nothing" does not exist'),
        (services.postgres.app_url_to("postgres"), 69, "permission denied"),
        ("postgresql://postgres:secret@127.0.0.1:1/x", 69, "Connect call failed"),
        ("secret nonsense", 69, "Could not parse"),
    ):
        answer = ocma("migrate", OCMA_OWNER_DATABASE_URL=url)
        assert (answer.code, answer.out) == (code, ""), answer.err
        assert said in answer.err
        assert "secret" not in answer.err
        assert "Traceback" not in answer.err


def test_a_revision_that_does_not_exist(ocma):
    answer = ocma("migrate", "--revision", "nonsense")
    assert answer.code == 65
    assert "nonsense" in answer.err
    assert "Traceback" not in answer.err
