"""The JSON of posts that are written anew."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from ocma.features.assistant.optimize_schemas import Content, Language, Platform, Tone
from ocma.features.assistant.source_schemas import SourceView
from ocma.features.schema import Counted, Input, Schema

Tokens = Annotated[int | None, Field(ge=0)]


class GenerateWish(Input):
    """`prompt`: what the posts are about. `maxTokens`: at most of the model's answer, all variants together."""

    prompt: Content
    platform: Platform
    tone: Tone | None = None
    max_tokens: Annotated[int, Field(ge=50, le=4000), Counted] = 1000
    variants: Annotated[int, Field(ge=1, le=5), Counted] = 3
    language: Language | None = None


class Usage(Schema):
    """As the provider counts; null: no model was used, or it does not say."""

    prompt_tokens: Tokens
    completion_tokens: Tokens


class GenerationAnswer(Schema):
    """Every variant passes the platform's checks. `variantSources`: who wrote each. Nothing was written or sent."""

    success: Literal[True] = True
    generated_at: datetime
    platform: str
    variants: list[str]
    variant_sources: list[Literal["model", "local"]]
    usage: Usage
    notes: list[str]
    sources: dict[str, SourceView]
