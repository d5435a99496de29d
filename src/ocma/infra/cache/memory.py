"""The near layer: entries of this process, the least recently used first to go."""

from collections import OrderedDict
from dataclasses import dataclass
from uuid import UUID

from ocma.infra.cache.keys import Key

OVERHEAD = 600  # bytes of an entry beside its value, about


@dataclass(slots=True)
class Entry:
    """Times are monotonic. `stamp`: the versions of its tags when it was computed; "" if nobody could tell.

    It is good until `good_until`; believed, without asking whether it was invalidated, until `believed_until`; and renewed by
    whoever reads it after `renewed_from`.
    """

    key: Key
    value: bytes | None
    stamp: str
    believed_until: float
    renewed_from: float
    good_until: float

    @property
    def size(self) -> int:
        return OVERHEAD + len(self.value or b"")


class Memory:
    def __init__(self, most_entries: int, most_bytes: int) -> None:
        self._most_entries, self._most_bytes = most_entries, most_bytes
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._tagged: dict[tuple[UUID, str], set[str]] = {}
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, key: Key, now: float) -> Entry | None:
        """Not necessarily believed any more."""
        found = self._entries.get(key.name)
        if found is None:
            return None
        if now >= found.good_until:
            self._forget(key.name)
            return None
        self._entries.move_to_end(key.name)
        return found

    def keep(self, entry: Entry) -> None:
        self._forget(entry.key.name)
        if entry.size > self._most_bytes:  # it would go itself, after all others
            return
        self._entries[entry.key.name] = entry
        self.bytes += entry.size
        for tag in entry.key.all_tags:
            self._tagged.setdefault((entry.key.workspace_id, tag), set()).add(entry.key.name)
        while len(self._entries) > self._most_entries or self.bytes > self._most_bytes:
            self._forget(next(iter(self._entries)))

    def drop(self, workspace_id: UUID, tag: str) -> None:
        for name in list(self._tagged.get((workspace_id, tag), ())):
            self._forget(name)

    def doubt(self) -> None:
        """Nothing is believed until it is asked for again: messages may have been missed."""
        for entry in self._entries.values():
            entry.believed_until = 0.0

    def _forget(self, name: str) -> None:
        entry = self._entries.pop(name, None)
        if entry is None:
            return
        self.bytes -= entry.size
        for tag in entry.key.all_tags:
            place = entry.key.workspace_id, tag
            names = self._tagged[place]
            names.discard(name)
            if not names:
                del self._tagged[place]
