"""Faults that the gate cannot see, because Meta has the version in the token's path, and tokens in bodies."""

from starlette.requests import Request

from ocma_sandbox import grants
from ocma_sandbox.faults import Call
from ocma_sandbox.graph import errors
from ocma_sandbox.platform import Refused
from ocma_sandbox.world import World

TOKEN_DOWN = ("token_endpoint_down",)
SPOILED = ("expired_token", "revoked_token")


def _call(key: str, request: Request, *, is_token: bool) -> Call:
    path: str = request.scope["path"]
    return Call(key, request.method, path, is_api=not is_token, is_token=is_token, is_publish=False)


def end_if_down(world: World, key: str, request: Request) -> None:
    """A fault with a path of its own was the gate's business."""
    call = _call(key, request, is_token=True)
    waiting = [fault for fault in world.faults.matching(call, TOKEN_DOWN) if fault.path is None]
    if any(world.faults.strikes(fault) for fault in waiting):
        raise Refused(errors.broken(503))


def spoil(world: World, key: str, request: Request, token: grants.Token) -> bool:
    """Whether the token that came in a body, or as `OAuth`, was made expired or revoked just now."""
    waiting = world.faults.matching(_call(key, request, is_token=False), SPOILED)
    struck = [fault for fault in waiting if world.faults.strikes(fault)]
    for fault in struck:
        if fault.kind == "expired_token":
            grants.expire(world.store, token, world.clock())
        else:
            grants.revoke_grant(world.store, token.grant_id, world.clock())
    return bool(struck)


def is_seen_by_gate(request: Request) -> bool:
    kind = request.headers.get("authorization", "").partition(" ")[0].lower()
    return kind == "bearer" or "access_token" in request.query_params
