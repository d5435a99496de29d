"""Who registers, and who comes back with a password."""

from uuid import UUID

from sqlalchemy.exc import IntegrityError

from ocma.clock import Clock
from ocma.errors import Conflict, Unauthenticated
from ocma.features.workspaces import login_limit, sessions
from ocma.features.workspaces.caller import Caller
from ocma.features.workspaces.models import User, Workspace
from ocma.features.workspaces.passwords import hash_password, verify_password
from ocma.features.workspaces.schemas import Registration
from ocma.features.workspaces.scopes import ALL
from ocma.features.workspaces.sessions import Session
from ocma.features.workspaces.workspaces import create_workspace
from ocma.ids import new_id
from ocma.infra.database import Database
from ocma.infra.line import Line


async def register(database: Database, wanted: Registration, clock: Clock) -> tuple[User, Workspace]:
    """A user and a workspace of their own. Raises Conflict when the e-mail is taken."""
    password_hash = await hash_password(wanted.password.get_secret_value())
    user = User(id=new_id(), email=wanted.email, name=wanted.name, password_hash=password_hash, created_at=clock())
    try:
        return user, await add_with_workspace(database, user, wanted.workspace_name or "My workspace", clock)
    except IntegrityError as error:
        raise Conflict(
            "There is an account with this e-mail already.", code="emailTaken", remediation="Log in instead."
        ) from error


async def add_with_workspace(database: Database, user: User, workspace_name: str, clock: Clock) -> Workspace:
    """Raises IntegrityError when there is such a user."""
    caller = Caller(new_id(), f"user:{user.id}", user.id, "owner", ALL)
    async with database.transaction(caller.workspace_id, user.id) as session:
        session.add(user)
        await session.flush()
        return await create_workspace(session, caller, workspace_name, clock)


async def login(
    database: Database, line: Line, limit: login_limit.LoginLimit, email: str, password: str, address: str, clock: Clock
) -> tuple[UUID, Session]:
    """Raises Unauthenticated, the same for an unknown e-mail and a wrong password; QuotaExceeded after too many tries."""
    await limit.take(line, email, address)
    rows = await database.system("SELECT * FROM find_login($1)", email)
    stored = rows[0].password_hash if rows else None
    if not await verify_password(stored, password):
        raise Unauthenticated("E-mail or password is wrong.", code="wrongPassword")
    session = await sessions.open_session(database, rows[0].id, clock)
    await limit.forget(line, email, address)
    return rows[0].id, session
