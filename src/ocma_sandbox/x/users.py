from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ocma_sandbox import people
from ocma_sandbox.people import Person
from ocma_sandbox.world import World
from ocma_sandbox.x import present, problems, view
from ocma_sandbox.x.calls import KEY


async def me(world: World, person: Person, request: Request) -> Response:
    asked = view.of(world, request.query_params)
    return JSONResponse({"data": present.user(world, asked, person)})


async def show(world: World, _person: Person, request: Request) -> Response:
    asked = view.of(world, request.query_params)
    user_id = request.path_params["id"]
    return _one(world, asked, people.find_by_id(world.store, KEY, user_id), "id", user_id)


async def by_username(world: World, _person: Person, request: Request) -> Response:
    asked = view.of(world, request.query_params)
    username = request.path_params["username"]
    return _one(world, asked, people.find(world.store, KEY, username), "username", username)


async def by_usernames(world: World, _person: Person, request: Request) -> Response:
    asked = view.of(world, request.query_params, "usernames")
    names = [name for name in request.query_params.get("usernames", "").split(",") if name]
    if not 1 <= len(names) <= 100:
        raise problems.invalid("usernames", ",".join(names), "usernames must be 1 to 100 names")
    found = {name: people.find(world.store, KEY, name) for name in names}
    data = [present.user(world, asked, user) for user in found.values() if user]
    errors = [problems.not_found("user", "usernames", name) for name, user in found.items() if user is None]
    return JSONResponse({**({"data": data} if data else {}), **({"errors": errors} if errors else {})})


def _one(world: World, asked: view.View, user: Person | None, parameter: str, value: str) -> Response:
    if user is None:
        return JSONResponse({"errors": [problems.not_found("user", parameter, value)]})
    return JSONResponse({"data": present.user(world, asked, user)})
