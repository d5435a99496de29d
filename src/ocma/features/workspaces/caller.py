"""Who is calling, in which workspace, with which scopes."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from ocma.errors import Forbidden
from ocma.features.workspaces.scopes import ALL, Role

OPERATOR, ITSELF = "operator", "ocma"


@dataclass(frozen=True, slots=True)
class Caller:
    """`name` stands in the audit trail: `key:<uuid>`, `user:<uuid>`, `operator` (the command line), `ocma` (nobody asked)."""

    workspace_id: UUID
    name: str
    user_id: UUID | None
    role: Role | Literal["key"]
    scopes: frozenset[str]

    def require(self, scope: str) -> None:
        """Raises Forbidden naming the missing scope."""
        if scope not in self.scopes:
            raise Forbidden(
                f"This needs the scope `{scope}`, which you do not have.",
                code="scopeMissing",
                remediation=f"Use an API key with `{scope}`, or ask an owner of the workspace for a role that has it.",
            )


def operator(workspace_id: UUID) -> Caller:
    """Whoever runs `ocma` on the machine: the database's password is the permission."""
    return Caller(workspace_id, OPERATOR, None, "owner", ALL)


def itself(workspace_id: UUID) -> Caller:
    """OCMA, of its own accord. It may do nothing that needs a scope."""
    return Caller(workspace_id, ITSELF, None, "key", frozenset())
