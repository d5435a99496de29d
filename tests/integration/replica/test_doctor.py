"""`ocma doctor` on the replica: is it one, of this database, and does it follow?"""

import pytest

from conftest import make_settings
from ocma.entrypoints.cli import doctor_replica
from ocma.entrypoints.cli.doctor_finding import Grade


@pytest.fixture
def examine(pair, services, tmp_path):
    async def examine(read, write=None):
        urls = {"DATABASE_URL": write or pair.primary.url, "DATABASE_READ_URL": read}
        found = await doctor_replica.examine(make_settings(services, **urls, OCMA_READ_LAG=3, OCMA_MEDIA_DIR=tmp_path))
        assert pair.primary.postgres.app_password not in str(found)
        return [(each.grade, each.detail, each.remedy) for each in found]

    return examine


async def test_one_that_follows(examine, pair):
    await pair.caught_up()
    [(grade, detail, _)] = await examine(pair.replica.url)
    assert grade is Grade.FINE, detail
    assert detail.startswith("follows DATABASE_URL, ")


async def test_none(examine):
    assert await examine("") == []


async def test_none_of_this_database(examine, pair):
    for url in (pair.primary.url, pair.replica.postgres.app_url_to("postgres")):
        [(grade, _, remedy)] = await examine(url)
        assert grade is Grade.WRONG
        assert "DATABASE_READ_URL" in remedy


async def test_one_that_does_not_answer(examine, pair):
    [(grade, _, remedy)] = await examine("postgresql://u:s3cret@127.0.0.1:1/ocma")
    assert grade is Grade.NOTE
    assert "DATABASE_READ_URL" in remedy
    [(grade, detail, _)] = await examine(pair.replica.url, "postgresql://u:s3cret@127.0.0.1:1/ocma")
    assert (grade, "DATABASE_URL" in detail) == (Grade.NOTE, True)


@pytest.mark.parametrize("url", ["nonsense", "postgresql://u:s3cret@host:port/ocma"])
async def test_what_is_no_url(examine, url):
    [(grade, detail, remedy)] = await examine(url)
    assert (grade, detail) == (Grade.WRONG, "DATABASE_READ_URL is not a URL")
    assert "s3cret" not in detail + remedy


async def test_one_without_the_newest_schema(examine, pair):
    await pair.caught_up()
    await pair.replica.ask("SELECT pg_wal_replay_pause()")
    before = await pair.primary.ask("SELECT version_num FROM ocma.alembic_version")
    await pair.primary.ask("UPDATE ocma.alembic_version SET version_num = '9999'")
    try:
        [(grade, detail, _)] = await examine(pair.replica.url)
    finally:
        await pair.primary.ask(f"UPDATE ocma.alembic_version SET version_num = '{before}'")
    assert grade is Grade.NOTE
    assert before in detail
    assert "9999" in detail
