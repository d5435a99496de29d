"""`ocma up` and `ocma down` as users run them, with program.py in place of the programs that are kept running."""

import sys
from pathlib import Path

import typer

import ocma.entrypoints.cli.down
import ocma.entrypoints.cli.up
from ocma.infra.embedded.programs import Programs

sys.path.append(str(Path(__file__).parents[3]))
import own_ports  # it lies beside the tests, and they start this by its path

PROGRAM = str(Path(__file__).with_name("program.py"))


def stand_ins():
    roles = ("migrate", "bootstrap", "sandbox", "api", "worker", "dispatcher")
    return Programs(**{role: (sys.executable, PROGRAM, role) for role in roles})


own_ports.take_share()
ocma.entrypoints.cli.up.Programs = stand_ins
app = typer.Typer()
app.command()(ocma.entrypoints.cli.up.up)
app.command()(ocma.entrypoints.cli.down.down)
app()
