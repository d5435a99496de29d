import pytest

from ocma.intelligence.function_words import FUNCTION_WORDS
from ocma.intelligence.keyphrases import find, telling
from ocma.intelligence.text import read


def texts(text, language="en", most=10):
    return [each.text for each in find(read(text), language, most)]


def test_phrases_are_runs_of_words_without_function_words():
    found = texts("Our research shows that cheap solar panels can power a small village.")

    assert {"cheap solar panels", "small village"} <= set(found)
    assert not {word for each in found for word in each.casefold().split()} & FUNCTION_WORDS["en"]


def test_only_what_tells_about_as_much_as_the_best_is_for_tags():
    found = find(read("We open a second bakery in Leeds on Saturday, with free coffee until noon"), "en")

    assert [each.text for each in telling(found)] == ["Leeds"]
    assert telling(()) == ()


def test_a_name_comes_before_other_words():
    assert texts("Come and meet the head baker of our bread shop, Maria Lopez.")[0] == "Maria Lopez"


def test_a_name_may_hold_a_joining_word():
    assert "Bank of Scotland" in texts("We talked to the Bank of Scotland about loans.")
    assert "cup of tea" not in texts("We had a cup of tea.")


@pytest.mark.parametrize(
    ("language", "text", "phrase"),
    [
        ("en", "Use code SUN30 at checkout for 30% off all sun hats.", "Use code SUN30"),
        ("en", "The new Galaxy S24 is here.", "Galaxy S24"),
        ("en", "Meet us at CES2026 in Las Vegas.", "CES2026"),
        ("en", "Rules about COVID-19 change on Monday.", "COVID-19"),
        ("en", "Keep what you know in 1Password.", "1Password"),
        ("de", "Mit dem Code SOMMER25 wird jedes Zelt billiger.", "Code SOMMER25"),
    ],
)
def test_a_word_with_figures_is_kept_whole(language, text, phrase):
    assert phrase in texts(text, language)


def test_of_an_amount_nothing_is_left():
    found = {
        word for each in texts("The 2nd shop opens at 5pm and sells 100ml and 2.5kg bottles, 20% off.") for word in each.split()
    }

    assert found == {"shop", "opens", "sells", "bottles"}


def test_what_comes_again_counts_more():
    once, again = (
        {each.text: each.score for each in find(read(text), "en")}
        for text in ("I fixed a kettle.", "I fixed a kettle. That kettle.")
    )

    assert again["kettle"] > once["kettle"]


def test_what_signs_part_is_no_phrase():
    assert not [each for each in texts("We sell lanterns, bicycles and clocks; candles too.") if " " in each]


def test_capitals_everywhere_tell_no_names():
    shouted, said = (
        find(read(text), "en")
        for text in ("HOW TO FIX A RUSTY BICYCLE CHAIN AT HOME", "How to fix a rusty bicycle chain at home")
    )

    assert [each.score for each in shouted] == [each.score for each in said]


def test_a_word_is_in_one_phrase_only():
    words = [word for each in texts("Solar panels and cheap solar panels and solar power") for word in each.casefold().split()]

    assert len(words) == len(set(words))


@pytest.mark.parametrize(
    ("language", "text", "phrase"),
    [
        ("de", "Wir suchen für unser Büro in Leipzig eine neue Kollegin.", "Leipzig"),
        ("es", "Buscamos un diseñador gráfico para la oficina.", "diseñador gráfico"),
        ("fr", "Nous ouvrons une boulangerie artisanale dans le quartier.", "boulangerie artisanale"),
        ("pt", "O festival de cinema começa no Recife.", "Recife"),
        ("ja", "東京で新しいカフェがオープンしました。", "カフェ"),
        ("zh", "我们的咖啡店在上海。", "咖啡店"),
        (None, "Tunafungua duka jipya la vitabu", "Tunafungua duka jipya"),
    ],
)
def test_other_languages(language, text, phrase):
    assert phrase in texts(text, language)


def test_no_more_than_asked_for_best_first():
    found = find(read("Lanterns, bicycles, orchards, ceramics, festivals, gardens, concerts and bridges."), "en", 3)

    assert len(found) == 3
    assert find(read("Lanterns, bicycles"), "en", 1) == find(read("Lanterns, bicycles"), "en")[:1]


@pytest.mark.parametrize("text", ["", "and of the", "😀", "12 34", "https://example.org"])
def test_nothing_said_nothing_found(text):
    assert find(read(text), "en") == ()


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("es", "Que esto sea para ti, aunque hubiera sido de aquellos y estuviese bajo él. Hemos tenido, tuvieron, habrá, será."),
        ("pt", "Que seja dele, e que tenhamos disso. Estivesse sob aquela, teria sido; houve, haja, serão, estamos nesta."),
        ("it", "Che sia ad ogni altro, se fosse presso quei. Avrebbe avuto, avevano, saranno; sto col mio. C'è, cos’è?"),
        (
            "fr",
            "Qu'il soit parmi ceux, celle ou celui, malgré cela. Nous serons, ils auraient, ayant eu. J'ai, jusqu’à, ça, voici.",
        ),
        ("de", "Es sei ins, ans oder aufs, außer denen, deren ihr wäret. Ihr hättet gehabt, wir wären und würden; gemäß jenem."),
    ],
)
def test_words_that_name_nothing_are_no_phrases(language, text):
    assert find(read(text), language) == ()
