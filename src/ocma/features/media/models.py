"""Uploaded files."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, DateTime
from sqlalchemy.orm import Mapped, mapped_column

from ocma.ids import new_id
from ocma.infra.database import Model


class Medium(Model):
    """What the bytes are (probed, not believed) and what they show (`alt_text`)."""

    __tablename__ = "media"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    workspace_id: Mapped[UUID]
    kind: Mapped[str]
    mime_type: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    width: Mapped[int | None]
    height: Mapped[int | None]
    sha256: Mapped[bytes]
    alt_text: Mapped[str | None]
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
