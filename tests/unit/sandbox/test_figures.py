from datetime import date, timedelta
from itertools import pairwise
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocma_sandbox import books, people
from ocma_sandbox.blobs import Blobs
from ocma_sandbox.books import Post
from ocma_sandbox.faults import Faults
from ocma_sandbox.figures import Counts, Figures, add
from ocma_sandbox.limits import Windows
from ocma_sandbox.store import Store
from ocma_sandbox.watch import SCHEMA, Watch
from ocma_sandbox.world import World

DAY, NOW = 86400, 1_790_000_000.0  # a Monday in September; 40 days on, California has left summer time
DAYS = [date(2026, 9, 20) + timedelta(days=each) for each in range(60)]
NAMES = {
    "views": "views",
    "minutes": lambda count: count("watch_seconds") // 60,
    "gained": add("follows"),
    "lost": add("unfollows"),
}


def counts(zone):
    formulas = {"views": add("views"), "likes": add("likes"), "comments": add("comments"), "told": add("saves")}
    gauges = {"followers": add("followers"), "posts": add("posts")}
    return Counts("test", formulas, {**NAMES, "told": "told"}, gauges, zone=zone)


def inhabited(offsets, *, deleted=None, audience=True):
    """A world in which ann has published at these seconds after NOW, and deleted the first post at `deleted`."""
    store = Store(None, [SCHEMA])
    world = World(store, Blobs(None), Watch(lambda: NOW + 60 * DAY, store), {}, Faults(), Windows())
    world.settings["test"] = SimpleNamespace(audience=audience)
    ann = people.ensure(store, "test", "ann", new_id=1, now=NOW)
    people.set_audience(store, ann, followers=3000, following=7)
    for number, offset in enumerate(offsets):
        books.accept(store, Post("test", str(number), ann.id, "", NOW + offset, media=[{"seconds": 30}]))
    if deleted is not None:
        books.delete(store, books.select(store, "id = '0'")[0], NOW + offsets[0] + deleted)
    return world, people.get(store, "test", ann.id)


OFFSETS = st.lists(st.integers(min_value=0, max_value=45 * DAY), min_size=1, max_size=5)
ZONES = st.sampled_from(["UTC", "America/Los_Angeles", "Pacific/Auckland"])


@settings(deadline=None, max_examples=30)  # the machine may be busy
@given(OFFSETS, ZONES, st.integers(min_value=0, max_value=10_000))
def test_days_add_up_to_the_total(offsets, zone, told):
    world, ann = inhabited(offsets)
    books.set_metrics(world.store, books.select(world.store, "id = '0'")[0], {"told": told})
    figures = Figures(world, counts(zone))
    days = [figures.of_day(ann, day) for day in DAYS]
    end = figures.span(DAYS[-1])[1]
    for name in (*NAMES, "told"):
        assert sum(day[name] for day in days) == figures.total(ann, name, end)
        assert min(day[name] for day in days) >= 0
    assert sum(day["gained"] - day["lost"] for day in days) == days[-1]["followers"] - 3000
    assert days[-1]["posts"] == len(offsets)


@settings(deadline=None, max_examples=30)  # the machine may be busy
@given(OFFSETS, st.integers(min_value=0, max_value=10 * DAY))
def test_what_a_deleted_post_had_stays_in_its_days_and_leaves_the_total(offsets, deleted):
    kept, ann = inhabited(offsets)
    world, ann = inhabited(offsets, deleted=deleted)
    was = Figures(kept, counts("UTC")).count(books.select(kept.store, "id = '0'")[0], "views", NOW + offsets[0] + deleted)
    figures = Figures(world, counts("UTC"))
    end = figures.span(DAYS[-1])[1]
    assert sum(figures.of_day(ann, day)["views"] for day in DAYS) == figures.total(ann, "views", end) + was
    assert figures.gauge(ann, "posts", end) == len(offsets) - 1


@pytest.mark.parametrize("zone", ["UTC", "America/Los_Angeles", "Pacific/Auckland"])
def test_days_leave_no_hole(zone):
    figures = Figures(inhabited([0])[0], counts(zone))
    spans = [figures.span(day) for day in DAYS]
    assert all(before[1] == after[0] for before, after in pairwise(spans))
    assert {end - start for start, end in spans} == (
        {DAY} if zone == "UTC" else {DAY, DAY + 3600} if "Los" in zone else {DAY, DAY - 3600}
    )


def test_nobody_is_there_while_the_audience_is_off():
    world, ann = inhabited([0, DAY], audience=False)
    books.accept(world.store, Post("test", "reply", ann.id, "", NOW + 2 * DAY, reply_to="0"))
    figures = Figures(world, counts("UTC"))
    first = books.select(world.store, "id = '0'")[0]
    assert figures.of_post(first) == {"views": 0, "likes": 0, "comments": 1, "told": 0}
    assert figures.of_post(first, NOW + DAY)["comments"] == 0
    assert figures.of_account(ann)["followers"] == 3000
