"""When tests may go without a real PDS: the registry is silent or there is no Node, and it is no build machine. Else they fail."""

import socket
import stat
import subprocess
import sys

import pytest

from real import pds_packages
from real.debian import Unobtainable
from real.pds_packages import VARIABLE, Unreachable, is_silence, may_be_left_out, node, packages

REFUSED = "npm warn something\nnpm error code ECONNREFUSED\nnpm error syscall connect\nnpm error   code: 'ECONNREFUSED',\n"


@pytest.mark.parametrize(
    ("error", "environment", "left_out"),
    [
        (Unreachable("silent"), {}, True),
        (Unreachable("silent"), {"CI": "true"}, False),
        (Unreachable("silent"), {"CI": ""}, False),
        (Unobtainable("broken"), {}, False),
        (Unobtainable("broken"), {"CI": "1"}, False),
    ],
)
def test_only_what_nobody_could_have_is_left_out_and_nothing_on_a_build_machine(error, environment, left_out):
    assert may_be_left_out(error, environment) is left_out


@pytest.mark.parametrize(
    ("said", "silent"),
    [
        (REFUSED, True),
        ("npm ERR! code ENOTFOUND\n", True),
        ("npm error code ERR_SOCKET_TIMEOUT\n", True),
        ("npm error code E404\nnpm error 404 Not Found - GET\n", False),
        ("npm error code E503\n", False),
        ("npm error code EINTEGRITY\n", False),
        ("npm error code SELF_SIGNED_CERT_IN_CHAIN\n", False),
        ("npm error code ENOSPC\n", False),
        ("npm error code EINTEGRITY\nnpm error code ENOTFOUND\n", False),
        ("it crashed, and says ENOTFOUND somewhere", False),
        ("", False),
    ],
)
def test_silence_is_told_from_a_failure_by_the_code(said, silent):
    assert is_silence(said) is silent


@pytest.fixture
def refused_registry():
    """An address where nobody listens, and nobody else can."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{closed.getsockname()[1]}/"


def test_the_real_npm_without_a_registry_is_silence(tmp_path, refused_registry):
    found = node()
    command = [found.node, found.npm, "ping", f"--registry={refused_registry}", "--fetch-retries=0", f"--cache={tmp_path}"]
    done = subprocess.run(command, env=found.environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode
    assert is_silence(done.stderr), done.stderr


def fake_npm(folder, install, ping):
    """A program in npm's place: what it does when it is to install, and when asked if anybody is there."""
    path = folder / "node"
    path.write_text(f"#!{sys.executable}\nimport sys, time\nif 'ping' in sys.argv:\n    {ping}\nelse:\n    {install}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return [str(path), "npm", "ci"]


SILENCE, REFUSAL = "sys.exit('npm error code ENOTFOUND')", "sys.exit('npm error code E404')"


@pytest.mark.parametrize(
    ("install", "ping", "kind"),
    [
        (SILENCE, SILENCE, Unreachable),
        (SILENCE, "time.sleep(60)", Unreachable),
        (SILENCE, "pass", Unobtainable),  # it is there again
        (SILENCE, REFUSAL, Unobtainable),
        (REFUSAL, SILENCE, Unobtainable),
        ("sys.exit(1)", SILENCE, Unobtainable),
        ("time.sleep(60)", SILENCE, Unreachable),
        ("time.sleep(60)", "pass", Unobtainable),  # slow is not away
    ],
)
def test_an_installation_that_fails_is_left_out_only_where_nobody_answers(tmp_path, monkeypatch, install, ping, kind):
    limit, ping_limit = (2.0 if "sleep" in each else 60.0 for each in (install, ping))
    monkeypatch.setattr(pds_packages, "PING_LIMIT", ping_limit)
    with pytest.raises(Unobtainable) as failed:
        pds_packages._run(fake_npm(tmp_path, install, ping), tmp_path, {}, limit=limit)
    assert type(failed.value) is kind, failed.value


def test_a_machine_that_cannot_run_node_has_none(tmp_path):
    with pytest.raises(Unreachable, match="cannot run"):
        pds_packages._run([str(tmp_path / "node"), "npm", "ci"], tmp_path, {})


def test_a_folder_that_was_chosen_and_is_wrong_fails(tmp_path):
    with pytest.raises(Unobtainable) as wrong:
        packages({VARIABLE: str(tmp_path)}, tmp_path / "cache")
    assert not may_be_left_out(wrong.value, {})
