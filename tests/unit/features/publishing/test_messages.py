from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from ocma.features.publishing.claims import Claim
from ocma.features.publishing.work import messages

START = datetime(2026, 1, 1, tzinfo=UTC)


@st.composite
def claims(draw):
    rows = draw(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 100)), max_size=60))
    return [
        Claim(
            UUID(int=n),
            UUID(int=0),
            UUID(int=1000 + account),
            "x" if account % 2 else "mastodon",
            "publishing",
            n,
            START + timedelta(seconds=due),
        )
        for n, (account, due) in enumerate(rows)
    ]


@given(claims(), st.integers(1, 10))
def test_each_once_and_an_accounts_in_one_message_in_order(found, size):
    sent = messages(found, size)
    flat = [UUID(each) for batch in sent for each, _ in batch]
    assert sorted(flat) == sorted(each.id for each in found)
    by_id = {each.id: each for each in found}
    for account in {each.account_id for each in found}:
        (batch,) = [batch for batch in sent if any(by_id[UUID(each)].account_id == account for each, _ in batch)]
        own = [by_id[UUID(each)] for each, _ in batch if by_id[UUID(each)].account_id == account]
        assert own == sorted(own, key=lambda each: (each.due_at, each.id))


@given(claims())
def test_a_message_is_for_one_platform(found):
    platforms = {str(each.id): each.platform for each in found}
    assert all(len({platforms[each] for each, _ in batch}) == 1 for batch in messages(found))
