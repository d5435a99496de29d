"""`ocma keys`: bootstrap, new, list, revoke."""

import json

import pytest

from conftest import make_settings
from factories import bearer
from integration.cli.program import Program
from ocma.features.workspaces.scopes import ALL
from ocma.ids import new_id


@pytest.fixture
def ocma(services, settings, tmp_path, monkeypatch):
    """The tests' own servers, no sandbox."""
    monkeypatch.chdir(tmp_path)
    return Program(
        {
            "DATABASE_URL": services.postgres.app_url,
            "REDIS_URL": services.valkey.url,
            "OCMA_VAULT_KEYS": make_settings(services).vault_keys.get_secret_value(),
            "OCMA_WORKSPACE": None,
        }
    )


@pytest.fixture
def first(ocma):
    return ocma("keys", "bootstrap").row()


async def knows(api, token):
    return (await api.get("/api/auth/me", headers=bearer(token))).status_code == 200


async def test_bootstrap_prints_one_line_of_json_and_the_key_works(ocma, first, api):
    assert set(first) == {"apiKey", "workspaceId"}
    me = (await api.get("/api/auth/me", headers=bearer(first["apiKey"]))).json()
    assert (me["workspaceId"], set(me["scopes"]), me["workspaces"][0]["name"]) == (first["workspaceId"], ALL, "My workspace")


def test_new_list_revoke(ocma, first):
    workspace = first["workspaceId"]
    made = ocma("keys", "new", "--workspace", workspace, "--name", "ci", "--scope", "posts:read", "--scope", "keys:read").row()
    assert made["scopes"] == ["keys:read", "posts:read"]
    listed = ocma("keys", "list", OCMA_WORKSPACE=workspace)
    assert [row["name"] for row in listed.rows()] == ["ci", "bootstrap"]
    assert made["apiKey"] not in listed.out
    assert ocma("keys", "revoke", "--workspace", workspace, made["id"]).out == f"revoked {made['id']}\n"
    assert ocma("keys", "list", "--workspace", workspace).rows()[0]["revokedAt"] is not None


def test_an_end_is_in_utc(ocma, first):
    made = ocma("keys", "new", "--workspace", first["workspaceId"], "--name", "ci", "--expires", "2099-12-31T12:00:00").row()
    assert made["expiresAt"] == "2099-12-31T12:00:00Z"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("new", "--name", "x", "--scope", "posts:reed"), 65, "There is no scope 'posts:reed'"),
        (("new", "--name", "x", "--expires", "2001-01-01"), 65, "in the past"),
        (("revoke", "01a20552-cd07-7498-a610-da36639adf96"), 66, "no such API key"),
        (("revoke", "not-an-id"), 2, "valid UUID"),
        (("new",), 2, "--name"),
    ],
    ids=str,
)
def test_what_cannot_be_is_said_in_words(ocma, first, words, code, said):
    answer = ocma("keys", words[0], "--workspace", first["workspaceId"], *words[1:])
    assert (answer.code, answer.out) == (code, "")
    assert said in answer.err
    assert "Traceback" not in answer.err


def test_a_workspace_that_is_none(ocma, services):
    for words in (("new", "--name", "x"), ("list",)):
        answer = ocma("keys", words[0], "--workspace", new_id(), *words[1:])
        assert (answer.code, answer.out) == (66, "")
        assert "no such workspace" in answer.err


def test_settings_and_servers_that_are_missing(ocma):
    for change, code, said in (
        ({"DATABASE_URL": None}, 65, "DATABASE_URL is not set"),
        ({"OCMA_VAULT_KEYS": None}, 65, "No vault keys"),
        ({"OCMA_DATABASE_POOL": "none"}, 65, "OCMA_DATABASE_POOL"),
        ({"DATABASE_URL": "postgresql://a:secret@127.0.0.1:1/x"}, 69, "Connect call failed"),
    ):
        answer = ocma("keys", "bootstrap", **change)
        assert (answer.code, answer.out) == (code, ""), answer.err
        assert said in answer.err
        assert "secret" not in answer.err
        assert "Traceback" not in answer.err


def test_it_needs_no_owner_and_no_redis(ocma):
    """Keys are the application's own rows."""
    assert json.loads(ocma("keys", "bootstrap", OCMA_OWNER_DATABASE_URL=None, REDIS_URL="redis://127.0.0.1:1").out)
