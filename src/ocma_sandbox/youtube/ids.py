"""What YouTube calls a person of the sandbox, who is a channel."""

from ocma_sandbox import people
from ocma_sandbox.people import Person
from ocma_sandbox.world import World
from ocma_sandbox.youtube.calls import KEY

_CHANNEL, _UPLOADS = "UC", "UU"


def channel_id(person_id: str) -> str:
    return _CHANNEL + person_id.zfill(22)


def uploads_id(person_id: str) -> str:
    """The playlist of all uploads."""
    return _UPLOADS + person_id.zfill(22)


def find_channel(world: World, public_id: str) -> Person | None:
    return _find(world, public_id, _CHANNEL)


def find_uploads(world: World, playlist_id: str) -> Person | None:
    return _find(world, playlist_id, _UPLOADS)


def _find(world: World, public_id: str, prefix: str) -> Person | None:
    number = public_id.removeprefix(prefix).lstrip("0")
    if not public_id.startswith(prefix) or len(public_id) != 24 or not number.isdecimal():
        return None
    return people.find_by_id(world.store, KEY, number)
