"""`ocma demo`, whole: what it shows is so, it leaves nothing running, and nothing it leaves behind holds a secret."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import httpx2
import pytest

from acceptance import leaks
from acceptance.demonstration import CLEAN, Demonstration
from ocma.infra.embedded import folder

pytestmark = [pytest.mark.xdist_group("demo"), pytest.mark.timeout(300)]
NAMES = {
    "Bluesky": 3,
    "Facebook": 2,
    "Instagram": 2,
    "LinkedIn": 2,
    "Mastodon": 2,
    "Threads": 2,
    "TikTok": 1,
    "X": 4,
    "YouTube": 1,
}
PLATFORMS = {name.lower() for name in NAMES}
PUBLICATIONS = 19  # nine of one post, four of a carousel, two of a film, two of a thread, two of texts
POSTS = 23  # a thread is three


@pytest.fixture(scope="module")
def demo():
    """A folder that every account can reach, which pytest's own is not when root runs it."""
    path = Path(tempfile.mkdtemp(prefix="ocma-demo-"))
    path.chmod(0o755)
    made = Demonstration(path)
    yield made
    if made.process and made.process.poll() is None:
        made.end()
    folder.remove(made.data)
    folder.remove(path)


@pytest.fixture(scope="module")
def once(demo):
    """The first run: exit code, what it said, and how long it took."""
    began = time.monotonic()
    code, said = demo.run(
        "--once", OCMA_PUBLIC_URL="https://not.mine.example", DATABASE_URL="postgresql://mine:real@127.0.0.1:9/mine"
    )
    return code, said, time.monotonic() - began


@pytest.fixture(scope="module")
def staying(demo, once):
    """The second run, on the same data, which stays up: its ready file."""
    demo.start()
    demo.overhear()
    demo.until(lambda: "\nGo on\n" in demo.said() or None)
    return demo.find_ready()


def test_once_ends_well_and_shows_it(demo, once):
    code, said, took = once
    assert code == 0, said
    assert "PASSED: every post is live exactly once" in said
    assert "\x1b" not in said
    row = r"^\| (\w+) +\| (.+?) +\| (.+?) +\| [\d:.]+ \| [\d:.]+ \| +(-?\d+) ms \| ([\d +]+?) +\|$"
    rows = re.findall(row, said, re.MULTILINE)
    assert Counter(row[0] for row in rows) == NAMES
    assert sorted(row[4] for row in rows) == ["1"] * 17 + ["1 + 1 + 1"] * 2
    assert all(0 <= int(row[3]) < (20_000 if row[2] == "text" else 90_000) for row in rows)
    arrived = Counter(row[2] for row in rows)
    assert arrived == {"image, described": 7, "3 images, described": 4, "video, described": 2, "video": 2, "text": 4}
    memory = re.search(r"^\| all +\| +(\d+) \| +(\d+) MiB \| +(\d+) MiB \|$", said, re.MULTILINE)
    assert memory, said
    processes, rss, uss = map(int, memory.groups())
    assert processes >= 7
    assert 100 < uss < rss < 2000
    sys.stdout.write(f"[demo --once {took:.1f} s, {processes} processes, {rss} MiB RSS, {uss} MiB USS]")


def test_the_platforms_have_each_post_once(demo, once):
    """In the sandbox's own file, without asking the demo or OCMA."""
    rows = demo.sandbox_rows("SELECT platform, content, deleted_at, media, reply_to FROM posts ORDER BY seq")
    assert len(rows) >= POSTS
    assert set(Counter((row[0], row[1]) for row in rows).values()) == {1}
    assert {row[2] for row in rows} == {None}
    assert sum(row[4] is not None for row in rows) >= 4
    shown = {(row[0], each["mimeType"]) for row in rows for each in json.loads(row[3])}
    assert {platform for platform, _ in shown} == PLATFORMS
    assert {platform for platform, kind in shown if kind.startswith("video/")} == {"tiktok", "youtube", "x", "bluesky"}
    described = {row[0] for row in rows for each in json.loads(row[3]) if "gradient" in (each["altText"] or "")}
    assert described == PLATFORMS - {"tiktok", "youtube"}


def test_every_platform_has_the_very_picture_that_was_drawn(demo, once):
    """Uploaded, or fetched at the address that it was given."""
    rows = demo.sandbox_rows("SELECT platform, media FROM posts WHERE content LIKE 'One request%' ORDER BY seq")
    pictures = {platform: json.loads(media)[0] for platform, media in rows[:9] if "image/" in media}
    assert len(pictures) == 7
    assert len({each["sha256"] for each in pictures.values()}) == 1
    assert {(each["width"], each["height"]) for each in pictures.values()} == {(1200, 675)}


def test_nothing_is_short_cut(demo, once):
    """The accounts came by our callback, and states came live over the event stream."""
    answers = demo.answers()
    paths = Counter((each["method"], each["path"], each["status"]) for each in answers)
    assert paths["GET", "/api/social/callback", 200] == len(PLATFORMS)
    assert paths["POST", "/api/social/authorize", 200] == len(PLATFORMS)
    assert paths["POST", "/api/queue/schedule", 202] >= 6
    events = [each["body"] for each in answers if each["path"] == "/api/queue/events"]
    assert Counter(each["type"] for each in events)["publication.published"] >= PUBLICATIONS


def test_once_leaves_nothing_running(demo, once):
    if demo.process.poll() is None:
        pytest.skip("a later run is up")
    assert demo.running() == {}
    assert not (demo.data / "ready.json").exists()


def test_a_second_run_on_the_same_data_stays_up(demo, staying):
    said = demo.said()
    assert said.count("PASSED") == 2
    last = said[said.rindex("\nServices\n") :]
    assert "connected" not in last  # they were already
    assert f"{staying['apiUrl']}/docs" in last
    assert httpx2.get(f"{staying['apiUrl']}/readyz", trust_env=False, timeout=30).status_code == 200
    contents = Counter(demo.sandbox_rows("SELECT platform, content FROM posts"))
    assert len(contents) == 2 * POSTS
    assert set(contents.values()) == {1}


def test_its_curl_lines_work(demo, staying):
    (line,) = re.findall(r"^post something +(curl .*)$", demo.said(), re.MULTILINE)
    words = line.replace("My first post", "A post by curl")
    said = subprocess.run(
        ["sh", "-c", words], check=False, capture_output=True, text=True, timeout=30, env={**CLEAN, "no_proxy": "*"}
    )
    assert '"success":true' in said.stdout, said
    demo.until(lambda: [row for row in demo.sandbox_rows("SELECT content FROM posts") if row[0] == "A post by curl"], 30)


def test_its_command_line_works_with_nothing_on_the_path(demo, staying):
    (line,) = re.findall(r"^on the command line +(.*)$", demo.said(), re.MULTILINE)
    bare = {**CLEAN, "PATH": "/usr/bin:/bin"}
    said = subprocess.run(["sh", "-c", line], check=False, capture_output=True, text=True, timeout=60, env=bare)
    assert (said.returncode, "Scheduled ten seconds ahead" in said.stdout) == (0, True), said


def test_its_line_for_the_numbers_works(demo, staying):
    """All platforms; one of which the posts are not known yet is told of, and its figures are null, not 0."""
    (line,) = re.findall(r"^its numbers +(curl .*)$", demo.said(), re.MULTILINE)
    said = subprocess.run(
        ["sh", "-c", line], check=False, capture_output=True, text=True, timeout=60, env={**CLEAN, "no_proxy": "*"}
    )
    answer = json.loads(said.stdout)
    found = {each["platform"]: each for each in answer["metrics"]["platformBreakdown"]}
    assert (answer["success"], answer["timeRange"], set(found)) == (True, "7d", PLATFORMS)
    empty = {name for name, each in found.items() if not each["totalPosts"]}
    assert empty <= {each["platform"] for each in answer["errors"]}
    assert {found[each]["totalImpressions"] for each in empty} <= {None}
    assert answer["metrics"]["totalPosts"] == sum(each["totalPosts"] for each in found.values())


def test_the_operators_commands_find_it(demo, staying):
    def ocma(*words):
        command = [sys.executable, "-m", "ocma", *words, "--data", str(demo.data)]
        return subprocess.run(command, check=False, capture_output=True, text=True, timeout=60, env=CLEAN, cwd=demo.folder)

    doctor = ocma("doctor")
    assert doctor.returncode == 0, doctor.stdout + doctor.stderr
    assert f"those that `ocma up` runs in {demo.data}" in doctor.stdout
    assert staying["apiKey"] not in doctor.stdout
    listed = ocma("accounts", "list", "--json")
    assert listed.returncode == 0, listed.stderr
    assert len(listed.stdout.splitlines()) == len(PLATFORMS) + 1  # Facebook's login opens two pages


@pytest.fixture(scope="module")
async def left(demo, staying):
    """Text by place: database, Redis, answers of the API, what the programs said, what the demo said."""
    found = {
        **{f"table {name}": text for name, text in (await leaks.read_database(staying["ownerDatabaseUrl"])).items()},
        **{f"redis {name}": text for name, text in (await leaks.read_redis(staying["redisUrl"])).items()},
        **{f"GET {path}": text for path, text in (await leaks.read_api(staying["apiUrl"], staying["apiKey"])).items()},
        **{f"log {path.name}": path.read_text(errors="replace") for path in (demo.data / "logs").iterdir()},
        "redis commands": "\n".join(demo.heard),
        "transcript": demo.transcript.read_text(),
        "argv": "\n".join(line for line in demo.running().values() if "-m ocma_sandbox" not in line),
    }
    # That there is something to find in each of them.
    assert "Hello from OCMA" in found["table posts"]
    assert "publications.work" in found["redis commands"]
    assert "Hello from OCMA" in found["GET /api/queue/jobs"]
    assert "process.started" in found["log worker-1.log"]
    assert "/api/queue/schedule" in found["log api.log"]
    assert "publication.published" in found["transcript"]
    assert "ocma dispatcher" in found["argv"]
    return found


async def test_no_token_is_anywhere_in_clear(demo, staying, left):
    revealed = await leaks.reveal(staying, demo.data)
    assert {field: len(values) for field, values in revealed.items()} == {
        "access_token": 10,
        "refresh_token": 7,  # Instagram and Threads renew with the access token; Facebook and Mastodon do not renew
        "client_secret": 1,  # Mastodon's
        "verifier": 9,
        "extra": 3,  # Bluesky's key, and the login behind two pages
        "kept": 1,  # Bluesky's key
    }
    codes = "SELECT hash FROM codes UNION SELECT code FROM bluesky_requests WHERE code <> ''"
    hashes = {row[0] for row in demo.sandbox_rows(f"SELECT hash FROM tokens UNION {codes}")}
    tokens = {*revealed["access_token"], *revealed["refresh_token"]}
    assert len(leaks.hashed_words({"control": " ".join(tokens)}, hashes)) == len(tokens)  # they are the real ones
    assert len(hashes) >= len(tokens) + len(PLATFORMS)  # and the codes
    assert leaks.hashed_words(left, hashes) == set()
    roots = [demo.data, demo.servers]
    for field, values in revealed.items():
        for value in values:
            assert leaks.texts_with(value, left) == [], field
            places = leaks.files_with(value.encode(), roots)
            # The platform knows the secret it gave to the app that we registered there.
            assert all(field == "client_secret" and place.startswith("sandbox/") for place in places), (field, places)


def test_keys_and_passwords_stay_where_they_belong(demo, staying, left):
    roots = [demo.data, demo.servers]
    for key in leaks.vault_keys(demo.data):
        assert leaks.files_with(key, roots) <= {"vault.keys.json"}
        assert leaks.texts_with(key.decode("latin-1"), left) == []
    api_key = staying["apiKey"]
    assert leaks.files_with(api_key.encode(), roots) == {"bootstrap.json", "ready.json"}
    assert leaks.texts_with(api_key, left) == []
    for name in ("postgres", "ocma_app", "valkey"):
        password = (demo.data / "secrets" / name).read_text()
        assert leaks.files_with(password.encode(), roots) == {f"secrets/{name}", "ready.json"}
        assert leaks.texts_with(password, left) == []
    client_secret = (demo.data / "secrets" / "x_client_secret").read_text()
    places = leaks.files_with(client_secret.encode(), roots)
    assert {place for place in places if not place.startswith("sandbox/")} == {"secrets/x_client_secret"}
    assert leaks.texts_with(client_secret, left) == []


def test_a_post_that_fails_is_told_with_its_reason(demo, staying):
    """A second demo in the same folder uses what runs there; X takes its token back meanwhile."""
    fault = {"platform": "x", "kind": "revoked_token", "count": 1}
    httpx2.post(f"{staying['sandboxUrl']}/_control/faults", json=fault, trust_env=False, timeout=30).raise_for_status()
    command = [sys.executable, "-m", "ocma", "demo", "--once", "--data", str(demo.data)]
    said = subprocess.run(command, check=False, capture_output=True, text=True, timeout=150, env=CLEAN, cwd=demo.folder)
    assert said.returncode == 1, said.stdout + said.stderr
    reasons = re.findall(r"FAILED: (.*)", said.stdout)
    assert [each for each in reasons if re.match(r"x: “.+” is held, not published", each)], reasons
    assert not [each for each in reasons if each.startswith("mastodon")], reasons
    assert "PASSED" not in said.stdout
    assert "the stack was running before and stays" in said.stdout
    assert demo.process.poll() is None
    assert httpx2.get(f"{staying['apiUrl']}/readyz", trust_env=False, timeout=30).status_code == 200


def test_ctrl_c_ends_everything(demo, staying):
    assert demo.end(signal.SIGINT) == 0, demo.said()
    assert demo.running() == {}
    assert not (demo.data / "ready.json").exists()


def test_too_slow_is_a_failure_that_ends_everything(demo, once):
    if demo.process.poll() is None:
        demo.end()
    began = time.monotonic()
    code, said = demo.run("--once", "--timeout", "1")
    assert (code, "FAILED: not done within 1 s" in said) == (1, True), said
    assert time.monotonic() - began < 60
    assert demo.running() == {}


def test_killed_it_takes_everything_along(demo, once):
    if demo.process.poll() is None:
        demo.end()
    demo.start()
    demo.until(demo.find_ready)
    assert len(demo.running()) >= 5
    os.kill(demo.process.pid, signal.SIGKILL)
    demo.process.wait()
    stop_at = time.monotonic() + 60
    while demo.running():
        assert time.monotonic() < stop_at, demo.running()
        time.sleep(0.1)
