"""What a compatible server understands. Some refuse what others demand: it is tried, and remembered per process."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from pydantic import BaseModel

from ocma.intelligence.prompt import Prompt, Repair, measure
from ocma.intelligence.shape import schema_of
from ocma.intelligence.usage import Usage

Form = Literal["json_schema", "json_object", "plain"]
NEXT: Mapping[Form, Form] = {"json_schema": "json_object", "json_object": "plain"}
LIMITS = ("max_completion_tokens", "max_tokens")
# A server that gives one of these as its reason would refuse the same question in any form.
FINAL = frozenset({"context_length_exceeded", "content_policy_violation", "content_filter", "string_above_max_length"})


@dataclass(frozen=True, slots=True)
class Dialect:
    """`form`: how an answer is held to its schema. `limit`: what the longest answer's length is called."""

    form: Form = "json_schema"
    limit: str = "max_tokens"
    counts_streams: bool = True

    def body(self, model: str, prompt: Prompt, repair: Repair | None, shape: type[BaseModel], *, stream: bool) -> dict[str, Any]:
        schema, strict = schema_of(shape)
        body: dict[str, Any] = {
            "model": model,
            "messages": prompt.messages(with_schema=self.form != "json_schema", repair=repair),
            self.limit: prompt.max_tokens,
        }
        if self.form == "json_schema":
            form = {"name": shape.__name__[:64], "schema": schema, "strict": strict}
            body["response_format"] = {"type": "json_schema", "json_schema": form}
        elif self.form == "json_object":
            body["response_format"] = {"type": "json_object"}
        if stream:
            body["stream"] = True
            if self.counts_streams:
                body["stream_options"] = {"include_usage": True}
        return body

    def simpler(self, message: str, param: str | None, code: str | None) -> "Dialect | None":
        """What to try after a 400 or 422 that said so; None: it was not for want of understanding."""
        said = f"{param or ''} {message}"
        if code in FINAL:
            return None
        if "stream_options" in said and self.counts_streams:
            return replace(self, counts_streams=False)
        if self.limit in said:
            return replace(self, limit=next(each for each in LIMITS if each != self.limit))
        return replace(self, form=NEXT[self.form]) if self.form in NEXT else None


def most_of(body: Mapping[str, Any], limit: str) -> Usage:
    """What a call may take."""
    return Usage(measure(body["messages"]), body[limit])
