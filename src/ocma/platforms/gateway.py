"""Lines to platforms: the right base URL, developer app and token for an account."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx2

from ocma.errors import Invalid, Issue
from ocma.infra.outbound import Outbound
from ocma.platforms.configuration import Endpoints, endpoints, find_app
from ocma.platforms.connector import Access, App, Connector
from ocma.platforms.manifest import Manifest
from ocma.platforms.oauth import OAuthFlow


@dataclass(frozen=True, slots=True)
class Gateway:
    outbound: Outbound
    environment: Mapping[str, str]
    shared: dict[str, httpx2.AsyncClient] = field(default_factory=dict[str, httpx2.AsyncClient], repr=False)

    def endpoints(self, manifest: Manifest, host: str) -> Endpoints:
        return endpoints(manifest, self.environment, host)

    def client(self, manifest: Manifest, host: str, headers: Mapping[str, str] | None = None) -> httpx2.AsyncClient:
        where = self.endpoints(manifest, host)
        return self.outbound.client(where.api_url, chosen=where.chosen, headers=headers)

    def access(self, connector: Connector, token: str, host: str = "", profile_id: str = "", handle: str = "") -> Access:
        return Access(self._shared(connector.manifest, host), profile_id, handle, host, {"Authorization": f"Bearer {token}"})

    def _shared(self, manifest: Manifest, host: str) -> httpx2.AsyncClient:
        """One client for all accounts of a platform; users name hosts, and these are too many to keep."""
        if manifest.oauth.per_host:
            return self.client(manifest, host)
        if manifest.key not in self.shared:
            self.shared[manifest.key] = self.client(manifest, host)
        return self.shared[manifest.key]

    def flow(self, manifest: Manifest, app: App, host: str) -> OAuthFlow:
        where = self.endpoints(manifest, host)
        return OAuthFlow(manifest, where, app, self.outbound.transport(chosen=where.chosen, fresh=True))

    def configured_app(self, manifest: Manifest) -> App:
        """The operator's developer app. Raises Invalid that says which variables are missing and where to get them."""
        if (app := find_app(manifest, self.environment)) is not None:
            return app
        setup = manifest.setup
        message = f"{manifest.name} is not configured on this server."
        raise Invalid(
            message,
            code="platformNotConfigured",
            issues=[Issue("platform", "platformNotConfigured", message)],
            remediation=f"Set {setup.client_id} and {setup.client_secret} (made at {setup.url}); `ocma doctor` checks them.",
        )
