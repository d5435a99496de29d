"""Where a webhook may go. Checked when it is saved and again before every delivery.

Only the form is checked here: which address a name means is decided when it is dialled, by infra/outbound.py.
"""

import ipaddress
from collections.abc import Collection
from urllib.parse import SplitResult, urlsplit

from ocma.errors import Invalid, Issue
from ocma.infra.outbound import is_public, is_trusted


def check_url(url: str, trusted: Collection[str]) -> None:
    """`trusted`: what the operator lets be private and without TLS, as in `is_trusted`. Raises Invalid."""
    try:
        parts = urlsplit(url)
        why = _flaw(parts, trusted) if url.isascii() and url.isprintable() and " " not in url else "is not a URL"
    except ValueError:
        why = "is not a URL"
    if why:
        remediation = "Give a public https URL; an operator can allow hosts of their own with OCMA_TRUSTED_HOSTS (host:port)."
        issue = Issue("url", "urlInvalid", f"This {why}.", remediation)
        raise Invalid(f"`url` {why}.", code="urlInvalid", issues=[issue], remediation=remediation)


def _flaw(parts: SplitResult, trusted: Collection[str]) -> str | None:
    host = parts.hostname
    if not host or parts.port == 0 or parts.scheme not in {"http", "https"}:
        return "is not an https URL"
    if parts.username is not None or parts.password is not None or parts.fragment:
        return "has credentials or a fragment"
    if is_trusted(trusted, parts.scheme, host, parts.port):
        return None
    if parts.scheme != "https":
        return "does not begin with https"
    return "leads to a private address" if _is_private(host) else None


def _is_private(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return not is_public(host)
