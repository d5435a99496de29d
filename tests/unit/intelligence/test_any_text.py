"""Whatever is written, every local question answers, within its range and within bounded time."""

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ocma.intelligence import fit, hashtags, keyphrases, language, readability, seo, syllables
from ocma.intelligence.text import read

PIECES = st.sampled_from(
    [
        *(
            "Read our new report on tidal power.",
            "#TidalPower",
            "#tidalpower",
            "#",
            "##x",
            "@maria",
            "@",
            "https://example.org/a?b=c#d",
        ),
        *(
            "👩‍👩‍👧‍👦",
            "🇩🇪",
            "❤️",
            "☕",
            "\u200d",
            "\ufe0f",
            "مرحبا بكم في صفحتنا",
            "שלום לכולם",
            "今天天气很好",
            "コーヒーとケーキをどうぞ。",
            "오늘 날씨가 좋네요",
        ),
        *(
            "ÀÉÎ",
            "e\u0301e\u0301",
            "ǅ",
            "ﬀ",
            "İstanbul",
            "ß",
            "x" * 300,
            "1.000,5 %",
            "12:30",
            "...",
            "?!?!",
            "\n\n",
            "\t",
            "\x00",
            "\u202e",
        ),
        *(
            "Mr. B. went.",
            "'s 's",
            "-",
            "—",
            "O’Neill's",
            "Ça va l'été ?",
            "ÿ",
            "ⅷ",
            "𝔘𝔫𝔦",
            "\U000e0067",
            "\ud800",
            "a\u0300" * 50,
        ),
    ]
)
TEXTS = st.one_of(st.text(max_size=400), st.lists(PIECES, max_size=30).map(" ".join), st.lists(PIECES, max_size=12).map("".join))
LANGUAGES = st.one_of(st.none(), st.sampled_from(sorted(language.LANGUAGES)), st.just("xx"))
PAST = [
    hashtags.Tagged(("Tidal", "sea"), ("tidal", "power", "report"), lift=0.5),
    hashtags.Tagged((), ("open", "day")),
    hashtags.Tagged(("sea",), ("boats", "report")),
]
TRACKED = [hashtags.Tracked("power", ("tidal", "power", "report"), posts=12, lift=0.1), hashtags.Tracked("x")]


def ask_all(text, told):
    draft = read(text)
    guessed = language.guess(draft)
    assert guessed is None or guessed in language.LANGUAGES
    for each in {told, guessed}:
        check_ease(readability.ease(draft, each))
        phrases = keyphrases.find(draft, each, 7)
        check_phrases(phrases)
        check_seo(seo.assess(draft, phrases, title=text, language=each))
        check_tags(hashtags.suggest(draft, PAST, TRACKED, phrases, most=5), draft)
    fitted = fit.assess(
        draft, fit.Facts("facebook", 280, len(text), hashtags=3, heeded=2, mentions=1, required=True, link_costs=23)
    )
    assert 0 <= fitted.score <= 100
    assert all(each.message and each.rule in fit.COSTS for each in fitted.recommendations)


def check_ease(ease):
    assert (ease.score is None) == (ease.reason is not None)
    assert ease.score is None or (0 <= ease.score <= 100 and ease.basis)
    assert ease.grade is None or ease.grade >= 0


def check_phrases(phrases):
    assert len(phrases) <= 7
    assert all(0 < each.score <= 1 and each.text.strip() for each in phrases)
    assert len({each.text for each in phrases}) == len(phrases)


def check_seo(found):
    assert found.score is None or 0 <= found.score <= 100
    assert all(0 <= each.score <= 1 and each.weight == seo.WEIGHTS[each.name] for each in found.factors)


def check_tags(found, draft):
    tags = [each.tag.casefold() for each in found]
    assert len(tags) == len(set(tags)) <= 5
    assert not {each.casefold() for each in draft.hashtags} & set(tags)
    assert all(read(f"a #{each.tag} b").hashtags == (each.tag,) for each in found), "each can be written as a tag"
    assert all(0 <= each.score <= 1 for each in found)


@settings(max_examples=400, deadline=None)
@example("A² ²area", None)
@given(TEXTS, LANGUAGES)
def test_any_text_is_answered(text, told):
    ask_all(text, told)


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "word ",
            "Tidal power is here. ",
            "#tag ",
            "@name ",
            "https://example.org/a ",
            "x",
            "👩‍👩‍👧 ",
            "天气",
            "コーヒー",
            "مرحبا ",
            "\n",
            "\u0301",
        ),
        *(". ", "Mr. ", "a.b", "'", "#", "1,", "a-", "of Of ", "solar Panels & ", "i", "ууу ", "ation"),
    ],
)
def test_a_hundred_thousand_characters_take_bounded_time(piece):
    text = piece * (100_000 // len(piece))
    language.guess(read("Warm the model up, which is read once."))
    started = time.process_time()
    ask_all(text, "en")
    assert time.process_time() - started < 5


@settings(max_examples=200, deadline=None)
@given(st.text(min_size=1, max_size=60), st.sampled_from(sorted(syllables.LANGUAGES)))
def test_every_word_has_a_syllable(word, told):
    assert 1 <= syllables.count(word.casefold(), told) <= 60
