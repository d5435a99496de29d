"""Addresses at which anybody can fetch one file for a while: for platforms that fetch, and for pictures in a page.

`/media/{signed}`: which key, which file, until when, and an HMAC-SHA256 over that with a key of its own, drawn from the vault's.
"""

import base64
import hashlib
import hmac
import ipaddress
import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from ocma.clock import Clock
from ocma.errors import Forbidden, NotFound
from ocma.infra.vault import Sealed, Vault

PURPOSE = "media-link"
PATH = "/media/"


@dataclass(frozen=True, slots=True)
class Link:
    """A file, and until when it may be fetched."""

    workspace_id: UUID
    file_id: UUID
    expires_at: datetime


class Links:
    """`base` is our address as platforms see it, without a path; a link is good for `life` at least."""

    def __init__(self, vault: Vault, base: str, clock: Clock, life: timedelta) -> None:
        self._vault, self._base, self._clock, self._life = vault, base.rstrip("/"), clock, life

    def make(self, workspace_id: UUID, file_id: UUID) -> tuple[str, datetime]:
        """The address and its end. The same for some hours, so that what lies between can keep the file."""
        step = self._life.total_seconds() / 2
        expires = int(math.ceil((self._clock() + self._life).timestamp() / step) * step)
        key_id, key = self._vault.derive(PURPOSE)
        body = f"{_encode(key_id.encode())}.{_encode(workspace_id.bytes + file_id.bytes + expires.to_bytes(8, 'big'))}"
        return f"{self._base}{PATH}{body}.{_encode(_sign(key, body))}", datetime.fromtimestamp(expires, UTC)

    def read(self, signed: str) -> Link:
        """Raises NotFound for what we never gave away, Forbidden when its time is over."""
        try:
            body, _, mac = signed.rpartition(".")
            key_id, payload = (_decode(each) for each in body.split("."))
            _, key = self._vault.derive(PURPOSE, key_id.decode())
            if not hmac.compare_digest(_sign(key, body), _decode(mac)) or len(payload) != 40:
                raise _unknown()
        except (ValueError, Sealed):
            raise _unknown() from None
        expires_at = datetime.fromtimestamp(int.from_bytes(payload[32:], "big"), UTC)
        if expires_at < self._clock():
            raise Forbidden("This address is no longer good.", code="linkExpired", remediation="Ask for a new one.")
        return Link(UUID(bytes=payload[:16]), UUID(bytes=payload[16:32]), expires_at)

    @property
    def reachable(self) -> bool:
        """Whether somebody outside this machine and its network can have a chance to fetch from here."""
        host = urlsplit(self._base).hostname or "localhost"
        try:
            return ipaddress.ip_address(host).is_global
        except ValueError:
            return "." in host and not host.endswith((".localhost", ".local", ".test"))


def _unknown() -> NotFound:
    return NotFound("There is no such file.", code="noSuchFile")


def _sign(key: bytes, body: str) -> bytes:
    return hmac.digest(key, body.encode(), hashlib.sha256)


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decode(text: str) -> bytes:
    """Raises ValueError, also for what would encode otherwise: one link has one spelling."""
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if _encode(data) != text:
        raise ValueError
    return data
