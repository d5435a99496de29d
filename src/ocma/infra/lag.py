"""How far a streaming replica is behind its primary."""

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

MARKS = 600  # positions of the primary that are remembered

PRIMARY = """
    SELECT clock_timestamp() AS now, (pg_current_wal_lsn() - '0/0')::bigint AS position,
        (SELECT system_identifier FROM pg_control_system()) AS server, current_database() AS name"""
REPLICA = """
    SELECT pg_is_in_recovery() AS follows, (pg_last_wal_replay_lsn() - '0/0')::bigint AS position,
        pg_last_xact_replay_timestamp() AS shown, (SELECT system_identifier FROM pg_control_system()) AS server,
        current_database() AS name"""

Fault = Literal["unknown", "unreachable", "noReplica", "otherDatabase", "otherHistory", "behind"]
ABOUT: dict[Fault, str] = {
    "unknown": "how far it is behind is not known",
    "unreachable": "does not answer",
    "noReplica": "is no streaming replica",
    "otherDatabase": "is a replica of another database than DATABASE_URL",
    "otherHistory": "went another way than DATABASE_URL; if that lasts it has to be made anew",
    "behind": "is too far behind",
}


@dataclass(frozen=True, slots=True)
class Mark:
    """Where the primary was: `at` by this process's clock, `now` by the primary's own."""

    at: float
    now: datetime
    position: int
    server: int
    name: str


class Lag:
    """By this process's clock and the positions of both, so machines need not agree on the time.

    A replica has all that the primary had written when it was at a position that the replica has replayed by now. So one of a
    primary that nobody writes to is not behind, though the last transaction that it shows may be hours old.
    """

    def __init__(self) -> None:
        self._marks: deque[Mark] = deque(maxlen=MARKS)
        self._seen = 0  # where the replica was at the look before
        self.fresh_at: float | None = None  # it shows all that was committed by then; None: nobody knows

    def judge(self, mark: Mark, row: Any) -> Fault | None:
        """`mark` of the primary, then `row` of the replica. None: `fresh_at` is known now."""
        fault = self._strange(mark, row)
        self._seen = row.position or 0
        if fault:
            self._marks.clear()
            self.fresh_at = None
            return fault
        self._marks.append(mark)
        self.fresh_at = self._fresh_at(mark, row)
        return "unknown" if self.fresh_at is None else None

    def _strange(self, mark: Mark, row: Any) -> Fault | None:
        if not row.follows:
            return "noReplica"
        if (row.server, row.name) != (mark.server, mark.name):
            return "otherDatabase"
        if row.position is None:
            return "unknown"
        # What it had replayed a look ago the primary must have written by now. After a failover that is not so.
        if self._seen > mark.position or (self._marks and self._marks[-1].position > mark.position):
            return "otherHistory"
        return "unknown" if row.position > mark.position and not self._seen else None

    def _fresh_at(self, mark: Mark, row: Any) -> float | None:
        reached = [each.at for each in self._marks if each.position <= row.position]
        if row.shown is not None:  # the last transaction that it shows: finer where much is written
            reached.append(mark.at - max((mark.now - row.shown) / timedelta(seconds=1), 0.0))
        return max(reached, default=None)
