"""What a connector gets of a post: its files as the platform takes them."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from factories import Factory
from films import film, noise
from ocma.features.media.models import Rendition
from ocma.features.posts.variants import for_platform
from ocma.features.publishing.fitting import fitted, order_ahead
from ocma.platforms.registry import get_connector


@pytest.fixture
async def post(shop, tmp_path):
    """Two parts with a picture that X takes only smaller, a picture that fits, and a video in the wrong shape for X."""
    make = Factory(shop)
    caller = make.caller(await make.workspace())

    async def kept(content):
        async def chunks():
            yield content

        return await shop.library.keep(caller, chunks())

    files = [
        await kept(noise("WEBP", (600, 400), lossless=True)),
        await kept(noise(size=(60, 40))),
        await kept(film(tmp_path / "a.mkv", container="matroska").read_bytes()),
    ]
    parts = [{"text": "a", "mediaIds": [str(files[0].id), str(files[1].id)]}, {"text": "b", "mediaIds": [str(files[2].id)]}]
    row = SimpleNamespace(content={"parts": parts}, variants={}, workspace_id=caller.workspace_id)
    return row, {each.id: each for each in files}


def work_of(shop, row, media):
    def content(press):
        return for_platform(row.content, row.variants, "x", media, press.library.outgoing)

    publication = SimpleNamespace(platform="x", content=row.content, variants=row.variants)
    claim = SimpleNamespace(workspace_id=row.workspace_id)
    return SimpleNamespace(publication=publication, claim=claim, media=media, connector=get_connector("x"), content=content)


async def fit(shop, row, media):
    press, work = SimpleNamespace(library=shop.library), work_of(shop, row, media)
    return await fitted(press, work, work.content(press))


async def test_every_file_fits_and_keeps_its_name(shop, post, monkeypatch):
    row, media = post
    limits = {"image_types": ("image/jpeg",), "image_bytes": 40_000, "videos": 1}
    with_limits(monkeypatch, **limits)
    content = await fit(shop, row, media)
    (large, small), (video,) = (part.media for part in content.parts)
    assert [each.id for each in (large, small, video)] == [str(each) for each in media]
    assert (large.mime_type, large.size <= 40_000) == ("image/jpeg", True)
    assert (small.mime_type, small.size) == ("image/jpeg", list(media.values())[1].size)
    assert video.mime_type == "video/mp4"
    for each in (large, small, video):
        assert sum([len(chunk) async for chunk in each.open()]) == each.size


async def test_what_is_ordered_ahead_is_what_is_used(shop, post, monkeypatch):
    row, media = post
    with_limits(monkeypatch, image_types=("image/jpeg",), image_bytes=40_000, videos=1)
    await order_ahead(shop.library, row.content, row.variants, ["x"], media)
    ordered = await rows(shop, row)
    assert {each.medium_id for each in ordered} == {*[each for each in media if each != list(media)[1]]}
    await fit(shop, row, media)
    assert [(each.id, each.state) for each in await rows(shop, row)] == [(each.id, "ready") for each in ordered]


async def rows(shop, row):
    async with shop.database.transaction(row.workspace_id) as session:
        return list(await session.scalars(select(Rendition).order_by(Rendition.id)))


def with_limits(monkeypatch, **limits):
    connector = get_connector("x")
    manifest = replace(connector.manifest, media=replace(connector.manifest.media, **limits))
    monkeypatch.setattr(type(connector), "manifest", manifest)
