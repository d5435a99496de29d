"""A name says what a thing is. These say only that somebody had no better idea."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
FILES = sorted(path for top in ("src", "tests") for path in (ROOT / top).rglob("*.py"))
EMPTY_MODULES = re.compile(r"(utils?|helpers?|common|misc|manager|base)")
EMPTY_CLASSES = re.compile(r"(Manager|Helper|Util)s?(?![a-z])")


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def classes(text: str) -> list[str]:
    return [node.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ClassDef)]


def test_modules_and_packages_are_nouns():
    named = {part for path in FILES for part in (*path.relative_to(ROOT).parts[:-1], path.stem)}

    assert "bootstrap" in named
    assert [each for each in sorted(named) if EMPTY_MODULES.fullmatch(each)] == []


def test_classes_are_not_managers():
    named = [(name(path), each) for path in FILES for each in classes(path.read_text(encoding="utf-8"))]

    assert ("src/ocma/errors.py", "OcmaError") in named
    assert [(path, each) for path, each in named if EMPTY_CLASSES.search(each)] == []


def test_the_patterns_find_what_they_are_for():
    assert EMPTY_MODULES.fullmatch("utils")
    assert EMPTY_CLASSES.search("QueueManager")
    assert not EMPTY_CLASSES.search("Utility")
