"""Who somebody is, before it is settled in which workspace they act."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from ocma.errors import Forbidden, Unauthenticated
from ocma.features.workspaces.caller import Caller
from ocma.features.workspaces.keys import FoundKey
from ocma.features.workspaces.scopes import ROLE_SCOPES, Role

HEADER = "X-Workspace-Id"


@dataclass(frozen=True, slots=True)
class Membership:
    workspace_id: UUID
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class Identity:
    """A user with memberships, or an API key with its one workspace."""

    name: str
    user_id: UUID | None
    memberships: Sequence[Membership] = ()
    key: FoundKey | None = None

    def choose(self, wanted: UUID | None) -> Caller:
        """`wanted` None: a key's own workspace, a user's oldest. Raises Forbidden for a workspace that is not theirs."""
        if self.key is not None:
            if wanted not in (None, self.key.workspace_id):
                raise _not_theirs()
            return Caller(self.key.workspace_id, self.name, None, "key", self.key.scopes)
        for each in self.memberships:
            if wanted in (None, each.workspace_id):
                return Caller(each.workspace_id, self.name, self.user_id, each.role, ROLE_SCOPES[each.role])
        raise _not_theirs() if wanted else _nowhere()

    def get_user_id(self) -> UUID:
        """Raises Forbidden for an API key."""
        if self.user_id is None:
            raise Forbidden("This is for people; an API key belongs to one workspace.", code="usersOnly")
        return self.user_id


def user(user_id: UUID, memberships: Sequence[Membership]) -> Identity:
    return Identity(f"user:{user_id}", user_id, memberships)


def key(found: FoundKey) -> Identity:
    return Identity(f"key:{found.id}", None, key=found)


def unknown() -> Unauthenticated:
    """The same answer whatever was wrong with a token."""
    return Unauthenticated(
        "This token is not valid, or not any more.",
        code="invalidToken",
        remediation="Send `Authorization: Bearer` with an API key, a session or a JWT of the configured issuer.",
    )


def _not_theirs() -> Forbidden:
    return Forbidden(f"The workspace in {HEADER} is not one of yours.", code="notAMember", remediation="See GET /api/workspaces.")


def _nowhere() -> Forbidden:
    return Forbidden(
        "You belong to no workspace.",
        code="noWorkspace",
        remediation="Make one with POST /api/workspaces, or ask an owner to add you to theirs.",
    )
