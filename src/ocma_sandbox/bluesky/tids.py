from ocma_sandbox.world import World

_ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"
LENGTH = 13


def next_tid(world: World) -> str:
    """A timestamp identifier above every earlier one: microseconds, then 10 bits, in 13 characters that sort."""
    number = world.store.next_id("bluesky.tid", int(world.clock() * 1_000_000) << 10)
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in range(LENGTH - 1, -1, -1))
