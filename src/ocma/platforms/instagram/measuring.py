"""Measuring Instagram accounts and media. What there is depends on a medium's kind, and on how many follow the account."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import datetime, timedelta

from ocma.platforms.connector import Access
from ocma.platforms.errors import PlatformError
from ocma.platforms.figures import together
from ocma.platforms.instagram.flow import LOGIN
from ocma.platforms.instagram.measures import FOLLOW_TYPE, GROWTH, HOURS, INSIGHTS, PEOPLE, SERIES, STORY, TOTALS
from ocma.platforms.instagram.refusal import SILENT
from ocma.platforms.meta.asking import About
from ocma.platforms.meta.days import Span, windows
from ocma.platforms.meta.graph import Graph
from ocma.platforms.meta.insights import within
from ocma.platforms.meta.measuring import (
    BREAKDOWNS,
    FIELDS,
    MANY,
    Question,
    Shown,
    about,
    allow,
    counters,
    days_since,
    insights,
    list_since,
)
from ocma.platforms.meta.wire import at
from ocma.platforms.metrics import Measured, Seen, Target

LONGEST = 29  # days of one answer: 30, and clocks change
STAYS = timedelta(hours=24)  # a story, and with it its figures
KIND = "media_product_type"
SHOWN = ("id", "caption", "timestamp", "permalink")
EACH_DAY = {"period": "day", "metric_type": "total_value"}


async def measure_account(graph: Graph, access: Access, since: datetime, now: datetime) -> Measured:
    allow(access, graph.manifest)
    days = days_since(graph.manifest, since, now)
    measures, thing = graph.manifest.measuring.asked("account", FIELDS), _about(access, "account fields", access.profile_id)
    now_is, body = await counters(graph, access, Question(at(access, access.profile_id), measures, thing))
    told = [await _series(graph, access, SERIES, days, {"period": "day", "metric_type": "time_series"})]
    told.append(await _by_day(graph, access, TOTALS, days, EACH_DAY))
    if _is_many(body.get("followers_count")):
        told += await _audience(graph, access, days)
    return within(together([now_is, *told]), days)


def _is_many(followers: object) -> bool:
    return not isinstance(followers, int) or followers >= MANY


async def _audience(graph: Graph, access: Access, days: Sequence[Span]) -> list[Measured]:
    """`timeframe`: what part of the followers is told of, where Instagram wants to know."""
    timeframe = access.settings.get("timeframe")
    people = {"period": "lifetime", "metric_type": "total_value"} | ({"timeframe": timeframe} if timeframe else {})
    return [
        await _series(graph, access, GROWTH, days, {"period": "day"}),
        await _by_day(graph, access, FOLLOW_TYPE, days, {**EACH_DAY, "breakdown": FOLLOW_TYPE}),
        await _series(graph, access, HOURS, days, {"period": "lifetime"}, "hour"),
        *[await _ask(graph, access, PEOPLE, {**people, "breakdown": each}, group=each) for each in BREAKDOWNS],
    ]


async def _series(
    graph: Graph, access: Access, via: str, days: Sequence[Span], query: Mapping[str, str], group: str = ""
) -> Measured:
    spans = reversed(windows(days, LONGEST))
    return together([await _ask(graph, access, via, {**query, **each.query}, group=group) for each in spans])


async def _by_day(graph: Graph, access: Access, via: str, days: Sequence[Span], query: Mapping[str, str]) -> Measured:
    """The newest first: what it takes is known by then, should it refuse a day."""
    spans = reversed(days)
    return together([await _ask(graph, access, via, {**query, **each.query}, span=each) for each in spans])


async def _ask(
    graph: Graph, access: Access, via: str, query: Mapping[str, str], *, span: Span | None = None, group: str = ""
) -> Measured:
    measures, thing = graph.manifest.measuring.asked("account", via), _about(access, f"account {via}", access.profile_id)
    path = at(access, access.profile_id, "insights")
    return await insights(graph, access, Question(path, measures, thing, query, span=span, group=group))


async def measure_post(graph: Graph, access: Access, post: Target, now: datetime) -> Measured:
    table, thing = graph.manifest.measuring, _about(access, "media fields", post.id)
    fields = Question(at(access, post.id), table.asked("post", FIELDS), thing, post=post.id)
    counted, body = await counters(graph, access, fields, besides=KIND)
    kind = str(body.get(KIND, ""))
    if kind == STORY and now - post.at > STAYS:
        return counted
    measures, thing = table.asked("post", INSIGHTS, kind), _about(access, kind, post.id)
    question = Question(at(access, post.id, "insights"), measures, thing, post=post.id)
    try:
        found = await insights(graph, access, question)
    except PlatformError as error:
        if error.rule not in SILENT:
            raise
        return counted
    return together([counted, found])


def _about(access: Access, kind: str, node: str) -> About:
    """The two logins' hosts do not know the same names."""
    return about(access, f"{kind} {access.secrets.get(LOGIN, '')}", node)


async def list_posts(graph: Graph, access: Access, since: datetime) -> AsyncGenerator[Seen]:
    """Stories are in a list of their own, as long as they last."""
    allow(access, graph.manifest)
    measures = graph.manifest.measuring.asked("post", FIELDS)
    fields = [*SHOWN, *(each.name for each in measures)]
    stories = [each async for each in _stories(graph, access, since)]
    async for each in list_since(graph, access, at(access, access.profile_id, "media"), fields, since):
        while stories and stories[0].at > each.at:
            yield _seen(stories.pop(0))
        yield each.seen(each.url, measures)
    for each in stories:
        yield _seen(each)


async def _stories(graph: Graph, access: Access, since: datetime) -> AsyncGenerator[Shown]:
    path, query = at(access, access.profile_id, "stories"), {"fields": ",".join(SHOWN)}
    found = [each async for each in graph.listed(access, path, Shown, query) if each.at >= since]
    for each in sorted(found, key=lambda story: story.at, reverse=True):
        yield each


def _seen(story: Shown) -> Seen:
    return story.seen(story.url, ())
