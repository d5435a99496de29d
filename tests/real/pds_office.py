"""OCMA's own services, a dispatcher and workers, set up for a real PDS; and what a stranger reads there, asked without OCMA."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

import stage
from ocma.bootstrap import Resources, resources
from ocma.entrypoints.worker.dispatcher import dispatch_all
from ocma.features.accounts import authorizations, connections, tokens
from ocma.features.accounts.connections import Code, InHand
from ocma.features.accounts.models import Account
from ocma.platforms.connector import Access
from ocma.platforms.grant import Grant
from ocma.platforms.registry import get_connector
from real.pds import Pds, User, create
from real.pds_consent import consent

POST = "app.bsky.feed.post"


@dataclass
class Author(stage.Company):
    """A company with one account, of a user who is new at the PDS."""

    pds: Pds
    user: User

    async def by_oauth(self) -> Account:
        """The user is sent away, signs in at the PDS and agrees, and comes back with a code."""
        begun = await authorizations.begin(self.resources.desk, self.caller, "bluesky", None, None, self.user.handle)
        back = (await consent(begun.url, self.user)).params
        given = Code("bluesky", back["code"], back["state"], issuer=back["iss"])
        (account,) = await connections.connect(self.resources.desk, self.caller, given)
        return account

    async def by_password(self) -> Account:
        desk, bluesky = self.resources.desk, get_connector("bluesky")
        host = authorizations.clean_host(bluesky.manifest, desk, None)
        given = InHand(f"{self.user.handle}:{self.user.app_password}")
        (account,) = await connections.take(desk, self.caller, bluesky, host, given)
        return account

    async def grant(self, account: Account) -> tuple[Grant, int]:
        """As it is stored, and its version."""
        found = self.resources
        async with found.database.transaction(account.workspace_id) as session:
            row = await tokens.find_row(session, account.id)
        return tokens.unseal(found.vault, row, account), row.version

    async def access(self, account: Account) -> Access:
        grant, _ = await self.grant(account)
        bluesky, gateway = get_connector("bluesky"), self.resources.gateway
        return gateway.access(bluesky, grant, account.host, account.platform_account_id, account.handle)

    async def records(self) -> dict[str, dict[str, Any]]:
        """Every post in the user's repository, by its address."""
        return {each["uri"]: each["value"] for each in await self._listed()}

    async def _listed(self) -> list[dict[str, Any]]:
        query = {"repo": self.user.did, "collection": POST, "limit": 100}
        answer = (await self.ask("com.atproto.repo.listRecords", query)).json()
        assert len(answer["records"]) < 100, "there may be more"
        return answer["records"]

    async def ask(self, method: str, query: Mapping[str, Any]) -> httpx2.Response:
        async with httpx2.AsyncClient(base_url=f"{self.pds.url}/xrpc/", timeout=20, trust_env=False) as stranger:
            return (await stranger.get(method, params=query)).raise_for_status()

    async def blob(self, named: Mapping[str, Any]) -> bytes:
        query = {"did": self.user.did, "cid": named["ref"]["$link"]}
        return (await self.ask("com.atproto.sync.getBlob", query)).content


@dataclass
class Office:
    """`env`: for workers."""

    pds: Pds
    env: Mapping[str, str]
    resources: Resources

    async def author(self) -> Author:
        company, user = await stage.company(self.resources), create(self.pds.url, f"u{secrets.token_hex(5)}")
        return Author(company.resources, company.caller, self.pds, user)


@asynccontextmanager
async def opened(services, pds: Pds, media: Path, url: str, **more: str) -> AsyncIterator[Office]:
    """`url`: where OCMA believes the PDS to be. The dispatcher runs; workers are the tests' own."""
    env = {
        **stage.settings(services.postgres.app_url, services.valkey.url, media),
        "OCMA_BLUESKY_API_URL": url,
        "OCMA_BLUESKY_PLC_URL": pds.plc_url,
        "OCMA_BLUESKY_VIDEO_BY": "blob",
        "OCMA_LEASE_SECONDS": "20",  # attempts are counted: none is to be begun twice because this machine is busy
        **more,
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in env.items():
            patch.setenv(name, value)
        async with resources() as found:
            stop = asyncio.Event()
            running = asyncio.create_task(dispatch_all(found, stop))
            yield Office(pds, env, found)
            stop.set()
            await running
