"""What asking a model took: by the provider's own count, never a guess."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeGuard

MILLION = Decimal(1_000_000)
MOST = 100_000_000  # tokens: what is told beyond it is no count


@dataclass(frozen=True, slots=True)
class Usage:
    """In tokens."""

    prompt: int = 0
    completion: int = 0

    @property
    def total(self) -> int:
        return self.prompt + self.completion

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(self.prompt + other.prompt, self.completion + other.completion)


def read_usage(told: Any) -> Usage | None:
    """The `usage` of an answer. None: there is none, or it cannot be."""
    if not isinstance(told, dict):
        return None
    prompt, completion = told.get("prompt_tokens"), told.get("completion_tokens")
    return Usage(prompt, completion) if _is_count(prompt) and _is_count(completion) else None


def _is_count(value: object) -> TypeGuard[int]:
    return type(value) is int and 0 <= value <= MOST


@dataclass(frozen=True, slots=True)
class Prices:
    """USD per million tokens; None: not known."""

    input: Decimal | None = None
    output: Decimal | None = None

    def cost(self, usage: Usage | None) -> Decimal | None:
        """None: nobody knows."""
        if usage is None or self.input is None or self.output is None:
            return None
        return (usage.prompt * self.input + usage.completion * self.output) / MILLION


class Unaffordable(Exception):
    """There is no money or tokens left for another call."""


async def _free(_most: Usage) -> bool:
    return True


@dataclass(slots=True)
class Bill:
    """Of one question: of all calls made for it. `pay` is asked before each call, for the most that all of them may take then.

    `counted` is what the provider told. `open` is the most that those may have taken of which it told nothing: answered without a
    count, or sent and not answered. A call that it refused took nothing.
    """

    pay: Callable[[Usage], Awaitable[bool]] = _free
    counted: Usage = Usage()
    sent: int = 0  # calls
    answered: int = 0  # of them: those that took something, or may have
    _open: Usage = Usage()
    _pending: list[Usage] = field(default_factory=list)

    async def begin(self, most: Usage) -> None:
        """Raises Unaffordable. From here on the call may take something."""
        if not await self.pay(self.counted + self.open + most):
            raise Unaffordable
        self.sent += 1
        self._pending.append(most)

    def refused(self) -> None:
        """The call that was begun took nothing."""
        self._pending.clear()

    def count(self, usage: Usage | None) -> None:
        """The call that was begun was answered."""
        if usage is None:
            return  # it stays open
        self._pending.clear()
        self.counted += usage
        self.answered += 1

    def close(self) -> None:
        """The call that was begun is over, whatever became of it."""
        self.answered += len(self._pending)
        self._open = sum(self._pending, self._open)
        self._pending.clear()

    @property
    def open(self) -> Usage:
        return sum(self._pending, self._open)

    @property
    def usage(self) -> Usage | None:
        """None: nobody knows, or there was no call that took anything."""
        return self.counted if self.answered and not self.open.total else None
