import time

from ocma.features.workspaces.passwords import hash_password, verify_password


async def test_argon2id_and_never_the_same_twice():
    first, second = await hash_password("one two three"), await hash_password("one two three")
    assert first.startswith("$argon2id$")
    assert first != second
    assert "one" not in first


async def test_right_wrong_unknown_and_spoiled():
    stored = await hash_password("one two three")
    assert await verify_password(stored, "one two three")
    assert not await verify_password(stored, "one two four")
    assert not await verify_password(None, "one two three")
    assert not await verify_password(None, "nobody's password")
    assert not await verify_password("not a hash", "one two three")


async def test_an_unknown_user_takes_as_long_as_a_wrong_password():
    stored = await hash_password("one two three")
    await verify_password(None, "x")  # makes the decoy

    async def seconds(value):
        began = time.perf_counter()
        await verify_password(value, "wrong")
        return time.perf_counter() - began

    # In turn, and the quickest of each: what else runs on this machine slows single ones down.
    known, unknown = (min(times) for times in zip(*[(await seconds(stored), await seconds(None)) for _ in range(7)], strict=True))
    assert 1 / 3 < unknown / known < 3, (known, unknown)
