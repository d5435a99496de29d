"""Files to Facebook: nothing here makes one visible. What no post uses stays unpublished and harms nobody."""

from pydantic import Field

from ocma.platforms.connector import Access, Call
from ocma.platforms.content import Media
from ocma.platforms.errors import PlatformUnavailable
from ocma.platforms.meta.wire import Node, at, read

KEY = "facebook"


class Session(Node):
    """An upload that was begun. Offsets come as text."""

    id: str = Field(validation_alias="video_id")
    upload_url: str = ""
    upload_session_id: str = ""
    start_offset: int = 0
    end_offset: int = 0


class Offsets(Node):
    """Which bytes are wanted next; none when they are equal."""

    id: str = ""
    start_offset: int
    end_offset: int


async def upload_photo(call: Call, access: Access, media: Media) -> str:
    body = b"".join([chunk async for chunk in media.open()])
    form = {"published": "false"} | ({"alt_text_custom": media.alt_text} if media.alt_text else {})
    files = {"source": ("photo", body, media.mime_type)}
    response = await call(access, "POST", at(access, access.profile_id, "photos"), data=form, files=files)
    return read(response, Node, KEY).id


async def upload_short(call: Call, access: Access, media: Media, edge: str) -> str:
    """A reel or a story (`edge`: which), in one request."""
    opened = await call(access, "POST", at(access, access.profile_id, edge), data={"upload_phase": "start"})
    session = read(opened, Session, KEY)
    headers = {"offset": "0", "file_size": str(media.size), "Content-Length": str(media.size)}
    await call(access, "POST", session.upload_url, content=media.open, headers=headers)
    return session.id


async def upload_video(call: Call, access: Access, media: Media) -> str:
    """In pieces of the size that Facebook asks for. The video's id and the session's, which finishing needs."""
    path = at(access, access.profile_id, "videos")
    opened = await call(access, "POST", path, data={"upload_phase": "start", "file_size": str(media.size)})
    session = read(opened, Session, KEY)
    wanted: Session | Offsets = session
    held, body = bytearray(), media.open()
    while (length := wanted.end_offset - wanted.start_offset) > 0:
        async for chunk in body:
            held += chunk
            if len(held) >= length:
                break
        form = {"upload_phase": "transfer", "upload_session_id": session.upload_session_id}
        form["start_offset"] = str(wanted.start_offset)
        files = {"video_file_chunk": ("video", bytes(held[:length]), "application/octet-stream")}
        del held[:length]
        told = read(await call(access, "POST", path, data=form, files=files), Offsets, KEY)
        if told.start_offset != wanted.end_offset:
            raise PlatformUnavailable("Facebook wants another piece than comes next.", platform=KEY, rule="uploadOutOfStep")
        wanted = told
    return f"{session.id}:{session.upload_session_id}"
