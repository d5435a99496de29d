from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocma.platforms.errors import ContentRejected, Throttled
from ocma.platforms.meta.asking import About, Names, ask
from ocma.platforms.metrics import VIEWS, Measure
from unit.platforms.meta.host import Clock

LETTERS = "abcdefghij"


def measures(names):
    return [Measure(VIEWS, name) for name in names]


class Platform:
    """Takes any names but the `dead` ones."""

    def __init__(self, *dead, error=None):
        self.dead, self.calls = set(dead), []
        self.error = error or ContentRejected(rule="badParameter")

    async def __call__(self, words):
        self.calls.append("".join(words))
        if self.dead & set(words):
            raise self.error
        return list(words)


async def put(platform, names, thing="1", kind="post", words=LETTERS):
    asked = await ask(measures(words), lambda each: each.name, platform, names, About(kind, thing))
    return sorted(each for answer in asked.answers for each in answer), sorted(asked.refused)


@given(st.sets(st.sampled_from(LETTERS)))
async def test_exactly_the_dead_names_are_refused_and_all_others_given(dead):
    platform = Platform(*dead)

    assert await put(platform, Names(Clock())) == (sorted(set(LETTERS) - dead), sorted(dead))
    assert len(platform.calls) <= 2 * len(LETTERS)


async def test_nothing_wrong_is_one_call_and_one_dead_name_is_found_in_halves():
    fine, platform = Platform(), Platform("d")

    await put(fine, Names(Clock()))
    await put(platform, Names(Clock()))

    assert fine.calls == [LETTERS]
    assert len(platform.calls) <= 9


async def test_a_refused_name_is_left_out_and_asked_again_after_hours():
    clock, platform = Clock(), Platform("d")
    names = Names(clock, lasts=timedelta(hours=6))
    await put(platform, names)
    platform.calls.clear()

    clock.pass_hours(5)
    assert (await put(platform, names))[1] == ["d"]
    assert platform.calls == ["abcefghij"]

    clock.pass_hours(2)
    platform.dead.clear()
    assert await put(platform, names) == (list(LETTERS), [])


async def test_two_of_a_kind_spare_the_third():
    names, platform = Names(Clock()), Platform("d")
    await put(platform, names, "1")
    await put(platform, names, "2")
    platform.calls.clear()

    await put(platform, names, "3")
    await put(platform, names, "4", kind="reel")

    assert platform.calls[0] == "abcefghij"
    assert platform.calls[1] == LETTERS


async def test_what_one_takes_another_may_refuse_for_itself():
    names = Names(Clock())
    await put(Platform(), names, "1")
    for old in ("2", "3", "4"):
        await put(Platform("d"), names, old)
    platform = Platform()

    assert await put(platform, names, "5") == (list(LETTERS), [])
    assert await put(platform, names, "2") == (sorted(set(LETTERS) - {"d"}), ["d"])


async def test_an_object_that_refuses_everything_blames_no_name_and_is_left_alone():
    names, platform = Names(Clock()), Platform(*LETTERS)
    for each in ("1", "2", "3"):
        assert await put(platform, names, each) == ([], list(LETTERS))
    platform.calls.clear()

    await put(platform, names, "1")
    assert platform.calls == []
    assert await put(Platform(), names, "4") == (list(LETTERS), [])


async def test_a_name_that_was_taken_stays_when_a_day_is_refused():
    names = Names(Clock())
    await put(Platform(), names)
    await put(Platform(*LETTERS), names)

    assert await put(Platform(), names) == (list(LETTERS), [])


@pytest.mark.parametrize("error", [Throttled(rule="rateLimited"), ContentRejected(rule="other")])
async def test_anything_else_is_raised_at_once(error):
    platform = Platform("d", error=error)

    with pytest.raises(type(error)):
        await put(platform, Names(Clock()))
    assert platform.calls == [LETTERS]


async def test_no_more_is_kept_than_may_be():
    names = Names(Clock(), most=10)
    for thing in range(100):
        await put(Platform("a"), names, str(thing), f"kind {thing}")

    assert (len(names._refused), len(names._taken)) == (10, 10)
