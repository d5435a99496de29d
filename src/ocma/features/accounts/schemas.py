"""The JSON of accounts."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from ocma.features.accounts.accounts import Ends
from ocma.features.accounts.models import Account
from ocma.features.schema import Input, Schema
from ocma.platforms.registry import connectors

Status = Literal["active", "needsReauthorization", "restricted", "revoked"]
VISIBLE = r"^[\x20-\x7e]+$"  # RFC 6749: all that a code may consist of; forms hold nothing else
Visible = Annotated[str, StringConstraints(pattern=VISIBLE)]


class Authorize(Input):
    """`host` for platforms that are many servers, e.g. mastodon.social; `handle` where the account's server is found by it."""

    platform: str = Field(min_length=1, max_length=40)
    redirect_uri: str | None = Field(default=None, max_length=2000)
    host: str | None = Field(default=None, max_length=300)
    handle: str | None = Field(default=None, max_length=300)


class Authorization(Schema):
    url: str
    state: str
    expires_at: datetime


class Connect(Input):
    """With neither `state` nor `codeVerifier` your newest pending authorization of the platform is used.

    `issuer`: what came back as `iss`, from platforms that send it.
    """

    platform: str = Field(min_length=1, max_length=40)
    auth_code: Visible = Field(max_length=4000)
    code_verifier: Visible | None = Field(default=None, max_length=200)
    redirect_uri: str | None = Field(default=None, max_length=2000)
    state: str | None = Field(default=None, min_length=1, max_length=500)
    host: str | None = Field(default=None, max_length=300)
    issuer: str | None = Field(default=None, max_length=2000)


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
    """`permissions` are our names for what the scopes allow; `missing`: what publishing lacks. No token ever leaves.

    `reconnectBefore`: then the connection ends whatever OCMA does; null where it does not, or the platform does not say.
    `breaker`: of its platform (its host); null where it could not be asked. `throttledUntil`: it wants nothing before.
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
    reconnect_before: datetime | None
    scope: str
    is_active: bool
    status: Status
    status_reason: str | None
    permissions: list[str]
    missing: list[str]
    metrics: AccountMetrics
    last_success_at: datetime | None
    breaker: BreakerView | None
    throttled_until: datetime | None
    connected_at: datetime
    updated_at: datetime


class Connected(Schema):
    """`warnings`: what these accounts cannot do yet, and how they could."""

    success: bool = True
    account: AccountView
    accounts: list[AccountView]
    message: str
    warnings: list[str]


class Disconnected(Schema):
    """`waiting`: publications that are held from now on; they go on when the account is connected again."""

    success: bool = True
    message: str
    waiting: int
    warning: str | None = None


def account_view(
    account: Account,
    ends: Ends | None = None,
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
        token_expiry=ends and ends.token,
        reconnect_before=ends and ends.connection,
        scope=" ".join(account.scopes),
        is_active=account.status == "active",
        status=account.status,  # pyright: ignore[reportArgumentType] - the table's CHECK holds it to Status
        status_reason=account.status_reason,
        permissions=_permissions(account),
        missing=account.missing,
        metrics=AccountMetrics(followers=account.followers, following=account.following, posts=account.posts),
        last_success_at=account.last_success_at,
        breaker=breaker,
        throttled_until=throttled_until,
        connected_at=account.connected_at,
        updated_at=account.updated_at,
    )


def _permissions(account: Account) -> list[str]:
    """The abilities whose scopes were all granted."""
    connector = connectors().get(account.platform)
    if connector is None:  # a third party's that is not installed any more
        return []
    oauth = connector.manifest.oauth
    able = [name for name in oauth.needs if not oauth.missing(name, account.scopes)]
    return [name for name in able if name != "publish" or not account.missing]


def connected(views: list[AccountView]) -> Connected:
    """`views`: at least one."""
    message = f"Connected {', '.join(each.account_handle for each in views)}."
    warnings = [
        f"{each.account_handle} cannot be published to: {', '.join(each.missing)} is missing. Connect it again and allow that."
        for each in views
        if each.missing
    ]
    return Connected(account=views[0], accounts=views, message=message, warnings=warnings)
