"""Meta fetches media by address itself: one GET, no redirects, so much time and so many bytes."""

import asyncio
import http.client
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from ocma_sandbox.graph import intake
from ocma_sandbox.graph.intake import PIECE, Taken
from ocma_sandbox.graph.settings import GraphSettings

AGENT = "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"
SCHEMES = frozenset({"http", "https"})


class PullFailed(Exception):
    """`reason` is for a person; `is_timeout` when it took too long."""

    def __init__(self, reason: str, *, is_timeout: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_timeout = is_timeout


@dataclass(frozen=True)
class Errand:
    """What is fetched, to where, and how many bytes of it at most."""

    url: str
    path: Path
    most: int


class _Stay(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer like any other that is not the file."""

    def redirect_request(self, *_arguments: Any, **_named: Any) -> None:
        return None


# an empty ProxyHandler: the machine's proxy has nothing to do with what a platform would reach
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), _Stay())


async def pull(chosen: GraphSettings, errand: Errand) -> Taken:
    """Raises PullFailed."""
    if not is_address(errand.url, frozenset({"https"}) if chosen.https_only else SCHEMES):
        raise PullFailed("it is not an absolute address that can be fetched")
    await asyncio.to_thread(_fetch, errand, chosen.fetch_seconds)
    return await intake.examine(errand.path)


def is_address(url: str, schemes: frozenset[str] = SCHEMES) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0 and url.isascii() and " " not in url
    except ValueError:
        return False


def _fetch(errand: Errand, seconds: float) -> None:
    request = urllib.request.Request(errand.url, headers={"User-Agent": AGENT, "Accept": "*/*"})  # noqa: S310 - scheme checked
    try:
        with _OPENER.open(request, timeout=seconds) as answer, errand.path.open("wb") as file:
            _store(errand, answer, file, monotonic() + seconds)
    except urllib.error.HTTPError as error:
        raise PullFailed(f"its server answered {error.code}") from error
    except TimeoutError as error:
        raise PullFailed("its server was too slow", is_timeout=True) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        is_timeout = isinstance(getattr(error, "reason", None), TimeoutError)
        raise PullFailed(f"its server could not be reached: {error}", is_timeout=is_timeout) from error


def _store(errand: Errand, answer: Any, file: BinaryIO, deadline: float) -> None:
    if answer.status != http.client.OK:
        raise PullFailed(f"its server answered {answer.status}")
    came = 0
    while chunk := answer.read(PIECE):
        file.write(chunk)
        came += len(chunk)
        if came > errand.most:
            raise PullFailed(f"it has more than {errand.most} bytes")
        if monotonic() > deadline:
            raise PullFailed("its server was too slow", is_timeout=True)
    expected = answer.headers.get("Content-Length")
    if came == 0 or (expected is not None and came < int(expected)):
        raise PullFailed("it is empty or ended before it was whole")
