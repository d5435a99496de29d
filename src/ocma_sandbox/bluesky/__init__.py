"""Bluesky at `/bluesky`, after the project's fact sheet and the AT Protocol's lexicons: PDS, authorization server, AppView,
video service and the directory of DIDs (`/bluesky/plc`) under one address.

Where sheet and lexicons are silent, it answers as the reference PDS 0.5.35 was seen to answer. A session can be had by
OAuth, or with the app password of the settings (bluesky.app_password). Of the faults, `token_endpoint_down` means
/oauth/token; for a session's refresh, narrow a `server_error` to the path com.atproto.server.refreshSession.
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from ocma_sandbox import books, pages
from ocma_sandbox.bluesky import (
    blobs,
    clients,
    dpop,
    errors,
    exchange,
    identity,
    oauth,
    reads,
    repository,
    resolution,
    sessions,
    video,
    video_jobs,
    video_parts,
    views,
    writes,
)
from ocma_sandbox.bluesky.calls import XRPC, Call, route
from ocma_sandbox.bluesky.counts import COUNTS
from ocma_sandbox.bluesky.identity import KEY
from ocma_sandbox.bluesky.settings import BlueskySettings
from ocma_sandbox.platform import Platform, Refused
from ocma_sandbox.world import World

SERVER, REPO = "com.atproto.server.", "com.atproto.repo."
IDENTITY, FEED, ACTOR, VIDEO = "com.atproto.identity.", "app.bsky.feed.", "app.bsky.actor.", "app.bsky.video."
CALLS = (
    Call(SERVER + "describeServer", sessions.describe, "anyone"),
    Call(SERVER + "createSession", sessions.create, "handler", sessions.login_charges),
    Call(SERVER + "refreshSession", sessions.refresh, "refresh"),
    Call(SERVER + "deleteSession", sessions.delete, "refresh"),
    Call(SERVER + "getSession", sessions.show),
    Call(SERVER + "getServiceAuth", sessions.service_auth),
    Call(IDENTITY + "resolveHandle", resolution.resolve_handle, "anyone"),
    Call(IDENTITY + "resolveDid", resolution.resolve_did, "anyone"),
    Call(IDENTITY + "resolveIdentity", resolution.resolve_identity, "anyone"),
    Call(REPO + "createRecord", writes.create, "session", writes.create_charges),
    Call(REPO + "putRecord", writes.put, "session", writes.put_charges),
    Call(REPO + "applyWrites", writes.apply, "session", writes.apply_charges),
    Call(REPO + "deleteRecord", writes.delete, "session", writes.delete_charges),
    Call(REPO + "uploadBlob", blobs.upload, "session", blobs.upload_charges),
    Call(REPO + "getRecord", reads.get, "anyone"),
    Call(REPO + "listRecords", reads.list_, "anyone"),
    Call(FEED + "getPosts", views.get_posts, "anyone"),
    Call(FEED + "getAuthorFeed", views.get_author_feed, "anyone"),
    Call(FEED + "getPostThread", views.get_post_thread, "anyone"),
    Call(ACTOR + "getProfile", views.get_profile, "anyone"),
    Call(ACTOR + "getProfiles", views.get_profiles, "anyone"),
    Call(VIDEO + "uploadVideo", video.upload, "handler"),
    Call(VIDEO + "getJobStatus", video.job_status, "handler"),
    Call(VIDEO + "getUploadLimits", video.limits, "handler"),
    Call(VIDEO + "startUpload", video_parts.start, "handler"),
    Call(VIDEO + "uploadPart", video_parts.part, "handler"),
    Call(VIDEO + "finishUpload", video_parts.finish, "handler"),
    Call(VIDEO + "getUploadStatus", video_parts.status, "handler"),
    Call(VIDEO + "abortUpload", video_parts.abort, "handler"),
)
TOKEN = "/oauth/token"  # noqa: S105 - a path
PUBLISHING = {XRPC + REPO + name for name in ("createRecord", "putRecord", "applyWrites")}
LOGINS = {XRPC + SERVER + name for name in ("createSession", "refreshSession", "deleteSession")}

_Endpoint = Callable[[World, Request], Awaitable[Response]]


def _routes(world: World) -> Sequence[BaseRoute]:
    return [
        Route("/.well-known/oauth-protected-resource", partial(oauth.resource, world)),
        Route("/.well-known/oauth-authorization-server", partial(oauth.metadata, world)),
        Route("/.well-known/atproto-did", partial(resolution.well_known, world)),
        Route("/plc/{did:str}", partial(resolution.directory, world)),
        Route("/oauth/authorize", partial(oauth.authorize, world)),
        Route("/oauth/par", _with_nonce(world, oauth.push), methods=["POST"]),
        Route(TOKEN, _with_nonce(world, exchange.token), methods=["POST"]),
        Route("/oauth/revoke", _with_nonce(world, oauth.revoke), methods=["POST"]),
        Route("/xrpc/_health", _health),
        Route("/xrpc/com.atproto.sync.getBlob", partial(blobs.file, world)),
        route(world, CALLS),
        Route("/profile/{actor:str}/post/{rkey:str}", partial(_page, world)),
    ]


def _with_nonce(world: World, endpoint: _Endpoint) -> Callable[[Request], Awaitable[Response]]:
    """Every answer of the authorization server to a program brings its nonce, the refusals too."""

    async def answered(request: Request) -> Response:
        try:
            return await endpoint(world, request)
        except Refused as refused:
            refused.response.headers.update(dpop.headers(world, "authorization"))
            return refused.response

    return answered


async def _health(_request: Request) -> Response:
    return JSONResponse({"version": "sandbox"})


async def _page(world: World, request: Request) -> Response:
    """A post's address in the browser (bsky.app)."""
    person = identity.find(world, request.path_params["actor"])
    uri = f"at://{person.id}/app.bsky.feed.post/{request.path_params['rkey']}" if person else ""
    post = books.find(world.store, KEY, uri)
    if person is None or post is None:
        return pages.refusal("Bluesky", "This post does not exist.", 404)
    return pages.post("Bluesky", identity.handle_of(world, person), post.content, books.iso(post.at))


TABLE_OWNERS = (blobs, clients, dpop, oauth, video_jobs, video_parts)

BLUESKY = Platform(
    key=KEY,
    name="Bluesky",
    make_settings=BlueskySettings,
    routes=_routes,
    publishes=lambda method, path: method == "POST" and path in PUBLISHING,
    is_api=lambda path: path.startswith(XRPC) and path not in LOGINS,
    token_path=TOKEN,
    throttled=errors.throttled,
    broken=errors.broken,
    make_person=identity.make_person,
    schema="".join([repository.SCHEMA, *(owner.SCHEMA for owner in TABLE_OWNERS)]),
    tables=(*repository.TABLES, *(owner.TABLE for owner in TABLE_OWNERS)),
    counts=COUNTS,
)
