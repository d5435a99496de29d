"""One try of one delivery: load, sign, send, write down what came of it."""

import asyncio
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from time import monotonic
from typing import Any
from uuid import UUID

import httpx2
import structlog
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ocma.clock import Clock
from ocma.errors import Invalid
from ocma.features.notifications import signature
from ocma.features.notifications.catalogue import TESTED
from ocma.features.notifications.destination import check_url
from ocma.features.notifications.endpoints import give_up, valid_secrets
from ocma.features.notifications.models import WebhookDelivery, WebhookEndpoint
from ocma.infra.database import Database
from ocma.infra.outbound import Refused
from ocma.infra.vault import Sealed, Vault

log = structlog.get_logger(__name__)

DELAYS = (5, 30, 120, 600, 1800, 3600, 7200, 14400, 21600, 28800)  # seconds between tries; nearly 22 hours in all
LONGEST = 86400.0  # seconds an endpoint may ask us to wait
PATIENCE = timedelta(days=3)  # after so long without a success, the next message that cannot be delivered disables the endpoint
KEPT = 1024  # bytes of an answer's body
GONE = 410


@dataclass(frozen=True, slots=True)
class Claim:
    """`attempt` is the fence: once somebody else has claimed it, our result changes nothing."""

    id: UUID
    workspace_id: UUID
    attempt: int


@dataclass(frozen=True, slots=True)
class Post:
    """What a try is made with. `recording` keeps us from taking all connections that publishing needs."""

    database: Database
    vault: Vault
    client: httpx2.AsyncClient
    clock: Clock
    trusted_hosts: Collection[str]
    timeout: float
    patience: float
    random: Random
    recording: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))


@dataclass(slots=True)
class Answer:
    """`error` None: delivered."""

    error: str | None = None
    status: int | None = None
    body: str | None = None
    retry_after: float = 0.0
    took: float = 0.0  # seconds


async def deliver(post: Post, claim: Claim) -> None:
    """Whatever happens out there is written down; raises only what our own database does."""
    async with post.recording, post.database.transaction(claim.workspace_id) as session:
        found = await _load(session, claim)
    if found is None:
        return
    delivery, endpoint = found
    answer = await _try(post, delivery, endpoint)
    async with post.recording, post.database.transaction(claim.workspace_id) as session:
        await _record(session, post, claim, delivery, answer)
    log.info("webhook.tried", delivery=str(claim.id), attempt=claim.attempt, status=answer.status, error=answer.error)


async def _load(session: AsyncSession, claim: Claim) -> tuple[WebhookDelivery, WebhookEndpoint] | None:
    query = (
        select(WebhookDelivery, WebhookEndpoint)
        .join(WebhookEndpoint, WebhookEndpoint.id == WebhookDelivery.endpoint_id)
        .where(WebhookDelivery.id == claim.id, *_ours(claim))
    )
    row = (await session.execute(query)).first()
    return (row[0], row[1]) if row else None


def _ours(claim: Claim) -> tuple[Any, Any]:
    return WebhookDelivery.attempts == claim.attempt, WebhookDelivery.status == "pending"


async def _try(post: Post, delivery: WebhookDelivery, endpoint: WebhookEndpoint) -> Answer:
    if not endpoint.enabled:
        return Answer("endpointDisabled")
    try:
        check_url(endpoint.url, post.trusted_hosts)  # what the operator trusts may have changed
        now, body = post.clock(), encode(delivery.payload)
        signed = signature.headers(valid_secrets(post.vault, endpoint, now), delivery.message_id, now, body)
    except Invalid:
        return Answer("destinationRefused")
    except Sealed:
        return Answer("vaultSealed")
    return await _send(post, endpoint.url, body, signed)


def encode(payload: Mapping[str, Any]) -> bytes:
    """The very bytes that are signed and sent, every time the same."""
    order = ("id", "type", "timestamp", "workspaceId", "data")
    return json.dumps({name: payload[name] for name in order}, ensure_ascii=False, separators=(",", ":")).encode()


async def _send(post: Post, url: str, body: bytes, signed: Mapping[str, str]) -> Answer:
    """Once; no redirect is followed. An answer whose body breaks off after its status counts by the status."""
    answer, begun = Answer("timeout"), monotonic()
    sent = {**signed, "Content-Type": "application/json"}
    try:
        async with asyncio.timeout(post.timeout), post.client.stream("POST", url, content=body, headers=sent) as response:
            answer.status, answer.retry_after = response.status_code, _retry_after(response)
            answer.error = None if response.is_success else "httpStatus"
            answer.body = await _first(response)
    except (TimeoutError, httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
        if answer.status is None:
            answer.error = _name(error)
    answer.took = monotonic() - begun
    return answer


def _name(error: Exception) -> str:
    if isinstance(error, (TimeoutError, httpx2.TimeoutException)):
        return "timeout"
    if isinstance(error, (Refused, httpx2.InvalidURL)):
        return "destinationRefused"
    return "connectFailed" if isinstance(error, httpx2.ConnectError) else "answerBroken"


async def _first(response: httpx2.Response) -> str:
    """Its beginning, as text that can be stored."""
    kept = b""
    async for chunk in response.aiter_raw():
        kept += chunk
        if len(kept) >= KEPT:
            break
    return kept[:KEPT].decode("utf-8", "replace").replace("\0", "�")


def _retry_after(response: httpx2.Response) -> float:
    value = response.headers.get("retry-after", "")
    return min(float(value), LONGEST) if value.isascii() and value.isdigit() else 0.0


async def _record(session: AsyncSession, post: Post, claim: Claim, delivery: WebhookDelivery, answer: Answer) -> None:
    wait = _wait(post, claim, delivery, answer)
    seen = {
        "response_status": answer.status,
        "response_body": answer.body,
        "duration_ms": round(answer.took * 1000),
        "attempted_at": post.clock(),
        "error": answer.error,
    }
    over = {"status": "failed" if answer.error else "delivered", "due_at": None}
    next_ = over if wait is None else {"due_at": func.clock_timestamp() + wait}
    query = update(WebhookDelivery).where(WebhookDelivery.id == claim.id, *_ours(claim))
    ours = await session.scalar(query.values(**seen, **next_, lease_until=None).returning(WebhookDelivery.id))
    if ours is not None and answer.error != "endpointDisabled":
        await _judge(session, delivery, answer, post.clock(), exhausted=wait is None)


def _wait(post: Post, claim: Claim, delivery: WebhookDelivery, answer: Answer) -> timedelta | None:
    """Until the next try; None: there is none."""
    ended = answer.error in {None, "endpointDisabled"} or answer.status == GONE or delivery.kind == TESTED
    if ended or claim.attempt > len(DELAYS):
        return None
    spread = DELAYS[claim.attempt - 1] * post.random.uniform(0.8, 1.2)
    return timedelta(seconds=max(spread, answer.retry_after) * post.patience)


async def _judge(session: AsyncSession, delivery: WebhookDelivery, answer: Answer, now: datetime, *, exhausted: bool) -> None:
    """What a result says of the endpoint."""
    endpoint = update(WebhookEndpoint).where(WebhookEndpoint.id == delivery.endpoint_id)
    if answer.error is None:
        await session.execute(endpoint.where(WebhookEndpoint.failing_since.is_not(None)).values(failing_since=None))
    elif answer.status == GONE:
        await give_up(session, delivery.endpoint_id, "gone")
    elif delivery.kind != TESTED and answer.error != "vaultSealed":
        await session.execute(endpoint.where(WebhookEndpoint.failing_since.is_(None)).values(failing_since=now))
        if exhausted and await _has_failed_long(session, delivery.endpoint_id, now):
            await give_up(session, delivery.endpoint_id, "failing")


async def _has_failed_long(session: AsyncSession, endpoint_id: UUID, now: datetime) -> bool:
    since = await session.scalar(select(WebhookEndpoint.failing_since).where(WebhookEndpoint.id == endpoint_id))
    return since is not None and now - since > PATIENCE
