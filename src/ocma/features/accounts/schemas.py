"""The JSON of accounts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from ocma.features.accounts.models import Account
from ocma.features.schema import Input, Schema
from ocma.platforms.connector import Connector, Publishes, Registers
from ocma.platforms.manifest import Manifest, Quota

Status = Literal["active", "needsReauthorization", "restricted", "revoked"]
VISIBLE = r"^[\x20-\x7e]+$"  # RFC 6749: all that a code may consist of; forms hold nothing else
Visible = Annotated[str, StringConstraints(pattern=VISIBLE)]


class Authorize(Input):
    """`host` for platforms that are many servers, e.g. mastodon.social."""

    platform: str = Field(min_length=1, max_length=40)
    redirect_uri: str | None = Field(default=None, max_length=2000)
    host: str | None = Field(default=None, max_length=300)


class Authorization(Schema):
    url: str
    state: str
    expires_at: datetime


class Connect(Input):
    """With neither `state` nor `codeVerifier` your newest pending authorization of the platform is used."""

    platform: str = Field(min_length=1, max_length=40)
    auth_code: Visible = Field(max_length=4000)
    code_verifier: Visible | None = Field(default=None, max_length=200)
    redirect_uri: str | None = Field(default=None, max_length=2000)
    state: str | None = Field(default=None, min_length=1, max_length=500)
    host: str | None = Field(default=None, max_length=300)


class AccountMetrics(Schema):
    """As of the last connect or refresh; null where the platform does not tell."""

    followers: int | None
    following: int | None
    posts: int | None


class BreakerView(Schema):
    """While it is open nothing is sent: the platform does not answer (`down`), or refuses many accounts at once (`refused`).

    `until`: when one post is let through to see. `recent_failures`: calls of the last minute that failed so.
    """

    state: Literal["closed", "open", "halfOpen"]
    until: datetime | None = None
    reason: Literal["down", "refused"] | None = None
    recent_failures: int = 0


class AccountView(Schema):
    """`permissions` are our names for what the scopes allow. No token ever leaves.

    `breaker`: of its platform (its host); null where it could not be asked. `throttled_until`: the platform wants nothing before.
    """

    id: UUID
    platform: str
    account_id: str
    account_name: str
    account_handle: str
    profile_image: str | None
    profile_url: str | None
    host: str | None
    token_expiry: datetime | None
    scope: str
    is_active: bool
    status: Status
    status_reason: str | None
    permissions: list[str]
    metrics: AccountMetrics
    last_success_at: datetime | None
    breaker: BreakerView | None
    throttled_until: datetime | None
    connected_at: datetime
    updated_at: datetime


class Connected(Schema):
    success: bool = True
    account: AccountView
    accounts: list[AccountView]
    message: str


class Disconnected(Schema):
    """`waiting`: publications that are held from now on; they go on when the account is connected again."""

    success: bool = True
    message: str
    waiting: int
    warning: str | None = None


class TextFacts(Schema):
    limit: int
    unit: str


class MediaFacts(Schema):
    images: int
    gifs: int
    videos: int
    image_types: list[str]
    image_bytes: int
    gif_bytes: int
    alt_text: int


class QuotaView(Schema):
    """So many calls in any so many seconds."""

    on: str
    of: str
    calls: int
    seconds: int


class PlatformView(Schema):
    """What a platform can do and how far it goes. `configured`: this server has a developer app there, or needs none.

    `breaker`: of a platform that is many servers the worst of those on which you have accounts; null where it could not be asked.
    """

    platform: str
    name: str
    aliases: list[str]
    configured: bool
    per_host: bool
    abilities: list[str]
    thread: int
    text: TextFacts
    media: MediaFacts
    options: dict[str, list[Any] | None]
    quotas: list[QuotaView]
    breaker: BreakerView | None


def account_view(
    account: Account,
    expiry: object = None,
    name: str | None = None,
    breaker: BreakerView | None = None,
    throttled_until: datetime | None = None,
) -> AccountView:
    """`name`: what the caller called the platform."""
    return AccountView(
        id=account.id,
        platform=name or account.platform,
        account_id=account.platform_account_id,
        account_name=account.name,
        account_handle=account.handle,
        profile_image=account.profile_image,
        profile_url=account.profile_url,
        host=account.host or None,
        token_expiry=expiry if isinstance(expiry, datetime) else None,
        scope=" ".join(account.scopes),
        is_active=account.status == "active",
        status=account.status,  # pyright: ignore[reportArgumentType] - the table's CHECK holds it to Status
        status_reason=account.status_reason,
        permissions=_permissions(account.scopes),
        metrics=AccountMetrics(followers=account.followers, following=account.following, posts=account.posts),
        last_success_at=account.last_success_at,
        breaker=breaker,
        throttled_until=throttled_until,
        connected_at=account.connected_at,
        updated_at=account.updated_at,
    )


def _permissions(scopes: list[str]) -> list[str]:
    """publish: some scope writes; read: some scope reads."""
    words = {word for scope in scopes for word in scope.replace(":", ".").split(".")}
    return [name for name, word in (("publish", "write"), ("read", "read")) if word in words]


def platform_view(
    connector: Connector, configured: Mapping[str, bool], quotas: Sequence[Quota], breaker: BreakerView | None
) -> PlatformView:
    manifest: Manifest = connector.manifest
    media = manifest.media
    abilities = [name for name, kind in (("publish", Publishes), ("register", Registers)) if isinstance(connector, kind)]
    return PlatformView(
        platform=manifest.key,
        name=manifest.name,
        aliases=list(manifest.aliases),
        configured=configured[manifest.key],
        per_host=manifest.oauth.per_host,
        abilities=["connect", *abilities],
        thread=manifest.thread,
        text=TextFacts(limit=manifest.text.limit, unit=manifest.text.unit),
        media=MediaFacts(
            images=media.images,
            gifs=media.gifs,
            videos=media.videos,
            image_types=list(media.image_types),
            image_bytes=media.image_bytes,
            gif_bytes=media.gif_bytes,
            alt_text=media.alt_text,
        ),
        options={name: list(values) if values else None for name, values in manifest.options.items()},
        quotas=[QuotaView(on=each.on, of=each.of, calls=each.calls, seconds=int(each.per.total_seconds())) for each in quotas],
        breaker=breaker,
    )
