"""Every failure has a meaning at every door: nobody may add one and forget a table."""

import importlib
import pkgutil

import pytest

import ocma
from ocma.entrypoints.api import problems
from ocma.entrypoints.cli import exits
from ocma.errors import OcmaError
from ocma.features.publishing import outcomes
from ocma.platforms.errors import PlatformError

ROOTS = {OcmaError, PlatformError}  # in the tables as the last resort; raising one names nothing
DECLARED = {"ocma.errors", "ocma.platforms.errors"}


def subclasses(kind):
    return {kind}.union(*(subclasses(each) for each in kind.__subclasses__()))


@pytest.fixture(scope="module")
def kinds():
    """Of the whole program: a class that no test imports counts too."""
    for module in pkgutil.walk_packages(ocma.__path__, "ocma."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    return {kind for kind in subclasses(OcmaError) if kind.__module__.startswith("ocma.")}


def tables():
    return {"api": problems.TABLE, "cli": exits.TABLE, "worker": outcomes.VERDICTS}


def test_the_tree_is_found(kinds):
    assert len({kind for kind in kinds if kind.__module__ in DECLARED}) >= 17


@pytest.mark.parametrize("door", tables())
def test_every_declared_failure_is_in_the_table(kinds, door):
    missing = {kind.__name__ for kind in kinds if kind.__module__ in DECLARED} - {kind.__name__ for kind in tables()[door]}
    assert not missing - {root.__name__ for root in ROOTS}


@pytest.mark.parametrize("door", tables())
def test_a_failure_declared_elsewhere_means_what_a_named_one_means(kinds, door):
    for kind in kinds - ROOTS:
        nearest = next(each for each in kind.__mro__ if each in tables()[door])
        assert nearest not in ROOTS, f"{kind.__name__} would be told as {nearest.__name__}"


def test_a_worker_knows_what_to_do_about_every_failure(kinds):
    """By a verdict that somebody chose: the last resort is for what nobody has thought of."""
    chosen = {kind: outcomes.verdict(kind()) for kind in kinds - ROOTS}
    assert set(chosen.values()) == set(outcomes.Verdict)
    for kind, verdict in chosen.items():
        named = [each for each in kind.__mro__ if each in outcomes.VERDICTS and each not in ROOTS]
        assert named, f"{kind.__name__} has no verdict"
        assert verdict is outcomes.VERDICTS[named[0]]


@pytest.mark.parametrize("door", tables())
def test_the_table_names_no_ghosts(kinds, door):
    assert set(tables()[door]) <= kinds


def test_the_tree_at_the_head_of_errors_py_is_the_tree(kinds):
    import ocma.errors

    drawn = ocma.errors.__doc__
    for kind in kinds:
        if kind.__module__ in DECLARED:
            assert f" {kind.__name__} " in f"{drawn} ".replace("\n", " "), f"{kind.__name__} is not drawn"


def test_every_failure_says_something_by_itself(kinds):
    for kind in kinds:
        assert (kind.__doc__ or "").strip().endswith("."), kind.__name__
        assert kind().detail
