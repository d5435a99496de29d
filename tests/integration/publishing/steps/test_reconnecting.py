"""A person connects an account again while a worker is renewing its token: the person's word counts."""

import asyncio

import pytest
from sqlalchemy import select

from ocma.features.accounts import connections, tokens
from ocma.features.accounts.models import Account
from ocma.platforms.errors import ReauthorizationRequired
from ocma.platforms.registry import get_connector


async def status(company, account):
    async with company.resources.database.transaction(account.workspace_id) as session:
        return await session.scalar(select(Account.status).where(Account.id == account.id))


async def renewing(company, sandbox, account, seen):
    """A renewal that is at the platform and stays there for some seconds."""
    await sandbox.fault("x", "delay", path="/2/oauth2/token", delayMs=4000)
    task = asyncio.create_task(tokens.refresh(company.resources.desk, account, seen))
    await asyncio.sleep(0.4)
    assert not task.done()
    return task


async def test_a_renewal_does_not_overwrite_a_newer_connection(company, sandbox):
    account, desk = await company.connect("x", "newer"), company.resources.desk
    _, seen = await tokens.fresh(desk, account)
    running = await renewing(company, sandbox, account, seen)
    assert (await company.connect("x", "newer")).id == account.id
    renewed, version = await running
    kept, newest = await tokens.fresh(desk, account)
    assert (version, newest) == (seen + 1, seen + 2)
    assert kept.access_token != renewed.access_token
    assert (await tokens.refresh(desk, account, newest))[1] == newest + 1  # it lives
    assert await status(company, account) == "active"


async def revoked(company, account):
    """The owner has ended the grant on the platform. Returns the version of its token."""
    desk, x = company.resources.desk, get_connector("x")
    grant, seen = await tokens.fresh(desk, account)
    await desk.gateway.flow(x, desk.gateway.configured_app(x.manifest), "").revoke(grant)
    return seen


async def test_a_refused_renewal_does_not_overwrite_a_newer_connection(company, sandbox):
    """A worker is being told that the grant is over, and the person is connecting again at this very moment."""
    account, desk = await company.connect("x", "overtaken"), company.resources.desk
    seen = await revoked(company, account)
    running = await renewing(company, sandbox, account, seen)
    again = await company.connect("x", "overtaken")
    assert (again.id, again.status) == (account.id, "active")
    with pytest.raises(ReauthorizationRequired):
        await running
    assert await status(company, account) == "active"
    assert (await tokens.refresh(desk, account, seen + 1))[1] == seen + 2


async def test_a_post_that_meets_a_revoked_grant_does_not_undo_a_newer_connection(company, sandbox, hand):
    account = await company.connect("x", "meets")
    await company.schedule("meets a revoked grant", account)
    await sandbox.fault("x", "revoked_token", path="/2/tweets")
    await sandbox.fault("x", "delay", path="/2/oauth2/token", delayMs=4000)
    running = asyncio.create_task(hand.step())
    await asyncio.sleep(0.4)
    assert not running.done()
    assert (await company.connect("x", "meets")).id == account.id
    await running
    assert await status(company, account) == "active"


async def test_a_refused_renewal_does_not_revive_a_disconnected_account(company, sandbox):
    account, desk = await company.connect("x", "gone"), company.resources.desk
    running = await renewing(company, sandbox, account, await revoked(company, account))
    await connections.disconnect(desk, company.caller, account.id)
    with pytest.raises(ReauthorizationRequired):
        await running
    assert await status(company, account) == "revoked"
