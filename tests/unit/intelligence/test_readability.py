from itertools import pairwise

import pytest

from ocma.intelligence import readability
from ocma.intelligence.readability import FORMULAS, ease
from ocma.intelligence.syllables import count
from ocma.intelligence.text import read

STORY = (
    "The dog ran to the lake. It saw a duck and sat down. The duck did not move. They looked at each other for a long time. " * 2
)
NEWS = (
    "The city council will vote on Tuesday on a plan to close two schools. Parents have asked for more time, and the mayor says that "
    "she will listen to them before anything is decided. "
) * 2
CONTRACT = (
    "Notwithstanding the aforementioned provisions, the indemnifying counterparty shall reimburse consequential expenditures attributable "
    "to contractual nonperformance, irrespective of jurisdictional considerations or intervening administrative determinations. "
) * 2


def test_what_is_easier_scores_higher():
    scores = [ease(read(each), "en").score for each in (STORY, NEWS, CONTRACT)]

    assert all(first > second + 10 for first, second in pairwise(scores)), scores
    assert scores[0] > 85
    assert scores[2] < 15


def test_the_parts_of_a_score_are_told():
    found = ease(read(CONTRACT), "en")

    assert (found.basis, found.steady, found.reason) == ("flesch+daleChall", True, None)
    assert found.words == 46
    assert found.per_sentence == 23
    assert found.per_word > 2.5
    assert found.grade > 15
    assert "nonperformance" in found.rare


@pytest.mark.parametrize(
    ("language", "easy", "hard"),
    [
        (
            "de",
            "Der Hund lief zum See. Er sah ein Boot.",
            "Die Arbeitsunfähigkeitsbescheinigung berücksichtigt Krankenversicherungsangelegenheiten.",
        ),
        (
            "es",
            "El perro va al mar. El sol es muy grande.",
            "La administración gubernamental implementará procedimientos organizativos.",
        ),
        (
            "it",
            "Il cane va al mare. Il sole è alto.",
            "L'amministrazione governativa implementerà procedimenti organizzativi straordinari.",
        ),
        (
            "fr",
            "Le chat va au bois. Il voit un gros ours.",
            "L'administration gouvernementale développera des réorganisations institutionnelles.",
        ),
        (
            "nl",
            "De hond liep naar zee. Hij zag een boot.",
            "De arbeidsongeschiktheidsverzekering veronderstelt gezondheidsadministratie onmiddellijk.",
        ),
        (
            "pt",
            "O gato vai ao mar. O sol já se foi.",
            "A administração governamental implementará procedimentos organizacionais extraordinários.",
        ),
        ("ru", "Кот сел на стол. Он пил сок.", "Правительственная администрация осуществляет организационные преобразования."),
        (
            "tr",
            "Kedi eve geldi. O süt içti.",
            "Değerlendirilebilirlikleri konusundaki sorumluluklarımızı gerçekleştirebileceğiz.",
        ),
        (
            "sv",
            "Hunden sprang till sjön. Den såg en båt.",
            "Socialförsäkringsadministrationen genomför organisationsförändringar omedelbart efteråt.",
        ),
    ],
)
def test_each_language_has_a_formula_and_it_tells_easy_from_hard(language, easy, hard):
    first, second = (ease(read(each), language) for each in (easy * 3, hard * 3))

    assert first.basis == second.basis == (FORMULAS[language].name if language in FORMULAS else "lix")
    assert first.score > second.score + 20


def test_flesch_is_computed_as_published():
    draft = read("Der Hund lief zum See. Er sah ein Boot.")  # 9 words, 2 sentences, 9 syllables

    assert ease(draft, "de").score == pytest.approx(readability._bounded(180 - 4.5 - 58.5))


def test_lix_is_computed_as_published():
    draft = read("Ingen vet hvordan. Elefanten spiser gulrøtter.")  # 6 words in 2 sentences, 3 of more than six letters

    assert ease(draft, "no").score == pytest.approx(150 - 2 * (3 + 50))


@pytest.mark.parametrize(
    "text", ["今天天气很好，我们去公园吧。", "مرحبا بكم في صفحتنا الجديدة على الإنترنت", "เรากำลังมองหาเพื่อนร่วมงานใหม่"]
)
def test_where_no_formula_is_published_there_is_no_score(text):
    found = ease(read(text), None)

    assert (found.score, found.reason) == (None, "noFormula")


@pytest.mark.parametrize("text", ["", "Sold out!", "https://example.org #one #two #three", "😀 😀 😀 😀 😀 😀"])
def test_too_little_text_has_no_score(text):
    found = ease(read(text), "en")

    assert (found.score, found.reason) == (None, "tooShort")


def test_a_short_text_is_said_to_be_unsteady():
    assert ease(read("Our new store opens on Monday at nine."), "en").steady is False


def test_tags_addresses_and_emoji_do_not_change_the_score():
    assert ease(read(f"{NEWS} 🎉 https://example.org/a/b @mayor #extraordinarily"), "en").score == ease(read(NEWS), "en").score


def test_titles_initials_and_speech_end_no_sentence():
    assert readability.count_sentences(read('Mr. J. Brown met Dr. Low. "Where to?" he asked.')) == 2


def test_names_are_not_hard():
    assert ease(read("We met Krzysztofowicz in the park today."), "en").rare == ()


def test_a_form_is_as_common_as_its_word():
    assert {"story", "stop", "bake", "happy"} <= {
        base for word in ("stories", "stopped", "baking", "happily") for base in readability.bases(word)
    }


def test_beyond_the_ends_the_order_is_kept():
    scores = [readability._bounded(each) for each in range(-200, 301, 10)]

    assert all(first < second for first, second in pairwise(scores))
    assert (min(scores) >= 0, max(scores) <= 100) == (True, True)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en",
            "make 1 tables 2 jumped 1 wanted 2 beautiful 3 idea 3 science 2 create 2 houses 2 nation 2 played 1 completely 3 trying 2 employee 3",
        ),
        ("de", "haus 1 liebe 2 familie 4 bedeutung 3 straße 2 universität 5 neue 2"),
        ("es", "casa 2 ciudad 2 aire 2 bueno 2 día 2 guitarra 3 quien 1 poesía 4"),
        ("it", "ciao 1 italia 3 buono 2 famiglia 3 città 2 più 1"),
        ("fr", "maison 2 personne 2 école 2 parlent 1 beau 1 grande 1"),
        ("pt", "família 4 coração 3 pão 1 leite 2 muito 2 que 1"),
        ("nl", "mooie 2 kantoor 2 nieuwe 2 huis 1"),
        ("ru", "молоко 3 дом 1 улица 3"),
        ("tr", "arkadaş 3 ev 1 güzel 2"),
    ],
)
def test_syllables(language, words):
    told = words.split()

    assert {each: count(each, language) for each in told[::2]} == dict(zip(told[::2], map(int, told[1::2]), strict=True))
