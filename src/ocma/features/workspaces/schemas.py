"""The JSON of tenants."""

from copy import deepcopy
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import available_timezones

from pydantic import AfterValidator, ConfigDict, EmailStr, Field, SecretStr, StringConstraints, field_validator

from ocma.features.schema import Counted, Input, Instant, Schema, given, without_null
from ocma.features.workspaces.scopes import Role

PASSWORD_LENGTH = 12
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
OnUnknown = Literal["settle", "hold"]


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _zone(name: str) -> str:
    if name not in _zones():
        raise ValueError("not an IANA time zone, e.g. Europe/Berlin")
    return name


Zone = Annotated[str, StringConstraints(max_length=64), AfterValidator(_zone)]


class Registration(Input):
    email: EmailStr
    password: SecretStr = Field(min_length=PASSWORD_LENGTH, max_length=1024)
    name: str = Field("", max_length=100)
    workspace_name: Name | None = None


class Login(Input):
    email: EmailStr
    password: SecretStr = Field(max_length=1024)


class Opened(Schema):
    """A session: send `token` as `Authorization: Bearer …`."""

    token: str
    expires_at: datetime
    user_id: UUID
    workspace_id: UUID | None


class MembershipView(Schema):
    """`role` is `key` where an API key asks."""

    workspace_id: UUID
    name: str
    role: Role | Literal["key"]


class Me(Schema):
    """`workspaceId` null: the user belongs to no workspace yet."""

    name: str
    user_id: UUID | None
    email: str | None
    workspace_id: UUID | None
    role: Role | Literal["key"] | None
    scopes: list[str]
    workspaces: list[MembershipView]


class NewKey(Input):
    """`scopes` null: all that the maker has."""

    name: Name
    scopes: list[str] | None = Field(None, min_length=1, max_length=50)
    expires_at: Instant | None = None


class ApiKeyView(Schema):
    id: UUID
    name: str
    prefix: str
    scopes: list[str]
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class CreatedKey(ApiKeyView):
    """`key` is shown this once."""

    key: str


class NewWorkspace(Input):
    name: Name
    timezone: Zone = "UTC"
    on_unknown: OnUnknown = "settle"


PlatformKey = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
Usd = Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False, strict=True)]  # "1" and true are none


def _mostly_without_null(schema: dict[str, Any]) -> None:
    """Budgets of models may be null: as the operator set them. Platforms have no other keys than those that look like one."""
    properties = schema["properties"]
    budgets = {name: deepcopy(properties[name]) for name in ("aiBudgetUsd", "aiBudgetTokens")}
    without_null(schema)
    properties.update(budgets)
    properties["metricsBudgetUsd"]["additionalProperties"] = False


class WorkspaceChange(Input):
    """`resumeGraceHours`: what is due for longer than this is not sent until a person says so.

    `metricsBudgetUsd`: by platform, what reading its posts may cost in a UTC day, where it bills that (X); all of them at once.
    `aiBudgetUsd`, `aiBudgetTokens`: what a language model may take in a UTC day; 0: none is asked, null: as the operator set it.
    """

    model_config = ConfigDict(json_schema_extra=_mostly_without_null)

    name: Name | None = None
    timezone: Zone | None = None
    on_unknown: OnUnknown | None = None
    resume_grace_hours: Annotated[int, Field(ge=1, le=8760), Counted] | None = None
    metrics_budget_usd: dict[PlatformKey, Usd] | None = None
    ai_budget_usd: Usd | None = None
    ai_budget_tokens: Annotated[int, Field(ge=0, le=10**12), Counted] | None = None

    _given = field_validator("name", "timezone", "on_unknown", "resume_grace_hours", "metrics_budget_usd")(given)


class WorkspaceView(Schema):
    """`onUnknown`: what happens when a platform did not say whether it took a post: settle it, or hold it for a person.

    `pausedAt`: since when nothing goes out; null: it does.
    """

    id: UUID
    name: str
    timezone: str
    on_unknown: OnUnknown
    paused_at: datetime | None
    resume_grace_hours: int
    metrics_budget_usd: dict[str, float]
    ai_budget_usd: float | None
    ai_budget_tokens: int | None
    created_at: datetime
    updated_at: datetime


class NewMember(Input):
    """By e-mail or id of somebody who has an account here."""

    email: EmailStr | None = None
    user_id: UUID | None = None
    role: Role


class RoleChange(Input):
    role: Role


class MemberView(Schema):
    user_id: UUID
    email: str
    name: str
    role: Role
    created_at: datetime


class AuditEntry(Schema):
    seq: int
    at: datetime
    actor: str
    action: str
    subject: str
    data: dict[str, Any]
    hash: str

    @field_validator("hash", mode="before")
    @classmethod
    def hexadecimal(cls, value: object) -> object:
        return value.hex() if isinstance(value, bytes) else value


class AuditVerdict(Schema):
    """`head` is the hash of the last entry: keep it elsewhere, and a cut-off end shows too."""

    valid: bool
    broken_at: int | None
    entries: int
    head: str | None
