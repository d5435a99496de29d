"""The JSON of media."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints

from ocma.features.schema import Input, Schema

AltText = Annotated[str, StringConstraints(max_length=10_000, pattern=r"^[^\x00]*$")]


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
    alt_text: AltText | None
