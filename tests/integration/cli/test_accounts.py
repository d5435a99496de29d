"""`ocma accounts` against real servers and the sandbox's platforms."""

import itertools

import pytest

from integration.cli.conftest import within
from integration.sandbox.walks import MastodonApp, XApp

names = (f"cli_{number}" for number in itertools.count())


@pytest.fixture
def x(platforms):
    """Somebody's tokens of the app that the operator has configured."""
    return XApp(platforms.url, (platforms.client_id, platforms.client_secret)).connect(next(names))


def test_a_token_in_hand_connects_and_never_shows(program, workspace, x):
    said = program("accounts", "add", "x", "--token", "-", "--refresh-token", "-", "--json", given=f"{x.access}\n{x.refresh}\n")
    assert said.code == 0, said.err
    added = said.row()
    assert (added["platform"], added["status"], added["permissions"]) == ("x", "active", ["publish", "read"])
    listed = program("accounts", "list", "--json")
    assert listed.row()["id"] == added["id"]
    shown = program("accounts", "show", added["id"], "--json")
    assert shown.row() == listed.row()
    for people in (program("accounts", "list"), program("accounts", "show", added["id"])):
        assert added["accountHandle"] in people.out
        assert "\x1b" not in people.out
        assert x.access not in people.out + said.out + shown.out
