"""`ocma accounts watch` against the sandbox, over its HTTP alone: a stranger speaks to somebody, who hears it."""

import json
import os
import signal
import subprocess
import sys
import threading

import httpx2
import pytest


def watched(program, *words):
    """The program in a process of its own, as somebody at a terminal has it: Ctrl-C is not ignored, as shells let their jobs do."""
    told = {name: value for name, value in program.environment.items() if value is not None}
    environment = {**os.environ, **told, "PYTHONFAULTHANDLER": "1"}  # aborted, it says where it was
    command = [sys.executable, "-m", "ocma", "accounts", "watch", *words]
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    finally:
        signal.signal(signal.SIGINT, before)


def test_what_is_said_to_an_account_is_printed_until_ctrl_c(program, platforms, mastodon, mastodon_account):
    from integration.sandbox.walks import MastodonApp

    bob = MastodonApp(platforms.url).connect("watch_bob")

    def post(text):
        headers = {"Authorization": f"Bearer {bob.access_token}"}
        said = httpx2.post(f"{platforms.url}/mastodon/api/v1/statuses", headers=headers, json={"status": text}, timeout=30)
        assert said.status_code == 200, said.text
        return said.json()["id"]

    mine = mastodon.me()["acct"]
    first = post(f"@{mine} hello")
    process = watched(program, mastodon_account, "--since", "0", "--json")
    stop = threading.Timer(90, process.kill)
    stop.start()
    try:
        heard = json.loads(process.stdout.readline())
        assert (heard["postId"], heard["kind"]) == (first, "mention")
        assert "hello" in heard["text"]
        second = post(f"@{mine} again \x1b[31m")
        heard = json.loads(process.stdout.readline())
        assert heard["postId"] == second
        process.send_signal(signal.SIGINT)
        try:
            out, err = process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGABRT)
            pytest.fail(f"it goes on after Ctrl-C: {process.communicate()[1][:3000]}")
    finally:
        stop.cancel()
        process.kill()
    assert (process.returncode, out) == (130, "")
    assert mastodon.access_token not in err
    assert "Traceback" not in err


def test_a_platform_that_is_not_listened_to_is_named(program, x_account):
    said = program("accounts", "watch", x_account)
    assert (said.code, said.out) == (65, "")
    assert "OCMA does not listen on X." in said.err
    assert "Mastodon" in said.err


def test_a_scope_that_is_missing_is_named(program, workspace, mastodon):
    words = ("accounts", "add", "mastodon", "--scope", "write:statuses", "--scope", "read:accounts", "--json")
    added = program(*words, OCMA_ACCOUNT_TOKEN=mastodon.access_token).row()
    assert "listen" not in added["permissions"]
    said = program("accounts", "watch", added["id"])
    assert (said.code, said.out) == (77, "")
    assert "read:notifications" in said.err
