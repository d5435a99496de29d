"""Other versions are made of the author's own words; what is told of them happened."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest

from ocma.features.assistant import strategies
from ocma.features.assistant.calls import CALLS, OBJECTIVES, find_call
from ocma.features.assistant.candidates import local_versions, polished
from ocma.features.assistant.deltas import Deltas
from ocma.features.assistant.estimates import forecasts, gain
from ocma.features.assistant.faithful import adds_nothing
from ocma.features.assistant.generate import generate, topic_of
from ocma.features.assistant.generate_schemas import GenerateWish
from ocma.features.assistant.improvements import UNTRIED, Occasion, improvements
from ocma.features.assistant.likeness import distinct, is_alike
from ocma.features.assistant.material import take_apart, without_hashtags
from ocma.features.assistant.optimize import Tools
from ocma.features.assistant.question import Consulted, Source
from ocma.features.assistant.rewriting import Variants
from ocma.features.assistant.strategies import STRATEGIES
from ocma.features.assistant.target import Target, target, with_fewer_hashtags
from ocma.platforms.registry import get_connector, manifests

MENU = (
    "Our new winter menu is here! We actually spent months in the kitchen in order to get it right. Oslo's farms gave us 12 dishes. "
    "What would you try first? Book a table at https://example.org/book #food #oslo"
)


def material(text=MENU, language="en", **more):
    return replace(take_apart(text), language=language, **more)


def to(platform="mastodon", content_type=None, most=None):
    return target(get_connector(platform).manifest, content_type, most)


def words(text):
    return re.findall(r"\w+", text.lower())


@pytest.mark.parametrize(
    "text",
    [
        MENU,
        "One.\nTwo is here\n\nThree #a #b",
        "a",
        "#a #b",
        "Hi there\n\n\n#a",
        "Line\n- one\n- two",
        "https://example.org/a?b#c",
        "今天。明天。",
    ],
)
def test_what_is_taken_apart_goes_together_again(text):
    assert take_apart(text).text() == text
    assert take_apart(f"  {text}\n").text() == text


def test_every_strategy_keeps_to_the_authors_words():
    calls = {each for language in CALLS.values() for found in language.values() for each in found}
    known = {*words(MENU), *(word for each in calls for word in words(each)), "because", "to", "wintermenu"}
    for objective in OBJECTIVES:
        found = local_versions(material(phrases=("winter menu",), tags=("wintermenu",)), to(), objective)
        assert len({each.title for each in found}) == len(found) >= 5
        for each in found:
            assert set(words(each.content)) <= known, each
            assert set(re.findall(r"https://\S+", each.content)) == {"https://example.org/book"}


def made(name, text=MENU, language="en", **more):
    return next(each for each in STRATEGIES if each.key == name).rewrite(material(text, language, **more))


def test_each_strategy_does_what_it_says():
    assert made("questionFirst").startswith("What would you try first? Our new winter menu is here!")
    assert made("numberFirst").startswith("Oslo's farms gave us 12 dishes. Our new")
    assert "actually" not in made("concise", "We actually came here in order to actually see all of it, and you did too.")
    assert len(made("concise")) < 0.9 * len(MENU)
    assert made("list").count("\n• ") == 3
    assert made("list", "We sell: apples, pears, plums and figs.") == "We sell:\n• apples\n• pears\n• plums\n• figs"
    assert made("paragraphs").count("\n\n") == 4
    assert made("paragraphs", "We opened a second shop today – and it is right by the river") == (
        "We opened a second shop today\n\nAnd it is right by the river"
    )
    assert made("heading", phrases=("winter menu",)).startswith("Winter menu\n\nOur new")
    assert made("readerFirst", "We made a lamp. Your desk has room for it.").startswith("Your desk has room for it. We")
    assert (
        made("pointFirst", "Hello all. Coffee beans roast slowly here. Roast coffee keeps. Coffee beans and roast matter.")
        is not None
    )


def test_a_strategy_without_anything_to_work_with_gives_nothing():
    for each in STRATEGIES:
        assert each.rewrite(material("Hello", "en")) is None, each.key
    assert made("questionFirst", "Why? Because. Really?") is None  # it opens with one
    assert made("numberFirst", "We came. It cost 5 €.") is None  # cannot be understood without what stands before it
    assert made("readerFirst", "Nous sommes là. Voilà.", "xx") is None


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("language", CALLS)
def test_calls_are_found_again_and_not_added_twice(language, objective):
    once = strategies.called(material("A text of ours", language), objective)
    assert once.startswith("A text of ours. ")
    assert find_call(take_apart(once).sentences[-2:], language)
    assert strategies.called(material(once, language), objective) is None


def test_in_a_language_that_is_not_known_nothing_is_added():
    assert strategies.called(material("Et ord", None), "engagement") is None
    assert polished(material("Et ord til", None), to(), "engagement").content == "Et ord til"


def test_a_call_stands_before_a_link_that_stands_alone():
    text = strategies.called(material("We wrote a book\n\nhttps://example.org/book"), "reach")
    assert text == "We wrote a book\n\nShare this with someone who would like it.\n\nhttps://example.org/book"


def test_hashtags_are_added_up_to_what_is_usual():
    text = material("Text #a", tags=("b", "A", "c", "d"))
    assert strategies.tagged(text, 3) == "Text #a #b #c"
    assert strategies.tagged(material("Text #a #b #c", tags=("d",)), 3) is None
    assert without_hashtags(material("We #love it #a #b")).text() == "We love it"
    assert with_fewer_hashtags("a #b c #d #e", 1) == "a #b c"


def test_near_duplicates():
    assert is_alike(MENU, MENU.upper())
    assert is_alike(MENU * 4, MENU * 4 + " What do you think?")
    assert not is_alike("Hello world", "Hello world. What do you think?")
    assert not is_alike(MENU, made("questionFirst"))
    assert not is_alike(MENU, made("list"))
    assert distinct(["a b c", "A b c!", " ", "c b a"], ["c b a"]) == ["a b c", "A b c!"]


@pytest.mark.parametrize("manifest", list(manifests()), ids=lambda each: each.key)
def test_versions_fit_every_platform(manifest):
    for text in (MENU, MENU * 200, "👨‍👩‍👧‍👦" * 900, "#a" * 500, "今天天气很好。" * 900):
        place = Target(manifest)
        for each in [polished(material(text), place, "reach"), *local_versions(material(text), place, "reach")]:
            assert place.issues(each.content) == []
            assert place.takes(each.content)


def test_polishing_adds_nothing_there_is_no_room_for():
    text = "word " * 55 + "end."
    assert polished(material(text, tags=("tag",)), to("x"), "engagement").content == text
    assert polished(material("Short.", tags=("tag",)), to("x"), "engagement").content == "Short. What do you think? #tag"
    assert len(polished(material(MENU * 3), to("x"), "engagement").content) <= 300


# What is told of a difference --------------------------------------------------------------------------------------------


def told(before, after, platform="mastodon", most=None, **more):
    return improvements(before, after, Occasion(to(platform, most=most), "engagement", "en", **more))


def types(found):
    return [each.type for each in found]


def test_nothing_different_is_nothing_told():
    assert told(MENU, MENU) == []
    assert told("Text. ", "Text.") == []


def test_only_what_happened_is_told():
    assert types(told("Our café is open.", "Our café is open. What do you think?")) == ["callToAction"]
    assert types(told("Our café is open.", "Our café is open. #cafe")) == ["hashtags"]
    assert types(told("Our café is open #cafe", "Our café is open", include_hashtags=False)) == ["hashtags"]
    assert types(told(MENU, made("questionFirst"))) == ["opening"]
    assert types(told(MENU, made("list"))) == ["layout"]
    assert types(told("Our café is open.", "Our bar is open.")) == ["opening", "wording"]


def test_reasons_are_rules_where_there_are_some():
    (length,) = [each for each in told("word " * 80, "word " * 10, "x") if each.type == "length"]
    assert (length.change, length.reason) == ("400 to 50 weighted characters.", "X: 400 weighted characters; the limit is 280.")
    (length,) = [each for each in told("word " * 20, "word " * 5, most=30) if each.type == "length"]
    assert length.reason == "maxLength is 30."
    (characters,) = told("a <b", "a b", "youtube")
    assert characters.reason == "YouTube: < may not be in it."
    tags = " ".join(f"#t{number}" for number in range(31))
    found = {each.type: each.reason for each in told(tags, tags.removesuffix(" #t30"), "instagram")}
    assert found["hashtags"] == "Instagram: 31 hashtags; at most 30."


@dataclass(frozen=True)
class Factor:
    name: str
    effect: float
    detail: str = "Questions do better here."


@dataclass(frozen=True)
class Forecast:
    score: float
    expected: float | None = None
    low: float | None = None
    high: float | None = None
    unit: str | None = "interactions"
    confidence: float | None = 0.6
    basis: str = "account"
    factors: tuple = ()


def test_a_reason_is_the_predictors_where_it_has_one():
    expected = (
        Forecast(0, factors=(Factor("question", 0.0), Factor("words", 0.5))),
        Forecast(0.3, factors=(Factor("question", 0.25),)),
    )
    before, after = "Our café is open.", "Our café is open. What do you think?"
    (found,) = improvements(before, after, Occasion(to(), "engagement", "en"), expected)
    assert (found.factor, found.effect, found.reason) == ("question", 0.25, "Questions do better here.")
    (found,) = improvements(before, after, Occasion(to(), "engagement", "en"), expected[::-1])
    assert (found.factor, found.effect) == (None, None)
    assert found.reason.endswith(UNTRIED)


def test_a_gain_is_the_difference_of_two_predictions_and_nothing_else():
    before, after = Forecast(0, 100, 70, 140), Forecast(0.4, 120, 90, 170)
    found = gain(before, after)
    assert (found.percent, found.low, found.high) == (20.0, -30.0, 78.3)
    assert (found.confidence, found.basis) == (0.6, "account")
    assert gain(None, after) is None
    assert gain(replace(before, expected=0.0), after) is None
    assert gain(before, replace(after, expected=None)) is None
    assert gain(before, replace(after, basis="global")) is None
    assert gain(before, replace(after, high=None)).high is None
    assert forecasts(None, ["a"]) == [None]
    assert forecasts(lambda texts: [replace(before, basis="none") for _ in texts], ["a", "b"]) == [None, None]


# What a model wrote -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "See https://evil.example/now",
        "See evil.com now",
        "Now for $5 only",
        "Save 50 % today",
        "With 1,000 guests",
        "Thanks to @evil",
    ],
)
def test_what_its_author_did_not_say_is_not_used(text):
    assert not adds_nothing(text, MENU)


@pytest.mark.parametrize(
    "text", ["12 dishes! https://example.org/book", "3 tips:\n1. Eat", "What would you try?", "example.org/book"]
)
def test_what_its_author_said_in_other_words_is_used(text):
    assert adds_nothing(text, MENU)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_texts_are_read_while_their_json_comes(size):
    written = '{"title": "x", "variants": ["one \\"two\\" \\u00e9", "", "\\ud83d\\ude00 three\\n", "four"], "more": ["five"]}'
    deltas, found = Deltas("variants"), {}
    for start in range(0, len(written), size):
        for number, text in deltas.feed(written[start : start + size]):
            assert text
            found[number] = found.get(number, "") + text
    assert found == {0: 'one "two" é', 2: "😀 three\n", 3: "four"}


@pytest.mark.parametrize(
    "text", ["", "{}", "no json", '{"variants": {}}', '{"variants": [1, "a"]}', '{"variants": ["a\nb"]}', '{"variants": ["\\x']
)
def test_what_is_no_list_of_texts_is_passed_over(text):
    assert [each for each in Deltas("variants").feed(text) if each[1] != "a"] == []


def test_a_request_is_no_part_of_the_post():
    assert topic_of("Write a short post about our new menu") == "Our new menu"
    assert topic_of("please create 3 tweets for: spring sale") == "Spring sale"
    assert topic_of("Bitte schreib mir einen Beitrag über Kaffee") == "Kaffee"
    assert topic_of("Our new menu") == "Our new menu"
    assert topic_of("Write a post about") == "Write a post about"


@dataclass
class Writer:
    """A consultant whose model wrote that."""

    texts: list[str]

    async def ask(self, _workspace, _question):
        return Consulted(Variants(variants=self.texts), Source("model"))


@pytest.mark.parametrize(
    ("texts", "said"), [(["Now for $5 only"], "They are"), (["Now for $5 only", "Our menu is new"], "Some are"), ([MENU], None)]
)
async def test_it_is_told_how_many_are_of_the_requests_own_words(texts, said):
    wish = GenerateWish(prompt=MENU, platform="mastodon", variants=1 if said is None else 3)
    found = await generate(Tools(Writer(texts), lambda: datetime(2030, 1, 1, tzinfo=UTC)), None, wish)
    assert len(found.variants) == wish.variants
    assert [each.split(" made")[0] for each in found.notes] == ([said] if said else [])
