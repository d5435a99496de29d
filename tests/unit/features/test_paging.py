from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocma.errors import Invalid
from ocma.features.paging import cut, decode_cursor, encode_cursor
from ocma.ids import new_id

VALUES = {str: st.text(max_size=20), int: st.integers(), UUID: st.uuids(), datetime: st.datetimes(timezones=st.just(UTC))}


@given(st.tuples(*VALUES.values()))
def test_a_cursor_gives_back_what_went_in(values):
    cursor = encode_cursor(*values)
    assert decode_cursor(cursor, *VALUES) == values
    assert cursor.isascii()
    assert not set(cursor) & set("+/= &?#%")


@given(st.text(max_size=60))
def test_anything_else_is_refused_politely(text):
    with pytest.raises(Invalid) as caught:
        decode_cursor(text, UUID, int)
    assert caught.value.rule == "cursor"
    assert caught.value.issues[0].path == "cursor"


def test_the_cursor_of_another_list_is_refused():
    for values in ((), (new_id(),), ("x",), (1, new_id()), (new_id(), 1, 2)):
        with pytest.raises(Invalid):
            decode_cursor(encode_cursor(*values), UUID, int)


@pytest.mark.parametrize(
    ("rows", "shown", "more"), [([], [], False), ([1], [1], False), ([1, 2], [1, 2], False), ([1, 2, 3], [1, 2], True)]
)
def test_a_page_ends_with_a_cursor_only_when_there_is_more(rows, shown, more):
    page, following = cut(rows, 2, lambda row: (row,))
    assert list(page) == shown
    assert following == (encode_cursor(2) if more else None)
