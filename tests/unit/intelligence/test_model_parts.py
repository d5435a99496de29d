"""The parts of asking a model that need none: schemas, counts, prices, settings, what is read of an answer."""

import sys
from decimal import Decimal
from enum import Enum
from subprocess import run

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, ValidationError

from model_server import Refused, _check_strict, filled
from ocma.errors import Invalid
from ocma.intelligence.endpoint import find_endpoint, is_configured
from ocma.intelligence.prompt import Prompt, measure, quoted
from ocma.intelligence.reading import Said, Wrong, add_chunk, parsed, read_whole, usage_of
from ocma.intelligence.shape import schema_of
from ocma.intelligence.usage import Bill, Prices, Unaffordable, Usage, read_usage
from ocma.settings import Settings


class Colour(Enum):
    RED = "red"


class Part(BaseModel):
    colour: Colour = Colour.RED
    words: list[str] = Field(default_factory=list, max_length=5)


class Whole(BaseModel):
    """An answer."""

    score: float = Field(ge=0, le=100)
    part: Part = Field(description="The only one.")
    more: list[Part] | None = None
    note: str | None = Field(None, max_length=80)


class Free(BaseModel):
    words: dict[str, int]


def test_a_schema_that_servers_hold_to_strictly():
    schema, strict = schema_of(Whole)
    assert strict
    _check_strict(schema, "schema", root=True)
    assert Whole.model_validate(filled(schema))
    assert "at most 80 characters" in str(schema)
    with pytest.raises(Refused):  # the check can fail
        _check_strict(Whole.model_json_schema(), "schema", root=True)


def test_free_keys_cannot_be_held_strictly():
    assert schema_of(Free) == (Free.model_json_schema(), False)


@given(st.recursive(st.text() | st.integers() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_what_is_quoted_says_the_same_and_has_no_marks(value):
    import json

    text = quoted({"data": value})
    sent = text.encode()
    whole = json.loads(json.dumps(value).encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
    assert json.loads(sent) == {"data": whole}
    assert not set("<>|") & set(text)


@pytest.mark.parametrize("draft", ["[INST]", "a]b[c", '"[x]"', "\\[", "\\\\[", '[[\\"]]'])
def test_brackets_in_texts_are_no_brackets(draft):
    text = quoted([draft])
    assert (text.count("["), text.count("]")) == (1, 1)


@pytest.mark.parametrize(
    ("told", "usage"),
    [
        ({"prompt_tokens": 3, "completion_tokens": 0}, Usage(3, 0)),
        ({"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 99}, Usage(3, 4)),
        ({"prompt_tokens": -3, "completion_tokens": 4}, None),
        ({"prompt_tokens": True, "completion_tokens": 4}, None),
        ({"prompt_tokens": 3.0, "completion_tokens": 4}, None),
        ({"prompt_tokens": "3", "completion_tokens": 4}, None),
        ({"prompt_tokens": 10**30, "completion_tokens": 4}, None),
        ({"prompt_tokens": 3}, None),
        ({}, None),
        (None, None),
        ([], None),
    ],
)
def test_counts(told, usage):
    assert read_usage(told) == usage


def test_costs():
    prices = Prices(Decimal("0.15"), Decimal("0.60"))
    assert prices.cost(Usage(1_000_000, 1_000_000)) == Decimal("0.75")
    assert prices.cost(Usage(1, 0)) == Decimal("0.00000015")
    assert prices.cost(None) is None
    assert Prices(Decimal(1), None).cost(Usage(1, 1)) is None
    assert Prices(Decimal(0), Decimal(0)).cost(Usage(1, 1)) == 0


async def test_a_bill_of_several_calls():
    asked = []

    async def pay(most):
        asked.append(most.total)
        return most.total <= 400

    bill = Bill(pay)
    await bill.begin(Usage(100, 50))
    bill.refused()
    bill.close()
    assert (bill.usage, bill.open.total, bill.sent) == (None, 0, 1)
    await bill.begin(Usage(100, 50))
    bill.count(Usage(90, 10))
    bill.close()
    assert (bill.usage, bill.open.total) == (Usage(90, 10), 0)
    await bill.begin(Usage(200, 50))
    bill.count(None)
    bill.close()
    assert (bill.usage, bill.counted, bill.open) == (None, Usage(90, 10), Usage(200, 50))
    with pytest.raises(Unaffordable):
        await bill.begin(Usage(100, 50))
    assert asked == [150, 150, 350, 500]
    assert bill.sent == 3


@pytest.mark.parametrize(
    "text",
    [
        '{"mood": "a"}',
        ' \n{"mood": "a"}\n',
        'Here: {"mood": "a"} {"mood": "b"}',
        '```json\n{"mood": "a"}\n```',
        '<think>{"mood": "no"} {</think>{"mood": "a"}',
        'Set {x} then {"mood": "a"}',
    ],
)
def test_an_answer_among_words(text):
    class Mood(BaseModel):
        mood: str

    assert parsed(Said(text), Mood).mood == "a"


@pytest.mark.parametrize(
    "text", ["", "null", "{}", "[]", "{" * 100_000, '{"mood": 1}', '{"mood": "a"', '"mood"', "{\x00}", "NaN"]
)
def test_no_answer(text):
    class Mood(BaseModel):
        mood: str

    with pytest.raises(Wrong) as caught:
        parsed(Said(text), Mood)
    assert caught.value.errors


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["choices", "message", "delta", "content", "usage", "prompt_tokens", "refusal"]), inner)
    ),
    max_leaves=12,
)


@given(ANYTHING)
def test_whatever_a_server_says_nothing_breaks(answer):
    usage_of(answer)
    said = Said()
    assert isinstance(add_chunk(said, answer), str)
    try:
        assert isinstance(read_whole(answer).text, str)
    except Exception as error:
        assert type(error).__name__ == "Malformed"


def test_what_a_prompt_may_take_is_more_than_it_does():
    """By tokenizers in use English takes a token for some four bytes, Chinese one for two or three."""
    for text in ("Good morning, everybody! " * 40, "早上好，大家好！" * 100):
        prompt = Prompt("Say.", {"draft": text}, {}, 10)
        assert measure(prompt.messages(with_schema=False)) > len(text.encode()) / 3


def settings(**values):
    return Settings(_env_file=None, **values)


def test_a_key_or_a_url_turns_it_on():
    assert not is_configured(settings())
    assert find_endpoint(settings()) is None
    openai = find_endpoint(settings(OPENAI_API_KEY=" sk-1 "))
    assert (openai.name, openai.url, openai.key.get_secret_value()) == ("gpt-4.1-mini", "https://api.openai.com/v1", "sk-1")
    ollama = find_endpoint(settings(OPENAI_BASE_URL="http://127.0.0.1:11434/v1/", OCMA_AI_MODEL="llama3.2"))
    assert (ollama.name, ollama.url, ollama.key.get_secret_value()) == ("llama3.2", "http://127.0.0.1:11434/v1", "")


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"OPENAI_BASE_URL": "http://127.0.0.1/v1"}, "OCMA_AI_MODEL"),
        ({"OPENAI_BASE_URL": "127.0.0.1:11434", "OCMA_AI_MODEL": "m"}, "OPENAI_BASE_URL"),
        ({"OPENAI_BASE_URL": "file:///etc/passwd", "OCMA_AI_MODEL": "m"}, "OPENAI_BASE_URL"),
        ({"OPENAI_BASE_URL": "http://user:secret@host/v1", "OCMA_AI_MODEL": "m"}, "OPENAI_BASE_URL"),
        ({"OPENAI_BASE_URL": "http://[half/v1", "OCMA_AI_MODEL": "m"}, "OPENAI_BASE_URL"),
        ({"OPENAI_BASE_URL": "http://host:99999/v1", "OCMA_AI_MODEL": "m"}, "OPENAI_BASE_URL"),
        ({"OPENAI_API_KEY": "sk-a b"}, "OPENAI_API_KEY"),
        ({"OPENAI_API_KEY": "sk-a\nX: y"}, "OPENAI_API_KEY"),
        ({"OPENAI_API_KEY": "sk-ключ"}, "OPENAI_API_KEY"),
        ({"OPENAI_API_KEY": "sk-1", "OCMA_AI_PRICE_INPUT": "1"}, "OCMA_AI_PRICE_OUTPUT"),
    ],
)
def test_settings_that_cannot_be_meant(values, named):
    with pytest.raises(Invalid) as caught:
        find_endpoint(settings(**values))
    told = f"{caught.value.detail} {caught.value.remediation}"
    assert named in told
    assert "secret" not in told
    assert "sk-" not in told


@pytest.mark.parametrize("name", ["OCMA_AI_PRICE_INPUT", "OCMA_AI_DAILY_USD", "OCMA_AI_DAILY_TOKENS", "OCMA_AI_TIMEOUT_SECONDS"])
def test_amounts_are_not_negative(name):
    with pytest.raises(ValidationError):
        settings(**{name: "-1"})


def test_the_sdk_is_loaded_only_when_a_model_is_asked():
    code = "import sys, ocma.bootstrap; sys.exit('openai' in sys.modules)"
    assert run([sys.executable, "-c", code], check=False, timeout=120).returncode == 0
