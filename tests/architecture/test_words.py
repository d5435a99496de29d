"""What no file of this project may hold: the machine it was written on, and work that was put off."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLACES = ("src", "tests", "migrations", "bench", "deploy", "docs", ".ci")
TOP = ("*.md", "*.toml", "*.yaml", "Makefile", "Dockerfile", ".env.template", ".gitignore")
# Somebody's folders. A leading letter or dot means that it goes on from somewhere else, as in `app/root/`.
MACHINE = re.compile(r"(?<![\w.}>)])/(work|root|Users|home/\w+|tmp/w)/")
# Where packages come from is for the machine to know. (uv.lock is the index's own answer, and is not read here.) The name of a
# package's module is no host.
REGISTRY = re.compile(
    r"pypi\.org|pythonhosted\.org|npmjs\.(org|com)|proxy\.golang|artifactory|jfrog|:8081/|(?<!hypothesis)\.(corp|internal|lan)\b"
)
POSTPONED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|NotImplementedError|(?i:not implemented)")
ASSERTION = re.compile(r"^\s*assert\b")


def texts() -> Iterator[tuple[str, str]]:
    """Every text file by its name in the project; this one, which has to name the words, is left out."""
    found = [path for place in PLACES for path in (ROOT / place).rglob("*")]
    found += [path for pattern in TOP for path in ROOT.glob(pattern)]
    for path in sorted(found):
        if path.is_file() and path != Path(__file__) and path.suffix not in {".pyc", ".png"}:
            yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8", errors="replace")


def lines(pattern: re.Pattern[str], within: str = "") -> list[str]:
    return [
        f"{name}:{number}: {line.strip()[:120]}"
        for name, text in texts()
        if name.startswith(within)
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def test_every_kind_of_file_is_read():
    assert {"pyproject.toml", "README.md", "src/ocma/errors.py", ".ci/run", "migrations/env.py"} <= dict(texts()).keys()


def test_no_file_names_a_machine():
    assert lines(MACHINE) == []


def test_no_file_names_a_package_registry():
    assert lines(REGISTRY) == []


def test_nothing_in_the_source_was_put_off():
    assert lines(POSTPONED, "src/") == []


def test_the_source_asserts_nothing():
    """`python -O` leaves assertions out: what has to hold is raised."""
    assert lines(ASSERTION, "src/") == []


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        (MACHINE, "cd /root/project"),
        (MACHINE, 'path = "/home/ann/ocma"'),
        (REGISTRY, "index = https://pypi.org/simple"),
        (POSTPONED, "x = 1  # TODO: later"),
        (POSTPONED, "raise NotImplementedError"),
        (ASSERTION, "    assert value is not None"),
    ],
)
def test_the_patterns_find_what_they_are_for(pattern, line):
    assert pattern.search(line)
