"""One login of Meta as a platform's folder sets it up, and what a caller with a token is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from ocma_sandbox import apps, people
from ocma_sandbox.apps import App
from ocma_sandbox.graph import errors
from ocma_sandbox.graph.settings import GraphSettings
from ocma_sandbox.graph.usage import Quota
from ocma_sandbox.people import Person
from ocma_sandbox.world import World


@dataclass(frozen=True)
class Client:
    """The app registered with a login, as the settings name it."""

    id: str
    secret: str


@dataclass(frozen=True)
class House:
    """`key` owns tokens, books and settings; `people` are those who log in; `floor` is the least id given here.

    `quota` says which limit a call counts against; `throttle` is the code when it is used up. `write_denied` and
    `read_denied` are the codes for a scope that is missing.
    """

    key: str
    name: str
    people: str
    floor: int
    scopes: frozenset[str]
    client: Callable[[World], Client]
    quota: Callable[[World, "Caller"], Quota]
    throttle: Callable[["Caller"], int]
    write_denied: int = 200
    read_denied: int = 10
    person: Callable[[World, str], Person | None] = lambda _world, _id: None

    def settings(self, world: World) -> GraphSettings:
        return cast("GraphSettings", world.settings[self.key])

    def app(self, world: World) -> App:
        client = self.client(world)
        found = apps.find(world.store, self.key, client.id)
        if found is None:
            raise LookupError(f"the app of {self.name} is not registered")
        return found

    def register(self, world: World) -> None:
        client, chosen = self.client(world), self.settings(world)
        uris = tuple(chosen.redirect_uris.split())
        app = App(self.key, client.id, client.secret, chosen.app_name, uris, ",".join(sorted(self.scopes)))
        apps.save(world.store, app, world.clock())

    def new_id(self, world: World) -> str:
        return str(world.store.next_id(self.key, self.floor))

    def make_user(self, world: World, handle: str, name: str | None = None) -> Person:
        new_id = world.store.next_id(self.key, self.floor)
        return people.ensure(world.store, self.people, handle, new_id=new_id, now=world.clock(), name=name)


@dataclass(frozen=True)
class Caller:
    """Who calls: `person` is who logged in, or the page or account that the token is for."""

    house: House
    person: Person
    client_id: str
    scopes: frozenset[str]
    grant_id: int
    raw: str
    has_held_token: bool = False

    def need(self, *scopes: str, reads: bool = False) -> None:
        lacking = sorted(set(scopes) - self.scopes)
        if lacking:
            code = self.house.read_denied if reads else self.house.write_denied
            raise errors.refuse(code, f"Requires {', '.join(lacking)} permission")


def register_all(world: World, *houses: House) -> None:
    for house in houses:
        house.register(world)
