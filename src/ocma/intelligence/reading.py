"""What a server's answer says. Nothing of it is believed before it was looked at."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from json import JSONDecoder
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ocma.intelligence.usage import Usage, read_usage

T = TypeVar("T", bound=BaseModel)
ERRORS = 20  # that a model is told of
OBJECTS = 5  # that are looked for in an answer
DECODER = JSONDecoder()
THOUGHT = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)  # how some models that reason begin


class Malformed(Exception):
    """It is not an answer as the protocol has them."""


class Wrong(Exception):
    """It is not what was asked for. `errors`: where and why, in words of ours."""

    def __init__(self, said: str, errors: list[dict[str, str]]) -> None:
        super().__init__(f"{len(errors)} errors")
        self.said, self.errors = said, errors


@dataclass(slots=True)
class Said:
    """`finish`: why it ended there. `refusal`: the model will not."""

    text: str = ""
    refusal: bool = False
    finish: str | None = None
    usage: Usage | None = None

    @property
    def is_cut(self) -> bool:
        return self.finish == "length"

    @property
    def is_refused(self) -> bool:
        return self.refusal or self.finish == "content_filter"


def read_whole(answer: Any) -> Said:
    """Of a chat completion. Raises Malformed."""
    choice, message = _choice(answer, "message")
    if choice is None:
        raise Malformed
    return Said(_text(message), bool(message.get("refusal")), _word(choice.get("finish_reason")))


def usage_of(answer: Any) -> Usage | None:
    """Told even by some answers that say nothing else."""
    return read_usage(answer.get("usage")) if isinstance(answer, Mapping) else None


def add_chunk(said: Said, chunk: Any) -> str:
    """Of a stream: what came now."""
    if (usage := usage_of(chunk)) is not None:
        said.usage = usage
    choice, delta = _choice(chunk, "delta")
    if choice is None:
        return ""
    text = _text(delta)
    said.text += text
    said.refusal = said.refusal or bool(delta.get("refusal"))
    said.finish = _word(choice.get("finish_reason")) or said.finish
    return text


def _choice(answer: Any, part: str) -> tuple[Mapping[str, Any] | None, Mapping[str, Any]]:
    choices = answer.get("choices") if isinstance(answer, Mapping) else None
    first = choices[0] if isinstance(choices, list) and choices else None
    inner = first.get(part) if isinstance(first, Mapping) else None
    return (first, inner) if isinstance(first, Mapping) and isinstance(inner, Mapping) else (None, {})


def _text(message: Mapping[str, Any]) -> str:
    return _word(message.get("content")) or ""


def _word(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def parsed(said: Said, shape: type[T]) -> T:
    """Raises Wrong."""
    text = THOUGHT.sub("", said.text).strip()
    try:
        return shape.model_validate_json(text)
    except ValidationError as error:
        first = error
    for inside in _objects(text):
        try:
            return shape.model_validate_json(inside)
        except ValidationError as error:
            first = error
    raise Wrong(said.text, _told(first))


def _objects(text: str) -> Iterator[str]:
    """Of an answer with something around it."""
    begin = text.find("{")
    for _ in range(OBJECTS):
        if begin < 0:
            return
        end = begin + 1
        try:
            _, end = DECODER.raw_decode(text, begin)
        except (ValueError, RecursionError):
            pass
        else:
            if (begin, end) != (0, len(text)):
                yield text[begin:end]
        begin = text.find("{", end)


def _told(error: ValidationError) -> list[dict[str, str]]:
    """Without what stands there, which is the model's or somebody's."""
    found = error.errors(include_url=False, include_context=False, include_input=False)[:ERRORS]
    return [{"path": ".".join(map(str, each["loc"]))[:200], "message": each["msg"][:300]} for each in found]
