from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ocma_sandbox import people
from ocma_sandbox.mastodon import content, errors
from ocma_sandbox.mastodon.calls import KEY, Visitor, base
from ocma_sandbox.mastodon.entities import Renderer
from ocma_sandbox.world import World


async def verify_credentials(world: World, visitor: Visitor, request: Request) -> Response:
    return JSONResponse(Renderer(world, base(request), visitor.person).credential_account(visitor.me))


async def user_info(world: World, visitor: Visitor, request: Request) -> Response:
    """GET /oauth/userinfo"""
    account = Renderer(world, base(request), visitor.person).account(visitor.me)
    return JSONResponse(
        {
            "iss": base(request) + "/",
            "sub": account["uri"],
            "name": account["display_name"],
            "preferred_username": account["username"],
            "profile": account["url"],
            "picture": account["avatar"],
        }
    )


async def show(world: World, _visitor: Visitor, request: Request) -> Response:
    person = people.find_by_id(world.store, KEY, request.path_params["id"])
    if person is None:
        raise errors.not_found()
    return JSONResponse(Renderer(world, base(request)).account(person))


async def look_up(world: World, _visitor: Visitor, request: Request) -> Response:
    """GET /api/v1/accounts/lookup?acct=alice or alice@this.instance"""
    name, _, domain = request.query_params.get("acct", "").removeprefix("@").partition("@")
    renderer = Renderer(world, base(request))
    person = renderer.named(content.Span("mention", 0, 0, name, domain or None))
    if person is None:
        raise errors.not_found()
    return JSONResponse(renderer.account(person))
