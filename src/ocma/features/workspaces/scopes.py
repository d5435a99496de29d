"""What a caller may do. A role is a name for a set of scopes; an API key carries a set of its own."""

from collections.abc import Mapping
from typing import Literal

from ocma.errors import Invalid, Issue

Role = Literal["owner", "admin", "editor", "viewer"]

SCOPES: Mapping[str, str] = {
    "accounts:read": "See connected accounts.",
    "accounts:write": "Connect, refresh and disconnect accounts.",
    "posts:read": "See posts, media and what became of them.",
    "posts:write": "Write, schedule, cancel and retry posts.",
    "media:write": "Upload and remove media.",
    "webhooks:read": "See webhook endpoints and what was delivered there.",
    "webhooks:write": "Add, change and remove webhook endpoints.",
    "keys:read": "See API keys (never the keys themselves).",
    "keys:write": "Make and revoke API keys.",
    "members:read": "See members.",
    "members:write": "Add and remove members, change roles.",
    "workspace:read": "See the workspace.",
    "workspace:write": "Change the workspace.",
    "audit:read": "Read the audit trail.",
}
ALL = frozenset(SCOPES)

_VIEWER = frozenset({"accounts:read", "posts:read", "members:read", "workspace:read"})
_EDITOR = _VIEWER | {"posts:write", "media:write"}
ROLE_SCOPES: Mapping[Role, frozenset[str]] = {
    "owner": ALL,
    "admin": ALL - {"workspace:write"},
    "editor": _EDITOR,
    "viewer": _VIEWER,
}


def check_scopes(wanted: frozenset[str]) -> None:
    """Raises Invalid that names the unknown ones and the known ones."""
    unknown = sorted(wanted - ALL)
    if unknown:
        known = f"Known: {', '.join(SCOPES)}."
        issues = [Issue("scopes", "unknownScope", f"There is no scope {scope[:40]!r}.", known) for scope in unknown]
        raise Invalid("Some scopes are unknown.", code="unknownScope", issues=issues, remediation=known)
