"""Where a part of an answer comes from."""

from typing import Literal

from ocma.features.schema import Schema


class SourceView(Schema):
    """`tokens` and `costUsd` are of the whole call that the part is from, as the provider counts them; null: it did not say, or
    its prices are not set. `reason`: why a language model was not heard.
    """

    source: Literal["model", "local"]
    model: str | None = None
    tokens: int | None = None
    cost_usd: float | None = None
    reason: str | None = None
