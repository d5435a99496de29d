"""The whole surface between OCMA and a platform. Abilities are types; there is no optional method and no flag."""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any, ClassVar, Protocol

import httpx2

from ocma.infra.outbound import FRESH
from ocma.platforms.configuration import origin
from ocma.platforms.content import Content, Outgoing
from ocma.platforms.errors import OutcomeUnknown, PlatformError, PlatformUnavailable
from ocma.platforms.grant import App, Grant
from ocma.platforms.manifest import Manifest
from ocma.platforms.metrics import Measured, Seen, Target
from ocma.platforms.oauth import OAuthFlow

STATUSES = ("0xx", "1xx", "2xx", "3xx", "4xx", "5xx", "6xx", "7xx", "8xx", "9xx")


@dataclass(frozen=True, slots=True)
class Profile:
    """An account as its platform describes it. `id` is unique on the platform (with the host, where it is many servers).

    `grant`: its own, where one login opens several accounts with a token each (None: the login's). `host`: where it lives, when
    that is another than was asked. `missing`: what publishing to it lacks besides scopes, such as a role on a page.
    """

    id: str
    name: str
    handle: str
    url: str | None = None
    avatar_url: str | None = None
    followers: int | None = None
    following: int | None = None
    posts: int | None = None
    grant: Grant | None = field(default=None, repr=False)
    host: str | None = None
    missing: tuple[str, ...] = ()


def _unheard(_: Mapping[str, str]) -> None:
    pass


def _uncounted(_kind: str, _outcome: str, _seconds: float) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Access:
    """A line to a platform that speaks for one account; base URL, safe retries and tracing are inside `client`.

    `secrets` are the grant's `extra`; `app` is the operator's developer app, where there is one. `urls` and `settings` are the
    manifest's, as the operator has them. `answered` gets the headers of every answer to a call that publishes: they may tell of
    limits. `clocked` gets the kind, the outcome and the seconds of every call (infra/meters.py).
    """

    client: httpx2.AsyncClient
    profile_id: str = ""
    handle: str = ""
    host: str = ""
    token: str = field(default="", repr=False)
    scopes: tuple[str, ...] = ()
    secrets: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    app: App | None = None
    urls: Mapping[str, str] = field(default_factory=dict[str, str])
    settings: Mapping[str, str] = field(default_factory=dict[str, str])
    answered: Callable[[Mapping[str, str]], None] = _unheard
    clocked: Callable[[str, str, float], None] = _uncounted

    def trusts(self, url: str) -> bool:
        """Is it the platform's own, as configured? A token goes nowhere else. A path is."""
        return "://" not in url or origin(url) in {origin(each) for each in (str(self.client.base_url), *self.urls.values())}

    def whole(self, url: str) -> str:
        """The absolute URL of a path of the API."""
        return url if "://" in url else f"{str(self.client.base_url).rstrip('/')}/{url.lstrip('/')}"


class Call(Protocol):
    """`Connector.call`, bound: for functions beside the connector."""

    async def __call__(self, access: Access, method: str, path: str, /, **request: Any) -> httpx2.Response: ...


@dataclass(frozen=True, slots=True)
class Step:
    """Repeatable preparation, e.g. one upload.

    `run` gets what earlier steps stored and returns the platform's id, which is stored before the next step begins. What has to
    be waited for is a step of its own, which raises NotReady. `keeps`: how long that id stays usable (None: always); one that is
    too old is made anew, and with it whatever comes after it in its part. Keys: content.media_step, content.part_step.

    `replies`: it needs the platform's id of the part before its own, given as content.live_part, so it runs once that is live.
    All others run before anything is. `secret`: whoever has what it returns needs nothing else, such as an address that takes an
    upload: it is stored encrypted.
    """

    key: str
    run: Callable[[Access, Mapping[str, str]], Awaitable[str]]
    keeps: timedelta | None = None
    replies: bool = False
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Published:
    """It is live. `at` where the platform tells."""

    id: str
    url: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Processing:
    """Accepted, not live yet: ask again with `resume` after `check_after` seconds; later, the longer it takes, up to `most`."""

    id: str
    check_after: float
    most: float | None = None


@dataclass(frozen=True, slots=True)
class Absent:
    """The platform was asked and does not have it."""


@dataclass(frozen=True, slots=True)
class Unprovable:
    """The platform cannot be asked."""


class Connector(ABC):
    """What every platform can do: say who an account is, and explain its refusals. `flow` is how accounts are connected."""

    manifest: ClassVar[Manifest]
    flow: ClassVar[type[OAuthFlow]] = OAuthFlow

    @abstractmethod
    async def identify(self, access: Access) -> list[Profile]:
        """The accounts this grant gave us, at least one."""

    @abstractmethod
    def explain(self, response: httpx2.Response) -> PlatformError:
        """The only translator of failure: what an answer outside 2xx means. A 5xx is `PlatformUnavailable` here."""

    def refuses(self, response: httpx2.Response) -> bool:
        """Is this a no? Some platforms say it with 200 and an error in the body."""
        return not response.is_success

    def sign(self, access: Access, method: str, url: str, request: dict[str, Any]) -> dict[str, Any]:
        """The request with what authorizes it: each sending is signed, and only what goes to the platform's own addresses.

        `url` is as the connector wrote it (`access.whole` makes it absolute); headers it has set itself win.
        """
        del method, url
        given = request.get("headers") or {}
        ours = {"Authorization": f"Bearer {access.token}"} if access.token else {}
        return {**request, "headers": {**ours, **given}}

    def signs_again(self, access: Access, response: httpx2.Response) -> bool:
        """Sees every answer. True: it refused the signature before it read the rest, and a new one will do: sent once more."""
        del access, response
        return False

    async def _request(self, access: Access, method: str, path: str, **request: Any) -> httpx2.Response:
        response = await self._once(access, method, path, request)
        if self.signs_again(access, response):
            response = await self._once(access, method, path, request)
            self.signs_again(access, response)  # to be seen only: twice refused is refused
        return response

    async def _once(self, access: Access, method: str, path: str, request: dict[str, Any]) -> httpx2.Response:
        signed: dict[str, Any] = dict(self.sign(access, method, path, request) if access.trusts(path) else request)
        content: Any = signed.get("content")
        if callable(content):  # a stream is read once, and this may be the second sending
            signed["content"] = content()
        return await access.client.request(method, path, **signed)

    async def _clocked(self, kind: str, access: Access, method: str, path: str, request: dict[str, Any]) -> httpx2.Response:
        began, outcome = perf_counter(), "noAnswer"
        try:
            response = await self._request(access, method, path, **request)
            outcome = STATUSES[response.status_code // 100]
        except httpx2.ConnectError:
            outcome = "noConnection"
            raise
        finally:
            access.clocked(kind, outcome, perf_counter() - began)
        return response

    async def call(self, access: Access, method: str, path: str, **request: Any) -> httpx2.Response:
        """A call that may be repeated. Raises a PlatformError unless the answer is a yes.

        `path`: a path, or an absolute URL: of `access.urls`, or one that the platform gave us (guarded, and without a token).
        `content` may be a function that begins the body anew, such as `media.open`.
        """
        try:
            response = await self._clocked("other", access, method, path, request)
        except (httpx2.RequestError, httpx2.InvalidURL) as error:
            raise PlatformUnavailable(platform=self.manifest.key) from error
        return self._accepted(response)

    async def send(self, access: Access, method: str, path: str, **request: Any) -> httpx2.Response:
        """THE call that publishes: sent once, never repeated here. Whatever leaves open if it was accepted is OutcomeUnknown."""
        if self.manifest.closes:
            request["extensions"] = {**FRESH, **request.get("extensions", {})}
        try:
            response = await self._clocked("publish", access, method, path, request)
        except (httpx2.ConnectError, httpx2.UnsupportedProtocol, httpx2.InvalidURL) as error:  # nothing was written
            raise PlatformUnavailable(platform=self.manifest.key) from error
        except httpx2.RequestError as error:
            raise OutcomeUnknown(platform=self.manifest.key) from error
        access.answered(response.headers)
        if response.status_code >= 500 or response.status_code == 408:
            raise OutcomeUnknown(platform=self.manifest.key, status=response.status_code)
        return self._accepted(response)

    def _accepted(self, response: httpx2.Response) -> httpx2.Response:
        if self.refuses(response):
            raise self.explain(response)
        return response


class Registers(ABC):
    """A platform of many servers, each of which registers our app by itself."""

    @abstractmethod
    async def register(self, client: httpx2.AsyncClient, redirect_uri: str) -> App:
        """Make an app at the server `client` points to."""


class Announces(ABC):
    """A platform that gives out no app ids: it reads who we are at a public URL of ours."""

    @abstractmethod
    def app(self, at: str, redirect_uri: str, secret: str) -> App:
        """`at` is where OCMA serves the document, `secret` the operator's (empty: none is set)."""

    @abstractmethod
    def document(self, app: App, redirect_uris: Sequence[str]) -> Mapping[str, Any]:
        """What is served there, as JSON."""


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


class PublishesAtOnce(Publishes):
    """What it accepts is live when it answers. Something may be processing all the same after a change there, or where a server
    differs: it is live when it can be read.
    """

    async def resume(self, access: Access, processing: Processing) -> Published | Processing:
        post = await self.fetch_post(access, processing.id)
        return post if isinstance(post, Published) else processing


@dataclass(frozen=True, slots=True)
class Heard:
    """What somebody said to an account: a "mention", a "reply" or a "quote" of a post of its own.

    `id` is the platform's for the notice: listening goes on after it. `post_id` is what was said; `in_reply_to` the post that it
    answers or quotes. `text` is plain, and a stranger's.
    """

    id: str
    kind: str
    handle: str
    name: str
    text: str
    post_id: str
    url: str | None = None
    at: datetime | None = None
    in_reply_to: str | None = None


class Listens(ABC):
    @abstractmethod
    def listen(self, access: Access, since: str | None) -> AsyncGenerator[Heard]:
        """What is said to the account, without end: first all that came after `since`, oldest first, then as it comes.

        `since` is the id of something heard; None: only what comes from now on. A connection that breaks is made again after a
        pause, and what came meanwhile is asked for before it goes on: nothing is missed, and nothing is given twice.

        Raises PermissionMissing when a scope was not granted, ReauthorizationRequired when the token is refused, and whatever
        keeps the very first question from being answered. Who stops listening closes it (`contextlib.aclosing`) or cancels the
        task: both close the connection.
        """


class Measures(ABC):
    """Its manifest's `measuring` says what there is to measure; every reading is of one of those measures."""

    @abstractmethod
    async def measure_account(self, access: Access, since: datetime) -> Measured:
        """The account's totals as of now, and its figures of single days: all whole days from the one of `since` on.

        Days that the platform has not counted yet are left out. Raises a PlatformError when it gives nothing at all.
        """

    @abstractmethod
    async def measure_posts(self, access: Access, posts: Sequence[Target]) -> Measured:
        """Figures of at most `measuring.at_once` posts, all so far. A post that the platform is silent about has no readings."""

    @abstractmethod
    def list_posts(self, access: Access, since: datetime) -> AsyncGenerator[Seen]:
        """What the account published since then, newest first, read page by page; nothing where a platform does not tell."""
