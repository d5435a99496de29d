"""Formulas over metrics, such as `(likes + comments) / reach * 100`: a small tree, written and reckoned. Nothing is ever run."""

import math
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeAlias

from ocma.errors import Invalid, Issue

Sign = Literal["+", "-", "*", "/"]
Figures: TypeAlias = Mapping[str, float | None]

_SIGNS: Mapping[Sign, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}
_HINT = "Write e.g. `(likes + comments) / reach * 100`: metrics, numbers, + - * /, parentheses, sum(metric)."


@dataclass(frozen=True, slots=True)
class Number:
    value: Decimal

    def __str__(self) -> str:
        text = format(self.value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text


@dataclass(frozen=True, slots=True)
class Name:
    """A metric by its key; `over_all`: its sum over all posts."""

    key: str
    over_all: bool = False

    def __str__(self) -> str:
        return f"sum({self.key})" if self.over_all else self.key


@dataclass(frozen=True, slots=True)
class Pair:
    sign: Sign
    left: "Tree"
    right: "Tree"

    def __str__(self) -> str:
        """With no more parentheses than it takes to read the same tree again."""
        binds = self.sign in "*/"
        left = f"({self.left})" if binds and _is_sum(self.left) else str(self.left)
        enclosed = _is_sum(self.right) or (binds and isinstance(self.right, Pair))
        return f"{left} {self.sign} {f'({self.right})' if enclosed else self.right}"


Tree: TypeAlias = Number | Name | Pair


def _is_sum(tree: Tree) -> bool:
    return isinstance(tree, Pair) and tree.sign in "+-"


def names(tree: Tree) -> Iterator[Name]:
    if isinstance(tree, Name):
        yield tree
    elif isinstance(tree, Pair):
        yield from names(tree.left)
        yield from names(tree.right)


def reckon(tree: Tree, figures: Figures, sums: Figures) -> float | None:
    """None where a figure is not known, where something is divided by 0, and where the result is too large for a number."""
    found = _reckon(tree, figures, sums)
    return found if found is not None and math.isfinite(found) else None


def _reckon(tree: Tree, figures: Figures, sums: Figures) -> float | None:
    if isinstance(tree, Number):
        return float(tree.value)
    if isinstance(tree, Name):
        return (sums if tree.over_all else figures).get(tree.key)
    left, right = _reckon(tree.left, figures, sums), _reckon(tree.right, figures, sums)
    if left is None or right is None or (tree.sign == "/" and right == 0):
        return None
    return _SIGNS[tree.sign](left, right)


def refusal(message: str, code: str, remediation: str = _HINT) -> Invalid:
    """A formula that cannot be."""
    return Invalid(message, code=code, issues=[Issue("formula", code, message, remediation)], remediation=remediation)
