from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocma.platforms.content import Link, Media, Part, Poll, fingerprint, live_part, media_step, part_step, step_part

PART = Part(
    "text",
    (Media("m", "image", "image/png", 1, lambda: None, alt_text="alt"),),
    poll=Poll(("a", "b"), 60),
    link=Link("https://example.org", "Title", "Words"),
)
CHANGED = {
    "text": replace(PART, text="other"),
    "file": replace(PART, media=(replace(PART.media[0], id="n"),)),
    "alt text": replace(PART, media=(replace(PART.media[0], alt_text="other"),)),
    "another file": replace(PART, media=PART.media * 2),
    "role": replace(PART, role="comment"),
    "poll": replace(PART, poll=Poll(("a", "c"), 60)),
    "poll's end": replace(PART, poll=Poll(("a", "b"), 61)),
    "several answers": replace(PART, poll=Poll(("a", "b"), 60, multiple=True)),
    "no poll": replace(PART, poll=None),
    "link": replace(PART, link=Link("https://example.com", "Title", "Words")),
    "link's title": replace(PART, link=Link("https://example.org", "Other", "Words")),
    "no link": replace(PART, link=None),
}


@pytest.mark.parametrize("change", CHANGED)
def test_whatever_a_reader_would_see_is_in_the_fingerprint(change):
    assert fingerprint(CHANGED[change], {"kind": "feed"}) != fingerprint(PART, {"kind": "feed"})


def test_options_are_in_the_fingerprint_whatever_their_order():
    assert fingerprint(PART, {"kind": "feed"}) != fingerprint(PART, {"kind": "story"})
    assert fingerprint(PART, {"a": 1, "b": [2]}) == fingerprint(PART, {"b": [2], "a": 1})


def test_half_a_character_has_a_fingerprint():
    assert fingerprint(Part("\ud800"), {}) != fingerprint(Part("\ud801"), {})


def test_what_is_known_of_a_file_only_to_check_it_is_not():
    sized = replace(PART, media=(replace(PART.media[0], width=7, duration=1.0, url=lambda: "x"),))
    assert fingerprint(sized, {}) == fingerprint(PART, {})


def test_step_keys_name_their_part():
    assert [step_part(key) for key in (media_step(2, 0), part_step("ready", 3), part_step("child", 1, 5))] == [2, 3, 1]
    assert step_part("session") == step_part("session:x") == 1 << 30


@given(kind=st.text() | st.sampled_from(["0", "live", "0:live", ""]), part=st.integers(0, 30), place=st.integers(0, 30))
def test_no_step_is_stored_where_the_id_of_a_live_part_is_given(kind, part, place):
    given_at = {live_part(index) for index in range(31)}
    assert not given_at & {part_step(kind, part), part_step(kind, part, place), media_step(part, place)}
    assert len(given_at) == 31
