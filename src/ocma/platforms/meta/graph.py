"""What Facebook, Instagram and Threads share as connectors: signing, usage, errors, and answers that leave things open."""

import hashlib
import hmac
from collections.abc import AsyncIterator, Mapping
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

import httpx2
from pydantic import BaseModel

from ocma.clock import Clock, utcnow
from ocma.platforms.connector import Access, Connector
from ocma.platforms.errors import OutcomeUnknown, PlatformError, PlatformUnavailable
from ocma.platforms.meta import refusal, usage
from ocma.platforms.meta.asking import Names
from ocma.platforms.meta.wire import UNREADABLE, Shape, read

TOO_MANY = "tooMany"
PAGE = 100  # most entries of a list's page
UPLOAD = "-upload/"  # of rupload's paths: /video-upload/, /ig-api-upload/
ONWARD = frozenset({"until", "offset", "__paging_token"})  # of an address that leads on; it holds the token, too


def proof(secret: str, token: str) -> str:
    """`appsecret_proof`: that a token is used by the app it was given to."""
    return hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()


class Cursors(BaseModel):
    after: str | None = None


class Paging(BaseModel):
    cursors: Cursors = Cursors()
    next: str | None = None


class Listed(BaseModel):
    data: list[dict[str, Any]]
    paging: Paging = Paging()


class Graph(Connector):
    """`refusals`: what means something else here than in all of Meta's APIs. `proves`: calls carry appsecret_proof.

    `names`: of figures, that were refused lately.
    """

    refusals: ClassVar[refusal.Table] = {}
    proves: ClassVar[bool] = True

    def __init__(self, clock: Clock = utcnow) -> None:
        self._clock = clock
        self.names = Names(clock)

    def explain(self, response: httpx2.Response) -> PlatformError:
        return refusal.explain(response, self.manifest.key, self.manifest.name, self.refusals)

    def refuses(self, response: httpx2.Response) -> bool:
        return not response.is_success or refusal.error_of(response) is not None

    def sign(self, access: Access, method: str, url: str, request: dict[str, Any]) -> dict[str, Any]:
        """Uploads to rupload are signed its own way."""
        if UPLOAD in url:
            headers = {"Authorization": f"OAuth {access.token}", **(request.get("headers") or {})}
            return {**request, "headers": headers}
        signed = super().sign(access, method, url, request)
        if self.proves and access.app and access.app.client_secret and access.token:
            given = request.get("params") or {}
            signed["params"] = {**given, "appsecret_proof": proof(access.app.client_secret, access.token)}
        return signed

    def signs_again(self, access: Access, response: httpx2.Response) -> bool:
        """Nothing is signed anew; but here every answer passes, and with it what it says of limits."""
        if held := usage.holds(response.headers, self._clock()):
            access.answered(held)
        return False

    async def send(self, access: Access, method: str, path: str, **request: Any) -> httpx2.Response:
        """Codes 1 and 2, and whatever else is transient, come with a 400 too, and may have published all the same."""
        try:
            return await super().send(access, method, path, **request)
        except PlatformUnavailable as error:
            if error.status is None or error.rule == refusal.MISSING:
                raise
            raise OutcomeUnknown(platform=self.manifest.key, status=error.status) from error

    async def listed(
        self, access: Access, path: str, shape: type[Shape], params: Mapping[str, str], most: int = 10
    ) -> AsyncIterator[Shape]:
        """Everything of an edge, page after page. Raises PlatformUnavailable (rule `tooMany`) beyond `most` pages.

        `paging.next` is not followed as it is: it holds the token, and parameters that are no longer taken. A last page may come
        without it, and with a cursor all the same.
        """
        query: Mapping[str, str] | None = {"limit": str(PAGE), **params}
        for _ in range(most):
            page = read(await self.call(access, "GET", path, params=query), Listed, self.manifest.key)
            for each in page.data:
                yield _entry(each, shape, self.manifest.key)
            if (query := _onward(page, query or {})) is None:
                return
        raise PlatformUnavailable("The list is too long to be read.", platform=self.manifest.key, rule=TOO_MANY)


def _entry(raw: dict[str, Any], shape: type[Shape], platform: str) -> Shape:
    try:
        return shape.model_validate(raw)
    except ValueError as error:
        raise PlatformUnavailable("An entry is not in the documented form.", platform=platform, rule=UNREADABLE) from error


def _onward(page: Listed, query: Mapping[str, str]) -> dict[str, str] | None:
    """The query of the next page; None at the end, also where the cursor stays what it was."""
    after, following = page.paging.cursors.after, page.paging.next
    if not page.data or (not following and len(page.data) < int(query["limit"])):
        return None
    if after:
        return {**query, "after": after} if after != query.get("after") else None
    onward = {name: value for name, value in parse_qsl(urlsplit(following or "").query) if name in ONWARD}
    return {**query, **onward} if onward else None
