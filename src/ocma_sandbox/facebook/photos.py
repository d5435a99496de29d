"""Photos: published as a post, or kept for one."""

from typing import Any

from ocma_sandbox import media
from ocma_sandbox.books import Post
from ocma_sandbox.facebook import outbox, settings
from ocma_sandbox.facebook.outbox import When
from ocma_sandbox.facebook.page import CREATE, KEY, own
from ocma_sandbox.graph import errors, intake, pull
from ocma_sandbox.graph.calls import Visit
from ocma_sandbox.graph.intake import Label, Taken
from ocma_sandbox.graph.pull import Errand, PullFailed
from ocma_sandbox.media import Media
from ocma_sandbox.people import Person

Json = dict[str, Any]

TYPES = frozenset({"image/jpeg", "image/png", "image/gif", "image/bmp", "image/tiff"})
_MAGIC = {b"BM": "image/bmp", b"II*\x00": "image/tiff", b"MM\x00*": "image/tiff"}
HARD_LIMIT = 64 * 1024 * 1024

BAD_FILE = "Missing or invalid image file"
BAD_URL = "The media could not be fetched from this address"


async def create(visit: Visit) -> Json:
    """POST /{page}/photos: `url` or the bytes as `source`; the answer's `id` is the photo's, `post_id` the post's."""
    page = own(visit, CREATE)
    at = outbox.when(visit)
    message = visit.params.text("message") or visit.params.text("caption") or visit.params.text("name") or ""
    check_message(visit, message)
    photo = await _photo(visit, page)
    media.save(visit.world.store, photo)
    if not at.published and at.due_at is None:
        return {"id": photo.id}
    post = _post(visit, page, photo, message)
    outbox.send(visit, post, at, [photo])
    return {"id": photo.id, "post_id": post.id}


def check_message(visit: Visit, message: str) -> None:
    most = settings.of(visit.world).max_message
    if len(message) > most:
        raise errors.invalid(f"The message is too long: it may have {most} characters")


def _post(visit: Visit, page: Person, photo: Media, message: str) -> Post:
    return Post(
        platform=KEY,
        id=f"{page.id}_{photo.id}",
        person_id=page.id,
        content=message,
        at=visit.world.clock(),
        details={"kind": "photo", "photos": [photo.id]},
        media=[media.entry(photo)],
        fingerprint=outbox.fingerprint(message, None, [photo]),
    )


async def _photo(visit: Visit, page: Person) -> Media:
    photo_id, alt_text = visit.caller.house.new_id(visit.world), visit.params.text("alt_text_custom")
    taken = await fetched(visit, visit.params.text("url"), photo_id) if "url" in visit.params else await _sent(visit, photo_id)
    return checked(visit, taken, Label(KEY, photo_id, page.id, "photo", alt_text))


async def _sent(visit: Visit, photo_id: str) -> Taken:
    file = visit.params.file("source")
    if file is None:
        raise errors.refuse(324, BAD_FILE, subcode=2069019)
    arriving = intake.incoming_of(visit.world, KEY, photo_id)
    await intake.take_file(arriving, 0, intake.chunks_of(file))
    return await intake.examine(arriving.path)


async def fetched(visit: Visit, url: str | None, photo_id: str) -> Taken:
    arriving = intake.incoming_of(visit.world, KEY, photo_id)
    try:
        return await pull.pull(settings.of(visit.world), Errand(url or "", arriving.path, HARD_LIMIT))
    except PullFailed as failed:
        raise errors.invalid(f"{BAD_URL}: {failed.reason}", 2061006) from failed


def checked(visit: Visit, taken: Taken, label: Label) -> Media:
    head = intake.incoming_of(visit.world, KEY, label.media_id).path.open("rb")
    with head:
        start = head.read(4)
    mime_type = next((kind for magic, kind in _MAGIC.items() if start.startswith(magic)), taken.mime_type)
    if mime_type not in TYPES:
        raise errors.refuse(324, BAD_FILE, subcode=2069019)
    most = settings.of(visit.world).max_photo_bytes
    if taken.size > most:
        raise errors.invalid(f"Photos should be smaller than {most} bytes", 1366046)
    return intake.medium(taken, label, visit.world.clock())


def attached(visit: Visit, page: Person) -> list[Media]:
    """The photos that `attached_media` names: the page's own, uploaded unpublished, in no post yet."""
    wanted = visit.params.listed("attached_media")
    most = settings.of(visit.world).max_photos
    if len(wanted) > most:
        raise errors.invalid(f"attached_media may have {most} elements at most")
    ids = [_media_fbid(each) for each in wanted]
    found = [media.find(visit.world.store, KEY, media_id) for media_id in ids]
    mine = [item for item in found if item and item.person_id == page.id and item.category == "photo"]
    if len(mine) < len(ids):
        raise errors.invalid("Invalid parameter: attached_media has a media_fbid that is not a photo of this page")
    if len(set(ids)) < len(ids) or any(item.post_id for item in mine):
        raise errors.invalid("Already Posted: these photos were already posted.", 1366051)
    return mine


def _media_fbid(each: Any) -> str:
    if not isinstance(each, dict) or not each.get("media_fbid"):
        raise errors.invalid('Each element of attached_media must be an object {"media_fbid": "…"}')
    return str(each["media_fbid"])


async def create_story(visit: Visit) -> Json:
    """POST /{page}/photo_stories: a photo that was uploaded unpublished."""
    page = own(visit, CREATE)
    photo = media.find(visit.world.store, KEY, visit.params.need("photo_id"))
    if photo is None or photo.person_id != page.id or photo.category != "photo":
        raise errors.missing(visit.params.need("photo_id"))
    if photo.post_id:
        raise errors.invalid("Already Posted: this photo was already posted.", 1366051)
    post = Post(
        platform=KEY,
        id=outbox.new_post_id(visit, page),
        person_id=page.id,
        content="",
        at=visit.world.clock(),
        details={"kind": "story", "media_id": photo.id},
        media=[media.entry(photo)],
    )
    outbox.send(visit, post, When(True), [photo])
    return {"success": True, "post_id": post.id.partition("_")[2]}
