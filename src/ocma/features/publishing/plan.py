"""From a draft to publications: every check of every platform first, then one transaction."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from ocma.errors import Invalid, Issue
from ocma.features.accounts.accounts import list_accounts
from ocma.features.accounts.models import Account
from ocma.features.media.library import Library, find_media
from ocma.features.media.models import Medium
from ocma.features.posts import review
from ocma.features.posts.models import Post
from ocma.features.posts.variants import media_ids
from ocma.features.publishing.models import Publication
from ocma.features.workspaces import audit
from ocma.features.workspaces.caller import Caller
from ocma.ids import new_id
from ocma.platforms.registry import get_connector

CHANNEL = "ocma_due"  # dispatchers listen there


@dataclass(frozen=True, slots=True)
class Draft:
    """`content` and `variants` as in features/posts/models.py; `request_key` makes a repeated request find its first post."""

    content: Mapping[str, Any]
    variants: Mapping[str, Any]
    details: Mapping[str, Any]
    platforms: Sequence[str]
    account_ids: Sequence[UUID]
    scheduled_at: datetime
    wall_time: datetime
    timezone: str
    on_unknown: str
    max_attempts: int | None = None
    request_key: str | None = None
    request_hash: str | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    post: Post
    publications: list[Publication]
    warnings: list[str] = field(default_factory=list[str])


async def plan(session: AsyncSession, caller: Caller, library: Library, draft: Draft, now: datetime) -> Planned:
    """Writes the post and a publication per account. Raises Invalid with all issues of all platforms at once."""
    if draft.request_key and (before := await _find_before(session, draft)):
        return before
    (planned,) = await plan_all(session, caller, library, [draft], now)
    return planned


async def plan_all(
    session: AsyncSession, caller: Caller, library: Library, drafts: Sequence[Draft], now: datetime
) -> list[Planned]:
    """Many, new ones, in as many statements as one takes. Raises Invalid for the first that cannot be."""
    stock = await take_stock(session, drafts)
    planned = [examined(caller, library, stock, each, now) for each in drafts]
    session.add_all(each.post for each in planned)
    await session.flush()
    session.add_all(publication for each in planned for publication in each.publications)
    await session.flush()
    await audit.record_all(session, caller, "post.scheduled", {str(each.post.id): _told(each) for each in planned})
    await session.execute(text("SELECT pg_notify(:channel, '')"), {"channel": CHANNEL})
    return planned


def _told(planned: Planned) -> dict[str, Any]:
    return {"publications": len(planned.publications), "scheduledAt": planned.post.scheduled_at.isoformat()}


@dataclass(frozen=True, slots=True)
class Stock:
    """What drafts draw on: the accounts that are connected, and the files that the drafts name."""

    accounts: Sequence[Account]
    media: Mapping[UUID, Medium]


async def take_stock(session: AsyncSession, drafts: Iterable[Draft]) -> Stock:
    named = {each for draft in drafts for each in media_ids(draft.content, draft.variants)}
    return Stock(await list_accounts(session, limit=10_000), await find_media(session, list(named)))


async def examine(session: AsyncSession, caller: Caller, library: Library, draft: Draft, now: datetime) -> Planned:
    """What `plan` would write, checked and not written."""
    return examined(caller, library, await take_stock(session, [draft]), draft, now)


def examined(caller: Caller, library: Library, stock: Stock, draft: Draft, now: datetime) -> Planned:
    """The same, of drafts whose stock was taken."""
    accounts, warnings = _accounts(stock.accounts, draft)
    warnings += check_content(draft.content, draft.variants, {account.platform for account in accounts}, stock.media, library)
    post = _post(caller, draft, now)
    return Planned(post, [_publication(post, account, draft, now) for account in accounts], warnings)


def check_content(
    content: Mapping[str, Any],
    variants: Mapping[str, Any],
    platforms: Collection[str],
    media: Mapping[UUID, Medium],
    library: Library,
) -> list[str]:
    """What the platforms advise. Raises Invalid with all issues of all platforms at once."""
    draft = review.Draft(content, variants, media, library.outgoing, library.foreseen)
    issues, advice = review.review_all(draft, platforms)
    if issues:
        raise Invalid("The post cannot be published like this.", code="checkFailed", issues=issues)
    return advice


async def _find_before(session: AsyncSession, draft: Draft) -> Planned | None:
    post = await session.scalar(select(Post).where(Post.request_key == draft.request_key))
    if post is None:
        return None
    if post.request_hash != draft.request_hash:
        message = "This Idempotency-Key was used for another post."
        raise Invalid(message, code="idempotencyKeyReused", remediation="Use a new key for a new post.")
    found = select(Publication).where(Publication.post_id == post.id).order_by(Publication.id)
    return Planned(post, list(await session.scalars(found)))


def _accounts(connected: Sequence[Account], draft: Draft) -> tuple[list[Account], list[str]]:
    """Those named, and every one of the named platforms. Raises Invalid naming what is not connected."""
    wanted = {get_connector(name, f"platforms.{index}").manifest.key: index for index, name in enumerate(draft.platforms)}
    usable = [each for each in connected if each.platform in wanted and each.status == "active"]
    chosen = {each.id: each for each in usable if not each.missing}
    account_ids = set(draft.account_ids)
    named = {each.id: each for each in connected if each.id in account_ids}
    issues = [*_unconnected(connected, chosen, wanted), *_unknown(draft.account_ids, named)]
    if issues or not (chosen or named):
        issues = issues or [Issue("platforms", "required", "Name at least one platform or account.")]
        raise Invalid("The post has nowhere to go.", code="accountMissing", issues=issues)
    counts = {key: [each for each in chosen.values() if each.platform == key] for key in wanted}
    warnings = [f"{key}: goes to all {len(each)} connected accounts." for key, each in counts.items() if len(each) > 1]
    warnings += [f"{each.platform}: not to {each.handle}, {_lacks(each)}." for each in usable if each.missing]
    return list((chosen | named).values()), warnings


def _unconnected(connected: Sequence[Account], chosen: Mapping[UUID, Account], wanted: Mapping[str, int]) -> list[Issue]:
    usable = {each.platform for each in chosen.values()}
    waiting = {each.platform: each for each in connected if each.platform not in usable}
    issues: list[Issue] = []
    for key, index in wanted.items():
        if key not in usable:
            account = waiting.get(key)
            why = "has no connected account" if account is None else "has to be connected again"
            why = _lacks(account) if account and account.status == "active" else why
            remediation = "POST /api/social/authorize begins."
            issues.append(Issue(f"platforms.{index}", "accountMissing", f"{key} {why}.", remediation, key))
    return issues


def _lacks(account: Account) -> str:
    return f"lacks a permission to publish ({', '.join(account.missing)})"


def _unknown(account_ids: Sequence[UUID], named: Mapping[UUID, Account]) -> list[Issue]:
    issues: list[Issue] = []
    for index, account_id in enumerate(account_ids):
        account, path = named.get(account_id), f"accountIds.{index}"
        if account is None:
            issues.append(Issue(path, "accountMissing", f"There is no account {account_id}."))
        elif account.status == "active" and account.missing:
            message, remediation = f"The account {account.handle} {_lacks(account)}.", "Connect it again and allow that."
            issues.append(Issue(path, "permissionMissing", message, remediation, account.platform))
        elif account.status != "active":
            message = f"The account {account.handle} is not usable ({account.status})."
            issues.append(Issue(path, "accountInactive", message, "Connect it again.", account.platform))
    return issues


def _post(caller: Caller, draft: Draft, now: datetime) -> Post:
    return Post(
        id=new_id(),
        workspace_id=caller.workspace_id,
        content=dict(draft.content),
        variants=dict(draft.variants),
        details=dict(draft.details),
        scheduled_at=draft.scheduled_at,
        wall_time=draft.wall_time,
        timezone=draft.timezone,
        request_key=draft.request_key,
        request_hash=draft.request_hash,
        created_by=caller.name,
        created_at=now,
        updated_at=now,
    )


def _publication(post: Post, account: Account, draft: Draft, now: datetime) -> Publication:
    """A time in the past means now: what is sent at once is not late."""
    at = max(draft.scheduled_at, now)
    return Publication(
        id=new_id(),
        workspace_id=post.workspace_id,
        post_id=post.id,
        account_id=account.id,
        platform=account.platform,
        state="scheduled",
        scheduled_at=at,
        due_at=at,
        max_attempts=draft.max_attempts or get_connector(account.platform).manifest.retry.attempts,
        on_unknown=draft.on_unknown,
        progress={},
        created_at=now,
        updated_at=now,
    )
