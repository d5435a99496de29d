"""What the demo shows: lines as things happen; on a terminal also a table that lives below them. Elsewhere plain text."""

import io
import sys
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager, nullcontext
from datetime import datetime
from itertools import groupby
from typing import TextIO

from rich.box import ASCII, ROUNDED
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from ocma.entrypoints.cli.demo_board import Board, Line
from ocma.entrypoints.cli.demo_memory import Share, total
from ocma.entrypoints.cli.demo_verdict import Finding

WIDTH = 150  # columns, where there is no terminal to ask
MIB = 1024 * 1024
STYLES = {"published": "green", "failed": "bold red", "unknown": "yellow", "publishing": "cyan", "cancelled": "dim"}
MARKS = {"scheduled": "·", "publishing": "…", "published": "✓"}


class Screen:
    """`clock` is monotonic seconds; every line begins with those since the start."""

    def __init__(self, file: TextIO = sys.stdout, clock: Callable[[], float] = time.monotonic) -> None:
        if isinstance(file, io.TextIOWrapper):
            file.reconfigure(errors="replace")  # a terminal that cannot show a character must not end the demo
        tty = file.isatty()
        self._console = Console(
            file=file,
            force_terminal=tty,
            no_color=None if tty else True,
            width=None if tty else WIDTH,
            highlight=False,
            markup=False,
            emoji=False,
        )
        self._clock, self._began = clock, clock()
        self._live: Live | None = None

    @property
    def elapsed(self) -> float:
        return self._clock() - self._began

    def head(self, text: str) -> None:
        self._console.print()
        self._console.print(Text(text, style="bold"))

    def say(self, text: str, style: str = "") -> None:
        self._console.print(Text.assemble((f"{self.elapsed:7.1f} s  ", "dim"), (text, style)), soft_wrap=True)

    def plain(self, text: str = "") -> None:
        self._console.print(Text(text), soft_wrap=True)

    @contextmanager
    def watching(self, board: Board) -> Generator[None]:
        """Meanwhile the board stands below the lines, if this is a terminal."""
        self._live = Live(console=self._console, auto_refresh=False, transient=True) if self._console.is_terminal else None
        with self._live or nullcontext():
            self.refresh(board)
            try:
                yield
            finally:
                self._live = None

    def refresh(self, board: Board) -> None:
        if self._live and board.lines:
            self._live.update(self._board(board.lines.values()), refresh=True)

    def moved(self, line: Line) -> None:
        state = "waits" if line.state == "scheduled" else line.state
        told = line.url or (line.error or {}).get("detail") or ""
        self.say(f"{line.platform.name:<9} {line.draft.title:<17} {state:<9} {told}", STYLES.get(line.state, ""))

    def summary(self, findings: Sequence[Finding]) -> None:
        table = self._table("platform", "post", "what arrived", "due (UTC)", "published", "late", "times on the platform's books")
        for each in findings:
            line, at = each.line, each.published_at
            late = "-" if each.lateness is None else f"{each.lateness * 1000:.0f} ms"
            published = _moment(at) if at else "never"
            table.add_row(line.platform.name, line.draft.title, each.arrived, _moment(line.due_at), published, late, each.times)
        self._console.print(table)

    def memory(self, shares: Sequence[Share]) -> None:
        table = self._table("process", "count", "RSS", "USS")
        for each in (*shares, total([*shares])):
            table.add_row(each.role, str(each.processes), _mib(each.rss), _mib(each.uss))
        self._console.print(table)

    def _board(self, lines: Iterable[Line]) -> Table:
        """A row per post: it has to fit below the lines, whatever the number of platforms."""
        table = self._table("post", "due (UTC)", "where, and how far")
        for _, group in groupby(lines, lambda each: each.job_id):
            first, *others = group
            states = [_state(each) for each in (first, *others)]
            table.add_row(first.draft.title, _moment(first.due_at), Text("  ").join(states))
        return table

    def _table(self, *columns: str) -> Table:
        table = Table(box=ROUNDED if self._console.is_terminal else ASCII)
        for each in columns:
            table.add_column(each, justify="right" if each in {"late", "count", "RSS", "USS"} else "left")
        return table


def _state(line: Line) -> Text:
    return Text(f"{MARKS.get(line.state, line.state)} {line.platform.name}", style=STYLES.get(line.state, ""))


def _moment(at: datetime) -> str:
    return f"{at:%H:%M:%S}.{at.microsecond // 1000:03}"


def _mib(size: int | None) -> str:
    return "not told here" if size is None else f"{size / MIB:.0f} MiB"
