"""What a formula's result is in: counts by counts are a ratio, a ratio times 100 is percent, counts and seconds do not add up."""

from typing import NamedTuple

from ocma.features.analytics.formula import Name, Number, Pair, Tree, refusal
from ocma.platforms.metrics import METRICS


class Unit(NamedTuple):
    """Exponents; `percent` counts the hundreds in it."""

    counts: int = 0
    seconds: int = 0
    percent: int = 0

    @property
    def name(self) -> str:
        counted = bool(self.counts or self.seconds)
        return _NAMES.get((self.counts, self.seconds, 0 if counted else self.percent), "number")


_NAMES = {
    (0, 0, 0): "ratio",
    (0, 0, 1): "percent",
    (1, 0, 0): "count",
    (0, 1, 0): "seconds",
    (-1, 1, 0): "secondsPerCount",
    (1, -1, 0): "countPerSecond",
}
_OF_METRICS = {"count": Unit(counts=1), "seconds": Unit(seconds=1), "percent": Unit(percent=1)}


def unit_of(tree: Tree) -> Unit:
    """Raises Invalid where unlike things are added, and where there is no metric at all."""
    found = _unit(tree)
    if found is None:
        raise refusal("There is no metric in this formula.", "formulaConstant")
    return found


def _unit(tree: Tree) -> Unit | None:
    """None: that of a number, which goes with any."""
    if isinstance(tree, Number):
        return None
    if isinstance(tree, Name):
        return _OF_METRICS[METRICS[tree.key].unit]
    left, right = _unit(tree.left), _unit(tree.right)
    if left is None and right is None:
        return None
    return _sum(tree, left, right) if tree.sign in "+-" else _product(tree, left, right)


def _product(tree: Pair, left: Unit | None, right: Unit | None) -> Unit:
    way = 1 if tree.sign == "*" else -1
    pairs = zip(left or _hundreds(tree.left), right or _hundreds(tree.right), strict=True)
    return Unit(*(one + way * other for one, other in pairs))


def _hundreds(tree: Tree) -> Unit:
    return Unit(percent=1) if isinstance(tree, Number) and tree.value == 100 else Unit()


def _sum(tree: Pair, left: Unit | None, right: Unit | None) -> Unit | None:
    if left is None or right is None or left == right:
        return left or right
    if left[:2] == right[:2] != (0, 0):  # the hundreds are weights
        return Unit(left.counts, left.seconds)
    raise refusal(
        f"`{tree.left}` is in {_told(left)}, `{tree.right}` in {_told(right)}: these do not add up.",
        "formulaUnits",
        "Add and subtract like things; multiply and divide unlike ones.",
    )


def _told(unit: Unit) -> str:
    exponents = [f"{name}^{exponent}" for name, exponent in zip(Unit._fields, unit, strict=True) if exponent]
    return unit.name if unit.name != "number" else " ".join(exponents)
