"""Who is behind a handle, where their repository is, and which server may let us in: all of it named by strangers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx2
from pydantic import BaseModel, Field, ValidationError

from ocma.errors import Invalid, Issue
from ocma.platforms.answers import reader
from ocma.platforms.bluesky.wire import DID, HANDLE, Resolved
from ocma.platforms.configuration import origin
from ocma.platforms.errors import PlatformUnavailable

TIMEOUT = 20.0  # seconds
PDS = "#atproto_pds"
BUSY = frozenset({408, 425, 429})

Shape = TypeVar("Shape")


class Service(BaseModel):
    id: str
    serviceEndpoint: str | dict[str, Any] | list[Any] = ""  # noqa: N815 - their name


class Document(BaseModel):
    """A DID document."""

    id: str
    alsoKnownAs: list[str] = []  # noqa: N815 - their name
    service: list[Service] = []


class Resource(BaseModel):
    authorization_servers: list[str] = Field(min_length=1)


class Server(BaseModel):
    """An authorization server, as it describes itself."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    pushed_authorization_request_endpoint: str
    revocation_endpoint: str = ""


@dataclass(frozen=True, slots=True)
class Home:
    """An account, if it is known which, and its server (PDS): a base URL."""

    pds: str
    did: str = ""


class Directory:
    """`resolver`: a server that knows handles. `pinned`: the operator has named the one server there is."""

    def __init__(self, transport: httpx2.AsyncBaseTransport, resolver: str, plc: str, *, pinned: bool) -> None:
        self._transport, self._resolver, self._plc, self._pinned = transport, resolver, plc, pinned

    async def home(self, name: str | None) -> Home:
        """Of a handle or a DID; without one the server itself, where users then say who they are."""
        name = (name or "").strip().removeprefix("at://").removeprefix("@")
        if not name:
            return Home(self._resolver)
        if name.startswith("did:"):
            return await self.home_of(name)
        if not re.fullmatch(HANDLE, name):
            raise _invalid("handle", "handleInvalid", f"{name[:100]!r} is no handle.", "Send one like alice.bsky.social.")
        did = await self._did(name.lower())
        return await self.home_of(did, name.lower())

    async def home_of(self, did: str, handle: str = "") -> Home:
        """Raises Invalid when the DID does not say that it has this handle."""
        if self._pinned:
            return Home(self._resolver, did)
        document = await self._document(did)
        if handle and f"at://{handle}" not in [each.lower() for each in document.alsoKnownAs]:
            raise _invalid("handle", "handleUnconfirmed", f"{handle} leads to an account that has another handle.", HOW)
        endpoints = [each.serviceEndpoint for each in document.service if each.id in {PDS, f"{did}{PDS}"}]
        pds = origin(str(endpoints[0])) if endpoints else ""
        if not pds.startswith("https://"):
            raise _invalid("handle", "serverUnknown", "The account's DID names no server of it.", HOW)
        return Home(pds, did)

    async def server(self, pds: str) -> Server:
        """The one that lets in for `pds`; a server that is no PDS may be it itself."""
        found = _read(await self._get(f"{pds}/.well-known/oauth-protected-resource"), Resource)
        issuer = found.authorization_servers[0].rstrip("/") if found else pds
        server = _read(await self._get(f"{issuer}/.well-known/oauth-authorization-server"), Server)
        if server is None or server.issuer.rstrip("/") != issuer or not self._is_sound(server):
            raise _invalid("host", "hostNotBluesky", "This host does not let apps in as AT Protocol servers do.", HOST)
        return server

    def _is_sound(self, server: Server) -> bool:
        """The user's browser is sent there, and tokens are."""
        ends = (server.authorization_endpoint, server.token_endpoint, server.pushed_authorization_request_endpoint)
        origins = {origin(each) for each in (server.issuer, *ends, server.revocation_endpoint or server.issuer)}
        own = {origin(self._resolver)} if self._pinned else set[str]()
        return all(each.startswith("https://") or each in own for each in origins)

    async def _did(self, handle: str) -> str:
        """By a server that resolves handles; one that does not know it may be behind, so the handle's own host is asked, too."""
        asked = await self._get(f"{self._resolver}/xrpc/com.atproto.identity.resolveHandle", {"handle": handle})
        found = _read(asked, Resolved)
        did = found.did if found else "" if self._pinned else await self._well_known(handle)
        if not did.startswith("did:"):
            raise _invalid("handle", "handleUnknown", f"Nobody has the handle {handle}.", HOW)
        return did

    async def _well_known(self, handle: str) -> str:
        try:
            answer = await self._get(f"https://{handle}/.well-known/atproto-did")
        except PlatformUnavailable:  # most handles are no web server
            return ""
        return answer.text[:2048].strip() if answer.is_success else ""

    async def _document(self, did: str) -> Document:
        if not DID.fullmatch(did):
            raise _invalid("handle", "didInvalid", "The account's DID is of no known kind.", HOW)
        web = did.removeprefix("did:web:").replace("%3A", ":")
        url = f"https://{web}/.well-known/did.json" if did.startswith("did:web:") else f"{self._plc}/{did}"
        document = _read(await self._get(url), Document)
        if document is None or document.id != did:
            raise _invalid("handle", "didUnknown", f"The directory does not know {did}.", HOW)
        return document

    async def _get(self, url: str, query: Mapping[str, str] | None = None) -> httpx2.Response:
        """An answer that is final. Raises PlatformUnavailable."""
        client = httpx2.AsyncClient(transport=self._transport, timeout=TIMEOUT, trust_env=False)
        try:
            response = await client.get(url, params=query)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise PlatformUnavailable(f"{origin(url) or 'The server'} does not answer.", platform="bluesky") from error
        if response.status_code in BUSY or response.status_code >= 500:
            raise PlatformUnavailable(f"{origin(url)} does not answer.", platform="bluesky", status=response.status_code)
        return response


HOW = "Check the handle (bsky.app → Profile). A new one takes some minutes to be known."
HOST = "Check `host`: the server of the account, e.g. bsky.social; or leave it out and send `handle`."


def _read(response: httpx2.Response, shape: type[Shape]) -> Shape | None:
    """None: it said no, or something else."""
    if not response.is_success:
        return None
    try:
        return reader(shape).validate_json(response.content)
    except ValidationError:
        return None


def _invalid(path: str, code: str, message: str, remediation: str) -> Invalid:
    return Invalid(message, code=code, issues=[Issue(path, code, message)], remediation=remediation)
