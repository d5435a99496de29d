"""Parameters as the Graph API takes them: in the address, as a form, as multipart or as JSON; lists in any of its spellings."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from ocma_sandbox.graph import errors

_INDEXED = re.compile(r"(?P<name>[^\[]+)\[(?P<index>[^\]]*)\]")
_TRUE = frozenset({"true", "1", "yes", "on"})
_FALSE = frozenset({"false", "0", "no", "off"})


class Params:
    """One request's parameters; what the body says wins over the address."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._given = dict(given)

    def __contains__(self, name: str) -> bool:
        return self._given.get(name) not in (None, "")

    def text(self, name: str) -> str | None:
        """None when it is absent or empty."""
        value = self._given.get(name)
        if value is None or value == "" or isinstance(value, UploadFile):
            return None
        if isinstance(value, bool):
            return str(value).lower()
        return json.dumps(value) if isinstance(value, list | dict) else str(value)

    def need(self, name: str) -> str:
        value = self.text(name)
        if value is None:
            raise errors.invalid(f"The parameter {name} is required")
        return value

    def flag(self, name: str, *, otherwise: bool = False) -> bool:
        value = self.text(name)
        if value is None:
            return otherwise
        if value.lower() not in _TRUE | _FALSE:
            raise errors.invalid(f"Param {name} must be a boolean")
        return value.lower() in _TRUE

    def number(self, name: str) -> int | None:
        value = self.text(name)
        if value is None:
            return None
        if not re.fullmatch(r"-?\d{1,18}", value):
            raise errors.invalid(f"Param {name} must be an integer")
        return int(value)

    def needed_number(self, name: str) -> int:
        self.need(name)
        return self.number(name) or 0

    def moment(self, name: str) -> float | None:
        """Seconds since the epoch; also a date or time as ISO writes it."""
        value = self.text(name)
        if value is None:
            return None
        if re.fullmatch(r"\d{1,12}", value):
            return float(value)
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            raise errors.invalid(f"Param {name} must be a timestamp or a date") from None
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()

    def listed(self, name: str) -> list[Any]:
        """A JSON array, names[0]=a&names[1]=b, or a,b."""
        indexed = sorted((key, value) for key, value in self._indexed(name))
        if indexed:
            return [_read(value) for _key, value in indexed]
        value = self.text(name)
        if value is None:
            return []
        if value.startswith("["):
            read = _read(value)
            if not isinstance(read, list):
                raise errors.invalid(f"Param {name} must be an array.")
            return read
        return [part.strip() for part in value.split(",") if part.strip()]

    def shaped(self, name: str) -> dict[str, Any] | None:
        """A JSON object."""
        value = self.text(name)
        if value is None:
            return None
        read = _read(value)
        if not isinstance(read, dict):
            raise errors.invalid(f"Param {name} must be a JSON object.")
        return read

    def file(self, name: str) -> UploadFile | None:
        value = self._given.get(name)
        return value if isinstance(value, UploadFile) else None

    def _indexed(self, name: str) -> list[tuple[int, Any]]:
        found = [(_INDEXED.fullmatch(key), value) for key, value in self._given.items()]
        mine = [(match["index"], value) for match, value in found if match and match["name"] == name]
        return [(int(index) if index.isdecimal() else place, value) for place, (index, value) in enumerate(mine)]


def _read(value: Any) -> Any:
    """JSON inside a parameter; other text is itself."""
    if not isinstance(value, str) or value[:1] not in {"{", "["}:
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise errors.invalid(f"Invalid JSON in a parameter: {value[:80]}") from None


async def read(request: Request) -> Params:
    return Params({**_plain(request.query_params.multi_items()), **await _body(request)})


async def _body(request: Request) -> dict[str, Any]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        return _json(await request.body())
    if kind == "multipart/form-data":
        try:
            return _plain((await request.form()).multi_items())
        except HTTPException as error:
            raise errors.invalid(error.detail) from None
    if kind == "application/x-www-form-urlencoded":
        return _plain(parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True))
    return {}


def _json(raw: bytes) -> dict[str, Any]:
    try:
        found = json.loads(raw or b"{}")
    except ValueError:
        raise errors.invalid("The body is not JSON") from None
    if not isinstance(found, dict):
        raise errors.invalid("The body must be a JSON object")
    return found


def _plain(pairs: Any) -> dict[str, Any]:
    """names[]=a&names[]=b would overwrite each other: each gets its place."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        key = f"{name[:-2]}[{len(found)}]" if name.endswith("[]") else name
        found[key] = value
    return found
