"""Files in pieces, by the tus protocol: what arrived stays, whatever happens to the connection or to us."""

import asyncio
import base64
import hashlib
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import update

from answers import good, problem
from factories import Factory
from films import film, picture
from ocma.entrypoints.worker import media
from ocma.features.media import chores
from ocma.features.media.models import Upload
from ocma.features.media.uploads import MOST_OPEN, PIECE, Uploads

TUS = {"Tus-Resumable": "1.0.0"}
OCTETS = {**TUS, "Content-Type": "application/offset+octet-stream"}


@pytest.fixture
async def owner(shop):
    """Headers of somebody who may do everything in a workspace of their own."""
    make = Factory(shop)
    workspace = await make.workspace()
    return {**(await make.key(workspace)), "X-Workspace-Id": str(workspace)}


@pytest.fixture(scope="module")
def content(tmp_path_factory):
    return film(tmp_path_factory.mktemp("films") / "a.mp4", seconds=1, noise=True).read_bytes()


async def begin(door, owner, size, **headers):
    answer = await door.post("/api/uploads", headers={**owner, **TUS, "Upload-Length": str(size), **headers})
    assert good(answer, 201)["state"] == "receiving"
    return answer.headers["location"]


async def send(door, owner, place, offset, content):
    return await door.patch(place, headers={**owner, **OCTETS, "Upload-Offset": str(offset)}, content=content)


async def stands_at(door, owner, place):
    answer = await door.head(place, headers={**owner, **TUS})
    assert answer.status_code == 200
    return int(answer.headers["upload-offset"])


def workspace(owner):
    return UUID(owner["X-Workspace-Id"])


async def test_in_pieces_of_any_size(door, owner, content):
    place, offset = await begin(door, owner, len(content)), 0
    for size in (1, 10, 100_000, len(content)):
        answer = await send(door, owner, place, offset, content[offset : offset + size])
        offset = min(len(content), offset + size)
        assert (answer.status_code, answer.headers["upload-offset"], answer.headers["tus-resumable"]) == (
            204,
            str(offset),
            "1.0.0",
        )
    shown = good(await door.get(place, headers=owner))
    assert (shown["state"], shown["received"], shown["mediumId"]) == ("ready", len(content), shown["id"])
    medium = good(await door.get(f"/api/media/{shown['mediumId']}", headers=owner))
    assert (medium["kind"], medium["size"], medium["videoCodec"]) == ("video", len(content), "h264")
    assert (await door.get(f"/api/media/{medium['id']}/content", headers=owner)).content == content


async def test_what_the_server_says_of_itself(door, shop):
    answer = await door.options("/api/uploads")
    assert answer.status_code == 204
    assert answer.headers["tus-version"] == "1.0.0"
    assert answer.headers["tus-extension"].split(",") == ["creation", "termination", "expiration"]
    assert answer.headers["tus-max-size"] == str(shop.settings.media_max_bytes)


async def test_what_arrived_before_the_connection_broke_stays(door, owner, content, shop):
    """The stream ends early, as the API sees it when a client goes away; the pieces held so far were committed."""
    place = await begin(door, owner, len(content))
    caller = Factory(shop).caller(workspace(owner))

    async def broken():
        yield content[:70_000]

    await shop.uploads.append(caller, UUID(place[-36:]), 0, broken())
    assert await stands_at(door, owner, place) == 70_000
    assert (await send(door, owner, place, 70_000, content[70_000:])).status_code == 204
    assert good(await door.get(place, headers=owner))["state"] == "ready"


async def test_pieces_are_cut_so_that_memory_is_not(door, owner, shop, monkeypatch, content):
    sizes, write = [], shop.library.shelf.storage.write

    async def watched(workspace_id, file_id, piece):
        sizes.append(len(piece))
        await write(workspace_id, file_id, piece)

    monkeypatch.setattr(shop.library.shelf.storage, "write", watched)
    padded = content + bytes(PIECE * 2 + 5)  # what stands behind a film is not looked at
    place = await begin(door, owner, len(padded))
    assert (await send(door, owner, place, 0, padded)).status_code == 204
    assert sizes == [PIECE, PIECE, len(padded) - 2 * PIECE]
    digest = hashlib.sha256((await door.get(f"/api/media/{place[-36:]}/content", headers=owner)).content)
    assert digest.digest() == hashlib.sha256(padded).digest()


async def test_the_wrong_place_is_told(door, owner, content):
    place = await begin(door, owner, len(content))
    assert (await send(door, owner, place, 0, content[:100])).status_code == 204
    for offset in (0, 99, 101, len(content)):
        problem(await send(door, owner, place, offset, content[offset:]), 409, "offsetMismatch")
    assert await stands_at(door, owner, place) == 100
    assert (await send(door, owner, place, 100, b"")).status_code == 204


async def test_of_two_who_send_at_once_one_is_heard(door, owner, content):
    """Every byte of the medium comes from one of them, in order, whoever it was."""
    place = await begin(door, owner, len(content))
    answers = await asyncio.gather(*(send(door, owner, place, 0, content[:200_000]) for _ in range(5)))
    assert sorted(each.status_code for each in answers) == [204, 409, 409, 409, 409]
    assert (await send(door, owner, place, 200_000, content[200_000:])).status_code == 204
    assert (await door.get(f"/api/media/{place[-36:]}/content", headers=owner)).content == content


async def test_more_than_was_told_is_refused(door, owner, content):
    place = await begin(door, owner, 1000)
    problem(await send(door, owner, place, 0, content[:1001]), 422, "mediaTooLarge")
    assert await stands_at(door, owner, place) == 0


async def test_what_cannot_become_a_medium_is_refused_at_the_first_bytes(door, owner, shop):
    place = await begin(door, owner, 5_000_000)
    problem(await send(door, owner, place, 0, b"<svg onload=alert(1)>" * 100), 422, "mediaUnreadable")
    shown = good(await door.get(place, headers=owner))
    assert (shown["state"], shown["error"]["code"], shown["mediumId"]) == ("refused", "mediaUnreadable", None)
    problem(await send(door, owner, place, 0, picture()), 409, "uploadRefused")
    too_large = await begin(door, owner, shop.settings.image_max_bytes + 1)
    problem(await send(door, owner, too_large, 0, picture()), 422, "mediaTooLarge")


async def test_what_turns_out_to_be_broken_is_refused_at_the_end(door, owner, content, shop):
    broken = content[:2000] + bytes(len(content) - 2000)
    place = await begin(door, owner, len(broken))
    problem(await send(door, owner, place, 0, broken), 422, "mediaUnreadable")
    assert good(await door.get(place, headers=owner))["state"] == "refused"
    problem(await door.get(f"/api/media/{place[-36:]}", headers=owner), 404)


async def test_words_beside_the_file(door, owner, content):
    words = {"filename": b"../../a.mp4", "filetype": b"text/html", "altText": "Ein Käfer".encode()}
    line = ",".join(f"{name} {base64.b64encode(value).decode()}" for name, value in words.items())
    place = await begin(door, owner, len(content), **{"Upload-Metadata": line})
    assert (await door.head(place, headers={**owner, **TUS})).headers["upload-metadata"] == line
    await send(door, owner, place, 0, content)
    medium = good(await door.get(f"/api/media/{place[-36:]}", headers=owner))
    assert (medium["altText"], medium["mimeType"]) == ("Ein Käfer", "video/mp4")


@pytest.mark.parametrize(
    "line", ["altText", "altText !", "a b c", f"altText {base64.b64encode(b'a' * 10_001).decode()}", "altText gA=="]
)
async def test_words_that_nobody_can_read(door, owner, line):
    headers = {**owner, **TUS, "Upload-Length": "10", "Upload-Metadata": line}
    answer = await door.post("/api/uploads", headers=headers)
    if line == "altText":  # a name without a value is allowed
        assert answer.status_code == 201
    else:
        problem(answer, 422, "uploadMetadata")


async def test_the_protocol_is_held(door, owner, shop, content):
    place = await begin(door, owner, 1000)
    for method in ("POST", "HEAD", "PATCH", "DELETE"):
        answer = await door.request(method, place if method != "POST" else "/api/uploads", headers=owner)
        assert (answer.status_code, answer.headers["tus-version"]) == (412, "1.0.0")
    wrong = await door.patch(place, headers={**owner, **TUS, "Upload-Offset": "0"}, content=b"x")
    problem(wrong, 415, "unsupportedMediaType")
    assert wrong.headers["tus-resumable"] == "1.0.0"
    too_large = {**owner, **TUS, "Upload-Length": str(shop.settings.media_max_bytes + 1)}
    problem(await door.post("/api/uploads", headers=too_large), 413, "tooLarge")
    for length in ("0", "-1", "x"):
        problem(await door.post("/api/uploads", headers={**owner, **TUS, "Upload-Length": length}), 422)


async def test_strangers_see_nothing(door, owner, shop, content):
    place, make = await begin(door, owner, len(content)), Factory(shop)
    stranger = await make.key(await make.workspace())
    assert (await door.head(place, headers={**stranger, **TUS})).status_code == 404
    problem(await send(door, stranger, place, 0, content), 404)
    problem(await door.delete(place, headers={**stranger, **TUS}), 404)
    assert (await door.head(place, headers=TUS)).status_code == 401
    reader = await make.key(workspace(owner), "posts:read")
    problem(await send(door, reader, place, 0, content), 403)


async def test_an_aborted_upload_leaves_nothing(door, owner, shop, content):
    place = await begin(door, owner, len(content))
    await send(door, owner, place, 0, content[:1000])
    stored = await names(shop, workspace(owner))
    assert len(stored) == 1
    assert (await door.delete(place, headers={**owner, **TUS})).status_code == 204
    problem(await door.get(place, headers=owner), 404)
    assert await names(shop, workspace(owner)) == set()


async def test_after_the_end_only_the_medium_is_stored(door, owner, shop, content):
    place = await begin(door, owner, len(content))
    await send(door, owner, place, 0, content[:1000])
    await send(door, owner, place, 1000, content[1000:])
    assert await names(shop, workspace(owner)) == {UUID(place[-36:])}
    assert (await door.delete(place, headers={**owner, **TUS})).status_code == 204
    good(await door.get(f"/api/media/{place[-36:]}", headers=owner))


async def test_beginning_twice_with_one_key_begins_once(door, owner):
    headers = {**owner, **TUS, "Upload-Length": "10", "Idempotency-Key": "the-same"}
    one, two = [await door.post("/api/uploads", headers=headers) for _ in range(2)]
    assert (one.status_code, one.json()) == (201, two.json())
    assert one.headers["location"] == two.headers["location"] == f"/api/uploads/{one.json()['id']}"
    problem(await door.post("/api/uploads", headers={**headers, "Upload-Length": "11"}), 422, "idempotencyKeyReused")


async def test_not_too_many_at_once(door, owner, shop):
    caller = Factory(shop).caller(workspace(owner))
    for _ in range(MOST_OPEN):
        await shop.uploads.begin(caller, 10)
    answer = await door.post("/api/uploads", headers={**owner, **TUS, "Upload-Length": "10"})
    problem(answer, 429, "uploadsOpen")


# What happens to us


async def change(shop, owner, place, **values):
    async with shop.database.transaction(workspace(owner)) as session:
        await session.execute(update(Upload).where(Upload.id == UUID(place[-36:])).values(**values))


async def names(shop, workspace_id):
    return {
        each.file_id async for page in shop.library.shelf.storage.stored() for each in page if each.workspace_id == workspace_id
    }


async def do_chores(shop, owner):
    mine = [each for each in await chores.find_chores(shop.database) if each[1] == str(workspace(owner))]
    await media.handlers(shop)[chores.TASK](mine)
    return [each[0] for each in mine]


async def test_one_that_rests_too_long_is_forgotten(door, owner, shop, content):
    place = await begin(door, owner, len(content))
    await send(door, owner, place, 0, content[:1000])
    assert await do_chores(shop, owner) == []
    await change(shop, owner, place, expires_at=shop.clock() - timedelta(seconds=1))
    problem(await send(door, owner, place, 1000, content[1000:]), 404)
    assert await do_chores(shop, owner) == ["expired"]
    assert await names(shop, workspace(owner)) == set()
    assert await do_chores(shop, owner) == []


async def test_each_piece_gives_it_time(door, owner, shop, content):
    place = await begin(door, owner, len(content))
    await change(shop, owner, place, expires_at=shop.clock() + timedelta(seconds=5))
    before = good(await door.get(place, headers=owner))["expiresAt"]
    await send(door, owner, place, 0, content[:10])
    assert good(await door.get(place, headers=owner))["expiresAt"] > before


async def test_a_process_that_died_at_the_last_piece(door, owner, shop, content, monkeypatch):
    """All is there, and nobody put it together: the chores do, once."""

    async def dies(*_):
        raise KeyboardInterrupt

    place = await begin(door, owner, len(content))
    caller = Factory(shop).caller(workspace(owner))
    monkeypatch.setattr(Uploads, "finish", dies)
    with pytest.raises(KeyboardInterrupt):
        await shop.uploads.append(caller, UUID(place[-36:]), 0, chunks(content))
    monkeypatch.undo()
    assert await stands_at(door, owner, place) == len(content)
    assert good(await door.get(place, headers=owner))["state"] == "receiving"
    assert await do_chores(shop, owner) == ["whole"]
    assert good(await door.get(place, headers=owner))["state"] == "ready"
    assert (await door.get(f"/api/media/{place[-36:]}/content", headers=owner)).content == content


async def test_a_process_that_died_between_the_medium_and_the_word(door, owner, shop, content):
    place = await begin(door, owner, len(content))
    await send(door, owner, place, 0, content)
    await change(shop, owner, place, state="receiving", finish_until=shop.clock() - timedelta(seconds=1))
    assert await do_chores(shop, owner) == ["whole"]
    assert good(await door.get(place, headers=owner))["state"] == "ready"


async def test_while_one_puts_it_together_the_others_leave_it(door, owner, shop, content):
    place = await begin(door, owner, len(content))
    await send(door, owner, place, 0, content[:-1])
    await change(shop, owner, place, finish_until=shop.clock() + timedelta(minutes=1))
    assert (await send(door, owner, place, len(content) - 1, content[-1:])).status_code == 204
    assert good(await door.get(place, headers=owner))["state"] == "receiving"
    assert await do_chores(shop, owner) == []


async def chunks(content):
    yield content
