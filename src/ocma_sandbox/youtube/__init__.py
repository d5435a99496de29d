"""YouTube (Data API v3, reports of the Analytics API v2), after its discovery descriptions and the project's fact sheet.

What is doubtful about the real YouTube is named where it is decided (oauth, metadata, sessions) and, where it matters
to a client, can be changed by a setting. Not here: captions, and the WebSub hub.
"""

from collections.abc import Sequence
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ocma_sandbox import books, pages, people
from ocma_sandbox.platform import Platform
from ocma_sandbox.world import World
from ocma_sandbox.youtube import channels, comments, errors, films, listings, oauth, quota, reports, sessions, videos
from ocma_sandbox.youtube.calls import KEY, Call, route
from ocma_sandbox.youtube.counts import COUNTS
from ocma_sandbox.youtube.settings import YouTubeSettings

WRITE = ("youtube", "youtube.force-ssl", "youtubepartner")
READ = (*WRITE, "youtube.readonly")
UPLOAD = (*WRITE, "youtube.upload")
COMMENT = ("youtube.force-ssl",)
AUDIT = ("youtubepartner-channel-audit",)
PART, ID = ("part",), ("id",)
PAGE = ("maxResults", "pageToken")
SEARCH = ("channelId", "forMine", "order", "publishedAfter", "publishedBefore", "q", "type")
V3 = "/youtube/v3"

CALLS = (
    Call("GET", f"{V3}/channels", channels.list_, READ + AUDIT, PART, (*channels.FILTERS, *PAGE)),
    *(
        Call("POST", path, sessions.begin, UPLOAD, PART, ("notifySubscribers",), 1, quota.INSERTS)
        for path in (sessions.UPLOAD, f"/resumable{sessions.UPLOAD}")
    ),
    Call("GET", f"{V3}/videos", videos.list_, READ, PART, ID),
    Call("GET", f"{V3}/videos:batchGetStats", videos.batch_stats, READ, PART, ID, 1, quota.STATS),
    Call("GET", "/v2/reports", reports.query, reports.SCOPES, ("ids", "startDate", "endDate", "metrics"), reports.OPTIONAL, 0),
    Call("PUT", f"{V3}/videos", videos.update, WRITE, PART, (), 50),
    Call("DELETE", f"{V3}/videos", videos.delete, WRITE, ID, (), 50),
    Call("POST", "/upload/youtube/v3/thumbnails/set", videos.set_thumbnail, UPLOAD, ("videoId",), (), 50),
    Call("GET", f"{V3}/playlistItems", listings.playlist_items, READ, PART, ("playlistId", "videoId", *PAGE)),
    Call("GET", f"{V3}/search", listings.search, READ, PART, (*SEARCH, *PAGE), 1, quota.SEARCHES),
    Call("POST", f"{V3}/commentThreads", comments.insert_thread, COMMENT, PART, (), 50),
    Call(
        *("GET", f"{V3}/commentThreads", comments.list_threads, COMMENT, PART),
        (*comments.THREAD_FILTERS, *PAGE, "moderationStatus", "order", "textFormat"),
    ),
    Call("POST", f"{V3}/comments", comments.insert_reply, COMMENT, PART, (), 50),
    Call("GET", f"{V3}/comments", comments.list_, COMMENT, PART, (*ID, "parentId", *PAGE, "textFormat")),
    Call("DELETE", f"{V3}/comments", comments.delete, COMMENT, ID, (), 50),
    Call("POST", f"{V3}/comments/setModerationStatus", comments.moderate, COMMENT, (*ID, "moderationStatus"), (), 50),
)
TOKEN = "/token"  # noqa: S105 - a path
PUBLISHES = frozenset({("PUT", sessions.UPLOAD), ("POST", f"{V3}/commentThreads"), ("POST", f"{V3}/comments")})
"""A video is live with the last of its bytes."""


def _routes(world: World) -> Sequence[BaseRoute]:
    async def authorize(request: Request) -> Response:
        return oauth.authorize(world, request)

    return [
        Route("/o/oauth2/v2/auth", authorize),
        Route(TOKEN, partial(oauth.token, world), methods=["POST"]),
        Route("/revoke", partial(oauth.revoke, world), methods=["POST"]),
        *(route(world, call) for call in CALLS),
        Route(sessions.UPLOAD, partial(sessions.put, world), methods=["PUT"]),
        Route("/thumbnail.svg", _thumbnail),
        Route("/watch", partial(_page, world)),
        Route("/{path:path}", _no_such, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
    ]


async def _no_such(_request: Request) -> Response:
    return errors.error(404, "notFound", "Not Found")


async def _thumbnail(_request: Request) -> Response:
    drawn = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 3"><path d="M1 1l2 1-2 1z"/></svg>'
    return Response(drawn, media_type="image/svg+xml")


async def _page(world: World, request: Request) -> Response:
    """A video's address in the browser; not what is private."""
    film = films.find(world, request.query_params.get("v", ""))
    if film is None or not films.is_visible(world, film, ""):
        return pages.refusal("YouTube", "This video isn't available any more.", 404)
    author = people.get(world.store, KEY, film.person_id)
    return pages.post("YouTube", author.handle, film.content, books.iso(film.at))


YOUTUBE = Platform(
    key=KEY,
    name="YouTube",
    make_settings=YouTubeSettings,
    routes=_routes,
    publishes=lambda method, path: (method, path) in PUBLISHES,
    is_api=lambda path: path.startswith((V3, "/v2/", "/upload/", "/resumable/")),
    token_path=TOKEN,
    throttled=errors.throttled,
    broken=errors.broken,
    make_person=oauth.make_person,
    begin=oauth.register,
    schema=films.SCHEMA + sessions.SCHEMA + quota.SCHEMA,
    tables=(films.TABLE, sessions.TABLE, quota.TABLE),
    counts=COUNTS,
)
