"""`ocma metrics` against real servers and the sandbox's platforms. No worker runs: what is read is read by the command."""

import csv
import io
import json

import pytest


@pytest.fixture
def posted(mastodon, mastodon_account):
    """A post of the account's own, beside OCMA."""
    mastodon.posted("Written elsewhere")
    return mastodon_account


def test_figures_are_read_shown_and_exported(program, workspace, posted):
    before = program("metrics", "show", "--json").row()
    assert [each["code"] for each in before["errors"]] == ["notMeasuredYet"]
    read = program("metrics", "collect", "--json")
    assert (read.code, read.row()["accountId"], read.row()["error"]) == (0, posted, None)
    assert read.row()["samples"] > 0
    shown = program("metrics", "show", "--range", "30d", "--json").row()
    assert (shown["metrics"]["totalPosts"], shown["errors"]) == (1, [])
    people = program("metrics", "show").out
    assert "mastodon" in people
    assert "\x1b" not in people
    (row,) = csv.DictReader(io.StringIO(program("metrics", "export").out))
    assert (row["content"], row["accountId"], row["likes"]) == ("Written elsewhere", posted, "0")
    (same,) = json.loads(program("metrics", "export", "--format", "json").out)
    assert (same["id"], same["likes"]) == (row["id"], 0)


def test_what_cannot_be_meant(program, workspace, mastodon_account):
    for words in (("show", "--range", "2d"), ("show", "--platform", "myspace"), ("export", "--format", "xls")):
        said = program("metrics", *words)
        assert (said.code != 0, "Traceback" in said.err) == (True, False), words


def test_without_an_account(program, workspace):
    said = program("metrics", "show")
    assert (said.code != 0, "No account is connected" in said.err) == (True, True)
