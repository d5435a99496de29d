from hypothesis import given
from hypothesis import strategies as st

from ocma_sandbox import audience

DAY = 86400
POSTS = st.text(min_size=1, max_size=20)
AGES = st.floats(min_value=0, max_value=40 * DAY)
FOLLOWERS = st.integers(min_value=0, max_value=5_000_000)
KINDS = st.sampled_from(sorted(audience.HABITS))


@given(POSTS, KINDS, AGES, AGES, FOLLOWERS)
def test_figures_only_grow(post_id, kind, one, other, followers):
    sooner, later = sorted((one, other))
    assert audience.grown("x", post_id, kind, sooner, followers) <= audience.grown("x", post_id, kind, later, followers)


@given(POSTS, AGES, FOLLOWERS)
def test_nothing_is_done_by_more_people_than_see_the_post(post_id, age, followers):
    figures = {kind: audience.grown("x", post_id, kind, age, followers) for kind in audience.HABITS}
    assert min(figures.values()) >= 0
    assert max(figures.values()) == figures["views"]
    assert figures["unfollows"] <= figures["follows"] <= figures["reach"] <= figures["views"]
    assert figures["likes"] <= figures["reach"]
    assert figures["engaged_views"] <= figures["views"]


@given(POSTS, KINDS, FOLLOWERS)
def test_a_post_begins_with_nothing_and_ends_after_two_weeks(post_id, kind, followers):
    assert audience.grown("x", post_id, kind, -5, followers) == audience.grown("x", post_id, kind, 0, followers) == 0
    end = audience.grown("x", post_id, kind, 14 * DAY, followers)
    assert audience.grown("x", post_id, kind, 400 * DAY, followers) == end


def test_most_is_seen_in_the_first_day_and_every_post_is_another():
    ends = {audience.grown("x", str(number), "views", 20 * DAY, 1000) for number in range(50)}
    assert len(ends) > 40
    for number in range(50):
        first, end = (audience.grown("x", str(number), "views", age, 1000) for age in (DAY, 20 * DAY))
        assert end >= 1
        assert first >= end // 2
    assert audience.grown("x", "1", "views", DAY, 1000) != audience.grown("bluesky", "1", "views", DAY, 1000)


def test_who_has_more_followers_is_seen_by_more():
    small, large = (audience.grown("x", "1", "views", 20 * DAY, followers) for followers in (100, 100_000))
    assert large > 100 * small


@given(POSTS, AGES, AGES, FOLLOWERS)
def test_people_come_and_fewer_go(person_id, one, other, followers):
    sooner, later = sorted((one, other))
    came, gone = (
        [stream("x", person_id, age, followers) for age in (sooner, later)] for stream in (audience.come, audience.gone)
    )
    assert 0 <= came[0] <= came[1]
    assert 0 <= gone[0] <= gone[1]
    assert all(left <= arrived for left, arrived in zip(gone, came, strict=True))


def test_on_some_days_more_go_than_come():
    days = [
        [
            stream("x", "7", day * DAY, 50_000) - stream("x", "7", (day - 1) * DAY, 50_000)
            for stream in (audience.come, audience.gone)
        ]
        for day in range(1, 60)
    ]
    assert any(left > arrived for arrived, left in days)
    assert any(left < arrived for arrived, left in days)


@given(POSTS, FOLLOWERS)
def test_followers_are_there_at_their_hours(person_id, followers):
    hours = [audience.online("instagram", person_id, hour, followers) for hour in range(24)]
    assert all(0 <= there <= followers for there in hours)
    if followers > 1000:
        assert max(hours) > 3 * min(hours)
