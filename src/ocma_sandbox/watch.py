from ocma_sandbox.config import Clock
from ocma_sandbox.store import Store

SCHEMA = "CREATE TABLE IF NOT EXISTS watch (id INTEGER PRIMARY KEY CHECK (id = 1), ahead REAL NOT NULL);"


class Watch:
    """The world's clock: real time, or as much ahead of it as it was put, also after a restart, or stopped until then."""

    def __init__(self, real: Clock, store: Store) -> None:
        self._real = real
        self._store = store
        row = store.one("SELECT ahead FROM watch")
        self._ahead: float = row["ahead"] if row else 0.0
        self._stopped_at: float | None = None

    def __call__(self) -> float:
        return self._real() + self._ahead if self._stopped_at is None else self._stopped_at

    @property
    def ahead(self) -> float:
        """In seconds."""
        return self() - self._real()

    @property
    def runs(self) -> bool:
        return self._stopped_at is None

    def read(self, stamp: float) -> float:
        """When a client's stamp is by this clock: clients go by real time, unless theirs was moved along."""
        real, now = self._real(), self()
        return stamp + self.ahead if abs(stamp - real) < abs(stamp - now) else stamp

    def put(self, at: float) -> None:
        """Only forward: what has happened lies before now."""
        if at < self():
            raise ValueError(at)
        self._keep(at - self._real())
        self._stopped_at = None if self.runs else at

    def stop(self) -> None:
        """It is the same moment until it is put on or runs again."""
        self._stopped_at = self()

    def run(self) -> None:
        self.put(self())
        self._stopped_at = None

    def reset(self) -> None:
        self._stopped_at = None
        self._keep(0.0)

    def _keep(self, ahead: float) -> None:
        self._ahead = ahead
        self._store.run("INSERT INTO watch VALUES (1, ?1) ON CONFLICT (id) DO UPDATE SET ahead = ?1", ahead)
