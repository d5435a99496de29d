"""How much code a platform takes: the file of its connector's class (the rest of its folder: docs/howto/adding-a-platform.md)."""

import ast
import inspect
from pathlib import Path
from statistics import median

from ocma.platforms.registry import connectors

MEDIAN, MOST = 200, 350  # lines
SIZES = {key: len(Path(inspect.getfile(type(each))).read_text("utf-8").splitlines()) for key, each in connectors().items()}
CODE = [path for each in connectors().values() for path in Path(inspect.getfile(type(each))).parent.rglob("*.py")]


def prints(text):
    return [node.lineno for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name) and node.id == "print"]


def test_each_platform_has_a_connector_of_its_own():
    files = {inspect.getfile(type(each)) for each in connectors().values()}

    assert len(files) == len(SIZES) >= 9
    assert {Path(each).name for each in files} == {"connector.py"}


def test_connectors_are_small():
    assert median(SIZES.values()) <= MEDIAN, SIZES
    assert {key: size for key, size in SIZES.items() if size > MOST} == {}


def test_nothing_of_a_platform_prints():
    assert len(CODE) > len(SIZES)
    assert [(path, line) for path in CODE for line in prints(path.read_text("utf-8"))] == []
    assert prints("x = 1\nprint(x)\n") == [2]
