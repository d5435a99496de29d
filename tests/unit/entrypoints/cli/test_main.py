import json
import resource
import subprocess
import sys

import pytest
import typer

from ocma.entrypoints.cli.main import COMMANDS, load

HEAVY = {"sqlalchemy", "fastapi", "pydantic", "asyncpg", "redis", "aiohttp", "rich", "alembic", "taskiq"}
PROBE = """
import json, sys
sys.argv = ["ocma", "--help"]
from ocma.entrypoints.cli.main import app
try:
    app()
finally:
    print(json.dumps([name for name in sys.modules if "." not in name]), file=sys.stderr)
"""


def children_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_help_is_quick_and_loads_nothing_heavy():
    """Processor time, not waiting: other tests may run beside."""
    seconds = []
    for _ in range(3):
        before = children_seconds()
        done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True, timeout=60)
        seconds.append(children_seconds() - before)
    assert min(seconds) < 0.4, seconds
    assert not HEAVY & set(json.loads(done.stderr))
    for name, summary in COMMANDS.items():
        assert name in done.stdout
        assert summary[:40] in done.stdout


@pytest.mark.parametrize(
    "name", sorted(COMMANDS.keys() - {"sandbox"})
)  # which becomes another program: integration/cli/test_sandbox.py
def test_every_command_loads_and_explains_itself(name, capsys):
    with pytest.raises(SystemExit) as ended:
        load(name)(args=["--help"], prog_name=f"ocma {name}")
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert said.startswith(f"Usage: ocma {name}")


def test_python_m_ocma_is_the_same_program():
    done = subprocess.run([sys.executable, "-m", "ocma", "nonsense"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "No such command 'nonsense'" in done.stderr
    assert "Traceback" not in done.stderr


def test_no_command_is_named_by_typer():
    assert isinstance(load("keys"), typer.Typer)
