import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocma.errors import Invalid
from ocma.intelligence import artefact
from ocma.intelligence.hashtags import FEW, LIKELY, MANY, NAMED, History, Tagged, Tracked, as_tag, suggest, weights_for
from ocma.intelligence.keyphrases import Phrase, find
from ocma.intelligence.tagging import predict_rows
from ocma.intelligence.text import read


def post(text, *tags, lift=None):
    return Tagged(tags, read(text).words, lift=lift)


BAKERY = [
    post("Fresh rye bread every morning", "bread", "bakery", lift=0.4),
    post("Our croissants are out of the oven", "croissant", "bakery", lift=-0.2),
    post("Rye bread with seeds is back", "bread", "bakery"),
    post("We are closed on Monday"),
    post("Croissants with almonds this weekend", "croissant", "bakery"),
    post("How we bake bread without yeast", "Bread"),
]


def tags(found):
    return [each.tag for each in found]


def test_the_tags_used_most_come_first():
    assert tags(suggest(read("See you tomorrow"), BAKERY))[0] == "bakery"


def test_tags_of_posts_like_the_draft_come_before_others_used_as_often():
    assert tags(suggest(read("New: rye rolls with seeds"), BAKERY))[:2] == ["bakery", "bread"]
    assert tags(suggest(read("Almonds on everything"), BAKERY))[:2] == ["bakery", "croissant"]


def test_what_the_account_would_hardly_tag_is_not_offered_unless_the_draft_names_it():
    past = [*(post(f"{each} rye bread from the oven", "bread") for each in range(80)), post("A scary day", "DerbyDay")]

    assert "DerbyDay" in tags(suggest(read("Open on Sunday"), past))
    assert tags(suggest(read("Open on Sunday"), past, least=LIKELY)) == ["bread"]
    assert "DerbyDay" in tags(suggest(read("Closed on derby day"), past, least=LIKELY))


def test_a_tag_that_the_draft_names_comes_before_one_that_it_does_not():
    past = [post("One day", "tea"), post("Another day", "coffee")] * 5

    assert tags(suggest(read("Time for tea"), past))[0] == "tea"
    assert tags(suggest(read("Time for coffee"), past))[0] == "coffee"


def test_what_the_draft_has_is_not_suggested():
    assert "bakery" not in tags(suggest(read("Open now #Bakery"), BAKERY))


def test_uses_and_performance_are_told():
    found = {each.tag: each for each in suggest(read("See you tomorrow"), BAKERY)}

    assert (found["bakery"].uses, found["bakery"].lift, found["bakery"].source) == (4, 0.1, "history")
    assert (found["croissant"].uses, found["croissant"].lift) == (2, -0.2)
    assert (found["bread"].uses, found["bread"].lift) == (3, 0.4), "spelt as most often, counted together"


def test_what_no_post_was_measured_of_has_no_performance():
    assert suggest(read("Tea"), [post("A day", "tea")])[0].lift is None


def test_tracked_tags_come_where_they_have_to_do_with_the_draft():
    tracked = [
        Tracked("sourdough", ("sourdough", "starter", "flour"), posts=40, lift=0.3),
        Tracked("football", ("goal", "league")),
    ]

    found = suggest(read("How to feed a sourdough starter"), (), tracked)
    assert [(each.tag, each.source, each.uses, each.lift, each.score) for each in found] == [
        ("sourdough", "tracked", 40, 0.3, NAMED)
    ]
    assert suggest(read("We bake with flour"), (), tracked) == (), "one word is chance"
    assert tags(suggest(read("Our starter eats flour"), (), tracked)) == ["sourdough"]


def test_the_drafts_own_phrases_fill_what_is_left():
    draft = read("Meet our head baker Maria Lopez")
    found = suggest(draft, BAKERY[:1], phrases=find(draft, "en"), most=4)

    assert tags(found)[:3] == ["bakery", "bread", "MariaLopez"]
    assert (found[2].source, found[2].uses, found[2].lift) == ("draft", None, None)


def test_nothing_known_nothing_suggested():
    assert suggest(read("Hello"), ()) == ()


def test_lately_counts_more():
    past = [post("A day", "old")] * 20 + [post("A day", "new")] * 20

    assert tags(suggest(read("Something else"), past))[0] == "new"


@pytest.mark.parametrize(
    ("phrase", "tag"),
    [
        ("solar power", "SolarPower"),
        ("bread", "bread"),
        ("O'Neill's pub", "ONeillPub"),
        ("咖啡店", "咖啡店"),
        ("2026", None),
        ("x" * 50, None),
        ("", None),
        ("Obama's", "Obama"),
        ("Obama’s climate plan", "ObamaClimatePlan"),
        ("صباح الخير", "صباح_الخير"),
        ("שוק הכרמל 2026", "שוק_הכרמל2026"),
        ("ตลาดน้ำ กรุงเทพ", "ตลาดน้ำ_กรุงเทพ"),
        ("हिन्दी साहित्य", "हिन्दी_साहित्य"),
        ("თბილისი ღვინო", "თბილისი_ღვინო"),
        ("новый год", "НовыйГод"),
    ],
)
def test_phrases_as_tags(phrase, tag):
    assert as_tag(phrase) == tag


@given(
    st.lists(
        st.tuples(st.lists(st.sampled_from("abcde"), max_size=3), st.lists(st.sampled_from(["sea", "sun", "tea"]), max_size=4)),
        max_size=30,
    )
)
def test_a_prepared_history_answers_as_the_posts_do(past):
    posts = [Tagged(tuple(tags), tuple(words)) for tags, words in past]
    draft = read("Tea in the sun")

    assert suggest(draft, posts, phrases=[Phrase("tea", 0.4)]) == suggest(draft, History(posts), phrases=[Phrase("tea", 0.4)])


def test_weights_go_from_few_to_many_posts():
    model = artefact.load("hashtags")
    few, many = model.arrays["weights"].tolist()

    assert (weights_for(model, 1), weights_for(model, FEW)) == (few, few)
    assert (weights_for(model, MANY), weights_for(model, 10_000)) == (many, many)
    assert all(min(pair) <= each <= max(pair) for each, *pair in zip(weights_for(model, 40), few, many, strict=True))


def row(number, text, account="a", **cells):
    return {"row_id": str(number), "account": account, "text": text, **cells}


PAST = [
    row(1, "Rye bread #bread #bakery", likes="4", published_utc="2026-01-01T09:00:00Z"),
    row(2, "Croissants", hashtags="croissant, #bakery", likes="9", published_utc="2026-02-01T09:00:00+01:00"),
    row(3, "Goal! #football", account="b", role="past"),
]


def answers(*rows):
    return {each["row_id"]: each["hashtags"].split() for each in predict_rows(iter(rows))}


def test_rows_drafts_are_answered_from_their_own_accounts_past():
    found = answers(
        *PAST, row(4, "Hello there"), row(5, "Hello there", account="b", role="draft", likes="3"), row(6, "Hello", account="c")
    )

    assert list(found) == ["4", "5", "6"]
    assert set(found["4"][:3]) == {"bakery", "bread", "croissant"}
    assert found["5"][0] == "football"
    assert "bakery" not in found["5"] + found["6"]


def test_rows_a_draft_knows_only_what_was_published_before_it():
    found = answers(*PAST, row(4, "Hello there", published_utc="2026-01-15"))

    assert "bread" in found["4"]
    assert "croissant" not in found["4"]


@pytest.mark.parametrize(
    ("cells", "said"), [({"role": "future"}, "role is 'future'"), ({"published_utc": "soon"}, "published_utc is 'soon'")]
)
def test_rows_that_cannot_be_read_are_named(cells, said):
    with pytest.raises(Invalid, match=f"Row 4: {said}"):
        list(predict_rows(iter([*PAST, row(4, "Hello", **cells)])))
