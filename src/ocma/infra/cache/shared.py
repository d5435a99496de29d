"""The far layer: Redis. Every tag has a version there; an entry holds those it was computed under, and is good while they stand.

A version is never reused: one that Redis has forgotten is made anew, and with it all that was computed before is void. All keys
of a call are of one workspace, and so of one hash slot.
"""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from ocma.infra.cache.keys import Key, versions
from ocma.infra.line import Line
from ocma.infra.redis import Client
from ocma.infra.scripts import Script

CHANNEL = "ocma:cache:invalidated"
LIFE = 86_400_000  # milliseconds that a version is kept without a change; longer than that nothing is good
LOCK = 10_000  # milliseconds after which somebody who computes counts as gone

_STAMP = (
    f"local LIFE = {LIFE}"
    """
local function stamp(first, last, new)
    local all = {}
    for number = first, last do
        local version = redis.call('GET', KEYS[number])
        if not version and new then
            version = new
            redis.call('SET', KEYS[number], version, 'PX', LIFE)
        end
        all[#all + 1] = version or ''
    end
    return table.concat(all)
end
local function read(key, stamp)
    local found = redis.call('GET', key)
    if found and string.sub(found, 1, #stamp + 1) == stamp .. ' ' then
        return {string.sub(found, #stamp + 2), redis.call('PTTL', key)}
    end
    return {'', 0}
end
"""
)

# An entry begins with 1 (byte 49); 0 says that there is nothing, which is not renewed early.
# KEYS: entry, lock, versions. ARGV: a stamp that is known, a new version, how soon is early, who asks, how long they may take.
# Answer: the stamp; the entry; how long it is good; whether the caller is to compute it. No entry if the stamp is the known one.
_LOOK = Script(
    _STAMP
    + """
local now = stamp(3, #KEYS, ARGV[2])
if ARGV[1] == now then return {now, '', 0, 0} end
local found = read(KEYS[1], now)
local mine = 0
if found[1] == '' or (string.byte(found[1]) == 49 and found[2] < tonumber(ARGV[3])) then
    if redis.call('SET', KEYS[2], ARGV[4], 'NX', 'PX', ARGV[5]) or redis.call('GET', KEYS[2]) == ARGV[4] then mine = 1 end
end
return {now, found[1], found[2], mine}
"""
)

# KEYS: entry, lock, versions. ARGV: the stamp it was computed under, the entry or nothing, how long it is good, who.
_KEEP = Script(
    _STAMP
    + """
if ARGV[2] ~= '' and stamp(3, #KEYS) == ARGV[1] then
    redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. ARGV[2], 'PX', ARGV[3])
end
if redis.call('GET', KEYS[2]) == ARGV[4] then redis.call('DEL', KEYS[2]) end
"""
)

# KEYS: versions, entries. ARGV: how many versions, a new one. Answer: the stamp, and for each entry what it is and how long.
_LOOK_MANY = Script(
    _STAMP
    + """
local last = tonumber(ARGV[1])
local now = stamp(1, last, ARGV[2])
local answer = {now}
for number = last + 1, #KEYS do answer[#answer + 1] = read(KEYS[number], now) end
return answer
"""
)

# KEYS: versions, entries. ARGV: how many versions, the stamp, then each entry and how long it is good.
_KEEP_MANY = Script(
    _STAMP
    + """
local last = tonumber(ARGV[1])
if stamp(1, last) ~= ARGV[2] then return end
for number = 1, #KEYS - last do
    redis.call('SET', KEYS[last + number], ARGV[2] .. ' ' .. ARGV[number * 2 + 1], 'PX', ARGV[number * 2 + 2])
end
"""
)

# KEYS: versions. ARGV: a new one, the channel and what to say there.
_VOID = Script(
    f"""
for _, key in ipairs(KEYS) do redis.call('SET', key, ARGV[1], 'PX', {LIFE}) end
redis.call('PUBLISH', ARGV[2], ARGV[3])
"""
)


@dataclass(frozen=True, slots=True)
class Found:
    """`stamp`: the versions now. `is_known`: they are those that were asked about. `body` b"": nothing good; `left`: seconds."""

    stamp: str
    body: bytes = b""
    left: float = 0.0
    is_mine: bool = False
    is_known: bool = False


class Shared:
    """Raises Away."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self.me = secrets.token_hex(8)

    async def look(self, key: Key, known: str, early: float) -> Found:
        """`early`: seconds before the end from when on one of all callers is told to compute it anew: `is_mine`."""
        names = [key.name, key.lock, *key.versions]
        given = [known, _version(), int(early * 1000), self.me, LOCK]
        stamp, body, left, mine = await self._line.ask(lambda redis: _LOOK.run(redis, names, given))
        return Found(stamp.decode(), body, left / 1000, bool(mine), stamp.decode() == known)

    async def keep(self, key: Key, stamp: str, body: bytes, seconds: float) -> None:
        """Unless a tag has changed since. Whoever waits for it may go on; with b"" there is nothing for them."""
        names = [key.name, key.lock, *key.versions]
        given = [stamp, body, max(int(seconds * 1000), 1), self.me]
        await self._line.ask(lambda redis: _KEEP.run(redis, names, given))

    async def look_many(self, keys: Sequence[Key]) -> list[Found]:
        """In one call. They have the same tags."""
        tags = keys[0].versions
        names = [*tags, *(each.name for each in keys)]
        stamp, *found = await self._line.ask(lambda redis: _LOOK_MANY.run(redis, names, [len(tags), _version()]))
        return [Found(stamp.decode(), body, left / 1000) for body, left in found]

    async def keep_many(self, keys: Sequence[Key], stamp: str, bodies: Sequence[tuple[bytes, float]]) -> None:
        tags = keys[0].versions
        names = [*tags, *(each.name for each in keys)]
        given = [len(tags), stamp, *(value for body, seconds in bodies for value in (body, max(int(seconds * 1000), 1)))]
        await self._line.ask(lambda redis: _KEEP_MANY.run(redis, names, given))

    async def void(self, redis: Client, workspace_id: UUID, tags: Sequence[str]) -> None:
        """What has these tags is good no more, and every process is told. Raises what `redis` does."""
        told = json.dumps({"by": self.me, "workspace": str(workspace_id), "tags": list(tags)})
        await _VOID.run(redis, versions(workspace_id, tags), [_version(), CHANNEL, told])


def _version() -> str:
    return secrets.token_hex(8)
