"""Connected accounts, their tokens, and authorizations under way."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, DateTime, Text
from sqlalchemy.orm import Mapped, mapped_column

from ocma.ids import new_id
from ocma.infra.database import Model

Instant = DateTime(timezone=True)


class Account(Model):
    """`host` is empty unless the platform is many servers. `missing`: what publishing to it lacks, scopes or a role."""

    __tablename__ = "accounts"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    workspace_id: Mapped[UUID]
    platform: Mapped[str]
    host: Mapped[str] = mapped_column(default="")
    platform_account_id: Mapped[str]
    name: Mapped[str]
    handle: Mapped[str]
    profile_url: Mapped[str | None]
    profile_image: Mapped[str | None]
    followers: Mapped[int | None] = mapped_column(BigInteger)
    following: Mapped[int | None] = mapped_column(BigInteger)
    posts: Mapped[int | None] = mapped_column(BigInteger)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    missing: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    status: Mapped[str] = mapped_column(default="active")
    status_reason: Mapped[str | None]
    last_success_at: Mapped[datetime | None] = mapped_column(Instant)
    connected_at: Mapped[datetime] = mapped_column(Instant)
    updated_at: Mapped[datetime] = mapped_column(Instant)


class AccountToken(Model):
    """Encrypted; `version` rises with every refresh (compare and swap). The columns are explained at the table."""

    __tablename__ = "account_tokens"

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    workspace_id: Mapped[UUID]
    version: Mapped[int] = mapped_column(default=1)
    access_token: Mapped[str]
    refresh_token: Mapped[str | None]
    extra: Mapped[str | None]
    expires_at: Mapped[datetime | None] = mapped_column(Instant)
    early: Mapped[timedelta] = mapped_column(default=timedelta(0))
    ends_at: Mapped[datetime | None] = mapped_column(Instant)
    login_id: Mapped[UUID | None]
    key_id: Mapped[str]
    updated_at: Mapped[datetime] = mapped_column(Instant)


class PlatformApp(Model):
    """Our registration with one host of a platform that is many servers."""

    __tablename__ = "platform_apps"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    workspace_id: Mapped[UUID]
    platform: Mapped[str]
    host: Mapped[str]
    redirect_uri: Mapped[str]
    client_id: Mapped[str]
    client_secret: Mapped[str]
    key_id: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(Instant)


class OAuthState(Model):
    """An authorization under way: who began it, and what must be kept (sealed) until the code comes back."""

    __tablename__ = "oauth_states"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    workspace_id: Mapped[UUID]
    state_hash: Mapped[bytes]
    caller: Mapped[str]
    platform: Mapped[str]
    host: Mapped[str] = mapped_column(default="")
    redirect_uri: Mapped[str]
    verifier: Mapped[str]
    kept: Mapped[str | None]
    key_id: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)
