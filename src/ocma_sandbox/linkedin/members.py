"""Members and their pages. A page is named after its member: alice administers alice_page_1, alice_page_2, …"""

import re

from ocma_sandbox import people
from ocma_sandbox.linkedin import settings, urns
from ocma_sandbox.people import Person
from ocma_sandbox.world import World

KEY = "linkedin"
PAGE = re.compile(r"(.+)_page_([0-9]{1,4})", re.IGNORECASE)


def new_id(world: World) -> int:
    """Milliseconds, then 22 bits: the 19 digits that LinkedIn's ids have."""
    return world.store.next_id(KEY, int(world.clock() * 1000) << 22)


def make_person(world: World, handle: str, name: str | None) -> Person:
    person = _ensure(world, handle, name)
    if not is_page(person):
        pages_of(world, person)
    return person


def _ensure(world: World, handle: str, name: str | None) -> Person:
    return people.ensure(world.store, KEY, handle, new_id=new_id(world), now=world.clock(), name=name)


def pages_of(world: World, member: Person) -> list[Person]:
    """Made when new."""
    numbers = range(1, settings.of(world).organizations + 1)
    handles = [f"{member.handle}_page_{number}" for number in numbers]
    found = {handle: people.find(world.store, KEY, handle) for handle in handles}
    return [page or _ensure(world, handle, handle.replace("_", " ")) for handle, page in found.items()]


def is_page(person: Person) -> bool:
    return PAGE.fullmatch(person.handle) is not None


def members(world: World) -> list[Person]:
    return [person for person in people.list_people(world.store, KEY) if not is_page(person)]


def role(world: World, member: Person, page: Person) -> str:
    """The member's role at the page; empty for none."""
    chosen, match = settings.of(world), PAGE.fullmatch(page.handle)
    owns = match is not None and match[1].lower() == member.handle.lower() and 1 <= int(match[2]) <= chosen.organizations
    return chosen.organization_role if owns else ""


def urn(person: Person) -> str:
    return urns.write("organization" if is_page(person) else "person", person.id)


def find(world: World, urn_: urns.Urn) -> Person | None:
    person = people.find_by_id(world.store, KEY, urn_.key)
    return person if person and is_page(person) == (urn_.kind == "organization") else None
