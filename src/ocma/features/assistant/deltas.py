"""The texts in a JSON answer that is still coming: what each grows by."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

# Whole characters of a JSON string; half of an escaped pair waits for its other half.
_PAIR = r"u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_WHOLE = re.compile(
    rf'(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u(?:[0-9a-cefA-CEF][0-9a-fA-F]{{3}}|[dD][0-7][0-9a-fA-F]{{2}})|{_PAIR}))*'
)
_GAP = re.compile(r"[\s,]*")


@dataclass
class Deltas:
    """Of the list of strings under `name`. What does not look like one is passed over: the whole answer is checked elsewhere."""

    name: str
    _text: str = ""
    _at: int = -1  # where the present string goes on; -1: the list has not begun
    _number: int = -1
    _inside: bool = field(default=False)

    def feed(self, piece: str) -> Iterator[tuple[int, str]]:
        """(which string, what it grows by)."""
        self._text += piece
        if self._at < 0 and (found := re.search(rf'"{re.escape(self.name)}"\s*:\s*\[', self._text)):
            self._at = found.end()
        while self._at >= 0 and self._at < len(self._text):
            if not self._inside and not self._enters():
                return
            start = self._at
            self._at = _WHOLE.match(self._text, start).end()  # pyright: ignore[reportOptionalMemberAccess] - it matches nothing, too
            if self._at > start:
                yield self._number, json.loads(f'"{self._text[start : self._at]}"')
            if self._text[self._at : self._at + 1] != '"':
                return
            self._at, self._inside = self._at + 1, False

    def _enters(self) -> bool:
        self._at = _GAP.match(self._text, self._at).end()  # pyright: ignore[reportOptionalMemberAccess] - likewise
        if self._text[self._at : self._at + 1] != '"':
            return False
        self._at, self._number, self._inside = self._at + 1, self._number + 1, True
        return True
