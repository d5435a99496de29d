"""What a request to publish says, checked against the instance's rules."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from ocma_sandbox import books, media
from ocma_sandbox.books import Post
from ocma_sandbox.mastodon import content, errors, params, settings
from ocma_sandbox.mastodon.calls import KEY
from ocma_sandbox.mastodon.oauth import new_id
from ocma_sandbox.media import Media
from ocma_sandbox.people import Person
from ocma_sandbox.world import World

Json = dict[str, Any]

VISIBILITIES = ("public", "unlisted", "private", "direct")
NO_TARGET = "The post you are trying to reply to does not appear to exist."
TOO_MANY = "Cannot attach more than {} files"
UNFINISHED = "Cannot attach files that have not finished processing. Try again in a moment!"


@dataclass(frozen=True)
class Draft:
    """A status that may be published: `scheduled_at` (epoch) is set when that is for later.

    `address` is the instance's as the client knew it, kept for a status whose time comes when nobody asks.
    """

    content: str
    details: Json
    media_ids: list[str]
    reply_to: str | None
    scheduled_at: float | None
    address: str = ""

    def as_json(self) -> Json:
        return asdict(self)


def read(world: World, person: Person, given: Json) -> Draft:
    """Raises 422 for what Mastodon would refuse, 404 for a status or upload that is not there."""
    poll = _poll(world, given)
    attached = _attached(world, person, params.listed(given, "media_ids"))
    text = params.text(given, "status") or ""
    details: Json = {
        "visibility": _visibility(given),
        "sensitive": params.flag(given, "sensitive"),
        "spoiler_text": params.text(given, "spoiler_text") or "",
        "language": params.text(given, "language") or "en",
    }
    _check_text(world, text, details["spoiler_text"], has_more=bool(attached))
    if poll is not None:
        if attached:  # in these words: with a poll, no file is one too many
            raise errors.unprocessable(TOO_MANY.format(settings.of(world).max_media_attachments))
        details["poll"] = poll
    _quote(world, given, details)
    target = _target(world, given)
    if target is not None:
        details["in_reply_to_account_id"] = target.person_id
    return Draft(text, details, [item.id for item in attached], target.id if target else None, _when(world, given))


def _visibility(given: Json) -> str:
    visibility = params.text(given, "visibility") or "public"
    if visibility not in VISIBILITIES:
        raise errors.invalid("Visibility is not included in the list")
    return visibility


def _check_text(world: World, text: str, spoiler: str, *, has_more: bool) -> None:
    chosen = settings.of(world)
    if not text.strip() and not spoiler.strip() and not has_more:
        raise errors.invalid("Text can't be blank")
    length = sum(content.count(part, per_link=chosen.characters_reserved_per_url) for part in (text, spoiler))
    if length > chosen.max_characters:
        raise errors.invalid(f"Text character limit of {chosen.max_characters} exceeded")


def _target(world: World, given: Json) -> Post | None:
    target_id = params.text(given, "in_reply_to_id")
    if target_id is None:
        return None
    target = books.find(world.store, KEY, target_id)
    if target is None:
        raise errors.not_found(NO_TARGET)
    return target


def _quote(world: World, given: Json, details: Json) -> None:
    quoted = params.text(given, "quoted_status_id")
    if quoted is None:
        return
    if books.find(world.store, KEY, quoted) is None:
        raise errors.not_found("The post you are trying to quote does not appear to exist.")
    if "poll" in details or params.listed(given, "media_ids"):
        raise errors.invalid("Cannot quote together with media or a poll")
    details["quoted_status_id"] = quoted


def _attached(world: World, person: Person, ids: list[str]) -> list[Media]:
    most = settings.of(world).max_media_attachments
    if len(ids) > most:
        raise errors.unprocessable(TOO_MANY.format(most))
    found = [media.find(world.store, KEY, media_id) for media_id in dict.fromkeys(ids)]
    mine = [item for item in found if item and item.person_id == person.id and item.post_id is None]
    if len(mine) < len(ids):
        raise errors.invalid("Media attachments were not found or are attached already")
    if any(not item.is_ready(world.clock()) for item in mine):
        raise errors.unprocessable(UNFINISHED)
    if len(mine) > 1 and any(item.category in {"video", "gifv", "audio"} for item in mine):
        raise errors.unprocessable("Cannot attach a video to a post that already contains images")
    return mine


def _poll(world: World, given: Json) -> Json | None:
    poll, chosen = given.get("poll"), settings.of(world)
    if not isinstance(poll, dict) or not poll:
        return None
    options = [option.strip() for option in params.listed(poll, "options") if option.strip()]
    expires_in = params.number(poll, "expires_in", 0)
    checks = {
        "Options must have more than one item": len(options) > 1,
        f"Options can't contain more than {chosen.max_poll_options} items": len(options) <= chosen.max_poll_options,
        f"Options can't be longer than {chosen.max_characters_per_option} characters each": all(
            content.graphemes(option) <= chosen.max_characters_per_option for option in options
        ),
        "Options contain duplicate items": len(set(options)) == len(options),
        "Expires at is too soon": expires_in >= chosen.min_poll_expiration,
        "Expires at is too far into the future": expires_in <= chosen.max_poll_expiration,
    }
    wrong = [message for message, fine in checks.items() if not fine]
    if wrong:
        raise errors.invalid(*wrong)
    flags = {name: params.flag(poll, name) for name in ("multiple", "hide_totals")}
    return {"id": str(new_id(world)), "options": options, "expires_in": expires_in, **flags}


def _when(world: World, given: Json) -> float | None:
    """None: now. A time nearer than the offset is published at once, as the real server does."""
    wanted = params.text(given, "scheduled_at")
    if wanted is None:
        return None
    try:
        at = datetime.fromisoformat(wanted)
    except ValueError:
        raise errors.invalid("Scheduled at is invalid") from None
    if at.tzinfo is None:
        raise errors.invalid("Scheduled at needs a time zone")
    when = at.timestamp()
    return when if when > world.clock() + settings.of(world).schedule_offset_seconds else None
