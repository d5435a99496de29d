import pytest

from ocma.intelligence.keyphrases import Phrase
from ocma.intelligence.seo import WEIGHTS, assess
from ocma.intelligence.text import read

PHRASES = (Phrase("tidal power", 0.5), Phrase("sea wall", 0.3))


def factors(text, **told):
    return {each.name: each for each in assess(read(text), PHRASES, language="en", **told).factors}


def test_a_phrase_at_the_beginning_counts():
    assert factors("Tidal power comes to town, say engineers.")["phraseEarly"].score == 1
    assert factors("The sea wall is open for walks.")["phraseEarly"].score == 0.8
    assert factors("Good news for everybody here. Tidal power comes.")["phraseEarly"].score == 0
    assert factors("so " * 60 + "tidal power")["phraseEarly"].score == 0, "it stands after the preview"


def test_letters_in_a_row_are_not_words():
    assert factors("The tidalpower, tidal powers and a tidal wave of power.")["phraseEarly"].score == 0


def test_the_title_counts_only_where_there_is_one():
    text = "Tidal power comes to town."

    assert "phraseInTitle" not in factors(text)
    assert factors(text, title="All about tidal power")["phraseInTitle"].score == 1
    assert factors(text, title="All about power")["phraseInTitle"].score == 0.5
    assert factors(text, title="")["phraseInTitle"].score == 0


def test_tags_say_the_phrase_or_a_word_of_it():
    assert "phraseInTags" not in factors("Tidal power.")
    assert factors("Tidal power. #TidalPower")["phraseInTags"].score == 1
    assert factors("Tidal power. #tidal")["phraseInTags"].score == 0.6
    assert factors("Tidal power. #monday")["phraseInTags"].score == 0


def test_a_tag_may_be_another_form_of_a_word():
    def said(word, tag):
        found = assess(read(f"Our {word} is out. #{tag}"), (Phrase(word, 0.5),), language="en").factors
        return next(each.score for each in found if each.name == "phraseInTags")

    assert said("planner", "planning") == said("bakery", "bakeries") == said("sandals", "sandal") == 0.6
    assert said("planner", "planet") == said("contest", "contract") == said("sea", "seal") == 0


def test_a_tag_said_twice_is_found():
    found = factors("Tidal power. #sea #Sea #wall #walls")["duplicateTags"]

    assert (found.score, found.detail) == (0.75, "sea")


def test_stuffing_is_found_and_named():
    found = factors("Tidal power tidal tidal tidal tidal tidal tidal tidal tidal tidal.")["stuffing"]

    assert found.score == 0
    assert found.detail == "tidal ×10"
    assert factors("The sea and the sea and the sea, said the man to the man.")["stuffing"].score == 1


def test_links_want_words_and_no_company():
    assert factors("Read all about tidal power here https://example.org/a")["links"].score == 1
    assert factors("Power https://example.org/a")["links"].score == 0.25
    assert factors("Read all about tidal power https://example.org/a https://example.org/b")["links"].score == 0.5


def test_the_score_is_the_weighted_mean():
    found = assess(read("Tidal power comes. #sea https://example.org/a"), PHRASES, language="en", title="x")
    total = sum(each.weight for each in found.factors)

    assert {each.name for each in found.factors} == set(WEIGHTS)
    assert found.score == pytest.approx(100 * sum(each.score * each.weight for each in found.factors) / total, abs=0.05)
    assert found.keywords == PHRASES


@pytest.mark.parametrize("text", ["", "😀", "https://example.org/a"])
def test_a_draft_without_words_has_no_score(text):
    assert assess(read(text), ()).score is None
