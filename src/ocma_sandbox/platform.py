from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from ocma_sandbox.figures import Counts
from ocma_sandbox.people import Person
from ocma_sandbox.world import World


def _nothing(_world: World) -> None:
    """Most platforms have nothing that happens by time alone."""


@dataclass(frozen=True)
class Platform:
    """A platform as the sandbox sees it; its folder builds one, the registry names it.

    Paths are without the platform's prefix. `publishes` says whether (method, path) is the publishing call;
    `throttled` and `broken` answer for faults: 429 with a reset time (epoch seconds), and a 5xx status.
    `begin` runs at start and after a reset, `settle` before each look at the platform: what became due by time.
    `schema` makes `tables`, the platform's own ones, which a reset empties. `counts`: what it counts; None: nothing.
    """

    key: str
    name: str
    make_settings: Callable[[], Any]
    routes: Callable[[World], Sequence[BaseRoute]]
    publishes: Callable[[str, str], bool]
    is_api: Callable[[str], bool]
    token_path: str
    throttled: Callable[[float], Response]
    broken: Callable[[int], Response]
    make_person: Callable[[World, str, str | None], Person]
    begin: Callable[[World], None] = _nothing
    settle: Callable[[World], None] = _nothing
    schema: str = ""
    tables: tuple[str, ...] = ()
    counts: Counts | None = None


class Refused(Exception):
    """Ends the handling of a request with this answer."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response
