"""The Facebook Pages that a login may act for, each with its own token."""

from ocma.platforms.connector import Access
from ocma.platforms.grant import Grant
from ocma.platforms.meta.flow import LOGIN
from ocma.platforms.meta.graph import Graph
from ocma.platforms.meta.wire import Node, Picture, at

BUSINESS = "business_management"
CREATES = frozenset({"CREATE_CONTENT", "PROFILE_PLUS_CREATE_CONTENT"})
FIELDS = "id,name,username,access_token,tasks,picture{url}"


class Linked(Node):
    """The Instagram account that is linked to a page."""

    username: str = ""
    name: str | None = None
    profile_picture_url: str | None = None
    followers_count: int | None = None
    follows_count: int | None = None
    media_count: int | None = None


class Page(Node):
    name: str = ""
    username: str | None = None
    access_token: str | None = None
    tasks: list[str] | None = None
    picture: Picture | None = None
    link: str | None = None
    followers_count: int | None = None
    instagram_business_account: Linked | None = None

    @property
    def missing(self) -> tuple[str, ...]:
        """What the person lacks to publish; where the tasks are not told, nothing but a token."""
        able = self.access_token and (self.tasks is None or CREATES & set(self.tasks))
        return () if able else ("CREATE_CONTENT",)

    def grant(self, access: Access) -> Grant | None:
        """A page's own token: it has no date of expiry when it comes from a long-lived one, which is kept to be revoked."""
        if not self.access_token:
            return None
        return Grant(self.access_token, scopes=access.scopes, extra={LOGIN: access.token})


async def pages(graph: Graph, access: Access, fields: str = FIELDS) -> list[Page]:
    """Each page once; those held through a business only where the owner granted that."""
    found = {each.id: each async for each in graph.listed(access, at(access, "me", "accounts"), Page, {"fields": fields})}
    if BUSINESS in access.scopes:
        async for business in graph.listed(access, at(access, "me", "businesses"), Node, {"fields": "id"}):
            for edge in ("owned_pages", "client_pages"):
                path = at(access, business.id, edge)
                async for page in graph.listed(access, path, Page, {"fields": fields}):
                    found.setdefault(page.id, page)
    return list(found.values())
