"""Who may write, or read, as whom: a member as themselves, or as a page where they have a role."""

from ocma_sandbox.linkedin import members, problems, urns
from ocma_sandbox.linkedin.calls import Caller
from ocma_sandbox.people import Person
from ocma_sandbox.world import World

MEMBER_WRITE, PAGE_WRITE = "w_member_social", "w_organization_social"
MEMBER_READ, PAGE_READ = "r_member_social", "r_organization_social"
WRITING_ROLES = frozenset({"ADMINISTRATOR", "CONTENT_ADMINISTRATOR", "DIRECT_SPONSORED_CONTENT_POSTER"})


def writer(world: World, caller: Caller, urn: str, field: str, *, feed: bool = False) -> Person:
    """Whom the body names in `field`. `feed`: the newer scopes of comments and reactions are good, too."""
    named = urns.read(urn, f"/{field}", "person", "organization")
    if named.kind == "person":
        caller.require(MEMBER_WRITE, *_newer(MEMBER_WRITE, feed=feed))
        if named.key != caller.member.id:
            raise problems.denied_field(f"/{field}")
        return caller.member
    if not caller.scopes.intersection((PAGE_WRITE, *_newer(PAGE_WRITE, feed=feed))):
        raise problems.needs_page_scope(field)
    page = members.find(world, named)
    if page is None or members.role(world, caller.member, page) not in WRITING_ROLES:
        raise problems.denied_field(f"/{field}")
    return page


def check_writes_as(world: World, caller: Caller, person: Person) -> None:
    """May this caller change what `person` published?"""
    scope = PAGE_WRITE if members.is_page(person) else MEMBER_WRITE
    caller.require(scope, f"{scope}_feed")
    mine = person.id == caller.member.id or members.role(world, caller.member, person) in WRITING_ROLES
    if not mine:
        raise problems.denied(caller.access)


def check_reads(world: World, caller: Caller, person: Person, *, feed: bool = False) -> None:
    """May this caller read what `person` published, and what was answered?"""
    scope = PAGE_READ if members.is_page(person) else MEMBER_READ
    caller.require(scope, *_newer(scope, feed=feed))
    mine = person.id == caller.member.id or bool(members.role(world, caller.member, person))
    if not mine:
        raise problems.denied(caller.access)


def _newer(scope: str, *, feed: bool) -> tuple[str, ...]:
    return (f"{scope}_feed",) if feed else ()
