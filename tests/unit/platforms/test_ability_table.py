"""The table in docs/platforms/README.md says what the manifests, the cases and the tests say: no more, and no less."""

import ast
from functools import cache
from pathlib import Path

import httpx2
import pytest

import evidence
from abilities import ABILITIES, CASES, KINDS, NOT_YET, UNDELETABLE, has
from ocma.platforms.connector import Access
from ocma.platforms.errors import ContentRejected
from ocma.platforms.registry import get_connector, manifests

TESTS = Path(__file__).parents[2]
PAGE = TESTS.parent / "docs" / "platforms" / "README.md"
HERE = {each.key: each for each in manifests()}
HAS_NOT, LATER = "–", "○"
CELLS = [(key, ability) for key in HERE for ability in ABILITIES]
FIGURES = [(key, what) for key in HERE for what in ("post", "account")]
NAMED = {test: (letter, key) for key, ability in (*CELLS, *FIGURES) for letter, test in evidence.named(key, ability)}


def rows(heading):
    """Of the first table under a heading, as lists of cells."""
    text = PAGE.read_text("utf-8").partition(f"## {heading}\n")[2]
    lines = [line for line in text.partition("\n## ")[0].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in (lines[0], *lines[2:])]


@cache
def table():
    """platform -> ability -> cell"""
    (_, *columns), *found = rows("What was verified how")
    return {row[0].partition("](")[2].removesuffix(".md)"): dict(zip(columns, row[1:], strict=True)) for row in found}


@cache
def functions(path):
    module = ast.parse((TESTS / path).read_text("utf-8"))
    return {each.name: each for each in module.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)}


def shown(key):
    return {each.ability for each in CASES if each.platform == key}


def expected(key, ability):
    if not has(HERE[key], ability):
        return LATER if (key, ability) in NOT_YET else HAS_NOT
    letters = {letter for letter, _ in evidence.named(key, ability)} | ({"s"} if ability in shown(key) else set())
    return " ".join(each for each in "dfsr" if each in letters)


def test_there_is_a_row_for_each_platform_and_a_column_for_each_ability():
    assert sorted(table()) == sorted(HERE)
    assert [list(row) for row in table().values()] == [list(ABILITIES)] * len(HERE)


@pytest.mark.parametrize("key", HERE)
def test_the_names_are_the_platforms_own(key):
    for heading in ("What was verified how", "Afterwards", "What figures were verified how"):
        assert [row[0] for row in rows(heading) if f"({key}.md)" in row[0]] == [f"[{HERE[key].name}]({key}.md)"]


@pytest.mark.parametrize(("key", "ability"), CELLS, ids=map("-".join, CELLS))
def test_a_cell_is_what_was_verified(key, ability):
    assert table()[key][ability] == expected(key, ability)


@pytest.mark.parametrize("key", HERE)
def test_what_a_manifest_allows_has_a_case_and_nothing_else(key):
    assert shown(key) == {ability for ability in ABILITIES if has(HERE[key], ability)}


@pytest.mark.parametrize("key", HERE)
def test_no_kind_of_post_is_overlooked(key):
    assert set(HERE[key].kinds) <= KINDS


@pytest.mark.parametrize("key", [key for key, each in HERE.items() if each.media.mixed])
def test_what_may_be_mixed_is_shown_mixed(key):
    (several,) = [each.files for each in CASES if (each.platform, each.ability) == (key, "images")]
    assert {name.partition("-")[0] for name in several} == {"image", "video"}


def test_cases_have_names_of_their_own():
    names = list(map(str, CASES))
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("test", NAMED)
def test_what_is_named_is_a_test_that_runs(test):
    path, _, name = test.partition("::")
    found = functions(path)[name]
    assert not any("skip" in ast.unparse(each) for each in found.decorator_list)


@pytest.mark.parametrize(("test", "letter", "key"), [(test, *found) for test, found in NAMED.items()])
def test_a_letter_stands_for_its_kind_of_test(test, letter, key):
    folder = "real/" if letter == "r" else f"contract/{key}/"
    assert letter in "dfr"
    assert test.startswith(folder)
    assert letter != "d" or (TESTS / evidence.DESCRIPTIONS[key]).is_file()


@pytest.mark.parametrize(("key", "ability"), [*evidence.EVIDENCE, *evidence.REAL, *NOT_YET])
def test_evidence_is_of_a_platform_and_an_ability(key, ability):
    assert (key, ability) in CELLS
    assert has(HERE[key], ability) is ((key, ability) not in NOT_YET)


@pytest.mark.parametrize("key", HERE)
def test_what_is_measured_is_told_and_how_that_was_verified(key):
    (cells,) = [row[1:] for row in rows("What figures were verified how") if f"({key}.md)" in row[0]]
    letters = [" ".join(letter for letter, _ in evidence.named(key, what)) for what in ("post", "account")]
    measured = [bool(HERE[key].measuring.of(what)) for what in ("post", "account")]
    assert cells == [found if is_measured else HAS_NOT for found, is_measured in zip(letters, measured, strict=True)]


@pytest.mark.parametrize(("key", "what"), evidence.MEASURED)
def test_evidence_of_figures_is_of_what_is_measured(key, what):
    assert HERE[key].measuring.of(what)


def test_who_deletes_nothing_is_told():
    told = {row[0].partition("](")[2].removesuffix(".md)") for row in rows("Afterwards") if row[1] == "no"}
    assert told == UNDELETABLE


@pytest.mark.parametrize("key", sorted(UNDELETABLE))
async def test_who_deletes_nothing_says_so_without_being_asked(key):
    asked = []
    client = httpx2.AsyncClient(transport=httpx2.MockTransport(asked.append), base_url="https://nobody.example")
    with pytest.raises(ContentRejected) as refused:
        await get_connector(key).withdraw(Access(client), "1")
    assert (refused.value.rule, asked) == ("deleteUnsupported", [])
