"""What nobody writes, as long as a body may be: it takes no more than a moment to be analysed, made better, or written from."""

import time
from datetime import UTC, datetime

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from ocma.errors import Invalid
from ocma.features.assistant import generate, opinion, optimize
from ocma.features.assistant.analysis_schemas import AnalysisWish
from ocma.features.assistant.atoms import atoms, characters
from ocma.features.assistant.consult import Consultant
from ocma.features.assistant.generate_schemas import GenerateWish
from ocma.features.assistant.learned import NOTHING
from ocma.features.assistant.optimize import Tools
from ocma.features.assistant.optimize_schemas import OptimizeWish
from ocma.platforms.registry import get_connector

MOST = 100_000
SECONDS = 2.0
NOW = datetime(2030, 1, 1, tzinfo=UTC)
UNITS = {
    **{each: each for each in ("a", "🦊", "👩‍👩‍👧‍👦", "漢", "ก", "_", "1", "#", "@", "'", "(", "\u0301", "\u200d", " ", "\n")},
    **{
        each: each for each in ("#a ", "@a ", "#@", "a.", "A. ", "a? ", "a\n \n", "• a\n", "\u202eאב ", "a@b.c ", "not ", "sooo ")
    },
    **{each: each for each in (".", "!", ".!", "www.", "http://", "https://a.b/c ", "a/", "漢。", '"a ', "1,000.00 ")},
}
TOOLS = Tools(Consultant(), lambda: NOW)


async def analyze(text: str) -> None:
    wish = AnalysisWish(content=text, platform="x")
    opinion.form(opinion.Case(wish, get_connector("x").manifest, None, NOTHING, None, NOW))


async def improve(text: str, platform: str = "x") -> None:
    await optimize.optimize(TOOLS, None, OptimizeWish(content=text, platform=platform, versions=5))


async def write(text: str, platform: str = "x") -> None:
    await generate.generate(TOOLS, None, GenerateWish(prompt=text, platform=platform, variants=5))


@pytest.mark.parametrize("work", [analyze, improve, write])
@pytest.mark.parametrize("unit", UNITS)
async def test_long_texts(unit, work):
    text = f"a{(UNITS[unit] * MOST)[: MOST - 2]}a"
    await work("Good morning.")  # the models are loaded
    began = time.process_time()
    try:
        await work(text)
    except Invalid as error:
        assert error.rule == "nothingLeft"
    assert time.process_time() - began < SECONDS


async def test_texts_of_many_different_things():
    for kind in ("#t{} ", "@t{} ", "https://a.b/{} ", "Sentence number {} is good. ", "What {}?\n", "word{} "):
        text = "".join(kind.format(number) for number in range(20_000))[:MOST]
        for work in (analyze, improve, write):
            began = time.process_time()
            await work(text)
            assert time.process_time() - began < SECONDS, kind


@given(st.text("🇩🇪🇫a👩💻🏽\u200d\ufe0f\u0301\u0903 한ᄀ\r\n", max_size=30))
def test_characters_are_those_of_unicode(text):
    assert [each.text for each in characters(text)] == regex.findall(r"\X", text)


@pytest.mark.parametrize("work", [improve, write])
@pytest.mark.parametrize("platform", ["mastodon", "bluesky"])
async def test_runs_of_flags_where_characters_are_counted(platform, work):
    await work("Good morning.", platform)
    began = time.process_time()
    await work("🇩🇪" * (MOST // 2), platform)
    assert time.process_time() - began < SECONDS


def test_a_run_of_flags_takes_linear_time():
    began = time.process_time()
    assert len(atoms("🇩🇪" * 50_000)) == 50_000
    assert time.process_time() - began < SECONDS
