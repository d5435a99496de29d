"""What a login opens: the member, and the pages that the member may post as."""

from collections.abc import AsyncIterator

from ocma.platforms.connector import Access, Call, Profile
from ocma.platforms.errors import PermissionMissing
from ocma.platforms.linkedin.wire import Member, Organization, Page, Role, read, segment

MAY_LIST_PAGES = ("rw_organization_admin", "r_organization_admin")
POSTERS = {"ADMINISTRATOR", "CONTENT_ADMINISTRATOR", "CONTENT_ADMIN", "DIRECT_SPONSORED_CONTENT_POSTER", "RECRUITING_POSTER"}
ROLES = "/rest/organizationAcls?q=roleAssignee&state=APPROVED&count=100"


async def accounts(call: Call, access: Access) -> list[Profile]:
    """The member, if posts as such are allowed, and the pages, if those may be asked for."""
    pages = [each async for each in _pages(call, access)] if _has(access, *MAY_LIST_PAGES) else []
    if pages and not _has(access, "w_member_social"):
        return pages
    try:
        member = read(await call(access, "GET", "/v2/userinfo"), Member)
    except PermissionMissing:
        if pages:  # an app for pages need not have the product that tells who the member is
            return pages
        raise
    name, missing = member.name or member.sub, _lacks(access, "w_member_social")
    return [Profile(f"urn:li:person:{member.sub}", name, name, avatar_url=member.picture, missing=missing), *pages]


async def _pages(call: Call, access: Access) -> AsyncIterator[Profile]:
    roles: dict[str, set[str]] = {}
    async for role in _roles(call, access):
        roles.setdefault(role.organization, set()).add(role.role)
    for urn, held in roles.items():
        number = urn.rpartition(":")[2]
        page = read(await call(access, "GET", f"/rest/organizations/{segment(number)}"), Organization)
        handle = page.vanity_name or number
        missing = (*_lacks(access, "w_organization_social"), *(() if held & POSTERS else ("CONTENT_ADMINISTRATOR",)))
        url = f"https://www.linkedin.com/company/{segment(handle)}/"
        yield Profile(urn, page.localized_name or handle, handle, url, missing=missing)


async def _roles(call: Call, access: Access) -> AsyncIterator[Role]:
    for start in range(0, 1000, 100):
        page = read(await call(access, "GET", f"{ROLES}&start={start}"), Page[Role])
        for role in page.elements:
            yield role
        if page.is_last(100):
            return


def _has(access: Access, *scopes: str) -> bool:
    return any(each in access.scopes for each in scopes)


def _lacks(access: Access, scope: str) -> tuple[str, ...]:
    return () if _has(access, scope) else (scope,)
