"""What a language model is asked about a draft, in one call."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ocma.features.assistant.consult import Question

_Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
_Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]

INSTRUCTION = (
    "You review a draft of a social media post for its author. Judge the tone of the draft as its readers will take it, say whom "
    "it speaks to and what those people are interested in, and suggest changes that follow from the draft itself: each one "
    "sentence that begins with a verb and names the words it is about. Use the language of the draft. State no numbers, no "
    "statistics, no trends and nothing about platforms' algorithms. Where you cannot tell, use null or an empty list."
)


class Judgement(BaseModel):
    """As the model has to answer."""

    model_config = ConfigDict(extra="ignore")

    sentiment: Literal["positive", "negative", "neutral"]
    emotions: list[_Words] = Field(max_length=5)
    primary_demographic: _Line | None
    interests: list[_Words] = Field(max_length=8)
    suggestions: list[_Line] = Field(max_length=5)


def question(data: Mapping[str, Any]) -> Question[Judgement]:
    """`data`: the draft, its platform, for whom it is meant; what is null says nothing."""
    told = {name: value for name, value in data.items() if value is not None}
    return Question("analysis", INSTRUCTION, told, Judgement, max_tokens=600, version=1)
