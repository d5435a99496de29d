"""Which servers, which workspace: what every operator's command has to find out first."""

from uuid import uuid4

import pytest

from ocma.infra import migrations
from ocma.infra.embedded.database import ensure_database


@pytest.fixture
def empty(program, own_database):
    """A database without a workspace."""
    name = f"empty_{uuid4().hex[:8]}"
    ensure_database(own_database, name)
    migrations.run(own_database.owner_url_to(name))
    program.environment["DATABASE_URL"] = own_database.app_url_to(name)
    program.environment["OCMA_OWNER_DATABASE_URL"] = own_database.owner_url_to(name)
    return program


def test_the_only_workspace_is_meant_when_none_is_named(empty, make_workspace):
    said = empty("posts", "list")
    assert (said.code, said.out) == (65, "")
    assert "no workspace yet" in said.err
    make_workspace("Alone")
    assert empty("posts", "list").out == "No post yet. `ocma posts schedule` makes one.\n"


def test_of_several_one_must_be_named_and_all_are_listed(empty, make_workspace):
    first, second = make_workspace("One"), make_workspace("Two")
    said = empty("accounts", "list")
    assert said.code == 65
    assert f"{first}  One" in said.err
    assert f"{second}  Two" in said.err
    assert empty("accounts", "list", "--workspace", first).code == 0
    assert empty("accounts", "list", OCMA_WORKSPACE=str(second)).code == 0


def test_a_workspace_that_does_not_exist_is_named(program):
    said = program("posts", "list", "--workspace", uuid4())
    assert said.code == 66
    assert "no such workspace" in said.err


def test_the_application_s_own_login_cannot_list_workspaces_and_need_not(program, workspace):
    program.environment["OCMA_OWNER_DATABASE_URL"] = ""
    assert program("posts", "list").code == 0
    said = program("posts", "list", OCMA_WORKSPACE=None)
    assert said.code == 65
    assert "OCMA_OWNER_DATABASE_URL" in said.err


def test_without_servers_it_says_how_to_get_them(program, tmp_path):
    said = program("posts", "list", DATABASE_URL=None)
    assert said.code == 69
    assert f"no `ocma up` is ready in {tmp_path / '.data'}" in said.err
    elsewhere = program("posts", "list", "--data", tmp_path / "other", DATABASE_URL=None)
    assert f"no `ocma up` is ready in {tmp_path / 'other'}" in elsewhere.err


def test_a_server_that_does_not_answer_is_named_and_its_password_is_not(program, workspace):
    said = program("posts", "list", DATABASE_URL="postgresql://somebody:hush@127.0.0.1:9/ocma")
    assert said.code == 69
    assert "hush" not in said.err + said.out
    assert "Traceback" not in said.err


def test_help_of_every_command_is_quick_to_read(program):
    assert "demo" in program("--help").out
    for command in ("accounts", "posts", "doctor", "demo", "worker", "dispatcher"):
        said = program(command, "--help")
        assert said.code == 0, said
        assert said.out.startswith(f"Usage: ocma {command} "), said.out


@pytest.mark.parametrize("process", [("api", "--port", "0"), ("worker",), ("dispatcher",)])
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"DATABASE_URL": ""}, "DATABASE_URL is not set"),
        ({"OCMA_VAULT_KEYS": ""}, "No vault keys"),
        ({"OCMA_X_QUOTAS": "publish:account=lots"}, "OCMA_X_QUOTAS"),
    ],
)
def test_settings_that_cannot_be_worked_with_are_told_before_a_process_begins(program, process, change, said):
    answer = program(*process, **change)
    assert (answer.code, answer.out) == (65, "")
    assert said in answer.err
    assert "Traceback" not in answer.err
