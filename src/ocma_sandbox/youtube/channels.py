"""Channels: a person of the sandbox is one."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ocma_sandbox import people
from ocma_sandbox.books import iso
from ocma_sandbox.figures import Figures
from ocma_sandbox.people import Person
from ocma_sandbox.world import World
from ocma_sandbox.youtube import bodies, errors, films, ids, settings
from ocma_sandbox.youtube.calls import KEY, Caller, base
from ocma_sandbox.youtube.counts import COUNTS

Json = dict[str, Any]

PARTS = ("id", "snippet", "statistics", "contentDetails", "status")
FILTERS = ("forHandle", "forUsername", "id", "mine")


async def list_(world: World, caller: Caller, request: Request) -> Response:
    """GET /youtube/v3/channels"""
    wanted = bodies.parts(request, PARTS)
    chosen = [name for name in FILTERS if name in request.query_params]
    if len(chosen) != 1:
        reason = "incompatibleParameters" if chosen else "missingRequiredParameter"
        raise errors.parameter(reason, f"Expected exactly one filter of: {', '.join(FILTERS)}")
    closed = settings.of(world).channelless_accounts.split()
    found = [person for person in _asked(world, caller, request, chosen[0]) if person.handle not in closed]
    items = [_shown(world, person, wanted, base(request)) for person in found]
    counts = {"totalResults": len(items), "resultsPerPage": 5}
    return JSONResponse({"kind": "youtube#channelListResponse", "pageInfo": counts, "items": items})


def _asked(world: World, caller: Caller, request: Request, name: str) -> list[Person]:
    value = request.query_params[name]
    if name == "mine":
        return [caller.person] if value == "true" else []
    if name == "id":
        return [person for each in bodies.listed(request, "id") if (person := ids.find_channel(world, each))]
    person = people.find(world.store, KEY, value.removeprefix("@"))
    return [person] if person else []


def _shown(world: World, person: Person, wanted: list[str], address: str) -> Json:
    shown: Json = {"kind": "youtube#channel", "etag": films.etag(person.id), "id": ids.channel_id(person.id)}
    parts = {
        "snippet": {
            "title": person.name,
            "description": "",
            "customUrl": f"@{person.handle.lower()}",
            "publishedAt": iso(person.created_at),
            "thumbnails": {"default": {"url": f"{address}/thumbnail.svg", "width": 88, "height": 88}},
        },
        "contentDetails": {"relatedPlaylists": {"likes": "", "uploads": ids.uploads_id(person.id)}},
        "statistics": _statistics(world, person),
        "status": {"privacyStatus": "public", "isLinked": True, "longUploadsStatus": "allowed"},
    }
    return {**shown, **{name: parts[name] for name in wanted if name in parts}}


def _statistics(world: World, person: Person) -> Json:
    own, figures = films.of_channel(world, person.id), Figures(world, COUNTS)
    is_hidden = person.handle in settings.of(world).hidden_subscriber_accounts.split()
    return {
        "viewCount": str(figures.total(person, "viewCount")),
        **({} if is_hidden else {"subscriberCount": str(figures.gauge(person, "subscriberCount"))}),
        "hiddenSubscriberCount": is_hidden,
        "videoCount": str(sum(films.privacy(world, film) == "public" for film in own)),
    }
