"""What the documents name exists: targets, commands, routes, variables, files, links; and what they show can be read."""

import ast
import json
import re
import subprocess
from pathlib import Path

import pytest
import typer

from ocma.entrypoints.api.app import create_app
from ocma.entrypoints.cli.env_template import render
from ocma.entrypoints.cli.main import app

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
# Set for a process from outside; no setting of ours.
FOREIGN = {"FORWARDED_ALLOW_IPS", "OCMA_DATA", "OCMA_WORKSPACE"}


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def texts() -> dict[str, str]:
    return {name(path): path.read_text(encoding="utf-8") for path in DOCUMENTS}


def code() -> list[tuple[str, str]]:
    """Everything set as code, blocks and words in a sentence alike, by document."""
    found: list[tuple[str, str]] = []
    for document, text in texts().items():
        found += [(document, block) for kind, block in FENCE.findall(text) if kind not in {"mermaid", "sql"}]
        found += [(document, span) for span in SPAN.findall(FENCE.sub("", text))]
    return found


def blocks(kind: str) -> list[tuple[str, str]]:
    return [(document, block) for document, text in texts().items() for each, block in FENCE.findall(text) if each == kind]


def named(pattern: str) -> set[tuple[str, str]]:
    return {(document, each) for document, text in code() for each in re.findall(pattern, text, re.MULTILINE)}


def strangers(found: set[tuple[str, str]], known: set[str]) -> list[tuple[str, str]]:
    return sorted((document, each) for document, each in found if each not in known)


def test_the_first_screen_has_the_two_commands():
    screen = texts()["README.md"].splitlines()[:40]

    assert any("make demo" in line for line in screen)
    assert any("make test" in line for line in screen)


def test_targets_exist():
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    found = named(r"(?:^|[\s;&])make ([a-z][a-z-]*)")

    assert ("README.md", "demo") in found
    assert strangers(found, targets) == []


def test_commands_exist():
    commands = set(typer.main.get_command(app).commands)
    found = named(r"(?:^|[\s;&]|bin/)ocma ([a-z][a-z-]*)")

    assert len(found) > 5
    assert strangers(found, commands) == []


def test_routes_exist():
    paths = {
        f"{method.upper()} {re.sub(r'{[^}]+}', '{}', path)}"
        for path, methods in create_app().openapi()["paths"].items()
        for method in methods
    }
    found = {
        (document, re.sub(r"{[^}]+}", "{}", each)) for document, each in named(r"((?:GET|POST|PATCH|PUT|DELETE) /[\w/{}-]*)")
    }

    assert len(found) > 3
    assert strangers(found, paths) == []


def test_variables_exist():
    known = set(re.findall(r"([A-Z][A-Z0-9_]+)=", render())) | FOREIGN
    found = named(r"\b(OCMA_[A-Z_]+|[A-Z]+(?:_[A-Z]+)*_(?:URL|CLIENT_ID|CLIENT_SECRET|APP_ID))\b")

    assert len(found) > 5
    assert strangers(found, known) == []


def test_files_exist():
    found = named(r"(?:^|[\s(])((?:src|tests|docs|migrations|bench|deploy|\.ci)/[\w./-]+)")

    assert len(found) > 5
    assert [each for each in sorted(found) if not (ROOT / each[1]).exists()] == []


def test_links_resolve():
    found = [(path, link) for path in DOCUMENTS for link in LINK.findall(FENCE.sub("", path.read_text(encoding="utf-8")))]
    local = [(path, link.partition("#")[0]) for path, link in found if not link.startswith(("https://", "mailto:"))]
    broken = [(name(path), link) for path, link in local if link and not (path.parent / link).exists()]

    assert len(local) > 5
    assert broken == []


def test_anchors_resolve():
    found = [
        (path, *link.split("#")) for path in DOCUMENTS for link in LINK.findall(path.read_text(encoding="utf-8")) if "#" in link
    ]
    broken = [
        (name(path), f"{file}#{anchor}")
        for path, file, anchor in found
        if not file.startswith("https://") and anchor not in anchors(path.parent / file if file else path)
    ]

    assert broken == []


def anchors(path: Path) -> set[str]:
    """As forges make them from headings."""
    headings = re.findall(r"^#+ (.*)$", FENCE.sub("", path.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


def shell(block: str) -> None:
    subprocess.run(["sh", "-n"], input=block, text=True, check=True, capture_output=True)


READERS = {"json": json.loads, "python": ast.parse, "sh": shell}
SNIPPETS = [(kind, document, block) for kind in READERS for document, block in blocks(kind)]


@pytest.mark.parametrize(("kind", "document", "block"), SNIPPETS, ids=[f"{each[1]}-{each[0]}" for each in SNIPPETS])
def test_snippets_can_be_read(kind, document, block):
    READERS[kind](block)


def test_every_kind_of_block_is_known():
    kinds = {kind for text in texts().values() for kind, _ in FENCE.findall(text)}

    assert kinds <= {*READERS, "sql", "text", "mermaid"}


def test_pictures_begin_as_mermaid_does():
    kinds = {block.split()[0] for _, block in blocks("mermaid")}

    assert kinds
    assert kinds <= {"flowchart", "stateDiagram-v2", "sequenceDiagram"}
