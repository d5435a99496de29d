"""Tokens: one refresh at a time, kept under any key, never lost to a hiccup. In the publishing folder for its sandbox."""

import asyncio
import base64
import json

import pytest
from sqlalchemy import text

from ocma.features.accounts import rotation, tokens, upkeep
from ocma.features.accounts.accounts import get_account
from ocma.features.accounts.desk import Desk
from ocma.infra.vault import Keyring, Place, Sealed, Vault, add_key, read_keys
from ocma.platforms.errors import PlatformUnavailable, ReauthorizationRequired
from ocma.platforms.registry import get_connector


async def version(company, account):
    async with company.resources.database.transaction(account.workspace_id) as session:
        row = await tokens.find_row(session, account.id)
    return row.version


async def test_many_at_once_refresh_once(company):
    """The sandbox revokes the family of a refresh token that is used twice: a second refresh would end the grant."""
    account, desk = await company.connect("x", "rush"), company.resources.desk
    seen = await version(company, account)
    grants = await asyncio.gather(*(tokens.refresh(desk, account, seen) for _ in range(8)))
    assert {found for _, found in grants} == {seen + 1}
    assert len({grant.access_token for grant, _ in grants}) == 1
    renewed, _ = await tokens.refresh(desk, account, seen + 1)  # the grant still lives
    assert renewed.access_token != grants[0][0].access_token


async def test_a_hiccup_of_the_token_endpoint_disconnects_nobody(company, sandbox):
    account, desk = await company.connect("x", "hiccup"), company.resources.desk
    seen = await version(company, account)
    await sandbox.fault("x", "token_endpoint_down")
    with pytest.raises(PlatformUnavailable):
        await tokens.refresh(desk, account, seen)
    assert await status(company, account) == "active"
    assert (await tokens.refresh(desk, account, seen))[1] == seen + 1


async def test_a_definite_no_marks_the_account(company, sandbox):
    account, desk = await company.connect("x", "over"), company.resources.desk
    grant, seen = await tokens.fresh(desk, account)
    x = get_connector("x")
    await desk.gateway.flow(x, desk.gateway.configured_app(x.manifest), "").revoke(grant)
    with pytest.raises(ReauthorizationRequired):
        await tokens.refresh(desk, account, seen)
    assert await status(company, account) == "needsReauthorization"
    again = await company.connect("x", "over")
    assert (again.id, again.status) == (account.id, "active")


async def test_tokens_are_renewed_ahead_of_their_end(company):
    account, resources = await company.connect("x", "ahead"), company.resources
    async with resources.database.transaction(account.workspace_id) as session:
        await session.execute(text("UPDATE account_tokens SET expires_at = now() + interval '8 minutes'"))
    expiring = await upkeep.find_expiring(resources.database)
    assert (str(account.workspace_id), str(account.id)) in expiring
    seen = await version(company, account)
    await upkeep.refresh_all(resources.desk, expiring)
    assert await version(company, account) == seen + 1
    assert (str(account.workspace_id), str(account.id)) not in await upkeep.find_expiring(resources.database)


async def test_keys_rotate_while_everything_runs(company, tmp_path):
    resources = company.resources
    path = tmp_path / "keys.json"
    old = resources.vault._keyring
    encoded = {name: base64.b64encode(key).decode() for name, key in old.keys.items()}
    path.write_text(json.dumps({"active": old.active, "keys": encoded}))
    vault = Vault(read_keys(path), path)
    desk = Desk(resources.database, vault, resources.gateway, resources.clock, resources.desk.public_url)
    account = await company.connect("x", "rotate")
    await company.connect("mastodon", "rotate")
    added = add_key(path)
    done = await rotation.rotate(resources.database, vault)
    assert done.rows >= 3
    stale = await resources.database.system("SELECT * FROM list_stale_secrets($1, 1000)", added)
    others = {each for each in done.unreadable if not each.startswith("webhook_endpoints")}
    assert {f"{kind} {row_id}" for kind, _, row_id in stale} == others  # left by other tests, sealed with no key
    assert str(account.id) not in " ".join(done.unreadable)
    grant, _ = await tokens.fresh(desk, account)  # the same process, told nothing
    assert grant.access_token
    alone = Vault(Keyring(added, {added: read_keys(path).keys[added]}))
    async with resources.database.transaction(account.workspace_id) as session:
        row = await tokens.find_row(session, account.id)
    assert tokens.unseal(alone, row, account).access_token == grant.access_token  # the old key is not needed any more
    await _back(resources, vault, path, old)


async def _back(resources, vault, path, old):
    """Other tests of this session know the old key only."""
    keys = {old.active: old.keys[old.active], **read_keys(path).keys}
    encoded = {name: base64.b64encode(key).decode() for name, key in keys.items()}
    path.write_text(json.dumps({"active": old.active, "keys": encoded}))
    assert (await rotation.rotate(resources.database, Vault(read_keys(path), path))).rows >= 3


async def test_a_ciphertext_moved_to_another_row_does_not_open(company):
    one, two = await company.connect("x", "mine"), await company.connect("x", "yours")
    resources = company.resources
    async with resources.database.transaction(one.workspace_id) as session:
        row = await tokens.find_row(session, one.id)
    with pytest.raises(Sealed):
        tokens.unseal(resources.vault, row, two)
    with pytest.raises(Sealed):
        resources.vault.decrypt(row.access_token, Place(one.workspace_id, one.id, "refresh_token"))


async def test_no_secret_is_stored_in_clear(company):
    account = await company.connect("x", "clear")
    grant, _ = await tokens.fresh(company.resources.desk, account)
    async with company.resources.database.transaction(account.workspace_id) as session:
        tables = (
            await session.scalars(
                text("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'ocma'::regnamespace")
            )
        ).all()
    for table in tables:
        async with company.resources.database.transaction(account.workspace_id) as session:
            try:
                rows = (await session.scalars(text(f"SELECT t::text FROM {table} t"))).all()
            except Exception:
                assert table in {"alembic_version", "event_cursors", "sessions"}
                continue
        assert not [row for row in rows if grant.access_token in row or grant.refresh_token in row], table


async def status(company, account):
    async with company.resources.database.transaction(account.workspace_id) as session:
        return (await get_account(session, account.id)).status


async def test_a_refusal_alone_disconnects_nobody(company):
    """Mastodon's tokens cannot be renewed, and a platform in trouble refuses everybody's."""
    account, desk = await company.connect("mastodon", "doubted"), company.resources.desk
    with pytest.raises(tokens.TokenDoubted) as caught:
        await tokens.refresh(desk, account, await version(company, account))
    assert caught.value.retry_after == tokens.CONFIRM_AFTER
    assert await status(company, account) == "active"
