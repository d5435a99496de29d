"""A file fits on a few screens and a function on one: nobody has to hold more in mind."""

import ast
from pathlib import Path

SRC = Path(__file__).parents[2] / "src"
FILES = sorted(SRC.rglob("*.py"))
FILE_LIMIT, FUNCTION_LIMIT = 500, 60  # lines


def name(path: Path) -> str:
    return str(path.relative_to(SRC))


def functions(text: str) -> list[tuple[str, int]]:
    """Every function, methods and inner ones too, with its length from `def` to its last line."""
    found = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [(node.name, (node.end_lineno or node.lineno) - node.lineno + 1) for node in found]


def test_there_are_files_to_measure():
    assert {"ocma/bootstrap.py", "ocma_sandbox/app.py"} <= {name(path) for path in FILES}


def test_files_are_short():
    lines = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}

    assert {path: count for path, count in lines.items() if count > FILE_LIMIT} == {}


def test_functions_are_short():
    measured = [(name(path), *each) for path in FILES for each in functions(path.read_text(encoding="utf-8"))]

    assert [each for each in measured if each[-1] > FUNCTION_LIMIT] == []


def test_a_function_is_measured_whole():
    text = "class A:\n    @property\n    async def outer(self):\n        def inner():\n            pass\n\n        return inner\n"

    assert functions(text) == [("outer", 5), ("inner", 2)]
