"""What somebody asks for, and what an answer looks like in Redis."""

from dataclasses import dataclass

from ocma.infra.cache.keys import Key

EARLY = 0.2  # of the ttl: so long before its end an answer is renewed, beside whoever reads it
LARGEST = 1_000_000  # bytes of a value; larger ones are computed each time


@dataclass(frozen=True, slots=True)
class Wanted:
    """Seconds: how long an answer is good, and how long "there is none" is."""

    key: Key
    ttl: float
    negative: float

    def __post_init__(self) -> None:
        if min(self.ttl, self.negative) <= 0:
            raise ValueError("How long an answer is good has to be more than 0 seconds.")

    def seconds(self, value: bytes | None) -> float:
        return min(self.negative, self.ttl) if value is None else self.ttl

    def early(self, value: bytes | None) -> float:
        """What says "there is none" is not renewed before its end."""
        return 0.0 if value is None else self.ttl * EARLY


def fits(value: bytes | None) -> bool:
    return value is None or len(value) <= LARGEST


def encoded(value: bytes | None) -> bytes:
    return b"0" if value is None else b"1" + value


def decoded(body: bytes) -> bytes | None:
    return body[1:] if body[:1] == b"1" else None
