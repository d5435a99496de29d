"""Renditions: made once, by whoever comes first, seen by everybody, gone with their medium."""

import asyncio
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from sqlalchemy import update

from answers import good, problem
from factories import Factory
from films import film, noise, picture
from ocma.entrypoints.worker import media
from ocma.errors import Invalid, NotFound, Unavailable
from ocma.features.media import chores, renditions
from ocma.features.media.library import get_medium
from ocma.features.media.models import Rendition
from ocma.features.media.target import Target
from ocma.ids import new_id
from ocma.platforms.rules import Frame, MediaRules, VideoRules

SMALL = Target(types=("image/jpeg",), max_width=100)


@pytest.fixture(scope="module")
async def owner(shop):
    make = Factory(shop)
    workspace = await make.workspace()
    return {**(await make.key(workspace)), "X-Workspace-Id": str(workspace)}


async def kept(shop, owner, content):
    async def chunks():
        yield content

    return await shop.library.keep(Factory(shop).caller(UUID(owner["X-Workspace-Id"])), chunks())


async def change(shop, row, **values):
    async with shop.database.transaction(row.workspace_id) as session:
        await session.execute(update(Rendition).where(Rendition.id == row.id).values(**values))


async def stored(shop, workspace_id):
    return {
        each.file_id async for page in shop.library.shelf.storage.stored() for each in page if each.workspace_id == workspace_id
    }


async def bytes_of(outgoing):
    return b"".join([each async for each in outgoing.open()])


async def test_what_fits_is_left_as_it_is(shop, owner):
    medium = await kept(shop, owner, noise(size=(80, 60)))
    assert await shop.renditions.order(medium, SMALL) is None
    assert await shop.renditions.fitted(medium.workspace_id, [medium], MediaRules(images=1)) == {}


async def test_one_wish_is_one_rendition(shop, owner):
    medium = await kept(shop, owner, noise())
    first, second = await shop.renditions.order(medium, SMALL), await shop.renditions.order(medium, SMALL)
    other = await shop.renditions.order(medium, Target(types=("image/jpeg",), max_width=99))
    assert first.id == second.id != other.id
    made = await shop.renditions.make(first.workspace_id, first.id)
    assert (made.state, made.progress, made.known.width, made.known.mime_type) == ("ready", 1.0, 100, "image/jpeg")
    assert (await shop.renditions.make(first.workspace_id, first.id)).updated_at == made.updated_at


async def test_connectors_get_the_rendition_under_the_mediums_name(shop, owner):
    medium = await kept(shop, owner, noise(size=(400, 300)))
    rules = MediaRules(images=1, image_types=("image/jpeg",), image_frame=Frame(width=(None, 200)))
    foreseen = shop.library.foreseen(rules, medium)
    made = await shop.renditions.fitted(medium.workspace_id, [medium], rules)
    outgoing = shop.library.outgoing(medium, made[medium.id])
    assert (outgoing.id, outgoing.width, outgoing.height, outgoing.mime_type) == (str(medium.id), 200, 150, "image/jpeg")
    assert (foreseen.width, foreseen.height, foreseen.mime_type) == (200, 150, "image/jpeg")
    content = await bytes_of(outgoing)
    assert len(content) == outgoing.size
    assert content[:3] == b"\xff\xd8\xff"
    assert len(await bytes_of(shop.library.outgoing(medium))) == medium.size


async def test_a_video_for_a_platform(shop, owner, tmp_path):
    medium = await kept(shop, owner, film(tmp_path / "a.webm", codec="libvpx-vp9", sound="libopus", rate=60).read_bytes())
    video = VideoRules(types=("video/mp4",), frame_rate=(23, 30), frame=Frame(width=(None, 160)), video_codecs=("h264",))
    made = await shop.renditions.fitted(medium.workspace_id, [medium], MediaRules(videos=1, video=video))
    outgoing = shop.library.outgoing(medium, made[medium.id])
    assert (outgoing.kind, outgoing.mime_type, outgoing.width, outgoing.video_codec) == ("video", "video/mp4", 160, "h264")
    assert (outgoing.frame_rate, outgoing.audio_codec) == (30, "aac")
    assert outgoing.duration == pytest.approx(1, abs=0.1)


async def test_several_at_once_make_one(shop, owner, monkeypatch):
    medium, calls = await kept(shop, owner, noise()), []
    row, workshop = await shop.renditions.order(medium, SMALL), shop.library.shelf.workshop
    render = workshop.render

    async def counted(*arguments):
        calls.append(1)
        return await render(*arguments)

    monkeypatch.setattr(type(workshop), "render", lambda _, *arguments: counted(*arguments))
    monkeypatch.setattr(renditions, "BEAT", 0.05)
    made = await asyncio.gather(*(shop.renditions.make(row.workspace_id, row.id) for _ in range(4)))
    assert {each.state for each in made} == {"ready"}
    assert len(calls) == 1


async def test_whoever_need_not_wait_does_not(shop, owner):
    medium = await kept(shop, owner, noise())
    row = await shop.renditions.order(medium, SMALL)
    await change(shop, row, state="making", lease_until=shop.clock() + timedelta(minutes=1))
    assert (await shop.renditions.make(row.workspace_id, row.id, wait=False)).state == "making"


async def test_a_worker_that_died_is_followed_by_another(shop, owner):
    medium = await kept(shop, owner, noise())
    row = await shop.renditions.order(medium, SMALL)
    await change(shop, row, state="making", tries=1, lease_until=shop.clock() - timedelta(seconds=1))
    assert [each for each in await chores.find_chores(shop.database) if each[2] == str(row.id)]
    await media.handlers(shop)[renditions.TASK](str(row.workspace_id), str(row.id))
    assert (await shop.renditions.get(row.workspace_id, row.id)).state == "ready"
    assert not [each for each in await chores.find_chores(shop.database) if each[2] == str(row.id)]


async def test_a_file_that_kills_workers_is_left_alone(shop, owner):
    medium = await kept(shop, owner, noise())
    row = await shop.renditions.order(medium, SMALL)
    await change(shop, row, state="making", tries=renditions.TRIES, lease_until=shop.clock() - timedelta(seconds=1))
    refused = await shop.renditions.make(row.workspace_id, row.id)
    assert (refused.state, refused.error["code"]) == ("refused", "renditionFailed")
    with pytest.raises(Invalid):
        await shop.renditions.fitted(
            medium.workspace_id,
            [medium],
            MediaRules(images=1, image_frame=Frame(width=(None, 100)), image_types=("image/jpeg",), image_bytes=None),
        )


async def test_what_is_not_the_files_fault_spends_no_try(shop, owner, monkeypatch):
    medium = await kept(shop, owner, noise())
    row = await shop.renditions.order(medium, SMALL)

    async def away(*_):
        raise Unavailable

    for _ in range(renditions.TRIES + 2):
        with monkeypatch.context() as patch:
            patch.setattr(type(shop.library.shelf.storage), "adopt", away)
            with pytest.raises(Unavailable):
                await shop.renditions.make(row.workspace_id, row.id)
    assert (await shop.renditions.make(row.workspace_id, row.id)).state == "ready"


async def test_what_cannot_be_made_is_told(shop, owner):
    medium = await kept(shop, owner, noise())
    with pytest.raises(Invalid) as raised:
        await shop.renditions.fitted(medium.workspace_id, [medium], MediaRules(images=1, image_bytes=200))
    assert raised.value.rule == "mediaTooLarge"


async def test_renditions_go_with_their_medium(shop, owner, door):
    medium = await kept(shop, owner, noise())
    row = await shop.renditions.order(medium, SMALL)
    await shop.renditions.make(row.workspace_id, row.id)
    assert {medium.id, row.id} <= await stored(shop, medium.workspace_id)
    assert (await door.delete(f"/api/media/{medium.id}", headers=owner)).status_code == 204
    assert not {medium.id, row.id} & await stored(shop, medium.workspace_id)


async def test_a_medium_deleted_while_it_is_worked_on(shop, owner, monkeypatch):
    medium = await kept(shop, owner, noise())
    row, storage = await shop.renditions.order(medium, SMALL), shop.library.shelf.storage
    adopt = storage.adopt

    async def late(workspace_id, file_id, path):
        await shop.library.drop(Factory(shop).caller(workspace_id), medium.id)
        await adopt(workspace_id, file_id, path)

    monkeypatch.setattr(storage, "adopt", late)
    with pytest.raises(NotFound):
        await shop.renditions.make(row.workspace_id, row.id)
    assert row.id not in await stored(shop, row.workspace_id)


async def test_on_request(shop, owner, door):
    medium = await kept(shop, owner, noise())
    place = f"/api/media/{medium.id}/renditions"
    wishes = {"types": ["image/webp"], "maxWidth": 200, "maxBytes": 20_000}
    ordered = good(await door.post(place, headers=owner, json=wishes), 202)
    assert (ordered["state"], ordered["progress"], ordered["link"]) == ("waiting", 0.0, None)
    assert good(await door.post(place, headers=owner, json=wishes), 202)["id"] == ordered["id"]
    await media.handlers(shop)[renditions.TASK](str(medium.workspace_id), ordered["id"])
    ready = good(await door.get(f"{place}/{ordered['id']}", headers=owner))
    assert (ready["state"], ready["mimeType"], ready["width"], ready["progress"]) == ("ready", "image/webp", 200, 1.0)
    fetched = await door.get(urlsplit(ready["link"]["url"]).path)
    assert (fetched.status_code, len(fetched.content), fetched.headers["content-type"]) == (200, ready["size"], "image/webp")
    assert [each["id"] for each in good(await door.get(place, headers=owner))["data"]] == [ordered["id"]]


async def test_on_request_for_a_platform(shop, owner, door):
    medium = await kept(shop, owner, picture("PNG", (40, 30)))
    place = f"/api/media/{medium.id}/renditions"
    fits = good(await door.post(place, headers=owner, json={"platform": "x"}), 202)
    assert (fits["state"], fits["id"], fits["mimeType"]) == ("original", None, "image/png")
    assert (await door.get(urlsplit(fits["link"]["url"]).path)).status_code == 200
    problem(await door.post(place, headers=owner, json={"platform": "nowhere"}), 422, "unknownPlatform")


@pytest.mark.parametrize(
    "wishes", [{"types": ["image/svg+xml"]}, {"maxWidth": 0}, {"maxBytes": 1}, {"wide": 3}, {"maxWidth": "9"}]
)
async def test_wishes_that_nobody_can_have(shop, owner, door, wishes):
    medium = await kept(shop, owner, picture())
    problem(await door.post(f"/api/media/{medium.id}/renditions", headers=owner, json=wishes), 422)


async def test_of_strangers_and_of_others(shop, owner, door):
    medium, other = await kept(shop, owner, noise()), await kept(shop, owner, noise())
    row, make = await shop.renditions.order(medium, SMALL), Factory(shop)
    stranger = await make.key(await make.workspace())
    problem(await door.get(f"/api/media/{medium.id}/renditions", headers=stranger), 404)
    problem(await door.get(f"/api/media/{medium.id}/renditions/{row.id}", headers=stranger), 404)
    problem(await door.get(f"/api/media/{other.id}/renditions/{row.id}", headers=owner), 404)


# Sweeping


async def test_files_that_nobody_knows_are_swept(shop, owner, monkeypatch):
    medium = await kept(shop, owner, noise())
    row = await shop.renditions.order(medium, SMALL)
    await shop.renditions.make(row.workspace_id, row.id)
    upload = await shop.uploads.begin(Factory(shop).caller(medium.workspace_id), 1_000_000)

    async def begun():
        yield noise()[:1000]

    await shop.uploads.append(Factory(shop).caller(medium.workspace_id), upload.id, 0, begun())
    parts = (await shop.uploads.get(medium.workspace_id, upload.id)).parts
    orphans = {(medium.workspace_id, new_id()), (new_id(), new_id())}
    for workspace_id, file_id in orphans:
        await shop.library.shelf.storage.write(workspace_id, file_id, b"lost")
    await chores.sweep(shop.library.shelf)
    assert all([each[1] in await stored(shop, each[0]) for each in orphans]), "a file is stored before its row is written"
    monkeypatch.setattr(chores, "YOUNG", timedelta(seconds=-5))
    assert await chores.sweep(shop.library.shelf) >= 2
    assert not any([each[1] in await stored(shop, each[0]) for each in orphans])
    assert {medium.id, row.id, *parts} <= await stored(shop, medium.workspace_id)


async def test_the_dispatcher_hands_it_out(shop, owner, monkeypatch):
    medium = await kept(shop, owner, noise())
    row, sent = await shop.renditions.order(medium, SMALL), []
    await change(shop, row, state="making", lease_until=shop.clock() - timedelta(seconds=1))

    async def send(name, *arguments):
        sent.append((name, arguments))

    monkeypatch.setattr(shop.tasks, "send", send)
    await shop.redis.delete(chores.SWEEP)
    await media.hand_out(shop)
    await media.hand_out(shop)
    assert (renditions.TASK, (str(row.workspace_id), str(row.id))) in sent
    assert [name for name, _ in sent].count(chores.SWEEP) == 1


async def test_a_medium_knows_what_it_is(shop, owner):
    medium = await kept(shop, owner, noise())
    async with shop.database.transaction(medium.workspace_id) as session:
        assert (await get_medium(session, medium.id)).known == medium.known
