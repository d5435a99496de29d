"""What tests start from, made through the same functions that the doors call."""

from dataclasses import dataclass
from uuid import UUID

from pydantic import SecretStr

from ocma.bootstrap import Resources
from ocma.features.workspaces import keys, login, sessions
from ocma.features.workspaces.caller import Caller, operator
from ocma.features.workspaces.models import Member
from ocma.features.workspaces.schemas import Registration
from ocma.features.workspaces.workspaces import create_workspace
from ocma.ids import new_id

PASSWORD = "correct horse battery staple"


@dataclass(frozen=True)
class Person:
    id: UUID
    email: str
    workspace_id: UUID
    headers: dict[str, str]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


class Factory:
    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._database, self._clock = resources.database, resources.clock

    async def workspace(self, name: str = "Test workspace") -> UUID:
        caller = operator(new_id())
        async with self._database.transaction(caller.workspace_id) as session:
            await create_workspace(session, caller, name, self._clock)
        return caller.workspace_id

    def caller(self, workspace_id: UUID) -> Caller:
        """Who may do everything there, for calling services without a door."""
        return operator(workspace_id)

    async def key(self, workspace_id: UUID, *scopes: str, name: str = "test", expires_at=None) -> dict[str, str]:
        """Headers of a new API key; without `scopes` it may do everything."""
        return bearer((await self.key_row(workspace_id, *scopes, name=name, expires_at=expires_at)).key)

    async def key_row(self, workspace_id: UUID, *scopes: str, name: str = "test", expires_at=None):
        async with self._database.transaction(workspace_id) as session:
            return await keys.create_key(
                session, operator(workspace_id), name, self._clock, scopes=scopes or None, expires_at=expires_at
            )

    async def person(self, email: str | None = None, name: str = "") -> Person:
        """A registered user with a workspace of their own and a session."""
        email = email or f"{new_id().hex}@example.com"
        wanted = Registration(email=email, password=SecretStr(PASSWORD), name=name)
        user, workspace = await login.register(self._database, wanted, self._clock)
        session = await sessions.open_session(self._database, user.id, self._clock)
        return Person(user.id, email, workspace.id, bearer(session.token))

    async def member(self, workspace_id: UUID, role: str) -> Person:
        """A person who works in `workspace_id`; their headers name it."""
        person = await self.person()
        async with self._database.transaction(workspace_id) as session:
            session.add(Member(workspace_id=workspace_id, user_id=person.id, role=role, created_at=self._clock()))
        return Person(person.id, person.email, workspace_id, {**person.headers, "X-Workspace-Id": str(workspace_id)})
