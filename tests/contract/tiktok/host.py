"""TikTok as far as one test needs it: checks each request against the facts and gives the prepared answers in order."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

import httpx2

from contract.tiktok.facts import API, UPLOAD, check
from ocma.platforms.connector import Access
from ocma.platforms.content import Content, Media, Outgoing, Part

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ALL = ("user.info.basic", "user.info.profile", "user.info.stats", "video.list", "video.publish")
URL = f"https://{UPLOAD}/video/?upload_id=67890&upload_token=Xza123"
PUBLISH_ID = "v_pub_file~v2-1.123456789"
SESSION = f"{PUBLISH_ID} {URL}"
Answer = httpx2.Response | Exception | Callable[[httpx2.Request], httpx2.Response]


def ok(**data) -> httpx2.Response:
    return httpx2.Response(200, json={"data": data, "error": {"code": "ok", "message": "", "log_id": "202211"}})


def refused(code: str, status: int = 400) -> httpx2.Response:
    return httpx2.Response(status, json={"data": {}, "error": {"code": code, "message": "Their words", "log_id": "202211"}})


def creator(*levels: str, longest: int = 300) -> httpx2.Response:
    return ok(
        creator_avatar_url="https://lf16-tt4d.tiktokcdn.com/obj/tiktok-open-platform/8d5740ac3844be417beeacd0df75aef1",
        creator_username="tiktok",
        creator_nickname="TikTok Official",
        privacy_level_options=list(levels or ("PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY")),
        comment_disabled=False,
        duet_disabled=False,
        stitch_disabled=True,
        max_video_post_duration_sec=longest,
    )


def state(name: str, **more) -> httpx2.Response:
    return ok(status=name, **more)


class Host:
    def __init__(self, *answers: Answer) -> None:
        self.requests: list[httpx2.Request] = []
        self._answers = list(answers)

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        check(request)
        found = self._answers.pop(0)
        if isinstance(found, Exception):
            raise found
        return found if isinstance(found, httpx2.Response) else found(request)

    @property
    def asked(self) -> list[str]:
        return [f"{each.method} {each.url.path}" for each in self.requests]

    @property
    def ranges(self) -> list[str]:
        return [each.headers["content-range"] for each in self.requests if each.method == "PUT"]

    @property
    def left(self) -> int:
        return len(self._answers)

    def body(self, index: int = -1) -> dict:
        return json.loads(self.requests[index].content)

    def access(self, scopes: tuple[str, ...] = ALL) -> Access:
        client = httpx2.AsyncClient(transport=httpx2.MockTransport(self), base_url=f"https://{API}")
        return Access(client, profile_id="723f24d7", handle="tiktok", token="act.token", scopes=scopes)


def film(size: int, duration: float | None = 10.0, content: bytes | None = None, block: int = 1_000_000) -> Media:
    """`content` None: as many bytes as `size`, each different from its neighbours."""
    held = bytes(range(251)) * (size // 251 + 1) if content is None else content

    async def opened(begin=0):
        whole = held[:size]
        for start in range(begin, len(whole), block):
            yield whole[start : start + block]

    return Media("m1", "video", "video/mp4", size, opened, 1080, 1920, duration=duration)


def photo(number: int, address: str | None = "https://media.example/{}.jpg") -> Media:
    async def opened():
        yield b"x"

    url = (lambda: address.format(number)) if address else None
    return Media(f"p{number}", "image", "image/jpeg", 1, opened, url=url)


def content(*media: Media, text: str = "Hello", **options) -> Content:
    return Content((Part(text, media),), {"privacy_level": "PUBLIC_TO_EVERYONE", **options})


def outgoing(made: Content, sent_at: datetime | None = None, **more) -> Outgoing:
    prepared = {"session:0": SESSION, "bytes:0": "filled"}
    return Outgoing(made.parts[0], 0, "key", made.options, prepared, first_sent_at=sent_at, **more)
