"""Who is logged in, and which pages they administer."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ocma_sandbox import people
from ocma_sandbox.linkedin import members, problems, restli, urns
from ocma_sandbox.linkedin.calls import Caller, base
from ocma_sandbox.linkedin.members import KEY
from ocma_sandbox.people import Person
from ocma_sandbox.world import World

Json = dict[str, Any]


async def user_info(_world: World, caller: Caller, request: Request) -> Response:
    """GET /v2/userinfo, OpenID Connect's"""
    member, first = caller.member, caller.member.name.partition(" ")
    shown: Json = {"sub": member.id}
    if "profile" in caller.scopes:
        picture = f"{base(request)}/dms/image/{member.id}"
        named = {"name": member.name, "given_name": first[0], "family_name": first[2], "picture": picture}
        shown |= {**named, "locale": {"country": "US", "language": "en"}}
    if "email" in caller.scopes:
        shown |= {"email": f"{member.handle}@example.com".lower(), "email_verified": True}
    return JSONResponse(shown)


async def acls(world: World, caller: Caller, request: Request) -> Response:
    """GET /rest/organizationAcls?q=roleAssignee"""
    restli.finder(request, "roleAssignee")
    wanted = {name: request.query_params.get(name) for name in ("role", "state")}
    found = [_acl(world, caller.member, page) for page in members.pages_of(world, caller.member)]
    fitting = [acl for acl in found if all(value in {None, acl[name]} for name, value in wanted.items()) and acl["role"]]
    return JSONResponse(restli.page(request, fitting))


def _acl(world: World, member: Person, page: Person) -> Json:
    return {
        "organization": members.urn(page),
        "role": members.role(world, member, page),
        "roleAssignee": members.urn(member),
        "state": "APPROVED",
    }


async def organization(world: World, caller: Caller, request: Request) -> Response:
    """GET /rest/organizations/{id}"""
    page = people.find_by_id(world.store, KEY, request.path_params["id"])
    if page is None or not members.is_page(page):
        raise problems.not_found()
    if not members.role(world, caller.member, page):
        raise problems.denied(caller.access)
    return JSONResponse(_organization(page))


async def organizations(world: World, _caller: Caller, request: Request) -> Response:
    """GET /rest/organizations?q=vanityName"""
    restli.finder(request, "vanityName")
    page = people.find(world.store, KEY, restli.text(request, "vanityName"))
    return JSONResponse(restli.page(request, [_organization(page)] if page and members.is_page(page) else []))


def _organization(page: Person) -> Json:
    return {
        "id": int(page.id),
        "$URN": members.urn(page),
        "vanityName": page.handle,
        "localizedName": page.name,
        "name": {"localized": {"en_US": page.name}, "preferredLocale": {"country": "US", "language": "en"}},
        "logoV2": {"original": urns.write("digitalmediaAsset", page.id)},
    }
