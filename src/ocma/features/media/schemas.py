"""The JSON of media."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from ocma.features.schema import Input, Schema


class MediumView(Schema):
    """Sizes in bytes and pixels, as probed."""

    id: UUID
    kind: str
    mime_type: str
    size: int
    width: int | None
    height: int | None
    alt_text: str | None
    created_at: datetime


class MediumChange(Input):
    alt_text: str | None = Field(max_length=10_000)
