"""Facebook Login: the pages a user holds, with a token each; what the user granted; what a token is good for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ocma_sandbox import grants, people
from ocma_sandbox.graph import errors, fields, login, paging, tokens
from ocma_sandbox.graph.calls import Visit
from ocma_sandbox.graph.fields import Field, View
from ocma_sandbox.graph.house import House
from ocma_sandbox.graph.params import Params
from ocma_sandbox.people import Person
from ocma_sandbox.world import World

Json = dict[str, Any]

SHOW_PAGES = "pages_show_list"
BUSINESS = "business_management"
PAGE_FIELDS = (
    "category",
    "category_list",
    "about",
    "description",
    "cover",
    "emails",
    "phone",
    "website",
    "location",
    "verification_status",
)


@dataclass(frozen=True)
class Estate:
    """`pages` is whose key the pages have; `more` adds a page's fields of the platform's own."""

    house: House
    pages: str
    per_login: Callable[[World], int]
    in_business: Callable[[World], int]
    tasks: Callable[[World], Sequence[str]]
    more: Callable[[Visit, Person], View]


def page_of(world: World, estate: Estate, handle: str, name: str | None = None) -> Person:
    new_id = world.store.next_id(estate.house.key, estate.house.floor)
    return people.ensure(world.store, estate.pages, handle, new_id=new_id, now=world.clock(), name=name)


def pages_of(world: World, estate: Estate, user: Person) -> list[Person]:
    """Of alice: the pages alice, alice_2 and so on, as many as the setting says."""
    handles = [user.handle if number == 1 else f"{user.handle}_{number}" for number in range(1, estate.per_login(world) + 1)]
    return [page_of(world, estate, handle) for handle in handles]


def business_pages(world: World, estate: Estate, user: Person) -> list[Person]:
    """Those that a business portfolio holds, and that the list of the user's pages leaves out."""
    count = estate.in_business(world)
    return [page_of(world, estate, f"{user.handle}_b{number}") for number in range(1, count + 1)]


def page_view(visit: Visit, estate: Estate, page: Person) -> View:
    def token(_field: Field) -> str | None:
        return visit.caller.raw if visit.caller.person == page else tokens.held(visit.world, visit.caller, page)

    def picture(_field: Field) -> Json:
        return {"data": {"height": 50, "is_silhouette": True, "url": f"{visit.base}/picture/{page.id}", "width": 50}}

    return {
        **fields.empty(*PAGE_FIELDS),
        "id": lambda _field: page.id,
        "name": lambda _field: page.name,
        "username": lambda _field: page.handle,
        "access_token": token,
        "tasks": lambda _field: list(estate.tasks(visit.world)),
        "picture": picture,
        "link": lambda _field: f"{visit.base}/{page.handle}",
        "followers_count": lambda _field: page.followers,
        "fan_count": lambda _field: page.followers,
        **estate.more(visit, page),
    }


def accounts(estate: Estate) -> Callable[[Visit], Any]:
    """GET /me/accounts; without the scope the list is empty, and no error."""

    async def handler(visit: Visit) -> Json:
        _me(visit)
        held = pages_of(visit.world, estate, visit.caller.person) if SHOW_PAGES in visit.caller.scopes else []
        return listed(visit, estate, held)

    return handler


def _me(visit: Visit) -> None:
    if visit.caller.has_held_token:
        raise errors.invalid("Tried accessing nonexisting field (accounts) on node type (Page)")


def listed(visit: Visit, estate: Estate, pages: Sequence[Person]) -> Json:
    """One page of the list; the cursor is the number of the last one shown."""
    start, count = _after(visit), paging.limit(visit.params)
    shown = pages[start : start + count]
    wanted = fields.parse(visit.params.text("fields"))
    otherwise = ("access_token", "name", "id", "tasks")
    data = [fields.show("Page", page_view(visit, estate, page), wanted, otherwise) for page in shown]
    if not data:
        return {"data": []}
    cursors: Json = {"before": str(start), "after": str(start + len(shown))}
    more = {"next": str(visit.request.url.include_query_params(after=cursors["after"]))} if start + count < len(pages) else {}
    return {"data": data, "paging": {"cursors": cursors, **more}}


def _after(visit: Visit) -> int:
    after = visit.params.text("after") or "0"
    if not after.isdecimal() or len(after) > 9:
        raise errors.invalid("Invalid cursors values passed")
    return int(after)


def businesses(_estate: Estate) -> Callable[[Visit], Any]:
    async def handler(visit: Visit) -> Json:
        _me(visit)
        visit.caller.need(BUSINESS, reads=True)
        user = visit.caller.person
        return paging.whole([{"id": f"{user.id}9", "name": f"Business of {user.name}"}])

    return handler


def owned_pages(estate: Estate) -> Callable[[Visit], Any]:
    async def handler(visit: Visit) -> Json:
        visit.caller.need(BUSINESS, reads=True)
        user = visit.caller.person
        if visit.path_id != f"{user.id}9":
            raise errors.missing(visit.path_id)
        return listed(visit, estate, business_pages(visit.world, estate, user))

    return handler


async def client_pages(visit: Visit) -> Json:
    visit.caller.need(BUSINESS, reads=True)
    return paging.whole([])


async def permissions(visit: Visit) -> Json:
    scope = tokens.grant_scope(visit.world, visit.caller.grant_id)
    words = [(word.removeprefix(login.DECLINED), word.startswith(login.DECLINED)) for word in scope.split()]
    return paging.whole([{"permission": name, "status": "declined" if no else "granted"} for name, no in words])


async def remove_app(visit: Visit) -> Json:
    """DELETE /me/permissions: every grant of this user to this app, and the page tokens with them."""
    now, caller = visit.world.clock(), visit.caller
    visit.world.store.run(
        "UPDATE grants SET revoked_at = ? WHERE platform = ? AND client_id = ? AND person_id = ? AND revoked_at IS NULL",
        *(now, caller.house.key, caller.client_id, caller.person.id),
    )
    return {"success": True}


async def remove_permission(visit: Visit) -> Json:
    name, caller = visit.request.path_params["permission"], visit.caller
    if name not in caller.scopes:
        raise errors.invalid(f"The permission {name} is not granted")
    left = [word for word in tokens.grant_scope(visit.world, caller.grant_id).split() if word != name]
    visit.world.store.run(
        "UPDATE grants SET scope = ? WHERE id = ?",
        *(" ".join(left), tokens.parent_of(visit.world, caller.grant_id) or caller.grant_id),
    )
    return {"success": True}


def debug_token(house: House) -> Callable[[World, Request, Params], Any]:
    """GET /debug_token: asked with the app's own token, or with a user's."""

    async def handler(world: World, request: Request, params: Params) -> Response:
        raw = tokens.presented(request, params)
        if raw is None:
            raise errors.refuse(104, tokens.NO_TOKEN)
        if not tokens.app_of(world, house, raw) and tokens.find(world, house, raw) is None:
            raise errors.refuse(190)
        return JSONResponse({"data": _debugged(world, house, params.need("input_token"))})

    return handler


def _debugged(world: World, house: House, raw: str) -> Json:
    token = tokens.find(world, house, raw)
    if token is None:
        error = {"code": 190, "message": "Invalid OAuth access token."}
        return {"is_valid": False, "scopes": [], "error": error}
    is_held = tokens.parent_of(world, token.grant_id) is not None
    ends = tokens.expiry(world, token)
    kept = {"profile_id": token.person_id} if is_held else {}
    return {
        "app_id": token.client_id,
        "type": "PAGE" if is_held else "USER",
        "application": house.settings(world).app_name,
        "data_access_expires_at": int(token.created_at) + 90 * 86400,
        "expires_at": 0 if ends is None else int(ends),
        "issued_at": int(token.created_at),
        "is_valid": token.is_live and _is_granted(world, token),
        "scopes": login.granted(tokens.grant_scope(world, token.grant_id)),
        "user_id": token.person_id,
        **kept,
    }


def _is_granted(world: World, token: grants.Token) -> bool:
    parent = tokens.parent_of(world, token.grant_id)
    row = world.store.one("SELECT revoked_at FROM grants WHERE id = ?", parent or token.grant_id)
    return row is not None and row["revoked_at"] is None


def token(house: House) -> Callable[[World, Request, Params], Any]:
    """GET or POST /oauth/access_token: a code, a short token for a long one, or the app's own."""

    async def handler(world: World, _request: Request, params: Params) -> Response:
        grant_type = params.text("grant_type") or "authorization_code"
        if grant_type == "authorization_code":
            grant_id, _code = login.redeem(world, house, params)
            return _issued(world, house, grant_id, house.settings(world).short_token_seconds)
        if grant_type == "fb_exchange_token":
            return _exchanged(world, house, params)
        if grant_type == "client_credentials":
            app = login.prove_client(world, house, params)
            return login.token_answer(f"{app.client_id}|{app.client_secret}", None)
        raise errors.invalid("Unsupported grant_type")

    return handler


def _exchanged(world: World, house: House, params: Params) -> Response:
    login.prove_client(world, house, params)
    found = tokens.find(world, house, params.need("fb_exchange_token"))
    if found is None:
        raise errors.refuse(190)
    if not found.is_live:
        raise errors.refuse(190, subcode=458 if found.is_revoked else 463)
    return _issued(world, house, found.grant_id, house.settings(world).long_token_seconds)


def _issued(world: World, house: House, grant_id: int, seconds: int) -> Response:
    told = None if getattr(house.settings(world), "expires_in_missing", False) else seconds
    return login.token_answer(login.issue(world, grant_id, seconds), told)
