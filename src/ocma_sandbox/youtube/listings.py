"""Lists of videos: a channel's uploads, and search."""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ocma_sandbox import people
from ocma_sandbox.books import Post
from ocma_sandbox.world import World
from ocma_sandbox.youtube import bodies, errors, films, ids, metadata, paging
from ocma_sandbox.youtube.calls import KEY, Caller, base

Json = dict[str, Any]

ITEM_PARTS = ("id", "snippet", "contentDetails", "status")
ORDERS = ("date", "relevance")


async def playlist_items(world: World, caller: Caller, request: Request) -> Response:
    """GET /youtube/v3/playlistItems?playlistId=: the uploads of a channel, newest first; private ones for its owner."""
    wanted = bodies.parts(request, ITEM_PARTS)
    playlist = request.query_params.get("playlistId", "")
    if not playlist:
        raise errors.parameter("missingRequiredParameter", "No filter selected. The sandbox knows: playlistId")
    owner = ids.find_uploads(world, playlist)
    if owner is None:
        message = "The playlist identified with the request's playlistId parameter cannot be found."
        raise errors.refused(404, "playlistNotFound", message, "youtube.playlistItem")
    found = [film for film in films.of_channel(world, owner.id) if films.is_visible(world, film, caller.person.id)]
    only = request.query_params.get("videoId")
    found = [film for film in found if only in {None, film.id}]
    shown, more = paging.page(request, found, default=5, most=50)
    items = [_item(world, film, wanted, position, playlist, base(request)) for position, film in enumerate(shown)]
    return JSONResponse({"kind": "youtube#playlistItemListResponse", **more, "items": items})


def _item(world: World, film: Post, wanted: list[str], position: int, playlist: str, address: str) -> Json:
    channel = ids.channel_id(film.person_id)
    title = people.get(world.store, KEY, film.person_id).name
    at = films.second(film.at)
    parts = {
        "snippet": {
            **_snippet(world, film, address),
            "playlistId": playlist,
            "position": position,
            "resourceId": {"kind": "youtube#video", "videoId": film.id},
            "videoOwnerChannelTitle": title,
            "videoOwnerChannelId": channel,
        },
        "contentDetails": {"videoId": film.id, "videoPublishedAt": at},
        "status": {"privacyStatus": films.privacy(world, film)},
    }
    shown = {"kind": "youtube#playlistItem", "etag": films.etag(film.id, parts), "id": f"{playlist}.{film.id}"}
    return {**shown, **{name: parts[name] for name in wanted if name in parts}}


def _snippet(world: World, film: Post, address: str) -> Json:
    """What every list says of a video."""
    kept = film.details["snippet"]
    return {
        "publishedAt": films.second(film.at),
        "channelId": ids.channel_id(film.person_id),
        "channelTitle": people.get(world.store, KEY, film.person_id).name,
        "title": kept["title"],
        "description": kept["description"],
        "thumbnails": {"default": {"url": f"{address}/thumbnail.svg", "width": 120, "height": 90}},
    }


async def search(world: World, caller: Caller, request: Request) -> Response:
    """GET /youtube/v3/search: videos by words in their title and description, newest first."""
    bodies.parts(request, ("id", "snippet"))
    query = request.query_params
    if query.get("order", "relevance") not in ORDERS:
        raise errors.parameter("invalidParameter", f"The sandbox knows the orders {', '.join(ORDERS)}")
    is_fit = _fits(world, caller, request)
    has_videos = not query.get("type") or "video" in bodies.listed(request, "type")
    found = [film for film in films.all_(world) if is_fit(film)] if has_videos else []
    shown, more = paging.page(request, found, default=5, most=50)
    items = [_result(world, film, base(request)) for film in shown]
    return JSONResponse({"kind": "youtube#searchListResponse", **more, "items": items})


def _fits(world: World, caller: Caller, request: Request) -> Callable[[Post], bool]:
    query, me = request.query_params, caller.person.id
    is_mine = query.get("forMine") == "true"
    if is_mine and query.get("type") != "video":
        raise errors.parameter("incompatibleParameters", "forMine needs type=video")
    words = query.get("q", "").lower().split()
    channel = query.get("channelId")
    after, before = _instant(request, "publishedAfter", 0), _instant(request, "publishedBefore", float("inf"))

    def is_fit(film: Post) -> bool:
        is_public = films.is_visible(world, film, "") and films.privacy(world, film) == "public"
        return (
            (film.person_id == me if is_mine else is_public)
            and channel in {None, ids.channel_id(film.person_id)}
            and after <= film.at < before
            and all(word in film.content.lower() for word in words)
        )

    return is_fit


def _instant(request: Request, name: str, default: float) -> float:
    text = request.query_params.get(name)
    at = default if text is None else metadata.instant(text)
    if at is None:
        raise errors.parameter("invalidParameter", f"{name} must be a time after RFC 3339")
    return at


def _result(world: World, film: Post, address: str) -> Json:
    snippet = {**_snippet(world, film, address), "liveBroadcastContent": "none", "publishTime": films.second(film.at)}
    about = {"kind": "youtube#video", "videoId": film.id}
    return {"kind": "youtube#searchResult", "etag": films.etag(film.id, snippet), "id": about, "snippet": snippet}
