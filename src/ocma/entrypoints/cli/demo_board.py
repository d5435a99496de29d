"""What the demo has scheduled, and where each publication is: written by events alone."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ocma.entrypoints.cli.demo_platform import Platform
from ocma.entrypoints.cli.demo_story import Draft

OVER = frozenset({"published", "failed", "cancelled", "held"})  # held: until somebody connects the account again


@dataclass(slots=True)
class Line:
    """One draft on one platform: a publication."""

    id: str
    job_id: str
    draft: Draft
    platform: Platform
    due_at: datetime
    state: str = "scheduled"
    attempt: int = 0
    url: str | None = None
    error: Mapping[str, Any] | None = None

    @property
    def is_over(self) -> bool:
        return self.state in OVER


@dataclass(slots=True)
class Board:
    """`refused`: why something could not even be planned.

    `lock` is held while a post is being scheduled: no event of it is read before its line stands here.
    """

    lines: dict[str, Line] = field(default_factory=dict[str, Line])
    refused: list[str] = field(default_factory=list[str])
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    complete: bool = False
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, draft: Draft, answer: Mapping[str, Any]) -> list[Line]:
        """The publications of a scheduled post, from the API's answer."""
        order = [each.key for each in draft.platforms]
        publications = sorted(answer["publications"], key=lambda each: order.index(each["platform"]))
        added = [_line(draft, answer["jobId"], each) for each in publications]
        self.lines.update({each.id: each for each in added})
        return added

    def seal(self) -> None:
        """Nothing more will be added."""
        self.complete = True
        self._look()

    def move(self, event: Mapping[str, Any]) -> Line | None:
        """The line an event belongs to, changed; None when it belongs to none of ours."""
        line = self.lines.get(event.get("publicationId") or "")
        if line is not None:
            line.state, line.attempt = "held" if event.get("hold") else event["status"], event.get("attempt", 0)
            line.url, line.error = event.get("url"), event.get("error")
            self._look()
        return line

    def _look(self) -> None:
        if self.complete and all(each.is_over for each in self.lines.values()):
            self.over.set()

    def unfinished(self) -> list[str]:
        """A sentence for everything that is not over, or never began."""
        waiting = [each for each in self.lines.values() if not each.is_over]
        return self.refused + [f"{each.platform.name}: “{each.draft.title}” is still {each.state}" for each in waiting]


def _line(draft: Draft, job_id: str, publication: Mapping[str, Any]) -> Line:
    due_at = datetime.fromisoformat(publication["scheduledAt"])
    (platform,) = [each for each in draft.platforms if each.key == publication["platform"]]
    return Line(publication["id"], job_id, draft, platform, due_at, publication["status"])
