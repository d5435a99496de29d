"""Lua scripts in Redis: by their hash, and whole only where a server does not know them yet."""

import hashlib
from collections.abc import Sequence
from typing import Any

from redis.exceptions import NoScriptError

from ocma.infra.redis import Client


class Script:
    """All keys of a call are of one hash slot, so that a cluster runs it, too."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._hash = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()  # Redis names scripts so

    async def run(
        self, redis: Client, keys: Sequence[str], arguments: Sequence[Any], unknown: Sequence[Any] | None = None
    ) -> Any:
        """`unknown`: the arguments where the server does not know the script: it started, or took over, since the last call."""
        given: Any = redis  # redis-py's types of EVALSHA differ between its clients
        try:
            return await given.evalsha(self._hash, len(keys), *keys, *arguments)
        except NoScriptError:
            return await given.eval(self._text, len(keys), *keys, *(unknown or arguments))
