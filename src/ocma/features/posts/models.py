"""Posts: what was written, once; where it goes is a publication each (features/publishing)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ocma.ids import new_id
from ocma.infra.database import Model


class Post(Model):
    """`content` is `{parts: [{text, mediaIds, poll?, link?}], options, firstComment?}`; `firstComment` true: it is the last part.

    `variants` maps a platform to `{text?, mediaIds?, options?, thread?: parts, firstComment?: part or null, poll?, link?}`.
    `scheduled_at` is the instant; `wall_time` with `timezone` is what the user chose.
    """

    __tablename__ = "posts"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    workspace_id: Mapped[UUID]
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    variants: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    details: Mapped[dict[str, Any]] = mapped_column("metadata", JSONB, default=dict)
    scheduled_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    wall_time: Mapped[datetime] = mapped_column(DateTime(timezone=False))
    timezone: Mapped[str]
    request_key: Mapped[str | None]
    request_hash: Mapped[str | None]
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
