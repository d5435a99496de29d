"""Answers of a model that are given again to the same question: they cost nothing the second time."""

import hashlib
import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic
from uuid import UUID

from pydantic import ValidationError

from ocma.features.assistant.question import Consulted, Question, Source, T
from ocma.infra.cache import Cache, Part
from ocma.intelligence.endpoint import Endpoint
from ocma.intelligence.prompt import Prompt


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    text: str
    consulted: Consulted[T]


@dataclass(frozen=True, slots=True)
class Kept:
    """By all that an answer depends on; the workspace, too, which is the cache's own doing. `seconds` 0: nothing is kept."""

    cache: Cache
    endpoint: Endpoint
    seconds: float

    def parts(self, prompt: Prompt, question: Question[Any]) -> tuple[Part, ...]:
        asked = [
            self.endpoint.url,
            self.endpoint.organization,
            self.endpoint.name,
            question.name,
            question.version,
            question.max_tokens,
            prompt.messages(with_schema=True),
        ]
        told = json.dumps(asked, sort_keys=True).encode()
        return ("ai", question.name, hashlib.sha256(told).hexdigest())

    async def find(self, workspace_id: UUID, prompt: Prompt, question: Question[T]) -> Found[T] | None:
        if not self.seconds:
            return None
        body = await self.cache.find(workspace_id, self.parts(prompt, question))
        if body is None:
            return None
        try:
            value = question.schema.model_validate_json(body)
        except ValidationError:  # of another version of this program
            return None
        source = Source("model", self.endpoint.name, 0, Decimal(0))
        return Found(body.decode(), Consulted(value, source, 0, 0, cached=True))

    async def keep(self, workspace_id: UUID, prompt: Prompt, question: Question[T], value: T) -> None:
        if self.seconds:
            body = value.model_dump_json(by_alias=True).encode()
            await self.cache.keep(workspace_id, self.parts(prompt, question), self.seconds, body)
