"""The command itself: its one line, its end, and what it keeps when it is killed."""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx2
import psutil
import pytest

from integration.sandbox.walks import Control, MastodonApp, XApp, picture

COMMAND = [sys.executable, "-m", "ocma_sandbox"]
PLATFORMS = ["x", "mastodon", "linkedin", "tiktok", "youtube", "bluesky", "facebook", "instagram", "threads"]


@contextmanager
def started(*options):
    """A sandbox in a process of its own; yields the process and its address."""
    process = subprocess.Popen([*COMMAND, *map(str, options)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline()
        assert line.startswith("READY http://127.0.0.1:"), process.stderr.read()
        yield process, line.split()[1]
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_one_line_and_ends_in_good_order(number):
    with started() as (process, url):
        assert httpx2.get(f"{url}/_control/health", timeout=30).json()["platforms"] == PLATFORMS
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out, err) == (0, "", "")


def test_it_ends_although_an_answer_hangs():
    with started() as (process, url):
        Control(url).fault("mastodon", "accept_hang")
        user = MastodonApp(url).connect("ann")
        failures = []

        def publish():
            try:
                user.post("silence")
            except httpx2.HTTPError as error:
                failures.append(error)

        thread = threading.Thread(target=publish)
        thread.start()
        deadline = time.monotonic() + 20
        while not Control(url).books():
            assert time.monotonic() < deadline
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        thread.join(timeout=60)
        assert process.returncode == 0
        assert failures, "a hanging answer must not become a 500 when the server ends"


@pytest.mark.parametrize("place", ["state", "deep/er/sandbox.db"])
def test_what_it_knows_survives_kill_9(tmp_path, place):
    state = tmp_path / place
    with started("--state", state) as (process, url):
        alice, ann = XApp(url).connect("alice"), MastodonApp(url).connect("ann")
        first, status = alice.posted("first"), ann.posted("status", key="k")
        media_id = alice.upload(picture()).json()["data"]["id"]
        process.kill()
        process.wait()
    with started("--state", state) as (_process, fresh):
        control = Control(fresh)
        assert [(entry["id"], entry["content"]) for entry in control.books()] == [(first, "first"), (status["id"], "status")]
        alice.app.url = ann.app.url = fresh
        assert alice.me()["username"] == "alice"
        assert alice.post(text="first").status_code == 403, "duplicates are known after a restart"
        assert ann.posted("status", key="k")["id"] == status["id"], "so are idempotency keys"
        assert int(alice.posted("second", media={"media_ids": [media_id]})) > int(first)
        assert XApp(fresh).refresh(alice.tokens["refresh_token"]).status_code == 200


def test_every_answer_given_before_kill_9_is_in_the_books(tmp_path):
    state = tmp_path / "state"
    answered = []
    with started("--state", state, "--set", "mastodon.rate_factor=0") as (process, url):
        user = MastodonApp(url).connect("ann")

        def publish(name):
            with httpx2.Client(timeout=10) as client:
                for number in range(10_000):
                    body = {"status": f"{name} {number}"}
                    headers = {"Authorization": f"Bearer {user.access_token}"}
                    try:
                        response = client.post(f"{url}/mastodon/api/v1/statuses", json=body, headers=headers)
                    except httpx2.HTTPError:
                        return
                    answered.append(response.json()["id"])

        threads = [threading.Thread(target=publish, args=(name,)) for name in range(4)]
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + 60
        while len(answered) <= 50:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.kill()
        for thread in threads:
            thread.join(timeout=60)
    with started("--state", state) as (_process, fresh):
        booked = [entry["id"] for entry in Control(fresh).books()]
    assert len(set(booked)) == len(booked)
    assert set(answered) <= set(booked)
    assert len(booked) - len(answered) <= 4, "at most one unanswered publish per client"


def test_a_state_belongs_to_one_sandbox(tmp_path):
    with started("--state", tmp_path) as (_process, _url):
        second = subprocess.run([*COMMAND, "--state", tmp_path], capture_output=True, text=True, timeout=30, check=False)
    assert second.returncode == 2
    assert "is another sandbox using it?" in second.stderr
    assert "Traceback" not in second.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--set", "x.nothing=1"], "no setting 'nothing'"),
        (["--set", "x.code_seconds=soon"], "code_seconds must be int"),
        (["--set", "myspace.a=1"], "no platform 'myspace'"),
        (["--set", "x"], "PLATFORM.NAME=VALUE"),
        (["--port", "http"], "invalid int value"),
    ],
)
def test_wrong_options_are_explained(options, message):
    ended = subprocess.run([*COMMAND, *options], capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode == 2
    assert message in ended.stderr
    assert "Traceback" not in ended.stderr


def test_no_state_file_is_no_database(tmp_path):
    broken = tmp_path / "broken.db"
    broken.write_text("not a database " * 100)
    ended = subprocess.run([*COMMAND, "--state", broken], capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode == 2
    assert "is it a sandbox's state?" in ended.stderr


def test_the_registered_app_can_be_chosen():
    with started("--x-client-id", "mine", "--x-client-secret", "s:e c%ret") as (_process, url):
        app = XApp(url, client=("mine", "s:e c%ret"))
        assert app.authorize().status_code == 400
        code = app.authorize(client_id="mine").headers["location"].rpartition("code=")[2]
        assert app.redeem(code).status_code == 200


@pytest.mark.skipif(sys.platform != "linux", reason="a wish to the Linux kernel")
def test_it_dies_with_its_parent():
    script = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-m', 'ocma_sandbox', '--die-with-parent'], stdout=subprocess.PIPE, text=True)\n"
        "child.stdout.readline()\n"
        "print(child.pid, flush=True)\n"
        "sys.stdin.read()\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    child = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.communicate()
    deadline = time.monotonic() + 60
    with suppress(psutil.NoSuchProcess):
        while child.is_running() and child.status() != psutil.STATUS_ZOMBIE:
            assert time.monotonic() < deadline, "the sandbox outlived its parent"
            time.sleep(0.05)


def test_it_is_small_when_idle():
    with started() as (process, url):
        httpx2.get(url, timeout=30)
        resident = psutil.Process(process.pid).memory_info().rss / 2**20
    assert resident < 64, f"{resident:.0f} MB"


def test_the_console_script_is_the_same_program():
    script = Path(sys.executable).with_name("ocma-sandbox")
    if not script.exists():
        pytest.skip("not installed as a script")
    shown = subprocess.run([script, "--help"], capture_output=True, text=True, timeout=30, check=True, env=dict(os.environ))
    assert "--die-with-parent" in shown.stdout


def test_an_audience_for_all_is_one_word(tmp_path):
    """And what is set for one platform wins over it."""
    with started("--state", tmp_path, "--audience", "--set", "x.audience=false") as (_process, url):
        known = httpx2.get(f"{url}/_control/settings", timeout=30).json()["data"]
    assert {name: each["audience"] for name, each in known.items()} == {name: name != "x" for name in known}
