import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocma.platforms.x.links import find_links
from unit.platforms.x.conformance import cases


@pytest.mark.parametrize("case", cases("extract.yml", "urls", "tco_urls_with_params"))
def test_finds_the_links_that_x_finds(case):
    assert [case["text"][start:end] for start, end in find_links(case["text"])] == case["expected"]


@pytest.mark.parametrize("case", cases("extract.yml", "urls_with_indices", "urls_with_directional_markers"))
def test_finds_them_where_x_does(case):
    assert [list(span) for span in find_links(case["text"])] == [link["indices"] for link in case["expected"]]


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("http://XN--はじめよう.com", []),
        ("x.com:8080 x.com?q=1 x.com:8080/p?q=1", ["x.com", "x.com", "x.com:8080/p?q=1"]),
        ("http://x.com:8080?q=1", ["http://x.com:8080?q=1"]),
        ("-x.com _x.com .x.com /x.com", []),
        ("$x.com #x.com @x.com ax.com", ["ax.com"]),
        ("http://あ.あ.あ.あ.あ.com", ["http://あ.あ.あ.あ.あ.com"]),
        ("x.com,example.org;t.co", ["x.com", "example.org", "t.co"]),
        ("http://x.com/(a(b)c)d)", ["http://x.com/(a(b)c)d"]),
    ],
)
def test_what_the_published_cases_leave_open(text, links):
    assert [text[start:end] for start, end in find_links(text)] == links


@given(st.text(st.sampled_from("a.co/:htps@#-_あ()?=é &;xn"), max_size=60))
def test_links_are_in_order_and_do_not_overlap(text):
    edges = [edge for span in find_links(text) for edge in span]
    assert edges == sorted(edges)
    assert all(text[start:end].strip() == text[start:end] != "" for start, end in find_links(text))
