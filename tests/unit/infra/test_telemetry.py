import json
import subprocess
import sys

import pytest

from ocma.infra.telemetry import HIDDEN, redact

KEY = "ocma_k_" + "a1B2_-" * 7
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    "name",
    [
        "token",
        "accessToken",
        "refresh_token",
        "client_secret",
        "password",
        "Authorization",
        "code",
        "auth_code",
        "code_verifier",
        "Set-Cookie",
        "apiKey",
        "api_key",
        "private_key",
        "credentials",
    ],
)
def test_values_are_hidden_by_their_name(name):
    assert redact(None, "info", {"event": "x", name: "plain"})[name] == HIDDEN
    assert redact(None, "info", {"event": "x", "deep": [{"er": {name: ["plain"]}}]})["deep"] == [{"er": {name: HIDDEN}}]


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"refused {KEY}!", KEY),
        (f"key ocma_s_{'x' * 43}", "ocma_s_" + "x" * 43),
        ("Authorization: Bearer abc.def-123", "abc.def-123"),
        ("'authorization': 'bearer opaque'", "opaque"),
        (f"got {JWT} back", JWT),
        ("postgresql://ocma_app:s3cret@127.0.0.1/ocma", "s3cret"),
        ("redis://:s3cret@127.0.0.1", "s3cret"),
        ("GET /callback?code=abc123&state=1", "abc123"),
        ("GET /callback?code=1&state=abc123", "abc123"),
        ("?access_token=abc123", "abc123"),
        ("[SQL: INSERT …]\n[parameters: ('abc123', 'x]y')]\n(Background …)", "abc123"),
    ],
)
def test_values_are_hidden_by_their_looks(text, secret):
    cleaned = redact(None, "info", {"event": text, "nested": {"list": [text]}, "error": ValueError(text), "raw": text.encode()})
    assert secret not in repr(cleaned)
    assert HIDDEN in cleaned["event"]


def test_what_is_no_secret_stays():
    event = {
        "event": "published",
        "status": 200,
        "path": "/api/keys",
        "account": "@a",
        "prompt_tokens": 12,
        "ok": True,
        "state": "published",
        "none": None,
    }
    assert redact(None, "info", event) == event


def test_depth_has_an_end():
    value = inner = {}
    for _ in range(100):
        inner["deeper"] = inner = {}
    assert HIDDEN in repr(redact(None, "info", {"event": "x", "value": value}))


SCRIPT = """
import logging, structlog
from ocma.infra import telemetry
from ocma.settings import Settings
telemetry.configure(Settings(_env_file=None, OCMA_LOG_FORMAT={form!r}, OCMA_LOG_LEVEL={level!r}))
structlog.get_logger("ocma.x").info("ours", token="plain-secret", count=3)
logging.getLogger("uvicorn.error").warning("theirs %s", "Bearer plain-secret")
logging.getLogger("sqlalchemy.engine").info("narrates")
logging.getLogger("sqlalchemy.engine").debug("Row ('plain-row',)")
logging.getLogger("httpx2").info("HTTP Request: POST https://hooks.example/plain-path")
try:
    raise ValueError("password=1 postgresql://u:plain-secret@h/d")
except ValueError:
    structlog.get_logger("ocma.x").exception("failed")
    logging.getLogger("theirs").exception("failed too")
"""


def run(form, level="INFO"):
    script = SCRIPT.format(form=form, level=level)
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)


def test_one_line_of_json_each_on_stderr_whoever_logs():
    done = run("json")
    assert done.stdout == ""
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["event"] for line in lines] == ["ours", f"theirs Bearer {HIDDEN}", "failed", "failed too"]
    assert lines[0]["token"] == HIDDEN
    assert lines[0]["count"] == 3
    assert [line["level"] for line in lines] == ["info", "warning", "error", "error"]
    assert all("ValueError" in line["exception"] for line in lines[2:])
    assert "plain-secret" not in done.stderr


def test_text_for_people():
    done = run("text")
    assert "ours" in done.stderr
    assert "Traceback" in done.stderr
    assert "plain-secret" not in done.stderr


def test_libraries_narrate_when_asked():
    assert "narrates" in run("json", "DEBUG").stderr


def test_clients_never_tell_urls_nor_the_database_its_rows():
    said = run("json", "DEBUG").stderr
    assert "plain-path" not in said
    assert "plain-row" not in said
