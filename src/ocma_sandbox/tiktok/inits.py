"""Beginning a publish, and asking what became of it.

A publish with a URL is pulled before its `init` is answered, and is in the books then; TikTok pulls later, which a
client cannot tell: the status says PROCESSING_DOWNLOAD until processing_seconds are over.
"""

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from ocma_sandbox.incoming import Incoming
from ocma_sandbox.tiktok import drafts, errors, publishes, pulls, schemas, settings, users, verdicts
from ocma_sandbox.tiktok.calls import KEY, Caller, base
from ocma_sandbox.tiktok.publishes import Draft, Publish
from ocma_sandbox.tiktok.verdicts import Verdict
from ocma_sandbox.world import World

Json = dict[str, Any]

UPLOAD = "/upload/video/"


async def video(world: World, caller: Caller, request: Request) -> Response:
    """POST /v2/post/publish/video/init/"""
    draft = drafts.read_video(world, caller, await schemas.read(world, request, schemas.ANY))
    return await _begin(world, caller, request, draft)


async def inbox_video(world: World, caller: Caller, request: Request) -> Response:
    """POST /v2/post/publish/inbox/video/init/"""
    draft = drafts.read_inbox_video(world, await schemas.read(world, request, schemas.ANY))
    return await _begin(world, caller, request, draft)


async def photos(world: World, caller: Caller, request: Request) -> Response:
    """POST /v2/post/publish/content/init/"""
    draft = drafts.read_photos(world, caller, await schemas.read(world, request, schemas.ANY))
    return await _begin(world, caller, request, draft)


async def _begin(world: World, caller: Caller, request: Request, draft: Draft) -> Response:
    if draft.mode == "direct":
        users.check_may_post(world, caller)
    else:
        users.check_may_share(world, caller)
    publish = publishes.begin(world, caller.person, draft)
    if draft.urls:
        await _pull(world, publish)
        return errors.ok({"publish_id": publish.id})
    address = f"{base(request)}{UPLOAD}?upload_id={publish.upload_id}&upload_token={publish.upload_token}"
    return errors.ok({"publish_id": publish.id, "upload_url": address})


async def _pull(world: World, publish: Publish) -> None:
    found: list[Verdict] = []
    deadline = pulls.deadline_in(settings.of(world).pull_seconds)
    try:
        for index, url in enumerate(publish.draft.urls):
            found.append(await _pulled(world, publish, index, url, deadline))
    except pulls.PullFailed:
        publishes.decide(world, publish, [], f"{publish.draft.kind}_pull_failed")
        return
    wrong = next((verdict.wrong for verdict in found if verdict.wrong), None)
    publishes.decide(world, publish, [verdict.entry for verdict in found], wrong)


async def _pulled(world: World, publish: Publish, index: int, url: str, deadline: float) -> Verdict:
    is_photo = publish.draft.kind == "photo"
    file = Incoming(world.blobs, f"{KEY}-{publish.upload_id}.{index}")
    most = verdicts.MAX_PHOTO if is_photo else drafts.MAX_VIDEO
    try:
        await pulls.fetch(url, file.path, most=most, deadline=deadline)
        if is_photo:
            return await asyncio.to_thread(verdicts.of_photo, file.path)
        return await asyncio.to_thread(verdicts.of_video, file.path, longest=settings.of(world).max_video_seconds)
    finally:
        file.remove()


async def status(world: World, caller: Caller, request: Request) -> Response:
    """POST /v2/post/publish/status/fetch/"""
    if not caller.scopes & {"video.publish", "video.upload"}:
        caller.require("video.publish")
    body = await schemas.read(world, request, schemas.STATUS)
    publish = publishes.find(world, body["publish_id"])
    if publish is None or publish.person_id != caller.person.id:
        raise errors.refused("invalid_publish_id", "The publish_id does not exist.")
    return errors.ok(_shown(world, publish))


def _shown(world: World, publish: Publish) -> Json:
    draft, now = publish.draft, world.clock()
    bytes_ = {"downloaded_bytes" if draft.urls else "uploaded_bytes": publish.received}
    if publishes.is_late(world, publish):
        return {"status": "FAILED", "fail_reason": f"{draft.kind}_pull_failed" if draft.urls else "internal", **bytes_}
    if publish.ready_at is None or publish.ready_at > now:
        return {"status": "PROCESSING_DOWNLOAD" if draft.urls else "PROCESSING_UPLOAD", **bytes_}
    if publish.fail_reason is not None:
        return {"status": "FAILED", "fail_reason": publish.fail_reason, **bytes_}
    if draft.mode == "inbox":
        return {"status": "SEND_TO_USER_INBOX", **bytes_}
    return {"status": "PUBLISH_COMPLETE", "publicaly_available_post_id": _public_ids(world, publish), **bytes_}


def _public_ids(world: World, publish: Publish) -> list[int]:
    post = publishes.find_post(world, publish)
    return [int(post.id)] if post and publishes.is_public(world, post) else []
