"""One question that is refused does not cost the answers to the others."""

import pytest

from ocma.platforms.errors import ContentRejected, PermissionMissing, PlatformUnavailable, Throttled
from ocma.platforms.metrics import LIKES, SHARES, VIEWS, Measure, Measured, Reading
from ocma.platforms.questions import Question, ask_all

LIKED, SHARED, SEEN = Measure(LIKES, "liked"), Measure(SHARES, "shared"), Measure(VIEWS, "seen")


def question(measure, error=None, *, silent=False):
    async def ask():
        if error:
            raise error(platform="plain")
        return Measured() if silent else Measured((Reading(measure, 1.0),))

    return Question([measure], ask)


async def asked(*questions):
    found = await ask_all(questions)
    return [each.measure.name for each in found.readings], found.refused


@pytest.mark.parametrize("error", [ContentRejected, PermissionMissing])
async def test_what_is_refused_is_named(error):
    assert await asked(question(LIKED), question(SHARED, error), question(SEEN)) == (["liked", "seen"], ("shared",))


async def test_nothing_at_all_is_an_error():
    with pytest.raises(PermissionMissing):
        await asked(question(LIKED, PermissionMissing), question(SHARED, ContentRejected))
    assert await asked(question(LIKED, PermissionMissing), question(SHARED, silent=True)) == ([], ("liked",))


async def test_after_a_limit_nothing_more_is_asked_and_what_there_is_is_kept():
    left = question(SEEN, AssertionError)
    assert await asked(question(LIKED), question(SHARED, Throttled), left) == (["liked"], ("shared", "seen"))
    with pytest.raises(Throttled):
        await asked(question(LIKED, silent=True), question(SHARED, Throttled), left)


async def test_a_platform_that_is_down_is_an_error():
    with pytest.raises(PlatformUnavailable):
        await asked(question(LIKED), question(SHARED, PlatformUnavailable))
