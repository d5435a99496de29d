"""A real Mastodon-API server for tests: snac (Debian package `snac2`), run from its unpacked package on a loopback port.

    with started(folder, users=("alice", "bob")) as snac:
        snac.url, snac.host, snac.users["alice"]

Facts: snac 2.75 from bookworm-backports, observed by running it. Unlike Mastodon it ignores the Idempotency-Key, deletes nothing
through its API, lists 256 statuses of an account whatever the query, leaves private ones out there, and closes every connection
after its answer without saying so.
"""

import fcntl
import json
import os
import re
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import httpx2

from ocma.infra.embedded import ports
from ocma.infra.embedded.process import Child, Command, bare_environment, end, spawn
from real.debian import Unobtainable, unpack

CACHE = Path(__file__).resolve().parents[2] / ".data" / "snac"
SUITE = "bookworm-backports"
VARIABLE = "OCMA_SNAC"
READY_LIMIT = 30.0  # seconds
THREADS = 48  # snac delivers every post to itself, each by a thread that waits for another: with its usual four nobody was answered for 6 s
STARTS = 3  # a port may be taken by another between choosing and using it
HELP = (
    f"Real-server tests need snac 2.75. Set {VARIABLE} to the path of a snac program, or run on Debian with a mirror configured that "
    f"carries {SUITE}; the package is unpacked to {CACHE}, nothing is installed. It needs the libraries of libcurl4 and libssl3."
)


@dataclass(frozen=True)
class Snac:
    """`users` maps names to passwords. `host` is what a user would type as their server."""

    url: str
    host: str
    users: Mapping[str, str] = field(repr=False)
    pid: int
    folder: Path


def program(environment: Mapping[str, str] = os.environ, cache: Path = CACHE) -> Path:
    """The snac to run. Raises Unobtainable with what to do."""
    if chosen := environment.get(VARIABLE):
        return _working(Path(chosen), f"{VARIABLE}={chosen}")
    binary = cache / "root" / "usr" / "bin" / "snac"
    if not binary.exists():
        _obtain(cache, binary)
    return _working(binary, str(binary))


def _obtain(cache: Path, binary: Path) -> None:
    """By one process at a time: test workers start together."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock, tempfile.TemporaryDirectory(dir=cache) as scratch:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if binary.exists():
            return
        try:
            unpack("snac2", SUITE, Path(scratch))
        except Unobtainable as error:
            raise Unobtainable(f"snac cannot be had: {error}.\n{HELP}") from None
        shutil.rmtree(cache / "root", ignore_errors=True)
        (Path(scratch) / "root").rename(cache / "root")


def _working(binary: Path, name: str) -> Path:
    try:
        said = subprocess.run([binary], capture_output=True, text=True, timeout=30, check=False)
    except OSError as error:
        raise Unobtainable(f"{name} cannot be run: {error.strerror}.\n{HELP}") from None
    if not said.stdout.startswith("snac "):
        raise Unobtainable(f"{name} is no working snac: {(said.stderr or said.stdout).strip()[:300]!r}.\n{HELP}")
    return binary.resolve()


@contextmanager
def started(folder: Path, users: tuple[str, ...] = ("alice",)) -> Iterator[Snac]:
    """A server of our own with these users, ended when the context ends, or by the kernel when we do."""
    binary = program()
    for attempt in range(STARTS):
        home = folder / f"snac{attempt}"
        snac, child, mine = _start(binary, home, users)
        try:
            if mine:
                yield snac
                return
        finally:
            end(child)
    raise AssertionError(f"snac did not come up in {STARTS} starts: {_log(home)}")


def _start(binary: Path, home: Path, users: tuple[str, ...]) -> tuple[Snac, Child, bool]:
    port, token = ports.keep(home.parent, home.name), secrets.token_hex(16)
    _create(binary, home, port, token)
    passwords = {user: _add(binary, home, user) for user in users}
    log = home.with_suffix(".log")
    child = spawn(
        Command(argv=(str(binary), "httpd", str(home)), log=log, folder=home.parent, environment=bare_environment(), grace=5.0)
    )
    snac = Snac(f"http://localhost:{port}", f"localhost:{port}", passwords, child.pid, home)
    return snac, child, _is_ours(child, port, token)


def _create(binary: Path, home: Path, port: int, token: str) -> None:
    """The title is a secret of ours: whoever answers with it is the server we started, not one that had the port before."""
    answers = f"127.0.0.1\n{port}\nlocalhost:{port}\n\n\n"  # address, port, host, path prefix, administrator's e-mail
    subprocess.run([binary, "init", home], input=answers, text=True, check=True, capture_output=True, timeout=30)
    file = home / "server.json"
    settings = json.loads(file.read_text()) | {
        "protocol": "http",
        "title": token,
        "short_description": token,
        "disable_email_notifications": True,
        "num_threads": THREADS,
        "cssurls": [],
    }
    file.write_text(json.dumps(settings))


def _add(binary: Path, home: Path, user: str) -> str:
    added = subprocess.run([binary, "adduser", home, user], input="\n", text=True, check=True, capture_output=True, timeout=30)
    told = re.search(r"password is (\S+)", added.stdout + added.stderr)
    assert told, "snac told no password"
    return told[1]


def _is_ours(child: Child, port: int, token: str) -> bool:
    give_up_at = time.monotonic() + READY_LIMIT
    while time.monotonic() < give_up_at and child.ended() is None:
        with suppress(httpx2.TransportError):
            answer = httpx2.get(f"http://127.0.0.1:{port}/api/v1/instance", timeout=2, trust_env=False)
            return answer.is_success and token in answer.text
        time.sleep(0.05)
    return False


def _log(home: Path) -> str:
    log = home.with_suffix(".log")
    return log.read_text()[-600:] if log.exists() else "no log"


class LoginForm(HTMLParser):
    """The only form of snac's consent page: where it goes, and what it already holds."""

    def __init__(self) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "form":
            self.action = values.get("action") or ""
        elif tag == "input" and values.get("name"):
            self.fields[values["name"] or ""] = values.get("value") or ""


async def consent(authorize_url: str, user: str, password: str) -> httpx2.URL:
    """Signs in on snac's page as a person would; where the browser is sent then, with `code` and `state`.

    A wrong password must not be tried for fun: after five snac locks the address out for five minutes.
    """
    page = await _fetch("GET", authorize_url)
    form = LoginForm()
    form.feed(page.text)
    assert {"login", "passwd"} <= set(form.fields), f"no sign-in form: {page.status_code} {page.text[:300]}"
    answer = await _fetch("POST", form.action, form.fields | {"login": user, "passwd": password})
    assert answer.status_code == 303, f"snac did not accept the sign-in: {answer.status_code} {answer.text[:300]}"
    return httpx2.URL(answer.headers["location"])


async def _fetch(method: str, url: str, form: Mapping[str, str] | None = None) -> httpx2.Response:
    """Over a connection of its own, since snac closes it after the answer."""
    async with httpx2.AsyncClient(timeout=30, trust_env=False) as browser:
        return await browser.request(method, url, data=form)
