"""Rows for whoever reads them: a table for people, a line of JSON each for programs."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from pydantic import BaseModel

WIDTH = 160  # columns, where there is no terminal to ask


def show_rows(views: Sequence[BaseModel], columns: Mapping[str, Iterable[str]], *, as_json: bool, none: str) -> None:
    """`columns` maps a heading to its cells, one per view. `none` is said when there are no rows."""
    if as_json:
        for view in views:
            show_json(view)
    elif views:
        show_table(columns)
    else:
        print(none)


def show_table(columns: Mapping[str, Iterable[str]]) -> None:
    from rich.box import ASCII, SIMPLE_HEAD  # noqa: PLC0415 - slow to load, and programs do without
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    tty = sys.stdout.isatty()
    table = Table(box=SIMPLE_HEAD if tty else ASCII)
    for heading in columns:
        table.add_column(heading, overflow="fold")
    for row in zip(*columns.values(), strict=True):
        table.add_row(*(Text(cell) for cell in row))
    Console(force_terminal=tty, no_color=None if tty else True, width=None if tty else WIDTH, highlight=False).print(table)


def show_facts(view: BaseModel, *, as_json: bool) -> None:
    """One thing, a line per fact."""
    if as_json:
        return show_json(view)
    facts = view.model_dump(mode="json", by_alias=True)
    return show_table({"": list(facts), " ": [_told(each) for each in facts.values()]})


def _told(value: object) -> str:
    if isinstance(value, str):
        return value
    return "-" if value is None else json.dumps(value, ensure_ascii=False)


def show_json(view: BaseModel) -> None:
    print(json.dumps(view.model_dump(mode="json", by_alias=True), ensure_ascii=False))


def moment(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}" if at else "-"


def short(text: str, length: int = 60) -> str:
    line = " ".join(text.split())
    return line if len(line) <= length else f"{line[: length - 1]}…"
