"""The place of a post, and other strings of the protocol."""

import re
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from ocma.platforms.bluesky.wire import SORTABLE, address, at_uri, published, record_key

TID = re.compile(r"[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}")
DID = "did:plc:mrhlbpyanopquhu345kh3w3r"


def moment(tid: str) -> datetime:
    number = 0
    for letter in tid:
        number = number * 32 + SORTABLE.index(letter)
    return datetime.fromtimestamp((number >> 10) / 1_000_000, UTC)


@given(st.text())
def test_any_key_has_one_place_and_it_is_a_tid_of_the_past(key):
    place = record_key(key)
    assert place == record_key(key)
    assert TID.fullmatch(place)
    assert 2023 <= moment(place).year < 2026


def test_keys_that_differ_by_a_letter_have_different_places():
    assert len({record_key(f"0194c1f2:{part}:abc") for part in range(20_000)}) == 20_000


def test_the_place_of_a_key_stays_where_it_is():
    """An upgrade must not move what may be on its way: this value is never changed."""
    assert record_key("0194c1f2-7000-7000-8000-000000000000:0:0123456789abcdef") == "3ktbzaozicnes"


def test_an_address_is_read_back():
    uri = at_uri(DID, "3k2a4b5c6d7e2")
    assert address(uri) == (DID, "3k2a4b5c6d7e2")
    live = published(uri, "https://bsky.app", None)
    assert live.url == f"https://bsky.app/profile/{DID}/post/3k2a4b5c6d7e2"
