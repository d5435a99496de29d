"""Two logins to the same accounts: Instagram Login, and Facebook Login through a page. Their tokens and apps do not mix."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ocma_sandbox import people
from ocma_sandbox.figures import Figures
from ocma_sandbox.graph import errors, fields, held
from ocma_sandbox.graph.calls import Visit
from ocma_sandbox.graph.fields import Field, View
from ocma_sandbox.graph.held import Estate
from ocma_sandbox.graph.house import Caller, Client, House
from ocma_sandbox.graph.usage import Quota
from ocma_sandbox.instagram import settings
from ocma_sandbox.instagram.counts import COUNTS
from ocma_sandbox.limits import Limit
from ocma_sandbox.people import Person
from ocma_sandbox.world import World

Json = dict[str, Any]

KEY = "instagram"
DAY = 86400
FLOOR = 17_841_400_000_000_000
APP_SCOPED = 6_200_000_000_000_000
"""Between an account's id and the one that only this app sees."""


@dataclass(frozen=True)
class Words:
    """What one login calls the scopes."""

    basic: str
    publish: str
    comments: str
    insights: str


INSTAGRAM_WORDS = Words(
    "instagram_business_basic",
    "instagram_business_content_publish",
    "instagram_business_manage_comments",
    "instagram_business_manage_insights",
)
FACEBOOK_WORDS = Words("instagram_basic", "instagram_content_publish", "instagram_manage_comments", "instagram_manage_insights")
_OTHER = (
    *("public_profile", "pages_show_list", "pages_read_engagement", "pages_manage_metadata", "business_management"),
    "instagram_manage_messages",
)


def _scopes(words: Words, *others: str) -> frozenset[str]:
    return frozenset({words.basic, words.publish, words.comments, words.insights, *others})


def _quota(world: World, caller: Caller) -> Quota:
    return Quota(caller.person.id, Limit(settings.of(world).calls_per_day, DAY), "instagram")


def _instagram_client(world: World) -> Client:
    chosen = settings.of(world)
    return Client(chosen.client_id, chosen.client_secret)


def _facebook_client(world: World) -> Client:
    chosen = settings.of(world)
    return Client(chosen.facebook_client_id, chosen.facebook_client_secret)


INSTAGRAM_HOUSE = House(
    key=KEY,
    name="Instagram",
    people=KEY,
    floor=FLOOR,
    scopes=_scopes(INSTAGRAM_WORDS, "instagram_business_manage_messages"),
    client=_instagram_client,
    quota=_quota,
    throttle=lambda _caller: 80002,
    write_denied=10,
)
FACEBOOK_HOUSE = House(
    key=KEY,
    name="Facebook (for Instagram)",
    people="instagram_facebook_user",
    floor=FLOOR,
    scopes=_scopes(FACEBOOK_WORDS, *_OTHER),
    client=_facebook_client,
    quota=_quota,
    throttle=lambda _caller: 80002,
    write_denied=10,
    person=lambda world, person_id: people.find_by_id(world.store, "instagram_page", person_id),
)


def make_person(world: World, handle: str, name: str | None) -> Person:
    new_id = world.store.next_id(KEY, FLOOR)
    return people.ensure(world.store, KEY, handle, new_id=new_id, now=world.clock(), name=name)


def linked(world: World, page: Person) -> Person:
    """The account behind a page has its name."""
    return make_person(world, page.handle, None)


def _tasks(world: World) -> Sequence[str]:
    return [task.strip() for task in settings.of(world).page_tasks.split(",") if task.strip()]


def _more(visit: Visit, page: Person) -> View:
    def account(asked: Field) -> Json | None:
        if FACEBOOK_WORDS.basic not in visit.caller.scopes:
            return None
        return fields.show("IGUser", view(visit, linked(visit.world, page)), asked.inner)

    return {"instagram_business_account": account, **fields.empty("connected_instagram_account")}


ESTATE = Estate(
    house=FACEBOOK_HOUSE,
    pages="instagram_page",
    per_login=lambda world: settings.of(world).pages_per_login,
    in_business=lambda world: settings.of(world).business_pages,
    tasks=_tasks,
    more=_more,
)


def is_instagram_login(visit: Visit) -> bool:
    return visit.caller.house is INSTAGRAM_HOUSE


def app_scoped(person: Person) -> str:
    return str(int(person.id) + APP_SCOPED)


def mine(visit: Visit) -> list[Person]:
    """The accounts that the token is good for."""
    if is_instagram_login(visit):
        return [visit.caller.person]
    if visit.caller.has_held_token:
        return [linked(visit.world, visit.caller.person)]
    pages = held.pages_of(visit.world, ESTATE, visit.caller.person)
    pages += held.business_pages(visit.world, ESTATE, visit.caller.person)
    return [linked(visit.world, page) for page in pages]


def find(visit: Visit, asked: str) -> Person | None:
    if is_instagram_login(visit) and asked in {"me", app_scoped(visit.caller.person)}:
        return visit.caller.person
    return next((person for person in mine(visit) if person.id == asked), None)


def own(visit: Visit) -> Person:
    found = find(visit, visit.path_id)
    if found is None:
        raise errors.missing(visit.path_id)
    return found


def view(visit: Visit, person: Person) -> View:
    """Instagram Login shows both ids; the one called `id` is the app's own."""
    alone = is_instagram_login(visit)
    figures = Figures(visit.world, COUNTS)
    shown: View = {
        **fields.empty("biography", "website"),
        "id": lambda _field: app_scoped(person) if alone else person.id,
        "username": lambda _field: person.handle,
        "name": lambda _field: person.name,
        "profile_picture_url": lambda _field: f"{visit.base}/picture/{person.id}",
        "followers_count": lambda _field: figures.gauge(person, "followers_count"),
        "follows_count": lambda _field: figures.gauge(person, "follows_count"),
        "media_count": lambda _field: figures.gauge(person, "media_count"),
    }
    if not alone:
        return {**shown, **fields.empty("ig_id", "has_profile_pic")}
    return {**shown, "user_id": lambda _field: person.id, "account_type": lambda _field: "BUSINESS"}
