"""The login, the pages behind it, and who may do what with a page."""

from collections.abc import Sequence

from ocma_sandbox import people
from ocma_sandbox.facebook import settings
from ocma_sandbox.facebook.counts import COUNTS
from ocma_sandbox.figures import Figures
from ocma_sandbox.graph import errors, fields
from ocma_sandbox.graph.calls import Visit
from ocma_sandbox.graph.fields import View
from ocma_sandbox.graph.held import Estate, page_of
from ocma_sandbox.graph.house import Caller, Client, House
from ocma_sandbox.graph.usage import Quota
from ocma_sandbox.limits import Limit
from ocma_sandbox.people import Person
from ocma_sandbox.world import World

KEY = "facebook"
DAY = 86400
HOUR = 3600

_SCOPES = (
    "public_profile email pages_show_list pages_manage_posts pages_read_engagement pages_manage_engagement "
    "pages_read_user_content read_insights pages_manage_metadata pages_messaging business_management "
    "instagram_basic instagram_content_publish instagram_manage_comments instagram_manage_insights"
)
SCOPES = frozenset(_SCOPES.split())
POST_SCOPES = ("pages_manage_posts", "pages_read_engagement")
COMMENT_SCOPES = ("pages_manage_engagement",)
READ_SCOPES = ("pages_read_engagement",)
COUNT_SCOPE = "pages_read_user_content"

CREATE = frozenset({"CREATE_CONTENT", "PROFILE_PLUS_CREATE_CONTENT"})
MODERATE = frozenset({"MODERATE", "PROFILE_PLUS_MODERATE"})
ANALYZE = frozenset({"ANALYZE", "PROFILE_PLUS_ANALYZE"})


def _client(world: World) -> Client:
    chosen = settings.of(world)
    return Client(chosen.client_id, chosen.client_secret)


def _quota(world: World, caller: Caller) -> Quota:
    """A page's calls grow with its audience; those with a user's token count against the app."""
    chosen = settings.of(world)
    if caller.has_held_token:
        return Quota(caller.person.id, Limit(chosen.page_calls * max(1, caller.person.followers), DAY), "pages")
    return Quota(caller.client_id, Limit(chosen.app_calls * len(people.list_people(world.store, "facebook_user")), HOUR))


HOUSE = House(
    key=KEY,
    name="Facebook",
    people="facebook_user",
    floor=100_000_000_000_000,
    scopes=SCOPES,
    client=_client,
    quota=_quota,
    throttle=lambda caller: 80001 if caller.has_held_token else 4,
    person=lambda world, person_id: people.find_by_id(world.store, KEY, person_id),
)


def _tasks(world: World) -> Sequence[str]:
    return [task.strip() for task in settings.of(world).page_tasks.split(",") if task.strip()]


def _more(visit: Visit, page: Person) -> View:
    figures = Figures(visit.world, COUNTS)
    return {
        **fields.empty("instagram_business_account", "connected_instagram_account"),
        "followers_count": lambda _field: figures.gauge(page, "followers_count"),
        "fan_count": lambda _field: figures.gauge(page, "fan_count"),
    }


ESTATE = Estate(
    house=HOUSE,
    pages=KEY,
    per_login=lambda world: settings.of(world).pages_per_login,
    in_business=lambda world: settings.of(world).business_pages,
    tasks=_tasks,
    more=_more,
)


def make_person(world: World, handle: str, name: str | None) -> Person:
    """What the control API calls an account of Facebook is a page."""
    return page_of(world, ESTATE, handle, name)


def own(visit: Visit, tasks: frozenset[str] = frozenset()) -> Person:
    """The page of the path, which the token must be the page's own for; `tasks`: one of them is needed."""
    page, asked = visit.caller.person, visit.path_id
    if not visit.caller.has_held_token:
        raise errors.refuse(210, "A page access token is required to request this resource.")
    if asked not in {"me", page.id, page.handle}:
        raise errors.missing(asked)
    need_task(visit, tasks)
    return page


def need_task(visit: Visit, tasks: frozenset[str]) -> None:
    if tasks and not tasks & set(_tasks(visit.world)):
        raise errors.refuse(200, f"The user must be able to perform the task {' or '.join(sorted(tasks))} on the page")
