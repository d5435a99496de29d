"""What measuring Facebook, Instagram and Threads has in common: who may, what is asked how, what is gone, what was posted."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import AliasChoices, AwareDatetime, ConfigDict, Field, RootModel

from ocma.platforms.connector import Absent, Access, Publishes
from ocma.platforms.days import whole_days
from ocma.platforms.errors import PlatformError
from ocma.platforms.figures import measured, together
from ocma.platforms.manifest import Manifest
from ocma.platforms.meta.asking import About, ask
from ocma.platforms.meta.container import PINNED
from ocma.platforms.meta.days import Span, days
from ocma.platforms.meta.graph import Graph
from ocma.platforms.meta.insights import GROUP, Insights, readings, word
from ocma.platforms.meta.live import is_missing
from ocma.platforms.meta.wire import Node, read, unix
from ocma.platforms.metrics import Measure, Measured, Seen, Target
from ocma.platforms.permission import require

PAGES, PAGE = 100, 50  # of a list of posts; with their counters, too many at once are refused
FIELDS = "fields"  # `Measure.via` of what is a field of the thing itself; all else are insights
MANY = 100  # followers, from which on Meta tells who they are
BREAKDOWNS = ("country", "city", "age", "gender")  # by which it tells
MILLISECONDS = 0.001  # in which it gives times


class Body(RootModel[dict[str, Any]]):
    pass


class Shown(Node):
    """A post in a list. Its counters are among what is extra."""

    model_config = ConfigDict(extra="allow")

    at: AwareDatetime = Field(validation_alias=AliasChoices("timestamp", "created_time"))
    text: str | None = Field(default=None, validation_alias=AliasChoices("caption", "text", "message"))
    url: str | None = Field(default=None, validation_alias=AliasChoices("permalink", "permalink_url"))

    def seen(self, url: str | None, measures: Iterable[Measure]) -> Seen:
        counted = measured(measures, self.model_extra, post=self.id)
        return Seen(self.id, self.text or "", self.at, url, counted.readings)


def allow(access: Access, manifest: Manifest) -> None:
    require(manifest, access, "measure", "read the account's figures")


def about(access: Access, kind: str, node: str) -> About:
    host = access.whole("")
    return About(f"kind {kind} at {host}", f"{node} ({kind}) at {host}")


@dataclass(frozen=True, slots=True)
class Question:
    """`path`: what is asked there of `measures`. `about`: whom refused names are remembered of.

    `query` goes with it. `post`, `span`: what the figures are of, and `group` what groups are by, where the answer does not tell.
    """

    path: str
    measures: Sequence[Measure]
    about: About
    query: Mapping[str, str] = field(default_factory=dict[str, str])
    post: str = ""
    span: Span | None = None
    group: str = GROUP


async def insights(graph: Graph, access: Access, question: Question) -> Measured:
    async def put(words: Sequence[str]) -> Insights:
        query = {"metric": ",".join(words), **question.query}
        return read(await graph.call(access, "GET", question.path, params=query), Insights, graph.manifest.key)

    asked = await ask(question.measures, word, put, graph.names, question.about)
    told = Insights(data=[each for answer in asked.answers for each in answer.data])
    found = readings(question.measures, told, post=question.post, span=question.span, group=question.group)
    return together([found, Measured(refused=asked.refused)])


async def counters(
    graph: Graph, access: Access, question: Question, written: Callable[[Measure], str] = word, besides: str = "id"
) -> tuple[Measured, Mapping[str, Any]]:
    """Fields of the thing itself, and its body. `written`: a measure's, as it is asked for; `besides`: what else is."""

    async def put(words: Sequence[str]) -> Body:
        query = {"fields": ",".join((besides, *words)), **question.query}
        return read(await graph.call(access, "GET", question.path, params=query), Body, graph.manifest.key)

    asked = await ask(question.measures, written, put, graph.names, question.about)
    body = {name: value for answer in asked.answers for name, value in answer.root.items()}
    found = measured(question.measures, body, post=question.post)
    return together([found, Measured(refused=asked.refused)]), body


async def measure_each(
    platform: Publishes, access: Access, posts: Sequence[Target], measure: Callable[[Target], Awaitable[Measured]]
) -> Measured:
    """One after the other. What is said not to be there is looked for once more before it is believed."""
    return together([await _measure(platform, access, post, measure) for post in posts])


async def _measure(
    platform: Publishes, access: Access, post: Target, measure: Callable[[Target], Awaitable[Measured]]
) -> Measured:
    try:
        return await measure(post)
    except PlatformError as error:
        if not is_missing(error):
            raise
    gone = isinstance(await platform.fetch_post(access, post.id), Absent)
    return Measured(gone=(post.id,) if gone else ())


def days_since(manifest: Manifest, since: datetime, now: datetime) -> list[Span]:
    """No further back than the platform tells, and without today."""
    return days(*whole_days(manifest.measuring, since, now))


async def list_since(graph: Graph, access: Access, path: str, fields: Sequence[str], since: datetime) -> AsyncIterator[Shown]:
    """Newest first; but those that are pinned may stand before them."""
    query, older = {"fields": ",".join(fields), "since": unix(since), "limit": str(PAGE)}, 0
    async for each in graph.listed(access, path, Shown, query, PAGES):
        if each.at >= since:
            yield each
        elif (older := older + 1) > PINNED:
            return
