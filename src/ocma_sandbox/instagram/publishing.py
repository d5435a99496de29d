"""What becomes of a container: its state, its bytes when they are uploaded, and the one time that it is published.

Unsure, and chosen here: what a second publish of the same container is answered (instagram.republish_error).
"""

import base64
from typing import Any

from starlette.responses import Response

from ocma_sandbox import books
from ocma_sandbox.books import Post
from ocma_sandbox.graph import calls, containers, errors, fields, intake, pull, rupload
from ocma_sandbox.graph.calls import Visit
from ocma_sandbox.graph.containers import ERROR, EXPIRED, FINISHED, IN_PROGRESS, PUBLISHED, Container
from ocma_sandbox.graph.fields import Field, View
from ocma_sandbox.graph.pull import Errand, PullFailed
from ocma_sandbox.instagram import account, making, settings
from ocma_sandbox.instagram.account import DAY, KEY
from ocma_sandbox.people import Person
from ocma_sandbox.world import World

Json = dict[str, Any]

TOLD = {
    IN_PROGRESS: "In Progress: Media is still being processed.",
    FINISHED: "Finished: Media has been uploaded and it is ready to be published.",
    PUBLISHED: "Published: Media has been published.",
    EXPIRED: "Expired: The media was not published within 24 hours and has expired.",
}
PRODUCTS = {"REELS": "REELS", "STORIES": "STORY"}


def find(visit: Visit, container_id: str) -> Container | None:
    found = [containers.find(visit.world, KEY, person.id, container_id) for person in account.mine(visit)]
    return next((container for container in found if container), None)


def show(visit: Visit, container: Container, wanted: list[Field]) -> Json:
    state = container.state(visit.world.clock())
    told = TOLD.get(state) or f"Error: Media upload has failed with error code {container.error}"
    view: View = {
        **fields.empty("copyright_check_status"),
        "id": lambda _field: container.id,
        "status_code": lambda _field: state,
        "status": lambda _field: told,
        "video_status": lambda _field: _video_status(visit, container),
    }
    return fields.show("IGMediaBuilder", view, wanted)


def _video_status(visit: Visit, container: Container) -> Json:
    came = intake.incoming_of(visit.world, KEY, container.id).size
    done = container.ready_at is not None
    phase = "complete" if done else "in_progress" if came else "not_started"
    return {
        "uploading_phase": {"status": phase, "bytes_transferred": came},
        "processing_phase": {"status": "complete" if container.state(visit.world.clock()) == FINISHED else "in_progress"},
    }


async def upload(visit: Visit) -> Response:
    """POST /ig-api-upload/{version}/{container}"""
    container, chosen = _uploading(visit), settings.of(visit.world)
    file = intake.incoming_of(visit.world, KEY, container.id)
    most = making.most_bytes(chosen, container)
    url = visit.request.headers.get("file_url")
    if url:
        try:
            taken = await pull.pull(chosen, Errand(url, file.path, most))
        except PullFailed as failed:
            raise rupload.refuse(f"The file could not be fetched: {failed.reason}") from failed
        answer = rupload.done()
    else:
        piece = rupload.piece(visit.request, has=file.size, most=most)
        answer = await rupload.take(visit.request, file, piece)
        taken = await intake.examine(file.path)
    containers.save(visit.world, making.arrived(visit, _uploading(visit), taken))
    return answer


async def offset(visit: Visit) -> Response:
    container = _uploading(visit)
    return rupload.told(intake.incoming_of(visit.world, KEY, container.id).size)


def _uploading(visit: Visit) -> Container:
    container = find(visit, visit.path_id)
    if container is None or container.ready_at is not None:
        raise rupload.refuse("The container does not exist or has its media already", status=404)
    return container


async def publish(visit: Visit) -> Json:
    """POST /{ig}/media_publish"""
    person, creation_id = account.own(visit), visit.params.need("creation_id")
    container = containers.find(visit.world, KEY, person.id, creation_id)
    if container is None:
        raise errors.refuse(24, subcode=2207008)
    calls.refuse_publish_if_set(visit)
    _check_state(visit.world, container)
    if published_since(visit.world, person, visit.world.clock() - DAY) >= settings.of(visit.world).publish_limit:
        raise errors.refuse(9, subcode=2207042)
    return {"id": containers.publish(visit.world, container, _post(visit, person, container)).id}


def _check_state(world: World, container: Container) -> None:
    state = container.state(world.clock())
    if state == PUBLISHED:
        raise errors.named(settings.of(world).republish_error)
    if state == EXPIRED:
        raise errors.refuse(-2, subcode=2207020)
    if state == ERROR:
        raise errors.refuse(-1, subcode=2207032)
    if state == IN_PROGRESS:
        raise errors.refuse(9007, subcode=2207027)
    if container.is_item:
        raise errors.invalid("An item of a carousel cannot be published by itself.", 2207023)


def published_since(world: World, person: Person, since: float) -> int:
    """Also what was deleted since; comments are not counted."""
    where = "platform = 'instagram' AND person_id = ? AND at > ? AND json_extract(details, '$.product') IS NOT NULL"
    return books.count(world.store, where, person.id, since)


def _post(visit: Visit, person: Person, container: Container) -> Post:
    media_id = visit.caller.house.new_id(visit.world)
    product = PRODUCTS.get(container.media_type, "FEED")
    is_video = container.media[0]["mimeType"].startswith("video/")
    kind = "CAROUSEL_ALBUM" if container.children else "VIDEO" if is_video else "IMAGE"
    children = [visit.caller.house.new_id(visit.world) for _ in container.children]
    kept = {name: value for name, value in container.details.items() if name != "alt_text"}
    return Post(
        platform=KEY,
        id=media_id,
        person_id=person.id,
        content=container.text,
        at=visit.world.clock(),
        details={**kept, "product": product, "media_type": kind, "shortcode": shortcode(media_id), "children": children},
        media=container.media,
    )


def shortcode(media_id: str) -> str:
    return base64.urlsafe_b64encode(int(media_id).to_bytes(8, "big")).decode().strip("=")


async def limit(visit: Visit) -> Json:
    """GET /{ig}/content_publishing_limit"""
    person, now = account.own(visit), visit.world.clock()
    since = visit.params.moment("since")
    config = {"quota_total": settings.of(visit.world).publish_limit, "quota_duration": DAY}
    used = published_since(visit.world, person, now - DAY if since is None else since)
    view: View = {"quota_usage": lambda _field: used, "config": lambda _field: config}
    return {"data": [fields.show("IGContentPublishingLimit", view, fields.parse(visit.params.text("fields")), ("quota_usage",))]}
