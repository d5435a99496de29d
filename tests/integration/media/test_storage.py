"""Files by opaque id, on either kind of storage."""

import os
import time
from datetime import timedelta

import pytest

from conftest import make_settings
from ocma.errors import Invalid, NotFound, Unavailable
from ocma.ids import new_id
from ocma.infra.storage import BLOCK, PIECE, open_storage

SIZE = PIECE * 2 + 12_345  # three parts of an upload to a bucket


async def kept(storage, content, workspace=None):
    workspace, name = workspace or new_id(), new_id()
    async with storage.scratch() as path:
        path.write_bytes(content)
        await storage.adopt(workspace, name, path)
        assert not path.exists()
    return workspace, name


async def read(storage, workspace, name, *where):
    return b"".join([each async for each in storage.read(workspace, name, *where)])


@pytest.fixture(scope="module")
def storage(shop):
    return shop.library.shelf.storage


async def test_what_comes_in_comes_out(storage):
    content = os.urandom(SIZE)
    workspace, name = await kept(storage, content)
    assert await read(storage, workspace, name) == content
    assert await read(storage, workspace, name, 5, 12) == content[5:12]
    assert await read(storage, workspace, name, BLOCK - 1, BLOCK * 2 + 1) == content[BLOCK - 1 : BLOCK * 2 + 1]
    assert await read(storage, workspace, name, SIZE - 3, SIZE + 99) == content[-3:]
    async with storage.local(workspace, name) as path:
        assert path.read_bytes() == content


async def test_it_is_read_in_blocks(storage):
    workspace, name = await kept(storage, bytes(BLOCK * 3 + 1))
    assert [len(each) async for each in storage.read(workspace, name)] == [BLOCK, BLOCK, BLOCK, 1]


async def test_small_ones_and_empty_ones(storage):
    workspace, name = new_id(), new_id()
    for content in (b"", b"abc"):
        await storage.write(workspace, name, content)
        assert await read(storage, workspace, name) == content


async def test_what_was_deleted_is_gone_and_may_be_deleted_again(storage):
    workspace, name = await kept(storage, b"abc")
    other = await kept(storage, b"def", workspace)
    await storage.delete(workspace, name)
    await storage.delete(workspace, name, new_id())
    with pytest.raises(NotFound):
        await read(storage, workspace, name)
    with pytest.raises(NotFound):
        async with storage.local(workspace, name):
            pass
    assert await read(storage, *other) == b"def"


async def test_a_workspace_has_its_own_folder(storage):
    workspace, name = await kept(storage, b"abc")
    with pytest.raises(NotFound):
        await read(storage, new_id(), name)
    found = {(each.workspace_id, each.file_id): each.size async for page in storage.stored() for each in page}
    assert found[workspace, name] == 3


async def test_a_scratch_file_does_not_stay(storage):
    found = []

    async def fails():
        async with storage.scratch() as path:
            found.append(path)
            path.write_bytes(b"abc")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fails()
    assert [each.exists() for each in found] == [False]


async def test_what_a_dead_process_left_is_cleared(storage):
    async with storage.scratch() as old, storage.scratch() as new:
        for each in (old, new):
            each.write_bytes(b"abc")
        os.utime(old, (time.time() - 3601,) * 2)
        assert storage.clear_scratch(timedelta(hours=1)) == 1
        assert (old.exists(), new.exists()) == (False, True)


async def test_a_bucket_that_is_away(bucket, services, tmp_path):
    away = {"OCMA_S3_ENDPOINT": "http://127.0.0.1:9", "OCMA_MEDIA_DIR": tmp_path}
    storage = open_storage(make_settings(services, **{**bucket.settings(), **away}))
    with pytest.raises(Unavailable) as raised:
        await storage.write(new_id(), new_id(), b"abc")
    assert bucket.secret not in str(raised.value) + repr(raised.value.__cause__)


@pytest.mark.parametrize("wrong", ["OCMA_S3_SECRET_ACCESS_KEY", "OCMA_S3_ACCESS_KEY_ID"])
async def test_a_wrong_key_opens_no_bucket(bucket, services, tmp_path, wrong):
    more = {**bucket.settings(), "OCMA_MEDIA_DIR": tmp_path, wrong: "A" * 20}
    with pytest.raises(Unavailable):
        await open_storage(make_settings(services, **more)).write(new_id(), new_id(), b"abc")


@pytest.mark.parametrize("place", ["nonsense", "nonsense://x", "s3://"])
def test_a_store_that_there_cannot_be(services, tmp_path, place):
    with pytest.raises(Invalid) as raised:
        open_storage(make_settings(services, OCMA_MEDIA_DIR=tmp_path, OCMA_MEDIA_STORAGE=place))
    assert "OCMA_MEDIA_STORAGE" in str(raised.value)


async def test_names_in_a_bucket(bucket, services, tmp_path):
    storage = open_storage(make_settings(services, **bucket.settings(), OCMA_MEDIA_DIR=tmp_path))
    workspace, name = await kept(storage, bytes(SIZE))
    assert f"ocma/{workspace}/{name}" in bucket.names()
    assert bucket.open_parts() == 0
    await storage.delete(workspace, name)
    assert f"ocma/{workspace}/{name}" not in bucket.names()
