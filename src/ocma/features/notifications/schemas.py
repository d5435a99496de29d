"""The JSON of notifications and webhooks."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints, field_validator

from ocma.features.notifications.catalogue import EVERYTHING, SUBSCRIBABLE
from ocma.features.notifications.wording import Severity
from ocma.features.schema import Input, Page, Schema

DeliveryStatus = Literal["pending", "delivered", "failed"]
Url = Annotated[str, StringConstraints(min_length=1, max_length=2000), Field(json_schema_extra={"format": "uri"})]
Description = Annotated[str, StringConstraints(max_length=200)]
Subscription = Annotated[str, StringConstraints(max_length=100), Field(json_schema_extra={"enum": list(SUBSCRIBABLE)})]
Subscriptions = Annotated[list[Subscription], Field(min_length=1, max_length=len(SUBSCRIBABLE))]


class NotificationView(Schema):
    """`read`: by you."""

    id: UUID
    type: str
    severity: Severity
    title: str
    detail: str
    remediation: str | None
    platform: str | None
    account_id: UUID | None
    account_handle: str | None
    job_id: UUID | None
    publication_id: UUID | None
    endpoint_id: UUID | None
    at: datetime
    read: bool


class Inbox(Page[NotificationView]):
    """`unread`: how many there are in all that you have not read."""

    unread: int


class MarkedRead(Schema):
    """`marked`: how many were unread."""

    marked: int


class NewEndpoint(Input):
    """`events`: names, families such as `publication.*`, or `*` for all there are and will be."""

    url: Url
    events: Subscriptions = Field(default=[EVERYTHING], validate_default=True)
    description: Description = ""


def _without_null(schema: dict[str, Any]) -> None:
    """Null is there for what is left out: nobody may send it."""
    for found in schema["properties"].values():
        given = next(each for each in found.pop("anyOf") if each != {"type": "null"})
        found.pop("default", None)
        found.update(given)


class EndpointChange(Input):
    model_config = ConfigDict(json_schema_extra=_without_null)

    url: Url | None = None
    events: Subscriptions | None = None
    description: Description | None = None
    enabled: bool | None = Field(default=None, strict=True)

    @field_validator("url", "events", "description", "enabled")
    @classmethod
    def given(cls, value: object) -> object:
        if value is None:
            raise ValueError("may be left out, but not null")
        return value


class EndpointView(Schema):
    """`disabledReason`: `gone` (410) or `failing` (for days) when OCMA disabled it, null when a person did.

    `failingSince`: since then nothing could be delivered. `previousUntil`: until then the secret before signs, too.
    """

    id: UUID
    url: str
    description: str
    events: list[str]
    enabled: bool
    disabled_reason: str | None
    failing_since: datetime | None
    previous_until: datetime | None
    created_by: str
    created_at: datetime
    updated_at: datetime


class CreatedEndpoint(EndpointView):
    """`secret` is shown this once."""

    secret: str


class RotatedSecret(Schema):
    """`secret` is shown this once; the one before signs, too, until `previousUntil`."""

    secret: str
    previous_until: datetime


class DeliveryView(Schema):
    """`messageId` is sent as `webhook-id`, the same at every try and replay. The answer is that of the last try.

    `error`: httpStatus, timeout, connectFailed, answerBroken, destinationRefused, endpointDisabled, vaultSealed.
    """

    id: UUID
    message_id: str
    type: str = Field(validation_alias="kind")
    status: DeliveryStatus
    attempts: int
    next_at: datetime | None = Field(validation_alias="due_at")
    attempted_at: datetime | None
    duration_ms: int | None
    response_status: int | None
    response_body: str | None
    error: str | None
    replay_of: UUID | None
    created_at: datetime


class DeliveryDetails(DeliveryView):
    """`payload` is the body that is sent."""

    payload: dict[str, Any]


class EventTypeView(Schema):
    """`fields` are those of `data`; what is null is left out."""

    name: str
    when: str
    fields: list[str]
