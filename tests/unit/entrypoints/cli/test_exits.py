import pytest
import typer

from ocma.entrypoints.cli.exits import errors_told
from ocma.errors import Conflict, Invalid, Issue, OcmaError
from ocma.platforms.errors import OutcomeUnknown


def told(error, capsys):
    with pytest.raises(typer.Exit) as ended, errors_told():
        raise error
    said = capsys.readouterr()
    assert said.out == ""
    return ended.value.exit_code, said.err


def test_one_clear_line_and_what_to_do(capsys):
    code, said = told(Conflict("It is so already.", remediation="Do this."), capsys)
    assert (code, said) == (73, "error: It is so already.\nDo this.\n")


def test_every_issue_on_a_line_of_its_own_but_none_twice(capsys):
    issues = [Issue("a.b", "x", "Too long."), Issue("c", "y", "Bad.")]
    code, said = told(Invalid("Bad.", issues=issues), capsys)
    assert (code, said) == (65, "error: Bad.\n  a.b: Too long.\n")


def test_a_failure_declared_elsewhere(capsys):
    class Odd(OutcomeUnknown):
        """An odd one."""

    assert told(Odd(), capsys) == (76, "error: An odd one.\n")
    assert told(OcmaError("?"), capsys)[0] == 70


def test_the_systems_own_words(capsys):
    code, said = told(ConnectionRefusedError(111, "Connection refused"), capsys)
    assert (code, said) == (69, "error: [Errno 111] Connection refused\n")


def test_what_nobody_foresaw_is_not_dressed_up():
    with pytest.raises(ZeroDivisionError), errors_told():
        raise ZeroDivisionError


def test_success_says_nothing(capsys):
    with errors_told():
        pass
    assert capsys.readouterr() == ("", "")
