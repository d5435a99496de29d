import pytest

from ocma_sandbox.mastodon import content, params


def html(text):
    return content.html(
        text, base="http://here", profile=lambda span: f"http://here/@{span.name}" if span.name == "bob" else None
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Toot!", "<p>Toot!</p>"),
        ("one\ntwo\n\nthree", "<p>one<br />two</p><p>three</p>"),
        ("one\r\ntwo\r\n\r\n\r\nthree\n", "<p>one<br />two</p><p>three</p>"),
        ("a < b & \"c\" 'd'", "<p>a &lt; b &amp; &quot;c&quot; &#39;d&#39;</p>"),
        ("  \n ", ""),
        (
            "see https://example.com/a.",
            (
                '<p>see <a href="https://example.com/a" target="_blank" rel="nofollow noopener" translate="no">'
                '<span class="invisible">https://</span><span class="">example.com/a</span>'
                '<span class="invisible"></span></a>.</p>'
            ),
        ),
        (
            "https://www.example.com/" + "x" * 40,
            (
                f'<p><a href="https://www.example.com/{"x" * 40}" target="_blank" rel="nofollow noopener" translate="no">'
                f'<span class="invisible">https://www.</span><span class="ellipsis">example.com/{"x" * 18}</span>'
                f'<span class="invisible">{"x" * 22}</span></a></p>'
            ),
        ),
        (
            "hi @bob and @nobody",
            (
                '<p>hi <span class="h-card" translate="no"><a href="http://here/@bob" class="u-url mention">'
                "@<span>bob</span></a></span> and @nobody</p>"
            ),
        ),
        ("#Cats!", '<p><a href="http://here/tags/cats" class="mention hashtag" rel="tag">#<span>Cats</span></a>!</p>'),
    ],
)
def test_the_html_is_mastodons(text, expected):
    assert html(text) == expected


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", "https://example.com/\"onmouseover='alert(1)", "https://a.b/<b>", "#a<b> @bob<b>"],
)
def test_no_foreign_markup_gets_through(text):
    shown = html(text)
    assert "<script" not in shown
    assert "<b>" not in shown
    assert "\"onmouseover='" not in shown


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("hello", 5),
        ("https://example.com/" + "x" * 100, 23),
        ("http://a.b", 23),
        ("(https://en.wikipedia.org/wiki/A_(b))", 25),
        ("@bob@a.very.long.instance.example", 4),
        ("@bob", 4),
        ("mail@example.com", 16),
        ("👨‍👩‍👧‍👦e\u0301日", 3),
    ],
)
def test_what_counts_against_the_limit(text, length):
    assert content.count(text, per_link=23) == length


def test_rails_names_become_nested_values():
    pairs = [("status", "x"), ("media_ids[]", "1"), ("media_ids[]", "2"), ("poll[options][]", "a"), ("poll[multiple]", "1")]
    expected = {"status": "x", "media_ids": ["1", "2"], "poll": {"options": ["a"], "multiple": "1"}}
    assert params.nested(pairs) == expected


def test_names_that_contradict_each_other_do_no_harm():
    assert params.nested([("a", "1"), ("a[]", "2"), ("a[b]", "3"), ("[]", "4")]) == {"a": "1", "": ["4"]}
