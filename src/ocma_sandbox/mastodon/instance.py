from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ocma_sandbox import books, people
from ocma_sandbox.mastodon import settings, streaming
from ocma_sandbox.mastodon.calls import KEY, Visitor, base
from ocma_sandbox.mastodon.entities import LIVE
from ocma_sandbox.mastodon.settings import MastodonSettings
from ocma_sandbox.mastodon.uploads import MIME_TYPES
from ocma_sandbox.world import World

Json = dict[str, Any]


async def show(world: World, _visitor: Visitor, request: Request) -> Response:
    """GET /api/v2/instance"""
    chosen, root = settings.of(world), base(request)
    return JSONResponse(
        {
            "domain": request.url.netloc,
            "title": chosen.title,
            "version": chosen.version,
            "source_url": "https://github.com/mastodon/mastodon",
            "description": "The sandbox's Mastodon: nothing here leaves this machine.",
            "usage": {"users": {"active_month": len(people.list_people(world.store, KEY))}},
            "thumbnail": {"url": root + "/avatars/original/missing.png", "blurhash": None, "versions": {}},
            "icon": [],
            "languages": ["en"],
            "configuration": {"urls": {"streaming": streaming.address(request), "status": None}, **_configuration(chosen)},
            "registrations": {"enabled": True, "approval_required": False, "message": None, "url": None},
            "api_versions": {"mastodon": chosen.api_version},
            "contact": {"email": "", "account": None},
            "rules": [],
        }
    )


async def show_old(world: World, _visitor: Visitor, request: Request) -> Response:
    """GET /api/v1/instance"""
    chosen = settings.of(world)
    return JSONResponse(
        {
            "uri": request.url.netloc,
            "title": chosen.title,
            "short_description": "The sandbox's Mastodon: nothing here leaves this machine.",
            "description": "",
            "email": "",
            "version": chosen.version,
            "urls": {"streaming_api": streaming.address(request)},
            "stats": {
                "user_count": len(people.list_people(world.store, KEY)),
                "status_count": books.count(world.store, LIVE),
                "domain_count": 0,
            },
            "thumbnail": None,
            "languages": ["en"],
            "registrations": True,
            "approval_required": False,
            "invites_enabled": False,
            "configuration": _configuration(chosen),
            "contact_account": None,
            "rules": [],
        }
    )


def _configuration(chosen: MastodonSettings) -> Json:
    return {
        "accounts": {"max_featured_tags": 10, "max_pinned_statuses": 5},
        "statuses": {
            "max_characters": chosen.max_characters,
            "max_media_attachments": chosen.max_media_attachments,
            "characters_reserved_per_url": chosen.characters_reserved_per_url,
        },
        "media_attachments": {
            "supported_mime_types": list(MIME_TYPES),
            "description_limit": chosen.description_limit,
            "image_size_limit": chosen.image_size_limit,
            "image_matrix_limit": chosen.image_matrix_limit,
            "video_size_limit": chosen.video_size_limit,
            "video_frame_rate_limit": chosen.video_frame_rate_limit,
            "video_matrix_limit": chosen.video_matrix_limit,
        },
        "polls": {
            "max_options": chosen.max_poll_options,
            "max_characters_per_option": chosen.max_characters_per_option,
            "min_expiration": chosen.min_poll_expiration,
            "max_expiration": chosen.max_poll_expiration,
        },
        "translation": {"enabled": False},
    }
