"""Who the user is, and what they may post at the moment."""

from html import escape
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from ocma_sandbox import books, people
from ocma_sandbox.figures import Figures
from ocma_sandbox.people import Person
from ocma_sandbox.tiktok import errors, fields, publishes, settings
from ocma_sandbox.tiktok.calls import KEY, Caller, base
from ocma_sandbox.tiktok.counts import COUNTS
from ocma_sandbox.tiktok.oauth import open_id
from ocma_sandbox.tiktok.publishes import PUBLIC
from ocma_sandbox.world import World

Json = dict[str, Any]

PRIVATE = "SELF_ONLY"
OPEN_OPTIONS = (PUBLIC, "MUTUAL_FOLLOW_FRIENDS", PRIVATE)
CLOSED_OPTIONS = ("FOLLOWER_OF_CREATOR", "MUTUAL_FOLLOW_FRIENDS", PRIVATE)
DAY = 86400
UNAUDITED_CAP = 5

SCOPES = {
    "user.info.basic": ("open_id", "union_id", "avatar_url", "avatar_url_100", "avatar_large_url", "display_name"),
    "user.info.profile": ("bio_description", "profile_deep_link", "is_verified", "username"),
    "user.info.stats": ("follower_count", "following_count", "likes_count", "video_count"),
}
FIELDS = frozenset(field for named in SCOPES.values() for field in named)


async def info(world: World, caller: Caller, request: Request) -> Response:
    """GET /v2/user/info/"""
    wanted = fields.read(request, FIELDS)
    caller.require(*(scope for scope, named in SCOPES.items() if set(named) & set(wanted)))
    known = _facts(world, caller.person, base(request))
    return errors.ok({"user": {field: known[field] for field in wanted}})


def _facts(world: World, person: Person, address: str) -> Json:
    avatar = f"{address}/avatar/{person.handle}.svg"
    posts = books.select(world.store, "platform = 'tiktok' AND person_id = ? AND deleted_at IS NULL", person.id)
    figures = Figures(world, COUNTS)
    return {
        "open_id": open_id(person),
        "union_id": f"-100{person.id}",
        **dict.fromkeys(("avatar_url", "avatar_url_100", "avatar_large_url"), avatar),
        "display_name": person.name,
        "bio_description": "",
        "profile_deep_link": f"{address}/@{person.handle}",
        "is_verified": False,
        "username": person.handle,
        "follower_count": figures.gauge(person, "follower_count"),
        "following_count": person.following,
        "likes_count": figures.total(person, "likes_count"),
        "video_count": sum(publishes.is_public(world, post) for post in posts),
    }


async def creator_info(world: World, caller: Caller, request: Request) -> Response:
    """POST /v2/post/publish/creator_info/query/"""
    check_may_post(world, caller)
    person, address = caller.person, base(request)
    return errors.ok(
        {
            "creator_avatar_url": f"{address}/avatar/{person.handle}.svg",
            "creator_username": person.handle,
            "creator_nickname": person.name,
            "privacy_level_options": list(privacy_options(world, person)),
            "comment_disabled": False,
            "duet_disabled": is_private(world, person),
            "stitch_disabled": is_private(world, person),
            "max_video_post_duration_sec": settings.of(world).max_video_seconds,
        }
    )


def is_private(world: World, person: Person) -> bool:
    return person.handle in settings.of(world).private_accounts.split()


def privacy_options(world: World, person: Person) -> tuple[str, ...]:
    return CLOSED_OPTIONS if is_private(world, person) else OPEN_OPTIONS


def check_may_post(world: World, caller: Caller) -> None:
    """Raises 403 for what TikTok refuses a creator, whatever the post."""
    chosen, person = settings.of(world), caller.person
    _check_not_banned(world, person)
    if chosen.rate_factor <= 0:
        return
    since = world.clock() - DAY
    most = max(1, int(chosen.posts_per_day * chosen.rate_factor))
    if publishes.count(world, "direct", since, person.id) >= most:
        raise errors.refused("spam_risk_too_many_posts", "The daily post cap from the API is reached for the user.")
    cap = chosen.user_cap if chosen.audited else min(chosen.user_cap or UNAUDITED_CAP, UNAUDITED_CAP)
    active = publishes.creators(world, since)
    if cap and person.id not in active and len(active) >= cap:
        raise errors.refused("reached_active_user_cap", "The daily quota for active publishing users is reached.")


def _check_not_banned(world: World, person: Person) -> None:
    if person.handle in settings.of(world).banned_accounts.split():
        raise errors.refused("spam_risk_user_banned_from_posting", "The user is banned from making new posts.")


def check_may_share(world: World, caller: Caller) -> None:
    """Raises 403 when too many drafts wait in the creator's inbox."""
    chosen = settings.of(world)
    _check_not_banned(world, caller.person)
    most = max(1, int(chosen.shares_per_day * chosen.rate_factor))
    waiting = publishes.count(world, "inbox", world.clock() - DAY, caller.person.id)
    if chosen.rate_factor > 0 and waiting >= most:
        message = f"There may be {most} pending shares within any 24-hour period."
        raise errors.refused("spam_risk_too_many_pending_share", message)


async def avatar(world: World, request: Request) -> Response:
    person = people.find(world.store, KEY, request.path_params["handle"])
    if person is None:
        return errors.error("unsupported_path", "No such user.")
    letter = escape(person.name[:1].upper())
    drawn = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><text x="1" y="8">{letter}</text></svg>'
    return Response(drawn, media_type="image/svg+xml")
