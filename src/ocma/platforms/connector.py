"""The whole surface between OCMA and a platform. Abilities are types; there is no optional method and no flag."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar

import httpx2

from ocma.platforms.content import Content, Outgoing
from ocma.platforms.errors import OutcomeUnknown, PlatformError, PlatformUnavailable
from ocma.platforms.manifest import Manifest


@dataclass(frozen=True, slots=True)
class App:
    """A developer app at a platform: ours by configuration, or registered with one host."""

    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Profile:
    """An account as its platform describes it. `id` is unique on the platform (with the host, where it is many servers)."""

    id: str
    name: str
    handle: str
    url: str | None = None
    avatar_url: str | None = None
    followers: int | None = None
    following: int | None = None
    posts: int | None = None


def _unheard(_: Mapping[str, str]) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Access:
    """A line to a platform that speaks for one account; base URL, safe retries and tracing are inside `client`.

    `answered` gets the headers of every answer to a call that publishes: they may tell of limits.
    """

    client: httpx2.AsyncClient
    profile_id: str = ""
    handle: str = ""
    host: str = ""
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)  # the token
    answered: Callable[[Mapping[str, str]], None] = _unheard


@dataclass(frozen=True, slots=True)
class Step:
    """Repeatable preparation, e.g. one upload.

    `run` gets what earlier steps stored and returns the platform's id, which is stored before the next step begins.
    `keeps`: how long that id stays usable (None: always).
    """

    key: str
    run: Callable[[Access, Mapping[str, str]], Awaitable[str]]
    keeps: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Published:
    """It is live. `at` where the platform tells."""

    id: str
    url: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Processing:
    """Accepted, not live yet: ask again with `resume` after `check_after` seconds."""

    id: str
    check_after: float


@dataclass(frozen=True, slots=True)
class Absent:
    """The platform was asked and does not have it."""


@dataclass(frozen=True, slots=True)
class Unprovable:
    """The platform cannot be asked."""


class Connector(ABC):
    """What every platform can do: say who an account is, and explain its refusals."""

    manifest: ClassVar[Manifest]

    @abstractmethod
    async def identify(self, access: Access) -> list[Profile]:
        """The accounts this grant gave us, at least one."""

    @abstractmethod
    def explain(self, response: httpx2.Response) -> PlatformError:
        """The only translator of failure: what an answer outside 2xx means. A 5xx is `PlatformUnavailable` here."""

    async def _request(self, access: Access, method: str, path: str, **request: Any) -> httpx2.Response:
        headers = {**access.headers, **(request.pop("headers", None) or {})}
        return await access.client.request(method, path, headers=headers, **request)

    async def call(self, access: Access, method: str, path: str, **request: Any) -> httpx2.Response:
        """A call that may be repeated. Raises a PlatformError unless the answer is 2xx."""
        try:
            response = await self._request(access, method, path, **request)
        except httpx2.RequestError as error:
            raise PlatformUnavailable(platform=self.manifest.key) from error
        return self._accepted(response)

    async def send(self, access: Access, method: str, path: str, **request: Any) -> httpx2.Response:
        """THE call that publishes: sent once, never repeated here. Whatever leaves open if it was accepted is OutcomeUnknown."""
        try:
            response = await self._request(access, method, path, **request)
        except (httpx2.ConnectError, httpx2.UnsupportedProtocol) as error:  # nothing was written
            raise PlatformUnavailable(platform=self.manifest.key) from error
        except httpx2.RequestError as error:
            raise OutcomeUnknown(platform=self.manifest.key) from error
        access.answered(response.headers)
        if response.status_code >= 500 or response.status_code == 408:
            raise OutcomeUnknown(platform=self.manifest.key, status=response.status_code)
        return self._accepted(response)

    def _accepted(self, response: httpx2.Response) -> httpx2.Response:
        if not response.is_success:
            raise self.explain(response)
        return response


class Registers(ABC):
    """A platform of many servers, each of which registers our app by itself."""

    @abstractmethod
    async def register(self, client: httpx2.AsyncClient, redirect_uri: str) -> App:
        """Make an app at the server `client` points to."""


class Publishes(ABC):
    @abstractmethod
    def steps(self, content: Content) -> Sequence[Step]:
        """The repeatable preparation, in order."""

    @abstractmethod
    async def publish(self, access: Access, outgoing: Outgoing) -> Published | Processing:
        """Send one part. Uses `send` exactly once."""

    @abstractmethod
    async def resume(self, access: Access, processing: Processing) -> Published | Processing:
        """Ask what became of something accepted and not live yet."""

    @abstractmethod
    async def find(self, access: Access, outgoing: Outgoing) -> Published | Absent | Unprovable:
        """Settle an unknown outcome by asking the platform for this very part."""

    @abstractmethod
    async def fetch_post(self, access: Access, post_id: str) -> Published | Absent:
        """Is this post live?"""

    @abstractmethod
    async def withdraw(self, access: Access, post_id: str) -> None:
        """Delete a live post; one that is gone already is a success."""
