"""Members: who works in a workspace, in which role."""

from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from ocma.clock import Clock
from ocma.errors import Conflict, Forbidden, Invalid, Issue, NotFound
from ocma.features.paging import cut, decode_cursor
from ocma.features.schema import Page
from ocma.features.workspaces import audit
from ocma.features.workspaces.caller import Caller
from ocma.features.workspaces.keys import revoke_keys_made_by
from ocma.features.workspaces.models import Member, User
from ocma.features.workspaces.schemas import MemberView
from ocma.features.workspaces.scopes import ROLE_SCOPES, Role


async def list_members(session: AsyncSession, *, cursor: str | None = None, limit: int = 50) -> Page[MemberView]:
    """By user id, so in the order in which they registered."""
    query = select(Member, User).join(User, User.id == Member.user_id).order_by(Member.user_id).limit(limit + 1)
    if cursor:
        query = query.where(Member.user_id > decode_cursor(cursor, UUID)[0])
    rows, following = cut((await session.execute(query)).all(), limit, lambda row: (row.Member.user_id,))
    return Page(data=[_view(row.Member, row.User) for row in rows], next_cursor=following)


async def get_member(session: AsyncSession, caller: Caller, user_id: UUID) -> MemberView:
    user = await session.get(User, user_id)
    return _view(await _get(session, caller, user_id), _seen(user))


async def add_member(
    session: AsyncSession, caller: Caller, role: Role, clock: Clock, *, email: str | None = None, user_id: UUID | None = None
) -> MemberView:
    """Somebody who has an account here. Raises NotFound, Conflict, and Forbidden for a role beyond the caller's own."""
    _check_reach(caller, role)
    if (email is None) == (user_id is None):
        message = "Send either `email` or `userId`."
        raise Invalid(message, code="missingField", issues=[Issue("email", "missingField", message)])
    person = user_id or await _get_user_id(session, email or "")
    try:
        async with session.begin_nested():
            session.add(member := Member(workspace_id=caller.workspace_id, user_id=person, role=role, created_at=clock()))
    except IntegrityError as error:
        if await session.get(Member, (caller.workspace_id, person)):
            raise Conflict("This user is a member already.", code="alreadyMember") from error
        raise _no_user() from error
    await audit.record(session, caller, "member.added", str(person), {"role": role})
    return _view(member, _seen(await session.get(User, person)))


async def change_role(session: AsyncSession, caller: Caller, user_id: UUID, role: Role, clock: Clock) -> MemberView:
    """Keys they made that reach beyond the new role end. Raises Forbidden, and Conflict for the last owner."""
    member = await _get_reachable(session, caller, user_id)
    _check_reach(caller, role)
    if member.role != role:
        await _keep_an_owner(session, member, role)
        before, member.role = member.role, role
        await session.flush()
        ended = await revoke_keys_made_by(session, user_id, ROLE_SCOPES[role], clock)
        change = {"from": before, "to": role, "revokedKeys": ended}
        await audit.record(session, caller, "member.roleChanged", str(user_id), change)
    return _view(member, _seen(await session.get(User, user_id)))


async def remove_member(session: AsyncSession, caller: Caller, user_id: UUID, clock: Clock) -> None:
    """Everybody may leave; keys they made end with them. Raises Forbidden, and Conflict for the last owner."""
    member = await _get(session, caller, user_id) if caller.user_id == user_id else await _get_reachable(session, caller, user_id)
    await _keep_an_owner(session, member, None)
    await session.delete(member)
    await session.flush()
    ended = await revoke_keys_made_by(session, user_id, (), clock)
    await audit.record(session, caller, "member.removed", str(user_id), {"role": member.role, "revokedKeys": ended})


def _check_reach(caller: Caller, role: str) -> None:
    """Nobody gives, takes or changes a role that can do more than they can themselves."""
    wanted = next(scopes for name, scopes in ROLE_SCOPES.items() if name == role)
    if not wanted <= caller.scopes:
        raise Forbidden(
            f"The role `{role}` reaches beyond yours.",
            code="roleBeyondYours",
            remediation="Ask somebody who has at least this role.",
        )


async def _get(session: AsyncSession, caller: Caller, user_id: UUID) -> Member:
    query = select(Member).filter_by(workspace_id=caller.workspace_id, user_id=user_id).with_for_update()
    member = await session.scalar(query)
    if member is None:
        raise NotFound("There is no such member in this workspace.")
    return member


async def _get_reachable(session: AsyncSession, caller: Caller, user_id: UUID) -> Member:
    member = await _get(session, caller, user_id)
    _check_reach(caller, member.role)
    return member


async def _keep_an_owner(session: AsyncSession, member: Member, becomes: Role | None) -> None:
    """Under a lock: two owners who leave at the same moment must not both be the last but one."""
    if member.role != "owner" or becomes == "owner":
        return
    lock = text("SELECT pg_advisory_xact_lock(hashtextextended('owners:' || :workspace, 0))")
    await session.execute(lock, {"workspace": str(member.workspace_id)})
    others = select(func.count()).select_from(Member).where(Member.role == "owner", Member.user_id != member.user_id)
    if not await session.scalar(others):
        raise Conflict(
            "A workspace needs an owner, and this is the last one.",
            code="lastOwner",
            remediation="Make somebody else an owner first.",
        )


async def _get_user_id(session: AsyncSession, email: str) -> UUID:
    found = list(await session.scalars(text("SELECT find_people(:wanted)"), {"wanted": email}))
    if len(found) > 1:
        raise Conflict(
            "Several users have this e-mail.",
            code="ambiguousEmail",
            remediation="Send their `userId` instead (GET /api/auth/me).",
        )
    if not found:
        raise _no_user()
    return found[0]


def _no_user() -> NotFound:
    return NotFound(
        "There is no such user.",
        code="noSuchUser",
        remediation="They have to register or log in before they can be added.",
    )


def _seen(user: User | None) -> User:
    if user is None:
        raise NotFound("There is no such member in this workspace.")
    return user


def _view(member: Member, user: User) -> MemberView:
    values = {"user_id": user.id, "email": user.email, "name": user.name, "role": member.role}
    return MemberView.model_validate({**values, "created_at": member.created_at})
