"""`ocma up` and `ocma down` as processes, with real servers, killed in every way."""

import json
import os
import signal
import socket
import time
import urllib.request
from pathlib import Path

import pytest

from integration.infra.embedded.installation import eventually, is_alive, told
from ocma.infra import embedded
from ocma.infra.embedded import stray


def get_ready(url):
    with urllib.request.urlopen(f"{url}/readyz", timeout=30) as answer:
        return answer.status


def restarted(installation, find):
    """Kills -9 the process that `find` finds in the ready file; the process that took its place."""
    before = find(installation.ready()["pids"])
    os.kill(before, signal.SIGKILL)
    return eventually(lambda: (now := find(installation.ready()["pids"])) != before and is_alive(now) and now)


def test_up_says_where_it_is_and_down_ends_it_in_order(installation):
    url = installation.up("--sandbox", "--workers", "2", "--dispatchers", "2")
    assert get_ready(url) == 200
    ready, pids = installation.ready(), installation.pids()
    assert ready["apiUrl"] == url
    assert ready["pids"]["supervisor"] == installation.supervisor.pid
    assert {role: len(found) for role, found in ready["pids"].items() if isinstance(found, list)} == {
        "worker": 2,
        "dispatcher": 2,
    }
    assert len(pids) == 9
    assert all(map(is_alive, pids))
    for name in ("ready.json", "bootstrap.json", "vault.keys.json"):
        assert (installation.data / name).stat().st_mode & 0o777 == 0o600

    done, said, _ = installation.down()
    assert (done.returncode, said) == (0, "")
    assert installation.supervisor.stdout.read() == ""  # nothing after READY
    assert installation.supervisor.wait() == 0
    assert not any(map(is_alive, pids))
    assert not (installation.data / "ready.json").exists()
    ends = [event["role"] for event in installation.events() if event["event"] == "end"]
    assert ends == ["dispatcher", "dispatcher", "worker", "worker", "api", "sandbox"]


def test_each_process_without_a_door_gets_a_port_for_its_metrics(installation):
    installation.up("--workers", "2", "--dispatchers", "2", OCMA_METRICS_PORT="9400")
    roles = ("worker", "dispatcher", "api")
    begun = [each for each in installation.events() if each["event"] == "start" and each["role"] in roles]
    ports = {(each["role"], each["environment"]["OCMA_METRICS_PORT"]) for each in begun}
    assert ports == {("api", "9400"), ("worker", "9400"), ("worker", "9401"), ("dispatcher", "9402"), ("dispatcher", "9403")}


def test_down_says_when_nothing_runs(installation):
    done, _, said = installation.down()
    assert (done.returncode, said) == (0, f"ocma: nothing runs in {installation.data}\n")
    assert not installation.data.exists()


def test_children_are_given_what_they_need_and_no_more(installation):
    installation.up("--sandbox", TWITTER_CLIENT_SECRET="real", LINKEDIN_CLIENT_ID="mine", OCMA_PUBLIC_URL="https://me")
    ready = installation.ready()
    starts = {event["role"]: event for event in installation.events()}
    api = starts["api"]["environment"]
    assert api["DATABASE_URL"] == ready["databaseUrl"]
    assert api["REDIS_URL"] == ready["redisUrl"]
    assert api["OCMA_PUBLIC_URL"] == "https://me"
    assert api["OCMA_MEDIA_BASE_URL"] == ready["apiUrl"]  # where the sandbox can fetch
    assert api["OCMA_SANDBOX_URL"] == ready["sandboxUrl"]
    assert api["OCMA_X_API_URL"] == api["OCMA_X_AUTH_URL"] == f"{ready['sandboxUrl']}/x"
    assert api["OCMA_MASTODON_API_URL"] == f"{ready['sandboxUrl']}/mastodon"
    assert api["TWITTER_CLIENT_SECRET"] != "real"
    assert f"--x-client-secret={api['TWITTER_CLIENT_SECRET']}" in starts["sandbox"]["arguments"]
    assert "OCMA_OWNER_DATABASE_URL" not in api
    assert starts["worker"]["environment"] == starts["dispatcher"]["environment"] == api
    assert starts["migrate"]["environment"]["OCMA_OWNER_DATABASE_URL"] == ready["ownerDatabaseUrl"]
    keys = json.loads(Path(api["OCMA_VAULT_KEYS_FILE"]).read_text())
    assert list(keys["keys"]) == [keys["active"]] == ["k1"]
    lines = [stray.command_line(pid) for pid in installation.pids() if pid != ready["pids"]["sandbox"]]
    secrets = [*(installation.data / "secrets").iterdir()]
    assert len(secrets) == 5
    assert not [path.name for path in secrets if path.read_text() in "".join(lines)]


def test_without_a_sandbox_real_keys_reach_the_platforms(installation):
    installation.up(TWITTER_CLIENT_SECRET="real")
    assert installation.ready()["sandboxUrl"] is None
    api = next(event["environment"] for event in installation.events() if event["role"] == "api")
    assert api["TWITTER_CLIENT_SECRET"] == "real"
    assert not [name for name in api if "SANDBOX" in name or name.startswith("OCMA_X_")]


async def test_whatever_is_killed_comes_back_at_the_same_address(installation):
    url = installation.up("--sandbox", "--workers", "2")
    await installation.execute("INSERT INTO kept VALUES ('before')")
    before = installation.ready()
    for role in ("api", "sandbox", "redis", "postgres"):
        restarted(installation, lambda pids, role=role: pids[role])
    for role, number in (("worker", 1), ("dispatcher", 0)):
        restarted(installation, lambda pids, role=role, number=number: pids[role][number])
    after = installation.ready()
    assert {**after, "pids": None} == {**before, "pids": None}
    assert after["pids"]["worker"][0] == before["pids"]["worker"][0]
    assert eventually(lambda: _answers(url)) == 200
    rows = await _once_up(installation, "SELECT what FROM kept")
    assert [row["what"] for row in rows] == ["before"]
    assert installation.supervisor.poll() is None


def _answers(url):
    try:
        return get_ready(url)
    except OSError:
        return None


async def _once_up(installation, statement):
    stop_at = time.monotonic() + 20
    while True:
        try:
            return await installation.execute(statement)
        except Exception:
            if time.monotonic() > stop_at:
                raise
            time.sleep(0.05)


async def test_kill_9_of_the_supervisor_leaves_no_orphan_and_loses_no_row(installation):
    first = installation.up("--sandbox")
    for number in range(50):
        await installation.execute(f"INSERT INTO kept VALUES ('{number}')")
    key = installation.ready()["apiKey"]
    pids = installation.kill_supervisor()
    killed_at = time.monotonic()
    eventually(lambda: not any(map(is_alive, pids)), 60)
    told(f"all gone {time.monotonic() - killed_at:.2f} s after kill -9")

    assert installation.up("--sandbox") == first
    rows = await installation.execute("SELECT what FROM kept")
    assert sorted(int(row["what"]) for row in rows) == list(range(50))
    assert installation.ready()["apiKey"] == key


async def test_up_may_follow_at_once_on_kill_9(installation):
    first = installation.up("--sandbox")
    await installation.execute("INSERT INTO kept VALUES ('committed')")
    sandbox_url = installation.ready()["sandboxUrl"]
    installation.kill_supervisor()
    assert installation.up("--sandbox") == first
    assert installation.ready()["sandboxUrl"] == sandbox_url
    assert [row["what"] for row in await installation.execute("SELECT what FROM kept")] == ["committed"]


def test_a_second_up_finds_the_first(installation):
    together = [installation.command("up", "--port", "0") for _ in range(3)]
    said = {each.stdout.readline() for each in together}
    late = installation.command("up", "--port", "0")
    said.add(late.communicate(timeout=60)[0])
    assert len(said) == 1
    assert said.pop() == f"READY {installation.ready()['apiUrl']}\n"
    found = eventually(lambda: len(done := [each for each in together if each.poll() is not None]) == 2 and done)
    assert {each.returncode for each in (*found, late)} == {0}
    installation.supervisor = next(each for each in together if each not in found)
    assert installation.supervisor.pid == installation.ready()["pids"]["supervisor"]
    assert [event["role"] for event in installation.events() if event["event"] == "start"].count("api") == 1


def test_the_first_start_and_a_later_one_are_quick_and_the_supervisor_is_small(installation):
    spent = []
    for _ in range(4):
        started_at = time.monotonic()
        installation.up()
        spent.append(time.monotonic() - started_at)
        size = _resident(installation.supervisor.pid)
        installation.end()
    told(f"up: first {spent[0]:.2f} s, later {min(spent[1:]):.2f} s, supervisor {size / 1e6:.0f} MB resident")
    assert spent[0] < 30
    assert min(spent[1:]) < 8  # four interpreters start as well
    assert size < 80e6
    assert [event["role"] for event in installation.events()].count("bootstrap") == 1


def _resident(pid):
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_an_idle_supervisor_sleeps(installation):
    installation.up()
    time.sleep(1)  # it has finished what comes with a start
    before = _ticks(installation.supervisor.pid)
    time.sleep(2)
    assert _ticks(installation.supervisor.pid) - before <= 1


def _ticks(pid):
    return sum(int(word) for word in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13])


def failed(installation, *arguments, **environment):
    done = installation.command("up", *arguments, **environment)
    out, said = done.communicate(timeout=60)
    assert (done.returncode, out) == (1, "")
    assert "Traceback" not in said
    return said


def test_a_port_in_use_is_named(installation):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"Port {port} on 127.0.0.1 is in use" in failed(installation, "--port", str(port))


@pytest.mark.parametrize("broken", ["migrate", "bootstrap", "sandbox", "api", "worker"])
def test_what_fails_at_the_start_is_quoted_and_nothing_stays(installation, broken):
    said = failed(installation, "--port", "0", "--sandbox", TEST_BROKEN=broken)
    assert f"{broken} is broken on purpose" in said
    eventually(lambda: not any(is_alive(event["pid"]) for event in installation.events()), 60)
    assert not (installation.data / "servers" / "postgres" / "data" / "postmaster.pid").exists()
    assert not (installation.data / "ready.json").exists()


def test_a_folder_that_cannot_be_made_is_named(installation):
    installation.data.write_text("a file")
    assert str(installation.data) in failed(installation, "--port", "0")


def test_it_can_be_stopped_while_it_starts(installation):
    starting = installation.command("up", "--port", "0", TEST_SLOW="migrate")
    eventually(lambda: installation.record.exists() and len(installation.events()) >= 1)
    starting.send_signal(signal.SIGTERM)
    out, _ = starting.communicate(timeout=60)
    assert (starting.returncode, out) == (0, "")
    assert not any(is_alive(event["pid"]) for event in installation.events())


def test_servers_of_the_users_own_are_used_by_url(installation):
    with embedded.temporary() as own:
        urls = {"DATABASE_URL": own.postgres.app_url, "OCMA_OWNER_DATABASE_URL": own.postgres.owner_url}
        installation.up(REDIS_URL=own.valkey.url, **urls)
        ready = installation.ready()
        assert (ready["databaseUrl"], ready["redisUrl"]) == (own.postgres.app_url, own.valkey.url)
        assert ready["ownerDatabaseUrl"] == own.postgres.owner_url
        assert (ready["pids"]["postgres"], ready["pids"]["redis"]) == (None, None)
        assert not list((installation.data / "servers").iterdir())
        first_key = ready["apiKey"]
        installation.end()
    installation.up()
    assert installation.ready()["apiKey"] != first_key  # another database knows nothing of that key


def test_another_programs_folder_is_not_ours_to_stop(installation):
    with embedded.services(installation.data):
        done, _, said = installation.down()
        assert done.returncode == 1
        assert f"process {os.getpid()}, which is not `ocma up`" in said
        assert "which is not `ocma up`" in failed(installation, "--port", "0")


async def test_an_ordinary_user_needs_nothing_more(nobodys_installation):
    installation = nobodys_installation
    url = installation.up("--sandbox")
    assert get_ready(url) == 200
    owners = {Path(f"/proc/{pid}").stat().st_uid for pid in installation.pids()}
    assert owners == {65534}
    await installation.execute("INSERT INTO kept VALUES ('mine')")
    pids = installation.kill_supervisor()
    eventually(lambda: not any(map(is_alive, pids)), 60)
    assert installation.up("--sandbox") == url
    assert [row["what"] for row in await installation.execute("SELECT what FROM kept")] == ["mine"]


def test_roots_folder_is_closed_to_an_ordinary_user(installation, nobodys_installation):
    nobodys_installation.data = installation.data
    installation.up()
    assert "Permission denied" in failed(nobodys_installation, "--port", "0")


def test_it_outlives_the_terminal_when_told_so(installation):
    """As under `nohup`: a hang-up that is ignored when it starts stays ignored."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        installation.up()
    finally:
        signal.signal(signal.SIGHUP, before)
    installation.supervisor.send_signal(signal.SIGHUP)
    time.sleep(0.3)
    assert installation.ready()["pids"]["supervisor"] == installation.supervisor.pid
    assert installation.supervisor.poll() is None


def test_a_terminal_that_closes_stops_it(installation):
    installation.up()
    pids = installation.pids()
    installation.supervisor.send_signal(signal.SIGHUP)
    assert installation.supervisor.wait(30) == 0
    assert not any(map(is_alive, pids))
