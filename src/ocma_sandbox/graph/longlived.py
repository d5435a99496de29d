"""Tokens of 60 days as Instagram and Threads give them: exchanged for a short one, refreshed by themselves after a day."""

from starlette.responses import Response

from ocma_sandbox import grants
from ocma_sandbox.graph import errors, login, tokens
from ocma_sandbox.graph.house import House
from ocma_sandbox.graph.params import Params
from ocma_sandbox.world import World

DAY = 86400
KIND = "IGApiException"


def _refuse(code: int, message: str) -> Exception:
    return errors.refuse(code, message, type=KIND)


def _presented(world: World, house: House, params: Params) -> grants.Token:
    found = tokens.find(world, house, params.text("access_token") or "")
    if found is None:
        raise errors.refuse(190)
    if found.is_revoked:
        raise errors.refuse(190, subcode=458)
    if found.is_expired:
        raise errors.refuse(190, subcode=463)
    return found


def exchange(world: World, house: House, params: Params, grant_type: str) -> Response:
    if params.text("grant_type") != grant_type:
        raise _refuse(100, f"Unsupported grant_type: it must be {grant_type}")
    login.prove_secret(house.app(world), params)
    found = _presented(world, house, params)
    if tokens.is_long_lived(world, house, found):
        raise _refuse(452, "Session key invalid. The token is long-lived already.")
    return _long(world, house, found)


def refresh(world: World, house: House, params: Params, grant_type: str) -> Response:
    """Only a long-lived token that is a day old and has not expired; the old one goes on until its own end."""
    if params.text("grant_type") != grant_type:
        raise _refuse(100, f"Unsupported grant_type: it must be {grant_type}")
    found = _presented(world, house, params)
    if not tokens.is_long_lived(world, house, found):
        raise _refuse(452, "Session key invalid. Only long-lived tokens can be refreshed.")
    if world.clock() - found.created_at < DAY:
        raise _refuse(100, "The access token must be at least 24 hours old before it can be refreshed.")
    return _long(world, house, found)


def _long(world: World, house: House, found: grants.Token) -> Response:
    lives = house.settings(world).long_token_seconds
    raw = login.issue(world, found.grant_id, lives)
    return login.token_answer(raw, lives)
