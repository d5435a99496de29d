"""What TikTok is asked, and what it answers: of a creator, of something accepted, of public posts."""

from typing import Any, TypeVar

from pydantic import BaseModel

from ocma.platforms.connector import Access, Call
from ocma.platforms.tiktok.wire import Creator, Status, Video, Videos, read

Shape = TypeVar("Shape", bound=BaseModel)
JSON = {"Content-Type": "application/json; charset=UTF-8"}  # TikTok wants the character set named
SHOWN = "id,share_url,create_time"


async def ask(call: Call, access: Access, path: str, shape: type[Shape], body: object = None, **request: Any) -> Shape:
    sent = request if body is None else {**request, "json": body}
    return read(await call(access, "POST", path, **sent, headers=JSON), shape)


async def fetch_creator(call: Call, access: Access) -> Creator:
    return await ask(call, access, "/v2/post/publish/creator_info/query/", Creator)


async def fetch_status(call: Call, access: Access, publish_id: str) -> Status:
    return await ask(call, access, "/v2/post/publish/status/fetch/", Status, {"publish_id": publish_id})


async def find_video(call: Call, access: Access, post_id: str) -> Video | None:
    """None: it is not among the public ones."""
    body = {"filters": {"video_ids": [post_id]}}
    found = await ask(call, access, "/v2/video/query/", Videos, body, params={"fields": SHOWN})
    return next((post for post in found.videos if post.id == post_id), None)


async def list_videos(call: Call, access: Access, cursor: int | None) -> Videos:
    """Twenty public posts, newest first."""
    fields = {"fields": f"{SHOWN},title,video_description"}
    body = {"max_count": 20} | ({"cursor": cursor} if cursor else {})
    return await ask(call, access, "/v2/video/list/", Videos, body, params=fields)
