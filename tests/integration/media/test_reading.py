"""What a connector reads of a file that it sends from the middle on: no byte before that, be the file on disk or in a bucket."""

import os
from functools import partial

import httpx2
import obstore
import pytest

from ocma.ids import new_id
from ocma.platforms import tiktok, youtube
from ocma.platforms.content import Media

SIZE = 3 * youtube.upload.PIECE + 12_345
CONTENT = os.urandom(SIZE)


@pytest.fixture
async def video(shop):
    """In the storage; open it as the library does."""
    storage, workspace, name = shop.library.shelf.storage, new_id(), new_id()
    await storage.write(workspace, name, CONTENT)
    return Media("m", "video", "video/mp4", SIZE, partial(storage.read, workspace, name))


@pytest.fixture
def taken(monkeypatch):
    """How many bytes each read got from the store."""
    found, get = [], obstore.get_range_async

    async def counting(*given, **more):
        block = await get(*given, **more)
        found.append(len(block))
        return block

    monkeypatch.setattr(obstore, "get_range_async", counting)
    return found


class Line:
    """`Connector.call`: what was sent, and prepared answers."""

    def __init__(self, *answers: httpx2.Response) -> None:
        self.answers, self.sent = list(answers), b""

    async def __call__(self, _access, _method, _path, /, content=b"", **_more):
        self.sent += content
        return self.answers.pop(0)


async def test_the_last_piece_of_a_video_to_tiktok(video, taken):
    last = tiktok.upload.spans(SIZE)[-1]
    ((span, piece),) = [each async for each in tiktok.upload.cut(video, [last])]
    assert (span, piece) == (last, CONTENT[last.start :])
    assert sum(taken) == len(last)


async def test_the_rest_of_a_video_to_tiktok(video, taken):
    """From the piece on in which TikTok's bytes end."""
    *_, before, _ = tiktok.upload.spans(SIZE)
    line = Line(httpx2.Response(206))
    await tiktok.upload.upload(line, None, "/upload", video, before.start + 5)
    assert line.sent == CONTENT[before.start : before.stop]
    assert before.stop - before.start <= sum(taken) < len(before) + 1024 * 1024  # whole blocks, and none before it


async def test_the_rest_of_a_video_to_youtube(video, taken):
    stored = youtube.upload.PIECE + 256 * 1024
    whole = httpx2.Response(200, json={"id": "v"})
    pieces = -(-(SIZE - stored) // youtube.upload.PIECE)
    more = [
        httpx2.Response(308, headers={"range": f"bytes=0-{stored + (n + 1) * youtube.upload.PIECE - 1}"})
        for n in range(pieces - 1)
    ]
    line = Line(httpx2.Response(308, headers={"range": f"bytes=0-{stored - 1}"}), *more, whole)
    assert await youtube.upload.upload(line, None, "/session", video) == "v"
    assert line.sent == CONTENT[stored:]
    assert sum(taken) == SIZE - stored


async def test_a_file_that_ends_before_its_rest_begins(video, taken):
    short = Media("m", "video", "video/mp4", SIZE * 2, video.open)
    with pytest.raises(tiktok.upload.PlatformUnavailable, match="bytes"):
        [each async for each in tiktok.upload.cut(short, tiktok.upload.spans(SIZE * 2)[-1:])]
    assert taken == []
