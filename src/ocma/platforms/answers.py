"""How a platform's yes is read: as what it documents, or not at all."""

from dataclasses import dataclass
from functools import cache
from typing import TypeVar

import httpx2
from pydantic import TypeAdapter, ValidationError

from ocma.platforms.errors import PlatformUnavailable

Shape = TypeVar("Shape")
UNREADABLE = "answerUnreadable"


@cache
def reader(shape: type[Shape]) -> TypeAdapter[Shape]:
    """Making one costs more than reading a short answer with it."""
    return TypeAdapter(shape)


@dataclass(frozen=True, slots=True)
class Answers:
    """`whose`: as its users call it, "X's" or "The server's"."""

    platform: str
    whose: str
    remediation: str | None = None

    def read(self, response: httpx2.Response, shape: type[Shape]) -> Shape:
        """The body as `shape`. Raises PlatformUnavailable (rule `answerUnreadable`) for a 2xx that is something else."""
        try:
            return reader(shape).validate_json(response.content)
        except ValidationError:
            raise self.unreadable(response) from None  # not with the cause, which quotes the body

    def unreadable(self, response: httpx2.Response) -> PlatformUnavailable:
        return PlatformUnavailable(
            f"{self.whose} answer is not in the documented form.",
            platform=self.platform,
            rule=UNREADABLE,
            status=response.status_code,
            remediation=self.remediation,
        )
