"""The `ocma` program, run in this process as an operator would run it, each time with a fresh environment."""

import asyncio
import json
from dataclasses import dataclass

import pytest
from typer.testing import CliRunner

from ocma import bootstrap
from ocma.entrypoints.cli import main


@dataclass
class Said:
    code: int
    out: str
    err: str

    def rows(self):
        return [json.loads(line) for line in self.out.splitlines()]

    def row(self):
        (only,) = self.rows()
        return only


class Program:
    """`program("accounts", "list")`; `environment` is what the operator has set, None what they have not."""

    def __init__(self, environment):
        self.environment = environment

    def __call__(self, *words, given=None, **more):
        result = CliRunner().invoke(main.app, [str(word) for word in words], input=given, env={**self.environment, **more})
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Said(result.exit_code, result.stdout, result.stderr)

    def within(self, act):
        """What `act(resources)` gives, in a process such as the operator's, with a loop of its own."""

        async def whole():
            async with bootstrap.resources() as resources:
                return await act(resources)

        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.environment.items():
                patch.delenv(name, raising=False) if value is None else patch.setenv(name, value)
            return asyncio.run(whole())

    def stored(self, workspace, statement, **values):
        """Rows as the application sees them in a workspace."""

        async def read(resources):
            from sqlalchemy import text

            async with resources.database.transaction(workspace) as session:
                return (await session.execute(text(statement), values)).all()

        return self.within(read)
