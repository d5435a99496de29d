"""What a language model may be asked, and what is told of where an answer came from."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic, Literal, TypeAlias, TypeVar

from pydantic import BaseModel

T = TypeVar("T", bound=BaseModel)

# Why no model answered. notConfigured: there is none; disabled: the workspace may spend nothing on one; overBudget: it has spent
# what it may today; timeout: not in time; unavailable: not reached, or in trouble; invalidAnswer: not what was asked for, twice;
# circuitOpen: in trouble a moment ago, so it was not asked; refused: it will not answer, or its server will not have us.
Reason: TypeAlias = Literal[
    "notConfigured", "disabled", "overBudget", "timeout", "unavailable", "invalidAnswer", "circuitOpen", "refused"
]


@dataclass(frozen=True, slots=True)
class Source:
    """Where an answer came from. `tokens`, `cost_usd`: what it took, by the provider's own count; None: nobody knows.

    An answer that was kept from before took nothing. `reason`: why it is a local one; None: no model was to be asked.
    """

    source: Literal["model", "local"]
    model: str | None = None
    tokens: int | None = None
    cost_usd: Decimal | None = None
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Question(Generic[T]):
    """One for a model. `instruction` is ours and fixed; whatever people wrote is in `data`, which is JSON.

    `version` rises when the same words are to be answered anew. `schema`: every answer is one, or there is none.
    """

    name: str
    instruction: str
    data: Mapping[str, Any]
    schema: type[T]
    max_tokens: int
    version: int = 1


@dataclass(frozen=True, slots=True)
class Consulted(Generic[T]):
    """`value` None: answer locally. Tokens as the provider counted them, tries that came to nothing included.

    `cached`: the model gave it to the same question before, and took nothing now.
    """

    value: T | None
    source: Source
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cached: bool = False

    @classmethod
    def local(cls, reason: Reason | None) -> "Consulted[T]":
        return cls(None, Source("local", reason=reason))
