"""What routes ask for: resources, the caller, a scope."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Header, Request, Security
from fastapi.security import HTTPBearer
from fastapi.security.utils import get_authorization_scheme_param

from ocma.bootstrap import Resources
from ocma.errors import Forbidden, Invalid, Issue, Unauthenticated
from ocma.features.workspaces.authentication import Authenticator
from ocma.features.workspaces.caller import Caller
from ocma.features.workspaces.identity import HEADER, Identity

IN_PATH = "workspace_id"
BEARER = HTTPBearer(auto_error=False, description="An API key, a session of /api/auth/login, or a JWT of the configured issuer.")


def get_resources(request: Request) -> Resources:
    return request.app.state.resources


async def resolve_identity(request: Request) -> Identity:
    """Once per request. Raises Unauthenticated."""
    state = request.state
    if not hasattr(state, "identity"):
        authenticator: Authenticator = request.app.state.authenticator
        state.identity = await authenticator.identify(bearer_token(request))
    return state.identity


async def resolve_caller(request: Request) -> Caller:
    """Once per request. Raises Unauthenticated, or Forbidden when the workspace is not theirs."""
    state = request.state
    if not hasattr(state, "caller"):
        identity = await resolve_identity(request)
        state.caller = identity.choose(_wanted_workspace(request))
    return state.caller


async def is_still(request: Request, caller: Caller, scope: str) -> bool:
    """Asked while a long answer goes on: is the token good, and may its bearer do this in that workspace, as when it began?"""
    authenticator: Authenticator = request.app.state.authenticator
    try:
        identity = await authenticator.identify(bearer_token(request))
        identity.choose(caller.workspace_id).require(scope)
    except (Unauthenticated, Forbidden):
        return False
    return True


def bearer_token(request: Request) -> str:
    scheme, token = get_authorization_scheme_param(request.headers.get("authorization"))
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated(
            "This needs a bearer token.",
            remediation="Send `Authorization: Bearer` with an API key, a session or a JWT of the configured issuer.",
        )
    return token


def _wanted_workspace(request: Request) -> UUID | None:
    """A workspace named in the path is meant; else the header says which."""
    in_path = request.path_params.get(IN_PATH)
    value = in_path or request.headers.get(HEADER)
    try:
        return UUID(value) if value is not None else None
    except ValueError:
        message = "This is not the id of a workspace."
        raise Invalid(message, issues=[Issue(IN_PATH if in_path else HEADER, "uuidParsing", message)]) from None


WorkspaceHeader = Annotated[
    UUID | None,
    Header(alias=HEADER, description="Which of your workspaces; without it your oldest. API keys have only one."),
]


async def get_identity(request: Request, _bearer: Annotated[object, Security(BEARER)]) -> Identity:
    return await resolve_identity(request)


async def get_caller(
    request: Request, _bearer: Annotated[object, Security(BEARER)], _workspace: WorkspaceHeader = None
) -> Caller:
    return await resolve_caller(request)


ResourcesDep = Annotated[Resources, Depends(get_resources)]
IdentityDep = Annotated[Identity, Depends(get_identity)]
CallerDep = Annotated[Caller, Depends(get_caller)]


def needs(*scopes: str) -> Any:
    """A dependency that gives the caller, if they have every one of the scopes."""

    async def check(caller: CallerDep) -> Caller:
        for scope in scopes:
            caller.require(scope)
        return caller

    return Depends(check)


async def in_workspace(workspace_id: UUID) -> UUID:
    """For routers with `{workspace_id}` in their path: the caller acts in that one."""
    return workspace_id
