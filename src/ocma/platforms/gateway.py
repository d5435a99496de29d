"""Lines to platforms: the right base URL, developer app and token for an account."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from time import perf_counter

import httpx2

from ocma.errors import Invalid, Issue
from ocma.infra.meters import Calls, Meters
from ocma.infra.outbound import Outbound
from ocma.platforms.configuration import Endpoints, endpoints, find_app, origin
from ocma.platforms.connector import STATUSES, Access, Connector
from ocma.platforms.grant import App, Grant
from ocma.platforms.manifest import Manifest
from ocma.platforms.oauth import OAuthFlow


class Routed(httpx2.AsyncBaseTransport):
    """What is configured goes the open way; any other address, from a user or from the platform itself, is guarded."""

    def __init__(self, own: httpx2.AsyncBaseTransport, strange: httpx2.AsyncBaseTransport, origins: Collection[str]) -> None:
        self._own, self._strange, self._origins = own, strange, frozenset(origins)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if origin(str(request.url)) in self._origins:
            return await self._own.handle_async_request(request)
        request.headers["Accept-Encoding"] = "identity"  # all that is taken there
        return await self._strange.handle_async_request(request)


class Clocked(httpx2.AsyncBaseTransport):
    """For token endpoints, which are asked by a library and not by a connector."""

    def __init__(self, inner: httpx2.AsyncBaseTransport, calls: Calls) -> None:
        self._inner, self._calls = inner, calls

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        began, outcome = perf_counter(), "noAnswer"
        try:
            response = await self._inner.handle_async_request(request)
            outcome = STATUSES[response.status_code // 100]
        except httpx2.ConnectError:
            outcome = "noConnection"
            raise
        finally:
            self._calls("login", outcome, perf_counter() - began)
        return response


@dataclass(frozen=True, slots=True)
class Gateway:
    outbound: Outbound
    environment: Mapping[str, str]
    meters: Meters = field(default_factory=Meters, repr=False)
    shared: dict[str, tuple[httpx2.AsyncClient, Endpoints]] = field(
        default_factory=dict[str, tuple[httpx2.AsyncClient, Endpoints]], repr=False
    )

    def endpoints(self, manifest: Manifest, host: str) -> Endpoints:
        return endpoints(manifest, self.environment, host)

    def client(self, manifest: Manifest, host: str) -> httpx2.AsyncClient:
        return self._client(self.endpoints(manifest, host))

    def access(self, connector: Connector, grant: Grant, host: str = "", profile_id: str = "", handle: str = "") -> Access:
        client, where = self._shared(connector.manifest, host)
        return Access(
            client=client,
            profile_id=profile_id,
            handle=handle,
            host=host,
            token=grant.access_token,
            scopes=grant.scopes,
            secrets=grant.extra,
            app=find_app(connector.manifest, self.environment),
            urls=where.urls,
            settings=where.settings,
            clocked=self.meters.calls(connector.manifest.key),
        )

    def flow(self, connector: Connector, app: App, host: str) -> OAuthFlow:
        where = self.endpoints(connector.manifest, host)
        calls = self.meters.calls(connector.manifest.key)
        return connector.flow(connector.manifest, where, app, Clocked(self._transport(where, fresh=True), calls))

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

    def _shared(self, manifest: Manifest, host: str) -> tuple[httpx2.AsyncClient, Endpoints]:
        """One client for all accounts of a platform; users name hosts, and these are too many to keep."""
        if manifest.oauth.per_host:
            where = self.endpoints(manifest, host)
            return self._client(where), where
        if manifest.key not in self.shared:
            where = self.endpoints(manifest, host)
            self.shared[manifest.key] = self._client(where), where
        return self.shared[manifest.key]

    def _client(self, where: Endpoints) -> httpx2.AsyncClient:
        return self.outbound.client(where.api_url, chosen=where.chosen, transport=self._transport(where))

    def _transport(self, where: Endpoints, *, fresh: bool = False) -> httpx2.AsyncBaseTransport:
        strange = self.outbound.transport(chosen=False, fresh=fresh)
        if not where.origins:
            return strange
        return Routed(self.outbound.transport(chosen=True, fresh=fresh), strange, where.origins)
