"""POST /{ig}/media: a container, checked as far as the platform checks at once; the rest fails in its processing."""

import re
from dataclasses import dataclass, replace
from typing import Any

from ocma_sandbox import media
from ocma_sandbox.graph import containers, errors, intake, pull
from ocma_sandbox.graph.calls import Visit
from ocma_sandbox.graph.containers import FINISHED, Container
from ocma_sandbox.graph.intake import Label, Taken
from ocma_sandbox.graph.pull import Errand, PullFailed
from ocma_sandbox.instagram import account, settings
from ocma_sandbox.instagram.account import DAY, KEY
from ocma_sandbox.instagram.settings import InstagramSettings
from ocma_sandbox.people import Person

Json = dict[str, Any]

MENTION, HASHTAG = re.compile(r"(?<!\w)@\w"), re.compile(r"(?<![\w&])#\w")
VIDEO_TYPES = frozenset({"video/mp4", "video/quicktime"})
KEPT = ("location_id", "cover_url", "audio_name", "share_to_feed")
NOT_READY, BAD_VIDEO, TOO_SLOW, NO_FETCH = "2207027", "2207026", "2207003", "2207052"


@dataclass(frozen=True)
class Wish:
    """What a request wants, before anything is fetched. `kind`: IMAGE, REELS, VIDEO, STORIES or CAROUSEL."""

    kind: str
    is_item: bool
    caption: str
    image_url: str | None
    video_url: str | None
    is_resumable: bool

    @property
    def is_video(self) -> bool:
        return self.video_url is not None or self.is_resumable


async def create(visit: Visit) -> Json:
    person, wish = account.own(visit), _wish(visit)
    chosen, now = settings.of(visit.world), visit.world.clock()
    if containers.made_since(visit.world, KEY, person.id, now - DAY) >= chosen.container_limit:
        raise errors.refuse(9, subcode=2207042)
    _check_caption(chosen, wish)
    details = _details(visit, chosen, wish)
    draft = Container(
        platform=KEY,
        id=visit.caller.house.new_id(visit.world),
        person_id=person.id,
        media_type=wish.kind,
        is_item=wish.is_item,
        text=wish.caption,
        created_at=now,
        expires_at=now + chosen.container_seconds,
        ready_at=None,
        details=details,
    )
    made = await _filled(visit, person, wish, draft)
    containers.save(visit.world, made)
    if wish.is_resumable:
        return {"id": made.id, "uri": f"{visit.base}/ig-api-upload/{visit.version}/{made.id}"}
    return {"id": made.id}


def _wish(visit: Visit) -> Wish:
    given = visit.params
    kind, image, video = (given.text(name) for name in ("media_type", "image_url", "video_url"))
    is_resumable = given.text("upload_type") == "resumable"
    wish = Wish(kind or "IMAGE", given.flag("is_carousel_item"), given.text("caption") or "", image, video, is_resumable)
    if wish.kind not in {"IMAGE", "REELS", "VIDEO", "STORIES", "CAROUSEL"}:
        raise errors.invalid(f"The media type {wish.kind} is unknown.", 2207023)
    if wish.kind == "VIDEO" and not wish.is_item:
        raise errors.invalid("media_type VIDEO is no longer supported. Use REELS to publish a video.", 2207067)
    if wish.is_item and wish.kind not in {"IMAGE", "VIDEO"}:
        raise errors.invalid(f"The media type {wish.kind} cannot be an item of a carousel.", 2207023)
    if wish.kind == "CAROUSEL":
        return wish
    if wish.kind in {"REELS", "VIDEO"} and not wish.is_video:
        raise errors.invalid("The parameter video_url is required")
    if wish.kind == "IMAGE" and (image is None or wish.is_video):
        raise errors.invalid("Only photo or video can be accepted as media type.", 2207023)
    if (image is None) == (not wish.is_video):
        raise errors.invalid("One of image_url and video_url is required, and not both")
    return wish


def _check_caption(chosen: InstagramSettings, wish: Wish) -> None:
    if len(wish.caption) > chosen.max_caption:
        raise errors.refuse(36004, subcode=2207010)
    check_tags(chosen, wish.caption)


def check_tags(chosen: InstagramSettings, text: str) -> None:
    if len(MENTION.findall(text)) > chosen.max_mentions or len(HASHTAG.findall(text)) > chosen.max_hashtags:
        raise errors.invalid("The text has too many tags.", 2207040)


def _details(visit: Visit, chosen: InstagramSettings, wish: Wish) -> Json:
    given = visit.params
    alt_text, collaborators = given.text("alt_text"), given.listed("collaborators")
    if alt_text is not None and (wish.is_video or wish.kind == "CAROUSEL"):
        raise errors.invalid("alt_text is for images only")
    if len(alt_text or "") > chosen.max_alt_text:
        raise errors.invalid(f"alt_text may have {chosen.max_alt_text} characters")
    if len(collaborators) > chosen.max_collaborators:
        raise errors.invalid(f"There may be {chosen.max_collaborators} collaborators", 2207037)
    details: Json = {name: given.text(name) for name in KEPT if name in given}
    for name in ("user_tags", "collaborators"):
        if name in given:
            details[name] = given.listed(name)
    thumb = given.number("thumb_offset")
    return {**details, "alt_text": alt_text, **({} if thumb is None else {"thumb_offset": thumb})}


async def _filled(visit: Visit, person: Person, wish: Wish, draft: Container) -> Container:
    if wish.kind == "CAROUSEL":
        return _carousel(visit, person, draft)
    if wish.is_resumable:
        return draft
    if wish.video_url is not None:
        return await _video(visit, draft, wish.video_url)
    return await _image(visit, draft, wish.image_url or "")


def _carousel(visit: Visit, person: Person, draft: Container) -> Container:
    world, now = visit.world, visit.world.clock()
    ids = [str(child) for child in visit.params.listed("children")]
    if not 2 <= len(ids) <= settings.of(world).max_children:
        raise errors.invalid(f"A carousel has 2 to {settings.of(world).max_children} children.", 2207028)
    found = [containers.find(world, KEY, person.id, child) for child in ids]
    if any(child is None or not child.is_item for child in found) or len(set(ids)) < len(ids):
        raise errors.invalid("children must be containers that were made with is_carousel_item", 2207028)
    children = [child for child in found if child is not None]
    if any(child.state(now) != FINISHED for child in children):
        raise errors.refuse(9007, subcode=2207027)
    entries = [entry for child in children for entry in child.media]
    return replace(draft, children=ids, media=entries, **_settled(visit))


def _settled(visit: Visit, error: str | None = None) -> Json:
    chosen = settings.of(visit.world)
    return {"ready_at": visit.world.clock() + chosen.processing_seconds, "error": error or chosen.container_error or None}


async def _image(visit: Visit, draft: Container, url: str) -> Container:
    chosen = settings.of(visit.world)
    path = intake.incoming_of(visit.world, KEY, draft.id).path
    try:
        taken = await pull.pull(chosen, Errand(url, path, 4 * chosen.max_image_bytes))
    except PullFailed as failed:
        raise _not_fetched(failed) from failed
    if taken.mime_type != "image/jpeg":
        raise errors.refuse(36001, subcode=2207005)
    if taken.size > chosen.max_image_bytes:
        raise errors.refuse(36000, subcode=2207004)
    is_story = draft.media_type == "STORIES"
    if taken.ratio is None or not (is_story or chosen.min_image_ratio - 0.005 <= taken.ratio <= chosen.max_image_ratio + 0.005):
        raise errors.refuse(36003, subcode=2207009)
    return replace(draft, media=[_entry(draft, taken)], **_settled(visit))


def _not_fetched(failed: PullFailed) -> Exception:
    code, subcode = (-2, 2207003) if failed.is_timeout else (9004, 2207052)
    return errors.refuse(code, f"The media could not be fetched from this URI: {failed.reason}", subcode=subcode)


async def _video(visit: Visit, draft: Container, url: str) -> Container:
    chosen = settings.of(visit.world)
    path = intake.incoming_of(visit.world, KEY, draft.id).path
    try:
        taken = await pull.pull(chosen, Errand(url, path, most_bytes(chosen, draft)))
    except PullFailed as failed:
        return replace(draft, **_settled(visit, TOO_SLOW if failed.is_timeout else NO_FETCH))
    return arrived(visit, draft, taken)


def most_bytes(chosen: InstagramSettings, draft: Container) -> int:
    return chosen.max_story_bytes if draft.media_type == "STORIES" else chosen.max_reel_bytes


def arrived(visit: Visit, draft: Container, taken: Taken) -> Container:
    """A video of which all bytes are here: what is wrong with it is seen when it has been processed."""
    thumb, seconds = draft.details.get("thumb_offset"), taken.movie.seconds
    if thumb is not None and (thumb < 0 or (seconds is not None and thumb > seconds * 1000)):
        raise errors.refuse(1, "The thumbnail offset is beyond the video", subcode=2207057)
    return replace(draft, media=[_entry(draft, taken)], **_settled(visit, _wrong(settings.of(visit.world), draft, taken)))


def _wrong(chosen: InstagramSettings, draft: Container, taken: Taken) -> str | None:
    seconds = taken.movie.seconds
    is_story = draft.media_type == "STORIES"
    most = chosen.story_max_seconds if is_story else chosen.reel_max_seconds
    wrong = (
        taken.mime_type not in VIDEO_TYPES,
        taken.samples_first and seconds is not None,
        seconds is None and chosen.videos_must_parse,
        seconds is not None and not chosen.reel_min_seconds <= seconds <= most,
        taken.sides is not None and taken.sides[0] > 1920,
    )
    return BAD_VIDEO if any(wrong) else None


def _entry(draft: Container, taken: Taken) -> Json:
    label = Label(KEY, draft.id, draft.person_id, draft.media_type.lower(), draft.details.get("alt_text"))
    seconds = taken.movie.seconds
    length = {} if seconds is None else {"seconds": seconds}
    return {**media.entry(intake.medium(taken, label, draft.created_at)), **length}
