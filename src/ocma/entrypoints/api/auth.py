"""/api/auth: register, log in, log out, who am I."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from ocma.entrypoints.api.dependencies import IdentityDep, ResourcesDep, bearer_token, resolve_caller
from ocma.entrypoints.api.idempotency import PlainRoute
from ocma.errors import Forbidden
from ocma.features.workspaces import login as logins
from ocma.features.workspaces import sessions
from ocma.features.workspaces.credentials import SESSION
from ocma.features.workspaces.schemas import Login, Me, Opened, Registration
from ocma.features.workspaces.users import find_email
from ocma.features.workspaces.workspaces import list_memberships, list_own

router = APIRouter(prefix="/api/auth", tags=["auth"], route_class=PlainRoute)
session_router = APIRouter(prefix="/api/auth", tags=["auth"], route_class=PlainRoute)


@router.post("/register", status_code=201)
async def register(resources: ResourcesDep, body: Registration) -> Opened:
    """Makes a user with a workspace of their own, and logs them in."""
    user, workspace = await logins.register(resources.database, body, resources.clock)
    session = await sessions.open_session(resources.database, user.id, resources.clock)
    return Opened(token=session.token, expires_at=session.expires_at, user_id=user.id, workspace_id=workspace.id)


@router.post("/login")
async def login(resources: ResourcesDep, request: Request, body: Login) -> Opened:
    """A session: 14 days after its last use, 90 in all. Ten tries in five minutes."""
    address = request.client.host if request.client else ""
    password, limit = body.password.get_secret_value(), request.app.state.login_limit
    user_id, session = await logins.login(
        resources.database, resources.line, limit, body.email, password, address, resources.clock
    )
    memberships = await list_memberships(resources.database, user_id)
    workspace_id = memberships[0].workspace_id if memberships else None
    return Opened(token=session.token, expires_at=session.expires_at, user_id=user_id, workspace_id=workspace_id)


@session_router.post("/logout", status_code=204)
async def logout(
    resources: ResourcesDep,
    request: Request,
    identity: IdentityDep,
    everywhere: Annotated[bool, Query(description="End all sessions of this user.")] = False,
) -> None:
    """Ends this session. API keys are revoked at /api/keys, JWTs end at their issuer."""
    user_id, token = identity.get_user_id(), bearer_token(request)
    if everywhere:
        await sessions.close_all(resources.database, resources.line, user_id)
    elif token.startswith(SESSION):
        await sessions.close_session(resources.database, resources.line, token)


@session_router.get("/me")
async def show_me(resources: ResourcesDep, request: Request, identity: IdentityDep) -> Me:
    """Who you are, in which workspace this token acts (see X-Workspace-Id), with which scopes."""
    try:
        caller = await resolve_caller(request)
    except Forbidden as error:
        if error.rule != "noWorkspace":
            raise
        caller = None
    return Me(
        name=identity.name,
        user_id=identity.user_id,
        email=await find_email(resources.database, identity.user_id),
        workspace_id=caller.workspace_id if caller else None,
        role=caller.role if caller else None,
        scopes=sorted(caller.scopes) if caller else [],
        workspaces=list(await list_own(resources.database, identity)),
    )
