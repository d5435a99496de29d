from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocma.features.publishing.jobs import job_status

STATES = ["scheduled", "publishing", "unknown", "published", "failed", "cancelled"]


@pytest.mark.parametrize(
    ("states", "status"),
    [
        (["scheduled"], "pending"),
        (["scheduled", "cancelled"], "pending"),
        (["publishing", "published"], "processing"),
        (["scheduled", "published"], "processing"),
        (["unknown", "failed"], "processing"),
        (["published", "published"], "completed"),
        (["published", "cancelled"], "completed"),
        (["published", "failed"], "partial"),
        (["failed", "cancelled"], "failed"),
        (["cancelled", "cancelled"], "cancelled"),
    ],
)
def test_a_jobs_status_follows_from_its_publications(states, status):
    assert job_status(states) == status


@given(st.permutations(range(3)), st.sampled_from(list(product(STATES, repeat=3))))
def test_order_does_not_matter(order, states):
    assert job_status([states[each] for each in order]) == job_status(list(states))


@given(st.lists(st.sampled_from(STATES), min_size=1, max_size=6))
def test_over_means_that_nothing_waits(states):
    over = job_status(states) in {"completed", "partial", "failed", "cancelled"}
    assert over == (not {"scheduled", "publishing", "unknown"} & set(states))
