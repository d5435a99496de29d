"""`ocma sandbox` becomes the sandbox."""

import signal
import subprocess
import sys

import httpx2


def test_it_is_the_sandbox_under_the_same_process_id():
    process = subprocess.Popen([sys.executable, "-m", "ocma", "sandbox", "--port", "0"], stdout=subprocess.PIPE, text=True)
    try:
        ready, url = process.stdout.readline().split()
        assert ready == "READY"
        assert httpx2.get(f"{url}/_control/health", trust_env=False, timeout=30).json()["status"] == "ok"
    finally:
        process.send_signal(signal.SIGTERM)
        code = process.wait(15)
    assert code == 0


def test_its_help_is_the_sandbox_s():
    said = subprocess.run(
        [sys.executable, "-m", "ocma", "sandbox", "--help"], check=False, capture_output=True, text=True, timeout=30
    )
    assert (said.returncode, "--state" in said.stdout) == (0, True), said
