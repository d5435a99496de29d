"""Measuring Threads profiles and posts: all of it are insights."""

from collections.abc import AsyncGenerator, Mapping
from datetime import UTC, datetime

from ocma.platforms.connector import Access
from ocma.platforms.figures import together
from ocma.platforms.meta.days import Span, windows
from ocma.platforms.meta.graph import Graph
from ocma.platforms.meta.insights import within
from ocma.platforms.meta.measuring import BREAKDOWNS, MANY, Question, about, allow, days_since, insights, list_since
from ocma.platforms.meta.wire import at
from ocma.platforms.metrics import Measured, Seen, Target
from ocma.platforms.threads.measures import INSIGHTS, NOW, PEOPLE, SERIES, TOTALS

EARLIEST = datetime.fromtimestamp(1712991600, UTC)  # 13 April 2024: nothing is told of before
LONGEST = 89  # days of one answer
REPOST = "REPOST_FACADE"  # somebody else's post
SHOWN = ("id", "text", "timestamp", "permalink", "media_type")


async def measure_account(graph: Graph, access: Access, since: datetime, now: datetime) -> Measured:
    allow(access, graph.manifest)
    days = [each for each in days_since(graph.manifest, since, now) if each.start >= EARLIEST]
    followers = await _ask(graph, access, NOW, {})
    told = [await _ask(graph, access, SERIES, each.query) for each in reversed(windows(days, LONGEST))]
    told += [await _ask(graph, access, TOTALS, each.query, span=each) for each in reversed(days)]
    if all(each.value >= MANY for each in followers.readings):
        told += [await _ask(graph, access, PEOPLE, {"breakdown": each}, group=each) for each in BREAKDOWNS]
    return within(together([followers, *told]), days)


async def _ask(
    graph: Graph, access: Access, via: str, query: Mapping[str, str], *, span: Span | None = None, group: str = ""
) -> Measured:
    measures, thing = graph.manifest.measuring.asked("account", via), about(access, f"account {via}", access.profile_id)
    path = at(access, "me", "threads_insights")
    return await insights(graph, access, Question(path, measures, thing, query, span=span, group=group))


async def measure_post(graph: Graph, access: Access, post: Target) -> Measured:
    measures, thing = graph.manifest.measuring.asked("post", INSIGHTS), about(access, "post", post.id)
    return await insights(graph, access, Question(at(access, post.id, "insights"), measures, thing, post=post.id))


async def list_posts(graph: Graph, access: Access, since: datetime) -> AsyncGenerator[Seen]:
    allow(access, graph.manifest)
    async for each in list_since(graph, access, at(access, "me", "threads"), SHOWN, since):
        if (each.model_extra or {}).get("media_type") != REPOST:
            yield each.seen(each.url, ())
