"""PostgreSQL and Valkey out of their wheels, really started."""

import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import asyncpg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from integration.infra.embedded.installation import eventually, is_alive, told
from ocma.errors import Conflict
from ocma.infra import embedded
from ocma.infra.embedded import folder, ports, process, stray, wheel
from ocma.infra.embedded.account import find_closed

AS_A_STRANGER = """
    CREATE TABLE note (workspace_id text, body text);
    ALTER TABLE note ENABLE ROW LEVEL SECURITY;
    ALTER TABLE note FORCE ROW LEVEL SECURITY;
    CREATE POLICY own ON note USING (workspace_id = current_setting('app.workspace_id', true));
    GRANT SELECT, INSERT ON note TO ocma_app;
    INSERT INTO note VALUES ('theirs', 'secret');
"""


@pytest.fixture(scope="module")
def running():
    with embedded.temporary() as found:
        yield found


@pytest.fixture(scope="module")
def settled():
    """A folder that has been started in before: most tests need no first start of their own."""
    path = Path(tempfile.mkdtemp(prefix="ocma-test-"))
    started_in(path)
    yield path
    folder.remove(path)


async def fetchval(url, statement):
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def answer(services):
    return redis.Redis.from_url(services.valkey.url)


def started_in(path, **more):
    started_at = time.monotonic()
    with embedded.services(path, **more):
        return time.monotonic() - started_at


def test_a_start_is_quick(scratch):
    first, later = started_in(scratch / "data"), min(started_in(scratch / "data") for _ in range(5))
    told(f"first start {first:.2f} s, later start {later:.2f} s")
    assert first < 30
    assert later < 4


async def test_both_versions_are_the_ones_we_promise(running):
    assert 180000 <= int(await fetchval(running.postgres.app_url, "SHOW server_version_num")) < 190000
    assert answer(running).info()["valkey_version"].startswith("9.")


async def test_a_folder_keeps_its_ports_passwords_and_rows(settled):
    with embedded.services(settled) as first:
        await fetchval(first.postgres.owner_url, "CREATE TABLE remembered AS SELECT 42 AS n")
        answer(first).set("kept", "42")
    with embedded.services(settled) as second:
        assert second.postgres.owner_url == first.postgres.owner_url
        assert second.valkey.url == first.valkey.url
        assert await fetchval(second.postgres.owner_url, "SELECT n FROM remembered") == 42
        assert answer(second).get("kept") == b"42"


async def test_another_port_is_taken_when_the_old_one_is_in_use(settled):
    with embedded.services(settled) as first:
        taken = first.postgres.port
    with socket.create_server(("127.0.0.1", taken)), embedded.services(settled) as second:
        assert second.postgres.port != taken
        assert await fetchval(second.postgres.app_url, "SELECT 1") == 1


async def test_no_committed_row_is_traded_for_speed(settled):
    with embedded.services(settled) as found:
        settings = ("fsync", "full_page_writes", "synchronous_commit", "TimeZone", "jit")
        said = [await fetchval(found.postgres.app_url, f"SHOW {name}") for name in settings]
        assert said == ["on", "on", "on", "UTC", "off"]
        assert answer(found).config_get("append*")["appendonly"] == "yes"
        assert answer(found).config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


@pytest.mark.parametrize("user", ["postgres", "ocma_app"])
@pytest.mark.parametrize("by", ["tcp", "socket"])
async def test_a_wrong_password_is_refused_by_postgres(running, user, by):
    host = "127.0.0.1" if by == "tcp" else str(running.postgres.socket_folder)
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(host=host, port=running.postgres.port, user=user, password="wrong", database="ocma")


async def test_postgres_answers_on_its_socket(running):
    host, port, password = str(running.postgres.socket_folder), running.postgres.port, running.postgres.app_password
    connection = await asyncpg.connect(host=host, port=port, user="ocma_app", password=password, database="ocma")
    await connection.close()


@pytest.mark.parametrize("password", [None, "wrong"])
@pytest.mark.parametrize("by", ["tcp", "socket"])
def test_a_wrong_password_is_refused_by_valkey(running, password, by):
    valkey = running.valkey
    where = {"port": valkey.port} if by == "tcp" else {"unix_socket_path": str(valkey.socket)}
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(host="127.0.0.1", password=password, retry=Retry(NoBackoff(), 0), **where).ping()


def test_valkey_answers_on_its_socket(running):
    assert redis.Redis(unix_socket_path=str(running.valkey.socket), password=running.valkey.password).ping()


async def test_the_application_sees_no_row_of_another_workspace(running):
    owner = await asyncpg.connect(running.postgres.owner_url)
    application = await asyncpg.connect(running.postgres.app_url)
    try:
        await owner.execute(AS_A_STRANGER)
        assert await application.fetch("SELECT * FROM note") == []
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            await application.execute("INSERT INTO note VALUES ('theirs', 'forged')")
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            await application.execute("SET row_security = off; SELECT * FROM note")
    finally:
        await owner.execute("DROP TABLE IF EXISTS note")
        await application.close()
        await owner.close()


@pytest.mark.parametrize(
    "statement",
    [
        "SET ROLE postgres",
        "ALTER ROLE ocma_app BYPASSRLS",
        "ALTER ROLE ocma_app SUPERUSER",
        "CREATE ROLE another",
        "CREATE DATABASE another",
        "CREATE TABLE public.another ()",
    ],
)
async def test_the_application_cannot_rise(running, statement):
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await fetchval(running.postgres.app_url, statement)


async def test_a_role_that_was_given_too_much_is_put_right(settled):
    with embedded.services(settled) as found:
        await fetchval(found.postgres.owner_url, "ALTER ROLE ocma_app SUPERUSER BYPASSRLS PASSWORD 'other'")
    with embedded.services(settled) as found:
        risen = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
        assert await fetchval(found.postgres.app_url, risen) is False


def test_no_password_is_on_a_command_line_or_readable_by_others(running):
    lines = "".join(stray.command_line(child.pid) for child in running.processes)
    passwords = (running.postgres.owner_password, running.postgres.app_password, running.valkey.password)
    assert not [password for password in passwords if password in lines or password in repr(running)]
    kept = running.postgres.command.log.parents[1] / "secrets"
    assert {path.stat().st_mode & 0o777 for path in [*kept.iterdir()]} == {0o600}
    assert kept.stat().st_mode & 0o777 == 0o700


def test_servers_that_have_not_started_yet_keep_their_ports_apart(monkeypatch, tmp_path):
    few = range(20_000, 20_100)
    monkeypatch.setattr(ports, "CHOICE", few)
    monkeypatch.setattr(ports, "TRIES", len(few))
    names = [f"server{number}" for number in range(60)]
    found = {name: ports.keep(tmp_path, name) for name in names}
    assert len(set(found.values())) == len(names)
    assert found == {name: ports.find_kept(tmp_path, name) for name in names}


def test_ports_lie_outside_what_the_kernel_hands_to_clients(running):
    assert max(running.postgres.port, running.valkey.port) < 32768


def test_memory_is_a_laptops(running):
    postmaster, cache = (child.pid for child in running.processes)
    private = {"postgres": sum(map(_private, [postmaster, *_children(postmaster)])), "valkey": _private(cache)}
    told(", ".join(f"{name} {size / 1e6:.1f} MB private" for name, size in private.items()))
    assert private["postgres"] < 60e6
    assert private["valkey"] < 40e6


def _children(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _private(pid):
    lines = [line.split() for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()]
    return sum(int(words[1]) * 1024 for words in lines if words[0] in {"Private_Clean:", "Private_Dirty:"})


def test_a_second_program_cannot_have_the_folder(settled):
    with embedded.services(settled), ExitStack() as second, pytest.raises(Conflict, match="in use"):
        second.enter_context(embedded.services(settled))


async def test_started_in_a_thread_that_ends_and_beside_a_running_loop(settled):
    with ExitStack() as stack:
        found = []
        thread = threading.Thread(target=lambda: found.append(stack.enter_context(embedded.services(settled))))
        thread.start()
        thread.join()
        time.sleep(0.3)
        assert await fetchval(found[0].postgres.app_url, "SELECT 1") == 1
        assert answer(found[0]).ping()


async def test_killed_servers_keep_what_was_committed(settled):
    with embedded.services(settled) as found:
        await fetchval(found.postgres.owner_url, "CREATE TABLE kept AS SELECT 42 AS n")
        answer(found).set("kept", "42")
        time.sleep(1.1)  # "everysec": what Valkey took in the last second may go, and only that
        for child in found.processes:
            os.kill(child.pid, signal.SIGKILL)
            child.wait(5)
    with embedded.services(settled) as found:
        assert await fetchval(found.postgres.owner_url, "SELECT n FROM kept") == 42
        assert answer(found).get("kept") == b"42"


async def test_a_lock_file_that_names_a_stranger_does_not_stop_postgres(settled, scratch):
    with embedded.services(settled) as found:
        data, account = found.postgres.data, found.postgres.command.account
    command = process.Command(argv=("/bin/sleep", "600"), log=scratch / "log", folder=Path("/"), environment={}, account=account)
    stranger = process.spawn(command)
    try:
        (data / "postmaster.pid").write_text(f"{stranger.pid}\n{data}\n")
        started_in(settled)
        assert stranger.ended() is None
    finally:
        process.end(stranger)


def test_a_server_left_over_is_ended_before_the_next_starts(settled):
    with embedded.services(settled) as found:
        database, cache = found.postgres, found.valkey
    left = [process.spawn(database.command), process.spawn(cache.command)]
    eventually(lambda: (cache.command.folder / "valkey.pid").exists() and (database.data / "postmaster.pid").exists())
    started_in(settled)
    assert [child.ended() for child in left] == [0, 0]


def test_a_first_start_that_was_cut_off_is_begun_again(scratch):
    path = folder.create(scratch / "data")
    half = folder.prepare(path, print).home("postgres") / "new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    assert started_in(path) < 60


def test_data_of_another_version_is_refused_in_clear_words(settled):
    with embedded.services(settled) as found:
        version = found.postgres.data / "PG_VERSION"
    version.write_text("17\n")
    with pytest.raises(Conflict, match=r"made by PostgreSQL 17; this OCMA brings PostgreSQL 18") as refused:
        started_in(settled)
    assert "DATABASE_URL" in refused.value.remediation
    assert version.read_text() == "17\n"
    version.write_text("18\n")


async def test_a_path_too_long_for_a_socket_still_works_over_tcp(scratch):
    with embedded.services(scratch / ("long" * 25)) as found:
        assert (found.postgres.socket_folder, found.valkey.socket) == (None, None)
        assert await fetchval(found.postgres.app_url, "SELECT 1") == 1
        assert answer(found).ping()


async def test_odd_letters_in_the_path_do_no_harm(scratch):
    with embedded.services(scratch / 'it\'s a, "odd" dätä') as found:
        assert await fetchval(found.postgres.app_url, "SELECT 1") == 1
        assert answer(found).ping()


def test_servers_die_with_the_block_and_temporary_ones_leave_nothing():
    with embedded.temporary() as found:
        home = found.postgres.command.log.parents[1]
        pids = [child.pid for child in found.processes]
        assert all(map(is_alive, pids))
    assert not any(map(is_alive, pids))
    assert not home.exists()


def test_root_lends_the_servers_an_account(root, running):
    owners = {Path(f"/proc/{child.pid}").stat().st_uid for child in running.processes}
    assert owners == {running.postgres.command.account.uid}
    assert owners != {0}


async def test_root_below_a_closed_folder_keeps_the_data_elsewhere(root, scratch, monkeypatch):
    monkeypatch.setattr(folder, "ELSEWHERE", scratch / "elsewhere")
    closed = scratch / "closed"
    closed.mkdir(mode=0o700)
    said = []
    with embedded.services(closed / "data", say=said.append) as found:
        await fetchval(found.postgres.owner_url, "CREATE TABLE kept AS SELECT 42 AS n")
        assert found.postgres.data.is_relative_to(scratch / "elsewhere")
        assert str(closed) in said[0]
    with embedded.services(closed / "data", say=said.append) as found:
        assert await fetchval(found.postgres.owner_url, "SELECT n FROM kept") == 42
    assert closed.stat().st_mode & 0o777 == 0o700
    assert len(said) == 1
    shutil.rmtree(scratch / "elsewhere")
    with pytest.raises(Conflict, match="is gone"):
        started_in(closed / "data")


def test_root_opens_its_new_folder_but_never_one_with_other_things_in_it(root, scratch, monkeypatch):
    monkeypatch.setattr(folder, "ELSEWHERE", scratch / "elsewhere")
    mine = scratch / "mine"
    mine.mkdir(mode=0o700)
    (mine / "letter").touch()
    started_in(mine)
    assert mine.stat().st_mode & 0o777 == 0o700
    assert (mine / "servers").is_symlink()
    (scratch / "empty").mkdir(mode=0o700)
    started_in(scratch / "empty")
    assert not (scratch / "empty" / "servers").is_symlink()


async def test_root_copies_programs_that_the_account_cannot_reach(root, scratch, monkeypatch):
    packages = scratch / "closed" / "packages"
    packages.mkdir(parents=True)
    for each in (wheel.POSTGRES, wheel.VALKEY):
        installed = wheel._installed(each)
        for source in installed.parent.glob(f"{each.package}*"):
            shutil.copytree(source, packages / source.name, symlinks=True)
        monkeypatch.delitem(sys.modules, each.package, raising=False)
    packages.parent.chmod(0o700)
    monkeypatch.syspath_prepend(packages)
    first = started_in(scratch / "data")
    with embedded.services(scratch / "data") as found:
        for child in found.processes:
            assert Path(f"/proc/{child.pid}/exe").readlink().is_relative_to(scratch / "data" / "servers" / "programs")
        assert await fetchval(found.postgres.app_url, "SELECT 1") == 1
    told(f"first start with a copy of the programs: {first:.2f} s")
    assert first < 30


def test_a_folder_is_closed_or_open_for_an_account(nobody, scratch):
    inner = scratch / "a" / "b"
    inner.mkdir(parents=True)
    assert find_closed(nobody, inner) is None
    inner.parent.chmod(0o700)
    assert find_closed(nobody, inner) == inner.parent
    os.chown(inner.parent, nobody.uid, 0)
    assert find_closed(nobody, inner) is None
