"""Passwords: argon2id, in threads, few at a time (each costs 64 MiB while it runs)."""

from functools import cache

from anyio import CapacityLimiter, to_thread
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher()
_AT_ONCE = 4


@cache
def _limiter() -> CapacityLimiter:
    return CapacityLimiter(_AT_ONCE)


@cache
def _decoy() -> str:
    return _HASHER.hash("nobody's password")


async def hash_password(password: str) -> str:
    return await to_thread.run_sync(_HASHER.hash, password, limiter=_limiter())


async def verify_password(stored: str | None, password: str) -> bool:
    """None (no such user) costs as much time as a wrong password, so that the clock tells nobody who is registered."""
    return await to_thread.run_sync(_matches, stored, password, limiter=_limiter())


def _matches(stored: str | None, password: str) -> bool:
    try:
        return _HASHER.verify(stored or _decoy(), password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False
