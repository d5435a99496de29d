import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ocma.platforms.content import Outgoing, Part
from ocma.platforms.mastodon.likeness import alikeness, is_same, is_same_text, renderings
from ocma.platforms.mastodon.wire import Status
from unit.platforms.mastodon.renderer import rendered

WRITTEN = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t\r"), max_size=300)
WORDS = st.lists(
    st.sampled_from(
        [
            "Hallo",
            "Größe",
            "日本",
            "🎉",
            "👩‍👩‍👧‍👧",
            "&amp;",
            "<b>",
            "@bob",
            "@bob@other.example",
            "#ocma",
            "\n",
            "\n\n",
            "  ",
            ">",
            "*so*",
            "e\u0301",
            "https://example.com/eine/sehr/lange/adresse/die/gekuerzt/wird?a=1&b=%C3%BC#stelle",
            "http://www.example.org",
        ]
    ),
    min_size=1,
    max_size=30,
).map(" ".join)
LONG_LINK = "https://example.com/eine/sehr/lange/adresse/die/gekuerzt/wird?a=1&b=2"


def same(sent: str, content: str | None, **more: object) -> bool:
    options = {"spoiler_text": more.pop("spoiler_text", None)}
    return is_same_text(Status(id="1", content=content, **more), Outgoing(Part(sent), 0, "k", options=options))


@given(WRITTEN | WORDS)
@example("@a@b.c: hi")
@example("a\r\nb")
@example("\u00a0")
def test_whatever_was_sent_is_the_same_when_the_server_shows_it(text):
    assert same(text, rendered(text))
    assert same(text, rendered(unicodedata.normalize("NFD", text)))


@given(st.lists(st.integers(0, 99), min_size=2, max_size=2, unique=True), WORDS)
def test_texts_that_differ_in_a_number_are_not_the_same(numbers, text):
    one, other = (f"Beitrag {number}: {text}" for number in numbers)
    assert not same(one, rendered(other))


@given(st.text(max_size=200))
@example("<![foo[")
@example("<!-- <!DOCTYPE <?php <")
@example("<<!!DOCTYPE x>")
@example("<script><style><title>")
@example("&#x110000; &#0; &#xD800; &bogus; &" + "#9" * 50)
@example("<a href=x><a href=y></a></b></a></p>")
@example("<img alt>")
def test_no_html_is_too_odd_to_be_read(html):
    assert all(isinstance(each, str) for each in renderings(html))
    alikeness(Status(id="1", content=html), Outgoing(Part(html), 0, "k"))


@pytest.mark.parametrize(
    ("sent", "content"),
    [
        ("a & b < c", "<p>a &amp; b &lt; c</p>"),
        ("eins\nzwei\n\ndrei", "<p>eins<br>zwei</p><p>drei</p>"),
        ("eins\nzwei", "eins<br/>zwei<br>"),
        ("Gruß an @bob@other.example.", '<p>Gruß an <a class="u-url mention" href="https://o/@bob">@<span>bob</span></a>.</p>'),
        ("Gruß an @bob", 'Gruß an <a href="https://o/@bob" class="u-url mention">@bob@other.example</a>'),
        (f"hier: {LONG_LINK}", f'<p>hier: <a href="{LONG_LINK.replace("&", "&amp;")}">example.com/eine/sehr…</a></p>'),
        (":mammut: da", '<p><img class="emoji" alt=":mammut:" src="m.png"> da</p>'),
        ("**fett** und _schräg_ und `code`", "<p><strong>fett</strong> und <em>schräg</em> und <code>code</code></p>"),
        ("> Zitat\n\n- Punkt", "<blockquote><p>Zitat</p></blockquote><ul><li>Punkt</li></ul>"),
        ('"so" - sagt er...', "<p>„so“ – sagt er…</p>"),
        ("!!!", "<p>!!!</p>"),
        ("", ""),
        ("", "<p></p>"),
    ],
)
def test_what_servers_do_to_a_text_leaves_it_the_same(sent, content):
    assert same(sent, content)


@pytest.mark.parametrize(
    ("sent", "content"),
    [
        ("Hallo", "<p>Hallo Welt</p>"),
        ("!!!", "<p>???</p>"),
        ("Hallo", ""),
        ("", "<p>Hallo</p>"),
        ("🎉", "<p>🎊</p>"),
        ("5 €", "<p>5 $</p>"),
    ],
)
def test_other_texts_are_others(sent, content):
    assert not same(sent, content)


def test_a_status_without_text_may_show_its_content_warning_as_text():
    assert same("", "<p>Vorsicht</p>", spoiler_text="Vorsicht")
    assert same("", "", spoiler_text="Vorsicht")
    assert not same("Text", "<p>Vorsicht</p>", spoiler_text="Vorsicht")


def test_what_was_typed_is_believed_whatever_is_shown():
    assert same("*Hallo*", "<p>?</p>", text="*Hallo*")
    assert same("*Hallo*", "<p>*Hallo*</p>", text="")


def test_white_space_and_form_do_not_matter_letters_do():
    assert is_same("Café  am\u00a0Eck", "Cafe\u0301 am Eck")
    assert is_same("\u2260", "=\u0338")
    assert not is_same("Cafe", "Cage")
