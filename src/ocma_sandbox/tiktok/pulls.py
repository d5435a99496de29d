"""Media that TikTok fetches itself: one address, no redirects, bounded in bytes and in time."""

import asyncio
import time
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from urllib.parse import urlsplit

PIECE = 64 * 1024
WAIT = 5.0


class PullFailed(Exception):
    """Not fetched; the message says why."""


def deadline_in(seconds: float) -> float:
    return time.monotonic() + seconds


async def fetch(url: str, path: Path, *, most: int, deadline: float) -> None:
    """Writes the file to `path`. Raises `PullFailed`, whatever the reason; the path may then hold a part."""
    try:
        await asyncio.to_thread(_fetch, url, path, most, deadline)
    except (OSError, HTTPException, ValueError) as error:
        raise PullFailed(str(error)) from error


def _fetch(url: str, path: Path, most: int, deadline: float) -> None:
    parts = urlsplit(url)
    connect = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = connect(parts.hostname or "", parts.port, timeout=WAIT)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("GET", target, headers={"Accept": "*/*", "User-Agent": "TikTok-sandbox"})
        answer = connection.getresponse()
        if answer.status != 200:
            raise PullFailed(f"{answer.status} instead of the file")
        with path.open("wb") as file:
            # read1: what is here already, so that a slow server is noticed in time
            while piece := answer.read1(PIECE):
                file.write(piece)
                if file.tell() > most or time.monotonic() > deadline:
                    raise PullFailed("too large or too slow")
        length = answer.getheader("content-length")
        if length is not None and int(length) != path.stat().st_size:
            raise PullFailed("the file came incompletely")
    finally:
        connection.close()
