"""POST /{user}/threads: a container, or with auto_publish_text a post at once.

Unsure: the code and subcode of a medium that cannot be fetched; of a parent that is not there yet (24/4279009); and that
the texts of the refusals are these.
"""

from dataclasses import dataclass, replace
from typing import Any

from ocma_sandbox import books, media
from ocma_sandbox.books import Post
from ocma_sandbox.graph import containers, errors, intake, pull
from ocma_sandbox.graph.calls import Visit
from ocma_sandbox.graph.containers import FINISHED, Container
from ocma_sandbox.graph.intake import Label, Taken
from ocma_sandbox.graph.pull import Errand, PullFailed
from ocma_sandbox.threads import profile, publishing, settings, wording
from ocma_sandbox.threads.profile import KEY

Json = dict[str, Any]

TYPES = ("TEXT", "IMAGE", "VIDEO", "CAROUSEL")
CONTROLS = ("everyone", "accounts_you_follow", "mentioned_only", "parent_post_author_only", "followers_only")
OPTIONS = ("option_a", "option_b", "option_c", "option_d")
IMAGE_TYPES, VIDEO_TYPES = frozenset({"image/jpeg", "image/png"}), frozenset({"video/mp4", "video/quicktime"})
TEXT_ONLY = ("link_attachment", "poll_attachment", "text_attachment", "gif_attachment", "auto_publish_text")
KEPT = ("reply_control", "link_attachment", "location_id", "quote_post_id")
FLAGS = ("is_spoiler_media", "is_ghost_post", "enable_reply_approvals")
NOT_FETCHED = "The media could not be fetched from this URI"


@dataclass(frozen=True)
class Wish:
    kind: str
    is_item: bool
    text: str


async def create(visit: Visit) -> Json:
    person, wish = profile.own(visit), _wish(visit)
    now, chosen = visit.world.clock(), settings.of(visit.world)
    _check_text(visit, wish)
    details = _details(visit, wish)
    draft = Container(
        platform=KEY,
        id=visit.caller.house.new_id(visit.world),
        person_id=person.id,
        media_type=wish.kind,
        is_item=wish.is_item,
        text=wish.text,
        created_at=now,
        expires_at=now + chosen.container_seconds,
        ready_at=now,
        details=details,
    )
    made = await _filled(visit, wish, draft)
    containers.save(visit.world, made)
    if wish.kind == "TEXT" and visit.params.flag("auto_publish_text"):
        return {"id": publishing.publish_now(visit, person, made).id}
    return {"id": made.id}


def _wish(visit: Visit) -> Wish:
    given = visit.params
    wish = Wish(given.need("media_type"), given.flag("is_carousel_item"), given.text("text") or "")
    if wish.kind not in TYPES:
        raise errors.invalid(f"Param media_type must be one of {{{', '.join(TYPES)}}}")
    if wish.is_item and wish.kind not in {"IMAGE", "VIDEO"}:
        raise errors.invalid(f"media_type {wish.kind} cannot be an item of a carousel")
    misplaced = [name for name in TEXT_ONLY if name in given and wish.kind != "TEXT"]
    if misplaced:
        raise errors.invalid(f"{', '.join(misplaced)} is for media_type TEXT only")
    if "link_attachment" in given and "poll_attachment" in given:
        raise errors.invalid("link_attachment and poll_attachment cannot be combined")
    needed = {"IMAGE": "image_url", "VIDEO": "video_url", "CAROUSEL": "children"}.get(wish.kind)
    if needed:
        given.need(needed)
    elif not wish.text.strip() and not {"link_attachment", "gif_attachment"} & {name for name in TEXT_ONLY if name in given}:
        raise errors.invalid("The parameter text is required")
    return wish


def _check_text(visit: Visit, wish: Wish) -> None:
    chosen = settings.of(visit.world)
    weight = wording.weigh(wish.text, chosen.text_counting)
    if weight > chosen.max_text:
        raise errors.invalid(f"Param text must be at most {chosen.max_text} characters long.")
    found, link = wording.links(wish.text), visit.params.text("link_attachment")
    if link is not None and not pull.is_address(link):
        raise errors.invalid("Param link_attachment must be a valid URL")
    if len(found | ({link} if link else set())) > chosen.max_links:
        raise errors.invalid(f"THREADS_API__LINK_LIMIT_EXCEEDED: a post may have {chosen.max_links} links")


def _details(visit: Visit, wish: Wish) -> Json:
    given = visit.params
    details: Json = {name: given.text(name) for name in KEPT if name in given}
    details |= {name: True for name in FLAGS if given.flag(name)}
    control = given.text("reply_control")
    if control is not None and control not in CONTROLS:
        raise errors.invalid(f"Param reply_control must be one of {{{', '.join(CONTROLS)}}}")
    details["topic_tag"] = _topic(visit, wish)
    details["alt_text"] = _alt_text(visit)
    details["poll"] = _poll(visit)
    details["text_attachment"] = _attached_text(visit)
    details["reply_to"] = _parent(visit, "reply_to_id")
    _parent(visit, "quote_post_id")
    for name in ("text_entities", "allowlisted_country_codes"):
        if name in given:
            details[name] = given.listed(name)
    return {name: value for name, value in details.items() if value is not None}


def _topic(visit: Visit, wish: Wish) -> str | None:
    tag = visit.params.text("topic_tag")
    if tag is None:
        return wording.topic(wish.text)
    if not wording.is_topic(tag):
        raise errors.invalid("Param topic_tag must have 1 to 50 characters and no . or &")
    return tag


def _alt_text(visit: Visit) -> str | None:
    alt_text, most = visit.params.text("alt_text"), settings.of(visit.world).max_alt_text
    if len(alt_text or "") > most:
        raise errors.invalid(f"Param alt_text must be at most {most} characters long")
    return alt_text


def _poll(visit: Visit) -> Json | None:
    poll = visit.params.shaped("poll_attachment")
    if poll is None:
        return None
    given = [name for name in OPTIONS if poll.get(name)]
    if set(poll) - set(OPTIONS) or len(given) < 2 or given != list(OPTIONS[: len(given)]):
        raise errors.invalid("poll_attachment must have option_a and option_b, and may have option_c and option_d")
    if any(not isinstance(poll[name], str) for name in given):
        raise errors.invalid("The options of poll_attachment must be text")
    return {name: poll[name] for name in given}


def _attached_text(visit: Visit) -> Json | None:
    attachment = visit.params.shaped("text_attachment")
    if attachment is None:
        return None
    most, plain = settings.of(visit.world).max_attachment_text, attachment.get("plaintext")
    if not isinstance(plain, str) or not 1 <= len(plain) <= most:
        raise errors.invalid(f"text_attachment must have a plaintext of 1 to {most} characters")
    if "poll_attachment" in visit.params:
        raise errors.invalid("text_attachment and poll_attachment cannot be combined")
    return attachment


def _parent(visit: Visit, name: str) -> str | None:
    """A post that is there and can be seen already."""
    post_id = visit.params.text(name)
    if post_id is None:
        return None
    if name == "reply_to_id":
        visit.caller.need("threads_manage_replies")
    if publishing.find_post(visit.world, post_id) is None:
        raise errors.refuse(24, subcode=4279009)
    return post_id


async def _filled(visit: Visit, wish: Wish, draft: Container) -> Container:
    if wish.kind == "CAROUSEL":
        return _carousel(visit, draft)
    if wish.kind == "IMAGE":
        return await _image(visit, draft)
    if wish.kind == "VIDEO":
        return await _video(visit, draft)
    return replace(draft, error=settings.of(visit.world).container_error or None)


def _carousel(visit: Visit, draft: Container) -> Container:
    world, most = visit.world, settings.of(visit.world).max_children
    ids = [str(child) for child in visit.params.listed("children")]
    if not 2 <= len(ids) <= most or len(set(ids)) < len(ids):
        raise errors.invalid(f"A carousel has 2 to {most} different children")
    found = [containers.find(world, KEY, draft.person_id, child) for child in ids]
    children = [child for child in found if child is not None and child.is_item]
    if len(children) < len(ids):
        raise errors.invalid("children must be containers that were made with is_carousel_item")
    if any(child.state(world.clock()) != FINISHED for child in children):
        raise errors.invalid("A child of the carousel is not FINISHED")
    return replace(draft, children=ids, media=[entry for child in children for entry in child.media], **_settled(visit))


def _settled(visit: Visit, error: str | None = None) -> Json:
    chosen = settings.of(visit.world)
    return {"ready_at": visit.world.clock() + chosen.processing_seconds, "error": error or chosen.container_error or None}


async def _image(visit: Visit, draft: Container) -> Container:
    chosen = settings.of(visit.world)
    path = intake.incoming_of(visit.world, KEY, draft.id).path
    try:
        taken = await pull.pull(chosen, Errand(visit.params.need("image_url"), path, 4 * chosen.max_image_bytes))
    except PullFailed as failed:
        raise errors.invalid(f"{NOT_FETCHED}: {failed.reason}", 2207052) from failed
    if taken.mime_type not in IMAGE_TYPES or taken.size > chosen.max_image_bytes:
        raise errors.invalid(f"The image must be JPEG or PNG and have {chosen.max_image_bytes} bytes at most", 2207005)
    if taken.ratio is None or not 1 / chosen.max_image_ratio <= taken.ratio <= chosen.max_image_ratio:
        raise errors.invalid("The aspect ratio of the image is not supported", 2207009)
    return replace(draft, media=[_entry(draft, taken)], **_settled(visit))


async def _video(visit: Visit, draft: Container) -> Container:
    chosen = settings.of(visit.world)
    path = intake.incoming_of(visit.world, KEY, draft.id).path
    try:
        taken = await pull.pull(chosen, Errand(visit.params.need("video_url"), path, chosen.max_video_bytes))
    except PullFailed:
        return replace(draft, **_settled(visit, "FAILED_DOWNLOADING_VIDEO"))
    seconds = taken.movie.seconds
    wrong = None
    if taken.mime_type not in VIDEO_TYPES or (seconds is None and chosen.videos_must_parse):
        wrong = "FAILED_PROCESSING_VIDEO"
    elif seconds is not None and seconds > chosen.video_max_seconds:
        wrong = "INVALID_DURATION"
    return replace(draft, media=[_entry(draft, taken)], **_settled(visit, wrong))


def _entry(draft: Container, taken: Taken) -> Json:
    label = Label(KEY, draft.id, draft.person_id, taken.kind, draft.details.get("alt_text"))
    return media.entry(intake.medium(taken, label, draft.created_at))


def root_of(visit: Visit, reply_to: str | None) -> str | None:
    """The post with which a conversation began."""
    parent: Post | None = books.find(visit.world.store, KEY, reply_to) if reply_to else None
    return parent.details.get("root") or parent.id if parent else None
