"""One Debian package from the mirror this machine already uses, unpacked, without installing it or touching the system's apt.

apt runs with a state, a cache and a list of sources of its own, as whoever runs the tests. The mirror, its keys and the way to it
(proxies) are the machine's; hooks of its configuration are left out, since they would act on the system.
"""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ETC = Path("/etc/apt")
RELEASES = frozenset({"bookworm", "trixie", "forky", "oldstable", "stable", "testing", "sid", "unstable"})
ONE_LINE = re.compile(r"^deb\s+(?P<options>\[[^\]]*\]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)\s+(?P<components>.+?)\s*(?:#.*)?$")
LIMIT = 180  # seconds


class Unobtainable(Exception):
    """The package cannot be had here; the message says why."""


@dataclass(frozen=True)
class Source:
    """The content of a sources file, and the ending by which apt tells its format."""

    ending: str
    content: str


def sources(suite: str, etc: Path = ETC) -> list[Source]:
    """The machine's Debian mirrors, in its order, asked for `suite` instead of what they are configured for."""
    lists = [each for each in (etc / "sources.list", *sorted(etc.glob("sources.list.d/*.list"))) if each.is_file()]
    found = [source for each in lists for source in _one_line(each.read_text(), suite)]
    found += [source for each in sorted(etc.glob("sources.list.d/*.sources")) for source in _deb822(each.read_text(), suite)]
    return list(dict.fromkeys(found))


def _one_line(text: str, suite: str) -> Iterator[Source]:
    for line in text.splitlines():
        entry = ONE_LINE.match(line.strip())
        if entry and entry["suite"] in RELEASES and "main" in entry["components"].split():
            yield Source("list", f"deb {entry['options'] or ''}{entry['uri']} {suite} main\n")


def _deb822(text: str, suite: str) -> Iterator[Source]:
    without_comments = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for stanza in re.split(r"\n\s*\n", without_comments):
        fields = dict(re.findall(r"^([\w-]+):[ \t]*((?:.*)(?:\n[ \t].*)*)", stanza, re.MULTILINE))
        fields = {name.lower(): value.strip() for name, value in fields.items()}
        if _is_debian(fields):
            asked = fields | {"types": "deb", "suites": suite, "components": "main"}
            yield Source("sources", "".join(f"{name}: {_continued(value)}\n" for name, value in asked.items()))


def _is_debian(fields: dict[str, str]) -> bool:
    suites, components = fields.get("suites", "").split(), fields.get("components", "").split()
    enabled = fields.get("enabled", "yes").lower() not in {"no", "false", "0"}
    return enabled and "deb" in fields.get("types", "").split() and "main" in components and bool(RELEASES & set(suites))


def _continued(value: str) -> str:
    """Lines after the first begin with a space: keys written into the file have many."""
    return "\n".join(line if index == 0 else " " + line.strip() for index, line in enumerate(value.splitlines()))


def unpack(package: str, suite: str, folder: Path) -> None:
    """Puts the package's files into `folder`, which must be empty. Raises Unobtainable."""
    known = sources(suite)
    if not known:
        raise Unobtainable(f"no Debian mirror with component main is configured in {ETC}")
    failures = []
    for index, source in enumerate(known):
        try:
            archive = _download(package, source, folder / f"apt{index}")
        except Unobtainable as error:
            failures.append(str(error))
            continue
        _run(["dpkg-deb", "-x", str(archive), str(folder / "root")], folder)
        return
    raise Unobtainable("; ".join(failures))


def _download(package: str, source: Source, folder: Path) -> Path:
    for each in ("state/lists/partial", "cache/archives/partial"):
        (folder / each).mkdir(parents=True)
    (folder / f"mirror.{source.ending}").write_text(source.content)
    (folder / "apt.conf").write_text(_configuration(folder, source))
    environment = {"APT_CONFIG": str(folder / "apt.conf"), "PATH": "/usr/bin:/bin", "LC_ALL": "C"}
    _run(["apt-get", "update"], folder, environment)
    _run(["apt-get", "download", package], folder, environment)
    return next(folder.glob("*.deb"))


def _configuration(folder: Path, source: Source) -> str:
    """Errors of an update are errors here: apt would go on without the suite and then not know the package."""
    machines = [line for line in _run(["apt-config", "dump"], folder).splitlines() if line.startswith("Acquire::")]
    ours = {
        "Dir::State": folder / "state",
        "Dir::State::status": "/var/lib/dpkg/status",
        "Dir::Cache": folder / "cache",
        "Dir::Etc::main": "/dev/null",
        "Dir::Etc::parts": "/dev/null",
        "Dir::Etc::sourcelist": folder / f"mirror.{source.ending}",
        "Dir::Etc::sourceparts": "/dev/null",
        "APT::Sandbox::User": "",
        "APT::Update::Error-Mode": "any",
    }
    return "\n".join([*machines, *(f'{name} "{value}";' for name, value in ours.items()), ""])


def _run(command: list[str], folder: Path, environment: dict[str, str] | None = None) -> str:
    try:
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=LIMIT, check=False)
    except FileNotFoundError:
        raise Unobtainable(f"there is no {command[0]} on this machine") from None
    except subprocess.TimeoutExpired:
        raise Unobtainable(f"`{' '.join(command)}` did not end within {LIMIT} s") from None
    if done.returncode:
        raise Unobtainable(f"`{' '.join(command)}` failed: {(done.stderr or done.stdout).strip()[-600:]}")
    return done.stdout
