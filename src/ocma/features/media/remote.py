"""Files that users name by URL, fetched through the guarded way out: each redirect is looked at like the first address."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import httpx2

from ocma.errors import Invalid, Issue
from ocma.infra.outbound import Outbound

SECONDS = 600.0  # for a whole file
REDIRECTS = 3
MOVED = frozenset({301, 302, 303, 307, 308})


@asynccontextmanager
async def opened(outbound: Outbound, url: str, path: str, most: int) -> AsyncGenerator[AsyncIterator[bytes]]:
    """The file's bytes, `most` at most. Raises Invalid that names `path`, in the block too."""
    client = outbound.client("", chosen=False, transport=outbound.transport(chosen=False, most=most + 1))
    try:
        async with asyncio.timeout(SECONDS):
            response = await _arrived(client, url, path)
            try:
                yield response.aiter_bytes()
            finally:
                await response.aclose()
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
        raise _unfetchable(path, "cannot be reached") from error


async def _arrived(client: httpx2.AsyncClient, url: str, path: str) -> httpx2.Response:
    """The answer with the file: every hop is a new request, and so goes past the guard anew."""
    place = httpx2.URL(url)
    for _ in range(REDIRECTS + 1):
        response = await client.send(client.build_request("GET", place), stream=True)
        if response.status_code not in MOVED:
            if response.is_success:
                return response
            await response.aclose()
            raise _unfetchable(path, f"answered {response.status_code}")
        await response.aclose()
        following = place.join(response.headers.get("location", ""))
        if place.scheme == "https" and following.scheme != "https":
            raise _unfetchable(path, "is passed on to an address without encryption")
        place = following
    raise _unfetchable(path, f"is passed on more than {REDIRECTS} times")


def _unfetchable(path: str, why: str) -> Invalid:
    message = f"The file {why}."
    remediation = "Give a public https URL of the file itself, or upload it to /api/media."
    return Invalid(message, code="mediaUnreachable", issues=[Issue(path, "mediaUnreachable", message, remediation)])
