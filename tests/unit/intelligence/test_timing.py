"""Hours of the week, of accounts whose good hours we made."""

import numpy as np
import pytest

from histories import history, shuffled
from ocma.errors import Invalid
from ocma.intelligence.past import HOURS, Past, zone_of
from ocma.intelligence.timing import Week, learn_week, posterior

ZONE = zone_of("Europe/Berlin")


def evening(post: Past) -> float:
    return 1.0 if 18 <= post.published_at.astimezone(ZONE).hour < 22 else 0.0


def evenings(week: Week) -> np.ndarray:
    return np.isin(np.arange(HOURS) % 24, range(18, 22))


def test_good_evenings_are_found_in_local_time():
    week = learn_week(history(600, evening), "Europe/Berlin", "mastodon")
    assert week.posts == 600
    assert {slot % 24 for slot in week.best(20)} <= {17, 18, 19, 20, 21, 22}
    assert week.mean[evenings(week)].mean() - week.mean[~evenings(week)].mean() > 0.8


def test_the_wrong_zone_would_put_them_elsewhere():
    week = learn_week(history(600, evening), "Asia/Tokyo", "mastodon")
    assert week.mean[evenings(week)].mean() < 0


def test_where_there_is_nothing_little_is_found():
    past = shuffled(history(600, evening))
    found = learn_week(past, "Europe/Berlin", "mastodon")
    true = learn_week(history(600, evening), "Europe/Berlin", "mastodon")
    assert np.ptp(found.mean) < 0.35 * np.ptp(true.mean)


def test_more_posts_are_surer():
    few, many = (learn_week(history(count, evening), "Europe/Berlin", "x") for count in (20, 600))
    assert (many.deviation <= few.deviation + 1e-9).all()
    assert many.deviation.mean() < 0.8 * few.deviation.mean()


def test_no_posts_say_nothing_where_nothing_was_measured():
    week = learn_week([], "UTC", "tiktok")
    assert week.posts == 0
    assert not week.mean.any()
    assert (week.deviation > 0).all()


def test_pages_start_from_the_curve_they_share_and_leave_it():
    start, learned = (learn_week(past, "Europe/Berlin", "facebook") for past in ([], history(600, evening)))
    assert np.ptp(start.mean) > 0.05
    assert np.ptp(learned.mean) > 2 * np.ptp(start.mean)


def test_another_curve_can_stand_in():
    curve = np.linspace(-1, 1, HOURS)
    assert (posterior(np.zeros(0), np.zeros(0, dtype=np.intp), "facebook", curve).mean == curve).all()


@pytest.mark.parametrize("engagement", [0.0, 7.0])
def test_posts_that_did_all_the_same_make_a_flat_week(engagement):
    past = [Past("", "", None, each.published_at, engagement) for each in history(50, evening)]
    assert np.abs(learn_week(past, "UTC", "x").mean).max() < 1e-9


def test_what_is_no_count_is_left_out():
    past = history(40, evening)
    broken = [Past("", "", None, past[0].published_at, each) for each in (float("nan"), float("inf"), -1.0)]
    assert (learn_week([*past, *broken], "UTC", "x").mean == learn_week(past, "UTC", "x").mean).all()
    assert learn_week(broken, "UTC", "x").posts == 0


def test_the_order_of_posts_does_not_matter():
    past = history(100, evening)
    assert (learn_week(past[::-1], "UTC", "x").mean == learn_week(past, "UTC", "x").mean).all()


def test_an_unknown_zone_is_named():
    with pytest.raises(Invalid, match="Mars/Olympus"):
        learn_week(history(20, evening), "Mars/Olympus", "x")
