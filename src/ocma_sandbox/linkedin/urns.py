import re
from dataclasses import dataclass

from ocma_sandbox.linkedin import problems

_URN = re.compile(r"urn:li:([A-Za-z]+):(\S+)")
POSTS = ("share", "ugcPost")


@dataclass(frozen=True)
class Urn:
    kind: str
    key: str


def find(text: str) -> Urn | None:
    match = _URN.fullmatch(text)
    return Urn(match[1], match[2]) if match else None


def read(text: str, field: str, *kinds: str) -> Urn:
    """Raises 400 in LinkedIn's words when it is no URN, or not of these kinds."""
    urn = find(text)
    if urn is None:
        raise problems.refused(400, "INVALID_URN_ID", "The URN ID provided is invalid")
    if urn.kind not in kinds:
        wanted = " or ".join(kinds)
        raise problems.refused(400, "INVALID_URN_TYPE", f"{field} value {text} must be a {wanted} URN")
    return urn


def write(kind: str, key: str) -> str:
    return f"urn:li:{kind}:{key}"


def comment(post: str, key: str) -> str:
    return f"urn:li:comment:({post},{key})"
