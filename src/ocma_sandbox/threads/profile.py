"""The login, and who is behind a token."""

from typing import Any

from ocma_sandbox import people
from ocma_sandbox.figures import Figures
from ocma_sandbox.graph import errors, fields
from ocma_sandbox.graph.calls import Visit
from ocma_sandbox.graph.fields import View
from ocma_sandbox.graph.house import Caller, Client, House
from ocma_sandbox.graph.usage import Quota
from ocma_sandbox.limits import Limit
from ocma_sandbox.people import Person
from ocma_sandbox.threads import settings
from ocma_sandbox.threads.counts import COUNTS
from ocma_sandbox.world import World

Json = dict[str, Any]

KEY = "threads"
DAY = 86400
LEAST_IMPRESSIONS = 10

_SCOPES = (
    "threads_basic threads_content_publish threads_read_replies threads_manage_replies threads_manage_insights "
    "threads_manage_mentions threads_keyword_search threads_delete threads_profile_discovery threads_location_tagging"
)
SCOPES = frozenset(_SCOPES.split())


def _client(world: World) -> Client:
    chosen = settings.of(world)
    return Client(chosen.client_id, chosen.client_secret)


def _quota(world: World, caller: Caller) -> Quota:
    calls = settings.of(world).calls_per_impression * LEAST_IMPRESSIONS
    return Quota(caller.person.id, Limit(calls, DAY), "threads")


HOUSE = House(
    key=KEY,
    name="Threads",
    people=KEY,
    floor=25_000_000_000_000_000,
    scopes=SCOPES,
    client=_client,
    quota=_quota,
    throttle=lambda _caller: 4,
    write_denied=10,
)


def make_person(world: World, handle: str, name: str | None) -> Person:
    return HOUSE.make_user(world, handle, name)


def own(visit: Visit) -> Person:
    """The path must name who calls."""
    person = visit.caller.person
    if visit.path_id not in {"me", person.id}:
        raise errors.missing(visit.path_id)
    return person


def view(visit: Visit, person: Person) -> View:
    return {
        **fields.empty("threads_biography", "recently_searched_keywords"),
        "id": lambda _field: person.id,
        "username": lambda _field: person.handle,
        "name": lambda _field: person.name,
        "threads_profile_picture_url": lambda _field: f"{visit.base}/picture/{person.id}",
        "is_verified": lambda _field: False,
        "is_eligible_for_geo_gating": lambda _field: False,
    }


async def look_up(visit: Visit) -> Json:
    """GET /profile_lookup?username="""
    found = people.find(visit.world.store, KEY, visit.params.need("username"))
    if found is None:
        raise errors.missing(visit.params.need("username"))
    followers = Figures(visit.world, COUNTS).gauge(found, "followers_count")
    return {"username": found.handle, "name": found.name, "is_verified": False, "follower_count": followers}
