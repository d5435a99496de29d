"""Figures that take several questions: what one of them is refused does not cost the answers to the others."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from ocma.platforms.errors import ContentRejected, PermissionMissing, PlatformError, Throttled
from ocma.platforms.figures import together
from ocma.platforms.metrics import Measure, Measured


@dataclass(frozen=True, slots=True)
class Question:
    """`ask` gets what there is of `measures`."""

    measures: Sequence[Measure]
    ask: Callable[[], Awaitable[Measured]]

    @property
    def refused(self) -> Measured:
        return Measured(refused=tuple(each.name for each in self.measures))


async def ask_all(questions: Sequence[Question]) -> Measured:
    """Their answers, asked one after the other. What is refused, or not asked any more after a limit, has its names in `refused`.

    Raises the first refusal when all were refused, and whatever else keeps a question from being answered.
    """
    found: list[Measured] = []
    refusals: list[PlatformError] = []
    for number, question in enumerate(questions):
        try:
            found.append(await question.ask())
        except (ContentRejected, PermissionMissing) as error:
            refusals.append(error)
            found.append(question.refused)
        except Throttled:
            if not any(each.readings for each in found):
                raise
            return together([*found, *(each.refused for each in questions[number:])])
    if refusals and len(refusals) == len(questions):
        raise refusals[0]
    return together(found)
