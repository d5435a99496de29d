"""What others say to an account, as long as somebody wants to hear it. Nothing of it is kept."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime
from uuid import UUID

from ocma.errors import Invalid, Issue
from ocma.features.accounts import tokens
from ocma.features.accounts.accounts import get_account
from ocma.features.accounts.desk import Desk
from ocma.features.accounts.models import Account
from ocma.features.schema import Schema
from ocma.features.workspaces.caller import Caller
from ocma.platforms.connector import Access, Heard, Listens
from ocma.platforms.errors import ReauthorizationRequired
from ocma.platforms.grant import Grant
from ocma.platforms.registry import connectors, get_connector


class HeardView(Schema):
    """`id`: listening goes on after it. `postId` is what was said, `inReplyTo` the post that it answers or quotes."""

    id: str
    kind: str
    handle: str
    name: str
    text: str
    post_id: str
    url: str | None
    at: datetime | None
    in_reply_to: str | None


def heard_view(heard: Heard) -> HeardView:
    return HeardView.model_validate(heard, from_attributes=True)


async def listen(desk: Desk, caller: Caller, account_id: UUID, since: str | None) -> AsyncGenerator[Heard]:
    """Without end. Raises Invalid where the platform is not listened to; else as `Listens.listen` does."""
    async with desk.database.transaction(caller.workspace_id) as session:
        account = await get_account(session, account_id)
    listener = _listener(account)
    grant = await _usable(desk, account)
    async with aclosing(listener.listen(_access(desk, account, grant), since)) as found:
        async for each in found:
            yield each


def _listener(account: Account) -> Listens:
    connector = get_connector(account.platform)
    if isinstance(connector, Listens):
        return connector
    heard = ", ".join(each.manifest.name for each in connectors().values() if isinstance(each, Listens))
    message = f"OCMA does not listen on {connector.manifest.name}."
    raise Invalid(
        message,
        code="notListening",
        issues=[Issue("account", "notListening", message)],
        remediation=f"Take an account on one of these: {heard}.",
    )


async def _usable(desk: Desk, account: Account) -> Grant:
    if account.status != "active":
        raise ReauthorizationRequired(
            f"The account is not usable ({account.status}).",
            platform=account.platform,
            remediation="Connect the account again.",
        )
    grant, _ = await tokens.fresh(desk, account)
    return grant


def _access(desk: Desk, account: Account, grant: Grant) -> Access:
    connector = get_connector(account.platform)
    return desk.gateway.access(connector, grant, account.host, account.platform_account_id, account.handle)
