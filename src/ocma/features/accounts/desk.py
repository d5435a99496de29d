"""What the accounts feature works with, in one hand."""

import asyncio
from dataclasses import dataclass, field

from ocma.clock import Clock
from ocma.infra.database import Database
from ocma.infra.meters import Meters
from ocma.infra.vault import Vault
from ocma.platforms.gateway import Gateway


@dataclass(frozen=True, slots=True)
class Desk:
    database: Database
    vault: Vault
    gateway: Gateway
    clock: Clock
    public_url: str
    meters: Meters = field(default_factory=Meters, repr=False)
    # Each refresh holds a database connection while the platform answers; leases need some, too.
    refreshing: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(3))

    @property
    def callback_url(self) -> str:
        """Where platforms send the browser back to, unless the caller names another place."""
        return f"{self.public_url.rstrip('/')}/api/social/callback"

    def document_url(self, platform: str) -> str:
        """Where OCMA says who it is, for platforms that read that instead of giving out app ids."""
        return f"{self.public_url.rstrip('/')}/api/social/clients/{platform}.json"
